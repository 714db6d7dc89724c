"""Patients: who they are, and what else the record knows to reach by."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.db import transaction
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.entries import PatientEntry
from clinic.domain.roles import Permission
from clinic.selectors.patients import find_patients, get_patient
from clinic.selectors.rows import Language, Patient
from clinic.services.patients import add_patient, locked_patient, update_patient
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.shapes import Sent, Shown

STATUSES = ("active", "none", "planned", "died", "all")


class PatientSent(Sent):
    """Who a patient is."""

    mrn = serializers.CharField(max_length=40)
    last_name = serializers.CharField(max_length=80)
    first_name = serializers.CharField(max_length=80)
    birth_date = serializers.DateField()
    language = serializers.ChoiceField(choices=Language.choices, default=Language.ENGLISH)
    notes = serializers.CharField(max_length=4000, allow_blank=True, default="")


class PatientShown(Shown):
    """A patient. ``ref`` is how other operations name them."""

    ref = serializers.UUIDField()
    mrn = serializers.CharField()
    last_name = serializers.CharField()
    first_name = serializers.CharField()
    birth_date = serializers.DateField()
    language = serializers.CharField()
    notes = serializers.CharField()
    died_on = serializers.DateField(allow_null=True)
    created_at = serializers.DateTimeField()


class SearchSent(Sent):
    """Whom to look for. In the body, for an address is kept in places where no name belongs."""

    text = serializers.CharField(max_length=200, allow_blank=True, default="")
    status = serializers.ChoiceField(choices=STATUSES, default="all")


def patient_or_404(view: ClinicAPIView, ref: UUID) -> Patient:
    """The clinic's patient."""
    found = get_patient(clinic_id=view.clinic.pk, patient_ref=ref)
    if found is None:
        raise Http404
    return found


class Patients(ClinicAPIView):
    """The clinic's patients."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.EDIT_PATIENTS}

    @extend_schema(responses=page_of(PatientShown), operation_id="list_patients")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """All patients, in the order in which they were entered."""
        return self.page(find_patients(clinic_id=self.clinic.pk, status="all"), PatientShown)

    @extend_schema(request=PatientSent, responses={201: PatientShown}, operation_id="add_patient")
    def post(self, request: Request, clinic_slug: str) -> Response:
        """Add a patient. 422 when the MRN is another patient's."""
        entry = PatientEntry(**self.read(PatientSent))
        return self.once(lambda: PatientShown(self._added(entry)).data)

    def _added(self, entry: PatientEntry) -> Patient:
        return add_patient(clinic=self.clinic, entry=entry, actor_id=self.person_id, now=self.now)


class PatientSearch(ClinicAPIView):
    """Patients by name, MRN or serial number."""

    permissions: ClassVar = {"post": Permission.VIEW_PATIENTS}

    @extend_schema(request=SearchSent, responses=page_of(PatientShown), operation_id="search_patients")
    def post(self, request: Request, clinic_slug: str) -> Response:
        """Patients in whom every word of the text stands: in a name, the MRN or a pump's serial number."""
        return self.page(find_patients(clinic_id=self.clinic.pk, **self.read(SearchSent)), PatientShown)


class OnePatient(ClinicAPIView):
    """A patient."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "put": Permission.EDIT_PATIENTS}

    @extend_schema(responses=PatientShown, operation_id="get_patient")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The patient."""
        return Response(PatientShown(patient_or_404(self, ref)).data)

    @extend_schema(request=PatientSent, responses=PatientShown, operation_id="change_patient")
    def put(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Change who the patient is: every field is set. ``If-Match`` with the tag that was read guards others' changes."""
        entry = PatientEntry(**self.read(PatientSent))
        patient_or_404(self, ref)
        with transaction.atomic():
            before = locked_patient(clinic=self.clinic, patient_ref=ref)
            self.refuse_if_changed(PatientShown(before).data)
            changed = update_patient(
                clinic=self.clinic, patient_ref=ref, entry=entry, actor_id=self.person_id, now=self.now
            )
        return Response(PatientShown(changed).data)
