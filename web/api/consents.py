"""What patients said about messages: per channel and topic, in which words."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.patients import consent_rows
from clinic.selectors.rows import Channel, Topic
from clinic.services.patients import record_consent
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.patients import patient_or_404
from web.api.shapes import Sent, Shown


class ConsentSent(Sent):
    """What the patient said, in the words that were used. A withdrawal is one too."""

    channel = serializers.ChoiceField(choices=Channel.choices)
    topic = serializers.ChoiceField(choices=Topic.choices)
    is_granted = serializers.BooleanField()
    wording = serializers.CharField(max_length=1000)


class ConsentShown(Shown):
    """What the patient said. ``is_patients_own``: by text or by link, and nobody of the clinic recorded it."""

    channel = serializers.CharField()
    topic = serializers.CharField()
    is_granted = serializers.BooleanField()
    wording = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    is_patients_own = serializers.SerializerMethodField()

    def get_is_patients_own(self, row: Any) -> bool:
        return row.recorded_by_id is None


class Consents(ClinicAPIView):
    """A patient's consents."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.EDIT_PATIENTS}

    @extend_schema(responses=page_of(ConsentShown), operation_id="list_consents")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Everything the patient said, in order: the last word on a channel and topic counts."""
        patient = patient_or_404(self, ref)
        return self.page(consent_rows(clinic_id=self.clinic.pk, patient_id=patient.pk), ConsentShown)

    @extend_schema(request=ConsentSent, responses={201: ConsentShown}, operation_id="record_consent")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record what the patient said. Nothing is sent without it."""
        values = self.read(ConsentSent)
        patient_or_404(self, ref)

        def record() -> Any:
            made = record_consent(
                clinic=self.clinic, patient_ref=ref, actor_id=self.person_id, now=self.now, **values
            )
            return ConsentShown(made).data

        return self.once(record)
