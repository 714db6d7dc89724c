"""What patients are due for: a clinic's list by when somebody must act, a patient's plan, and what is decided."""

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
from scheduling.selectors.due_list import PARTS, Wanted, due_list
from scheduling.selectors.follow_ups import follow_up_by_ref, follow_up_rows
from scheduling.selectors.rows import FollowUp, Mode
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_ups,
    reopen_follow_up,
)
from scheduling.services.work_policy import possible_owners
from web.api.access import ClinicAPIView
from web.api.pages import NumberedAsked, page_of
from web.api.patients import patient_or_404
from web.api.shapes import Sent, Shown


class DueAsked(NumberedAsked):
    """Which lines. ``part`` is by when somebody must act; ``within_weeks`` keeps what is to be begun by then."""

    part = serializers.ChoiceField(choices=PARTS, required=False)
    owner = serializers.IntegerField(required=False)
    mode = serializers.ChoiceField(choices=Mode.choices, required=False)
    row_key = serializers.SlugField(max_length=40, required=False)
    within_weeks = serializers.IntegerField(min_value=0, max_value=520, required=False)


class ReasonSent(Sent):
    """Why."""

    reason = serializers.CharField(max_length=500)


class NoteSent(Sent):
    """What there is to say, if anything."""

    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class PostponementSent(ReasonSent):
    """Until when, and why."""

    until = serializers.DateField()


class OwnerSent(Sent):
    """To whom: one of the clinic's owners."""

    owner = serializers.IntegerField()


class FollowUpShown(Shown):
    """Something a patient is due for. ``row_key`` names the protocol's row; a pump's next refill is ``refill``."""

    ref = serializers.UUIDField()
    patient = serializers.UUIDField(source="patient.ref")
    implant = serializers.UUIDField(source="implant.ref", allow_null=True, default=None)
    row_key = serializers.CharField()
    title = serializers.CharField()
    instructions = serializers.CharField()
    mode = serializers.CharField()
    anchor = serializers.CharField()
    anchored_on = serializers.DateField(allow_null=True)
    occurrence = serializers.IntegerField()
    target_on = serializers.DateField(allow_null=True)
    latest_on = serializers.DateField(allow_null=True)
    state = serializers.CharField()
    postponed_until = serializers.DateField(allow_null=True)
    owner = serializers.IntegerField(source="owner_id", allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    closing_reason = serializers.CharField()
    ended_because = serializers.CharField()


class BookedShown(Shown):
    """The visit ahead that something is booked for."""

    ref = serializers.UUIDField()
    starts_at = serializers.DateTimeField()
    local_on = serializers.DateField()


class DueShown(Shown):
    """A line of the list: one follow-up, or what repeats of one row and patient. ``first`` is due first."""

    part = serializers.ChoiceField(choices=PARTS)
    due_on = serializers.DateField(allow_null=True)
    latest_on = serializers.DateField(allow_null=True)
    until_on = serializers.DateField(allow_null=True)
    first = FollowUpShown()
    follow_ups = serializers.ListField(child=serializers.UUIDField(), source="refs")
    visit = BookedShown(allow_null=True)


class PartsShown(Shown):
    """How many lines each part holds under the same filters."""

    overdue = serializers.IntegerField()
    today = serializers.IntegerField()
    week = serializers.IntegerField()
    later = serializers.IntegerField()


class DueListShown(Shown):
    """A page of the list, the most pressing first."""

    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    counts = PartsShown()
    results = DueShown(many=True, source="lines")


class OwnerShown(Shown):
    """Somebody to whom work can be given."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class FollowUps(ClinicAPIView):
    """The clinic's open follow-ups."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(parameters=[DueAsked], responses=DueListShown, operation_id="list_due_follow_ups")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """What living patients are due for besides refills (the work list has those), as the page of follow-ups has it."""
        asked = self.asked(DueAsked)
        wanted = Wanted(
            parts=frozenset({asked["part"]} if "part" in asked else ()),
            owner_id=asked.get("owner"),
            mode=asked.get("mode", ""),
            row_key=asked.get("row_key", ""),
            within_weeks=asked.get("within_weeks"),
        )
        found = due_list(
            clinic_id=self.clinic.pk,
            wanted=wanted,
            now=self.now,
            page=asked["page"],
            page_size=asked["limit"],
        )
        return Response(DueListShown(found).data)


class FollowUpsOfPatient(ClinicAPIView):
    """A patient's care plan."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=page_of(FollowUpShown), operation_id="list_follow_ups_of_patient")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Everything the patient is and was due for, refills included."""
        patient = patient_or_404(self, ref)
        return self.page(follow_up_rows(clinic_id=self.clinic.pk, patient_id=patient.pk), FollowUpShown)


class Owners(ClinicAPIView):
    """Whom work can be given to."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=OwnerShown(many=True), operation_id="list_owners")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The members who work on follow-ups, by name."""
        found = [{"id": number, "name": name} for number, name in possible_owners(self.clinic).items()]
        return Response(OwnerShown(found, many=True).data)


class _OfFollowUp(ClinicAPIView):
    def follow_up(self, ref: UUID) -> FollowUp:
        """The clinic's follow-up, or 404."""
        found = follow_up_by_ref(clinic_id=self.clinic.pk, ref=ref)
        if found is None:
            raise Http404
        return found

    def decide(self, act: Callable[..., object], ref: UUID, /, **values: Any) -> Response:
        """Decide about it, and show what it is then."""
        self.follow_up(ref)

        def decided() -> Any:
            act(clinic=self.clinic, actor_id=self.person_id, now=self.now, **values)
            return FollowUpShown(self.follow_up(ref)).data

        return self.once(decided, code=200)


class OneFollowUp(_OfFollowUp):
    """A follow-up."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=FollowUpShown, operation_id="get_follow_up")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The follow-up."""
        return Response(FollowUpShown(self.follow_up(ref)).data)


class _Decision(_OfFollowUp):
    permissions: ClassVar = {"post": Permission.WORK_FOLLOW_UPS}


class FollowUpDone(_Decision):
    """What was done."""

    @extend_schema(request=NoteSent, responses=FollowUpShown, operation_id="complete_follow_up")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Mark it as done. A refill is done when it is recorded with the pump."""
        return self.decide(complete_follow_ups, ref, refs=[ref], **self.read(NoteSent))


class FollowUpNotNeeded(_Decision):
    """What need not be done."""

    @extend_schema(request=ReasonSent, responses=FollowUpShown, operation_id="mark_follow_up_not_needed")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Say that it need not be done, and why. A pump in place always needs its refill."""
        return self.decide(mark_not_needed, ref, refs=[ref], **self.read(ReasonSent))


class FollowUpPostpone(_Decision):
    """What is put off."""

    @extend_schema(request=PostponementSent, responses=FollowUpShown, operation_id="postpone_follow_up")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Put it off until a day no later than its last one, with the reason; on that day it is open again by itself."""
        return self.decide(postpone_follow_ups, ref, refs=[ref], **self.read(PostponementSent))


class FollowUpReopen(_Decision):
    """What is open again."""

    @extend_schema(request=ReasonSent, responses=FollowUpShown, operation_id="reopen_follow_up")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Take a decision back: it is open again, on the days it would have by now."""
        return self.decide(reopen_follow_up, ref, ref=ref, **self.read(ReasonSent))


class FollowUpAssign(_Decision):
    """Whose it is."""

    @extend_schema(request=OwnerSent, responses=FollowUpShown, operation_id="assign_follow_up")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Give it to somebody who works on follow-ups."""
        owner_id = self.read(OwnerSent)["owner"]
        return self.decide(assign_follow_ups, ref, refs=[ref], owner_id=owner_id)
