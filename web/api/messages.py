"""Messages to patients and helpers: what became of each, and what a patient will receive. Nothing is sent from here.

No answer holds a text or an address: a letter may hold a secret link, and addresses are contact points.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.implants import all_implants
from clinic.selectors.patients import get_patient
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.states import State
from notifications.selectors.messages import Group, Wanted, message_rows
from notifications.services.plan import PreviewLine, preview
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.patients import patient_or_404
from web.api.shapes import Sent, Shown, said_unknown

PATIENTS_KINDS = [kind.value for kind in MessageKind if kind is not MessageKind.ESCALATION]
CHANNELS = [channel.value for channel in ChannelName]


class MessagesAsked(Sent):
    """Which messages. ``group`` is by whether somebody must act; times are when they are due."""

    patient = serializers.UUIDField(required=False)
    group = serializers.ChoiceField(choices=[group.value for group in Group], required=False)
    state = serializers.ChoiceField(choices=[state.value for state in State], required=False)
    kind = serializers.ChoiceField(choices=PATIENTS_KINDS, required=False)
    channel = serializers.ChoiceField(choices=CHANNELS, required=False)
    due_from = serializers.DateTimeField(required=False)
    due_before = serializers.DateTimeField(required=False)


class AttemptShown(Shown):
    """One try at sending. Without an end it goes on, or its process died over it."""

    started_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField()
    error = serializers.CharField()


class MessageShown(Shown):
    """A message to one reader through one channel. ``contact_point`` is where it goes; ``proxy`` is the helper's number.

    ``reason`` says why it was not sent; ``carried_by`` is the message that says it too.
    """

    ref = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient.ref")
    contact_point = serializers.IntegerField(source="recipient_id")
    proxy = serializers.IntegerField(source="recipient.proxy_id", allow_null=True)
    kind = serializers.CharField()
    channel = serializers.CharField()
    state = serializers.CharField()
    reason = serializers.CharField()
    implant = serializers.UUIDField(source="implant.ref", allow_null=True, default=None)
    visit = serializers.UUIDField(source="visit.ref", allow_null=True, default=None)
    follow_up = serializers.UUIDField(source="follow_up.ref", allow_null=True, default=None)
    carried_by = serializers.UUIDField(source="carried_by.ref", allow_null=True, default=None)
    wants_answer = serializers.BooleanField()
    due_at = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    planned_at = serializers.DateTimeField()
    first_sent_at = serializers.DateTimeField(allow_null=True)
    settled_at = serializers.DateTimeField(allow_null=True)
    attempts = AttemptShown(many=True)


class PlannedShown(Shown):
    """A message to come. ``why_not`` says why it is held back; ``message`` is the stored one, where there is one."""

    kind = serializers.CharField()
    step = serializers.CharField()
    channel = serializers.CharField(allow_null=True)
    contact_point = serializers.IntegerField(allow_null=True)
    proxy = serializers.IntegerField(allow_null=True)
    wants_answer = serializers.BooleanField()
    due_at = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    why_not = serializers.CharField(allow_null=True)
    message = serializers.UUIDField(allow_null=True)


class QuietRefillShown(Shown):
    """A pump whose refill asks for no message, and why."""

    implant = serializers.UUIDField()
    why = serializers.CharField()


class MessagePlanShown(Shown):
    """What a patient will receive, by hour, and what is held back."""

    patient = serializers.UUIDField()
    messages = PlannedShown(many=True)
    quiet_refills = QuietRefillShown(many=True)


class Messages(ClinicAPIView):
    """The clinic's messages to patients and helpers."""

    permissions: ClassVar = {"get": Permission.VIEW_MESSAGES}

    @extend_schema(parameters=[MessagesAsked], responses=page_of(MessageShown), operation_id="list_messages")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Messages planned, sent and not sent, with every attempt; without their words."""
        asked = self.asked(MessagesAsked)
        patient_ref = asked.get("patient")
        if patient_ref and get_patient(clinic_id=self.clinic.pk, patient_ref=patient_ref) is None:
            raise serializers.ValidationError({"patient": [said_unknown()]})
        wanted = Wanted(
            kind=MessageKind(asked["kind"]) if "kind" in asked else None,
            channel=ChannelName(asked["channel"]) if "channel" in asked else None,
            patient_ref=patient_ref,
            state=State(asked["state"]) if "state" in asked else None,
            due_from=asked.get("due_from"),
            due_before=asked.get("due_before"),
        )
        group = Group(asked["group"]) if "group" in asked else None
        return self.page(message_rows(clinic_id=self.clinic.pk, group=group, wanted=wanted), MessageShown)


class OneMessage(ClinicAPIView):
    """A message."""

    permissions: ClassVar = {"get": Permission.VIEW_MESSAGES}

    @extend_schema(responses=MessageShown, operation_id="get_message")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """What became of it, with every attempt; without its words."""
        found = message_rows(clinic_id=self.clinic.pk).filter(ref=ref).first()
        if found is None:
            raise Http404
        return Response(MessageShown(found).data)


class MessagePlan(ClinicAPIView):
    """What a patient will receive."""

    permissions: ClassVar = {"get": Permission.VIEW_MESSAGES}

    @extend_schema(responses=MessagePlanShown, operation_id="get_message_plan")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The plan as it is now: each message to come, to whom, when, through what, or why not. Nothing is written."""
        patient = patient_or_404(self, ref)
        found = preview(clinic_id=self.clinic.pk, patient_id=patient.pk, now=self.now)
        implants = all_implants(clinic_id=self.clinic.pk, patient_id=patient.pk)
        refs = {implant.pk: implant.ref for implant in implants}
        shown = {
            "patient": patient.ref,
            "messages": [_planned(line) for line in found.lines],
            "quiet_refills": [
                {"implant": refs[number], "why": why.value}
                for number, why in found.quiet_refills.items()
                if number in refs
            ],
        }
        return Response(MessagePlanShown(shown).data)


def _planned(line: PreviewLine) -> dict[str, Any]:
    planned = line.planned
    return {
        "kind": planned.wish.kind.value,
        "step": planned.wish.step,
        "channel": planned.channel.value if planned.channel else None,
        "contact_point": planned.address.contact_id if planned.address else None,
        "proxy": planned.proxy_id,
        "wants_answer": planned.wish.wants_answer,
        "due_at": planned.due_at,
        "not_after": planned.not_after,
        "why_not": planned.why_not.value if planned.why_not else None,
        "message": line.ref,
    }
