"""A patient's relatives and helpers, with whom the clinic may speak."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.entries import ProxyEntry
from clinic.domain.roles import Permission
from clinic.selectors.patients import proxy_rows
from clinic.selectors.rows import Proxy
from clinic.services.patients import add_proxy, locked_proxy, update_proxy
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.patients import patient_or_404
from web.api.shapes import Sent, Shown


class ProxySent(Sent):
    """A relative or helper."""

    name = serializers.CharField(max_length=120)
    relationship = serializers.CharField(max_length=60, allow_blank=True, default="")
    may_receive_reminders = serializers.BooleanField(default=False)
    is_emergency_contact = serializers.BooleanField(default=False)


class ProxyChangeSent(ProxySent):
    """What a helper is now. ``is_active`` false ends the role; it can be resumed."""

    is_active = serializers.BooleanField()


class ProxyShown(Shown):
    """A relative or helper. Their numbers and addresses are contact points with ``proxy`` set to ``id``."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    relationship = serializers.CharField()
    may_receive_reminders = serializers.BooleanField()
    is_emergency_contact = serializers.BooleanField()
    is_active = serializers.BooleanField()


class Proxies(ClinicAPIView):
    """A patient's helpers."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.EDIT_PATIENTS}

    @extend_schema(responses=page_of(ProxyShown), operation_id="list_proxies")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Every helper, also those whose role has ended."""
        patient = patient_or_404(self, ref)
        return self.page(proxy_rows(clinic_id=self.clinic.pk, patient_id=patient.pk), ProxyShown)

    @extend_schema(request=ProxySent, responses={201: ProxyShown}, operation_id="add_proxy")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Add somebody with whom the patient allows the clinic to speak."""
        entry = ProxyEntry(**self.read(ProxySent))
        patient_or_404(self, ref)

        def add() -> Any:
            added = add_proxy(
                clinic=self.clinic, patient_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
            return ProxyShown(added).data

        return self.once(add)


class OneProxy(ClinicAPIView):
    """A helper."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "put": Permission.EDIT_PATIENTS}

    @extend_schema(responses=ProxyShown, operation_id="get_proxy")
    def get(self, request: Request, clinic_slug: str, ref: UUID, number: int) -> Response:
        """The helper."""
        return Response(ProxyShown(self._proxy(ref, number)).data)

    @extend_schema(request=ProxyChangeSent, responses=ProxyShown, operation_id="change_proxy")
    def put(self, request: Request, clinic_slug: str, ref: UUID, number: int) -> Response:
        """Change what is known about a helper, end the role or resume it: every field is set."""
        values = self.read(ProxyChangeSent)
        is_active = values.pop("is_active")
        self._proxy(ref, number)
        with transaction.atomic():
            before = locked_proxy(clinic=self.clinic, proxy_id=number)
            self.refuse_if_changed(ProxyShown(before).data)
            changed = update_proxy(
                clinic=self.clinic,
                proxy_id=number,
                entry=ProxyEntry(**values),
                is_active=is_active,
                actor_id=self.person_id,
                now=self.now,
            )
        return Response(ProxyShown(changed).data)

    def _proxy(self, ref: UUID, number: int) -> Proxy:
        patient = patient_or_404(self, ref)
        found = proxy_rows(clinic_id=self.clinic.pk, patient_id=patient.pk).filter(pk=number).first()
        if found is None:
            raise Http404
        return found
