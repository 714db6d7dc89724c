"""Implanted pumps."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.entries import ImplantEntry
from clinic.domain.roles import Permission
from clinic.selectors.implants import all_implants, get_implant
from clinic.selectors.rows import Implant
from clinic.services.implants import add_implant, lock_implant, record_explant, update_implant
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.patients import patient_or_404
from web.api.shapes import QuantityField, Sent, Shown


class ImplantSent(Sent):
    """A pump in a patient. ``pump_model`` is a key of the catalogue, such as ``synchromed-ii-40``."""

    pump_model = serializers.CharField(source="pump_model_key", max_length=60)
    serial = serializers.CharField(max_length=60)
    implanted_on = serializers.DateField()
    udi = serializers.CharField(max_length=200, allow_blank=True, default="")
    constant_flow_ml_per_day = QuantityField(allow_null=True, default=None)
    threshold_ml = QuantityField(allow_null=True, default=None)
    threshold_reason = serializers.CharField(max_length=200, allow_blank=True, default="")
    max_interval_days = serializers.IntegerField(min_value=1, max_value=3660, allow_null=True, default=None)
    end_of_service_on = serializers.DateField(allow_null=True, default=None)
    catheter = serializers.CharField(max_length=200, allow_blank=True, default="")
    pocket_site = serializers.CharField(max_length=120, allow_blank=True, default="")
    implanting_physician = serializers.CharField(max_length=120, allow_blank=True, default="")
    following_physician = serializers.CharField(max_length=120, allow_blank=True, default="")


class ExplantSent(Sent):
    """When and why a pump was taken out."""

    explanted_on = serializers.DateField()
    reason = serializers.CharField(max_length=200)


class ImplantShown(Shown):
    """A pump. ``explanted_on`` is null while it is in place."""

    ref = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient.ref")
    pump_model = serializers.CharField(source="pump_model.key")
    serial = serializers.CharField()
    implanted_on = serializers.DateField()
    udi = serializers.CharField()
    constant_flow_ml_per_day = QuantityField(allow_null=True)
    threshold_ml = QuantityField(allow_null=True)
    threshold_reason = serializers.CharField()
    max_interval_days = serializers.IntegerField(allow_null=True)
    end_of_service_on = serializers.DateField(allow_null=True)
    catheter = serializers.CharField()
    pocket_site = serializers.CharField()
    implanting_physician = serializers.CharField()
    following_physician = serializers.CharField()
    explanted_on = serializers.DateField(allow_null=True)
    explant_reason = serializers.CharField()


def implant_or_404(view: ClinicAPIView, ref: UUID) -> Implant:
    """The clinic's pump."""
    found = get_implant(clinic_id=view.clinic.pk, implant_ref=ref)
    if found is None:
        raise Http404
    return found


class Implants(ClinicAPIView):
    """Every pump of the clinic."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=page_of(ImplantShown), operation_id="list_implants")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """All pumps, also those taken out, in the order in which they were entered."""
        return self.page(all_implants(clinic_id=self.clinic.pk), ImplantShown)


class ImplantsOfPatient(ClinicAPIView):
    """A patient's pumps."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.EDIT_PATIENTS}

    @extend_schema(responses=page_of(ImplantShown), operation_id="list_implants_of_patient")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The patient's pumps, also those taken out."""
        patient = patient_or_404(self, ref)
        return self.page(all_implants(clinic_id=self.clinic.pk, patient_id=patient.pk), ImplantShown)

    @extend_schema(request=ImplantSent, responses={201: ImplantShown}, operation_id="add_implant")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Add a pump. Until it has a fill and a program it needs review: no date is guessed."""
        entry = ImplantEntry(**self.read(ImplantSent))
        patient_or_404(self, ref)

        def add() -> object:
            added = add_implant(
                clinic=self.clinic, patient_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
            return ImplantShown(added).data

        return self.once(add)


class OneImplant(ClinicAPIView):
    """A pump."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "put": Permission.EDIT_PATIENTS}

    @extend_schema(responses=ImplantShown, operation_id="get_implant")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The pump."""
        return Response(ImplantShown(implant_or_404(self, ref)).data)

    @extend_schema(request=ImplantSent, responses=ImplantShown, operation_id="change_implant")
    def put(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Change a pump's details: every field is set; its dates follow at once."""
        entry = ImplantEntry(**self.read(ImplantSent))
        implant_or_404(self, ref)
        with transaction.atomic():
            self.refuse_if_changed(ImplantShown(lock_implant(clinic=self.clinic, implant_ref=ref)).data)
            changed = update_implant(
                clinic=self.clinic, implant_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
        return Response(ImplantShown(changed).data)


class ImplantExplant(ClinicAPIView):
    """The end of a pump."""

    permissions: ClassVar = {"post": Permission.RECORD_CARE}

    @extend_schema(request=ExplantSent, responses=ImplantShown, operation_id="record_explant")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record that the pump was taken out: its dates end."""
        values = self.read(ExplantSent)
        implant_or_404(self, ref)

        def explant() -> object:
            implant = record_explant(
                clinic=self.clinic,
                implant_ref=ref,
                explanted_on=values["explanted_on"],
                why=values["reason"],
                actor_id=self.person_id,
                now=self.now,
            )
            return ImplantShown(implant).data

        return self.once(explant, code=200)
