"""Matters that a person must act on: what is open, what happened to each, and what came of it."""

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
from clinic.selectors.patients import get_patient
from notifications.domain.escalation.ladder import ENDS, Outcome
from notifications.selectors.escalations import CAUSES, Wanted, matter_rows, matter_with_steps
from notifications.services.escalations import acknowledge, call_of, try_without_answer
from scheduling.selectors.rows import Reached
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.shapes import Sent, Shown, said_unknown


class EscalationsAsked(Sent):
    """Which matters. ``mine`` keeps those with the token's person by name, and those with everybody."""

    is_open = serializers.BooleanField(default=True)
    cause = serializers.ChoiceField(choices=CAUSES.choices, required=False)
    patient = serializers.UUIDField(required=False)
    mine = serializers.BooleanField(default=False)


class AcknowledgementSent(Sent):
    """What came of it. Nothing to be done needs a note that says why, unless the cause is gone by itself.

    ``spoke`` and ``spoke_helper`` write down a call as well.
    """

    outcome = serializers.ChoiceField(choices=[each.value for each in ENDS])
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class TrySent(Sent):
    """Whom somebody tried to reach in vain. The call is written down as well."""

    whom = serializers.ChoiceField(choices=Reached.choices)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class EscalationShown(Shown):
    """A matter. ``rung`` is how grave (5 is an emergency); without ``responsible`` it is with everybody.

    ``gone_at``: its cause no longer holds, and a person still confirms.
    """

    ref = serializers.UUIDField()
    cause = serializers.CharField()
    rung = serializers.IntegerField()
    level = serializers.IntegerField()
    patient = serializers.UUIDField(source="patient.ref", allow_null=True, default=None)
    implant = serializers.UUIDField(source="implant.ref", allow_null=True, default=None)
    visit = serializers.UUIDField(source="visit.ref", allow_null=True, default=None)
    message = serializers.UUIDField(source="message.ref", allow_null=True, default=None)
    responsible = serializers.IntegerField(source="responsible_id", allow_null=True)
    opened_at = serializers.DateTimeField()
    respond_by = serializers.DateTimeField()
    again_at = serializers.DateTimeField(allow_null=True)
    gone_at = serializers.DateTimeField(allow_null=True)
    gone_because = serializers.CharField()
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    acknowledged_by = serializers.IntegerField(source="acknowledged_by_id", allow_null=True)
    outcome = serializers.CharField()
    note = serializers.CharField()


class EscalationStepShown(Shown):
    """Something that happened to a matter; ``user`` did it, or was asked."""

    what = serializers.CharField()
    at = serializers.DateTimeField()
    level = serializers.IntegerField()
    rung = serializers.IntegerField()
    user = serializers.IntegerField(source="user_id", allow_null=True)
    note = serializers.CharField()


class EscalationHistoryShown(EscalationShown):
    """A matter with everything that happened to it, in order."""

    steps = EscalationStepShown(many=True)


class Escalations(ClinicAPIView):
    """The clinic's matters."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(
        parameters=[EscalationsAsked], responses=page_of(EscalationShown), operation_id="list_escalations"
    )
    def get(self, request: Request, clinic_slug: str) -> Response:
        """What is open, in the order in which it was opened; with ``is_open=false`` what people have ended."""
        asked = self.asked(EscalationsAsked)
        patient_ref = asked.get("patient")
        if patient_ref and get_patient(clinic_id=self.clinic.pk, patient_ref=patient_ref) is None:
            raise serializers.ValidationError({"patient": [said_unknown()]})
        wanted = Wanted(
            is_open=asked["is_open"],
            cause=asked.get("cause"),
            patient_ref=patient_ref,
            of_user_id=self.person_id if asked["mine"] else None,
        )
        return self.page(matter_rows(clinic_id=self.clinic.pk, wanted=wanted), EscalationShown)


class _OfEscalation(ClinicAPIView):
    def shown(self, ref: UUID) -> Any:
        """The clinic's matter, or 404."""
        found = matter_with_steps(clinic_id=self.clinic.pk, ref=ref)
        if found is None:
            raise Http404
        return EscalationHistoryShown(found).data

    def act(self, act: Callable[..., object], ref: UUID, **values: Any) -> Response:
        """Do it, and show what the matter is then."""
        self.shown(ref)

        def acted() -> Any:
            act(clinic=self.clinic, ref=ref, actor_id=self.person_id, now=self.now, **values)
            return self.shown(ref)

        return self.once(acted, code=200)


class OneEscalation(_OfEscalation):
    """A matter."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=EscalationHistoryShown, operation_id="get_escalation")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The matter with everything that happened to it."""
        return Response(self.shown(ref))


class EscalationAcknowledge(_OfEscalation):
    """The end of a matter."""

    permissions: ClassVar = {"post": Permission.WORK_FOLLOW_UPS}

    @extend_schema(
        request=AcknowledgementSent, responses=EscalationHistoryShown, operation_id="acknowledge_escalation"
    )
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """End it with what came of it. It ends in the name of the token's person: send it only for what a person did."""
        values = self.read(AcknowledgementSent)
        call = call_of(values["outcome"], note=values["note"])
        return self.act(acknowledge, ref, call=call, **values)


class EscalationTry(_OfEscalation):
    """An attempt that reached nobody."""

    permissions: ClassVar = {"post": Permission.WORK_FOLLOW_UPS}

    @extend_schema(request=TrySent, responses=EscalationHistoryShown, operation_id="try_escalation")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Write down that nobody answered: it stays open and comes back; after the third try the next person is asked."""
        values = self.read(TrySent)
        call = call_of(Outcome.NO_ANSWER, note=values["note"], whom=values["whom"])
        return self.act(try_without_answer, ref, call=call, note=values["note"])
