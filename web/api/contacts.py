"""Numbers and addresses at which a patient, or a helper, can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.patients import contact_rows, proxy_rows
from clinic.selectors.rows import ContactKind, ContactPoint
from clinic.services.patients import add_contact_point, restore_contact_point, retire_contact_point
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.patients import patient_or_404
from web.api.shapes import NothingSent, Sent, Shown, said_unknown


class ContactPointSent(Sent):
    """A number or address. ``proxy`` names the helper whose it is; without one it is the patient's own."""

    kind = serializers.ChoiceField(choices=ContactKind.choices)
    value = serializers.CharField(max_length=254)
    proxy = serializers.IntegerField(allow_null=True, default=None)
    is_preferred = serializers.BooleanField(default=False)
    time_zone = serializers.CharField(
        max_length=64, allow_blank=True, default="", help_text="IANA name; empty: the clinic's."
    )


class ContactPointShown(Shown):
    """A number or address. With ``can_receive`` false it is kept for calls: no text can be sent to it."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    value = serializers.CharField()
    proxy = serializers.IntegerField(source="proxy_id", allow_null=True)
    is_preferred = serializers.BooleanField()
    is_active = serializers.BooleanField()
    can_receive = serializers.BooleanField(source="dialable")
    time_zone = serializers.CharField()


class ContactPoints(ClinicAPIView):
    """A patient's numbers and addresses."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.EDIT_PATIENTS}

    @extend_schema(responses=page_of(ContactPointShown), operation_id="list_contact_points")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The patient's and the helpers', also those no longer in use."""
        patient = patient_or_404(self, ref)
        return self.page(contact_rows(clinic_id=self.clinic.pk, patient_id=patient.pk), ContactPointShown)

    @extend_schema(
        request=ContactPointSent, responses={201: ContactPointShown}, operation_id="add_contact_point"
    )
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Add a number or address. Whether anything is sent there is decided by what the patient agreed to."""
        values = self.read(ContactPointSent)
        patient, proxy_id = patient_or_404(self, ref), values.pop("proxy")
        if proxy_id is not None:
            helpers = proxy_rows(clinic_id=self.clinic.pk, patient_id=patient.pk)
            if not helpers.filter(pk=proxy_id).exists():
                raise serializers.ValidationError({"proxy": [said_unknown()]})

        def add() -> Any:
            added = add_contact_point(
                clinic=self.clinic,
                patient_ref=ref,
                proxy_id=proxy_id,
                actor_id=self.person_id,
                now=self.now,
                **values,
            )
            return ContactPointShown(added).data

        return self.once(add)


class _OfContactPoint(ClinicAPIView):
    permissions: ClassVar = {"post": Permission.EDIT_PATIENTS}

    def set_by(self, act: Callable[..., ContactPoint], ref: UUID, number: int) -> Response:
        """Do it to the patient's contact point with this number, or 404."""
        self.read(NothingSent)
        patient = patient_or_404(self, ref)
        rows = contact_rows(clinic_id=self.clinic.pk, patient_id=patient.pk)
        if not rows.filter(pk=number).exists():
            raise Http404

        def change() -> Any:
            changed = act(clinic=self.clinic, contact_id=number, actor_id=self.person_id, now=self.now)
            return ContactPointShown(changed).data

        return self.once(change, code=200)


class ContactPointRetire(_OfContactPoint):
    """The end of a number or address."""

    @extend_schema(request=None, responses=ContactPointShown, operation_id="retire_contact_point")
    def post(self, request: Request, clinic_slug: str, ref: UUID, number: int) -> Response:
        """Stop using it; it stays in the record."""
        return self.set_by(retire_contact_point, ref, number)


class ContactPointRestore(_OfContactPoint):
    """A number or address that is used again."""

    @extend_schema(request=None, responses=ContactPointShown, operation_id="restore_contact_point")
    def post(self, request: Request, clinic_slug: str, ref: UUID, number: int) -> Response:
        """Use a retired one again."""
        return self.set_by(restore_contact_point, ref, number)
