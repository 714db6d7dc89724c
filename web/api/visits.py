"""Visits booked, moved and cancelled: the same services as the pages. See docs/reference/visits.md."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.patients import get_patient
from clinic.selectors.rows import Clinic
from clinic.services.patients import local_today
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.selectors.resources import get_resource, get_visit_kind
from scheduling.selectors.rows import Status, Visit
from scheduling.selectors.visits import Wanted, visit_by_ref, visit_rows
from scheduling.services.booking import book_visit, cancel_visit, move_visit
from web.api.pages import page_of
from web.api.shapes import ClockField, Sent, said_unknown
from web.api.visit_answers import VisitShown, VisitsView

STATUSES = [(value, label) for value, label in Status.choices if value != Status.PROPOSED]


class PlaceSent(Sent):
    """A time on the clinic's clock, and who serves."""

    local_on = serializers.DateField()
    local_at = ClockField()
    is_later = serializers.BooleanField(default=False)
    nurse = serializers.UUIDField(source="nurse_ref", allow_null=True, default=None)
    room = serializers.UUIDField(source="room_ref", allow_null=True, default=None)
    duration_minutes = serializers.IntegerField(allow_null=True, default=None)
    override_reason = serializers.CharField(default="", allow_blank=True)


class BookingSent(PlaceSent):
    """A visit to book."""

    patient = serializers.UUIDField(source="patient_ref")
    kind = serializers.UUIDField(source="kind_ref")
    implant = serializers.UUIDField(source="implant_ref", allow_null=True, default=None)
    follow_ups = serializers.ListField(
        child=serializers.UUIDField(), source="follow_up_refs", default=list, max_length=20
    )
    note = serializers.CharField(default="", allow_blank=True)


class MoveSent(PlaceSent):
    """Where a visit goes."""

    reason = serializers.CharField(default="", allow_blank=True)
    sequence = serializers.IntegerField(allow_null=True, default=None, min_value=0)


class CancelSent(Sent):
    """Why a visit is called off."""

    reason = serializers.CharField()
    sequence = serializers.IntegerField(allow_null=True, default=None, min_value=0)


class VisitsAsked(Sent):
    """Which visits. Days are the clinic's, both included."""

    first_on = serializers.DateField(required=False)
    last_on = serializers.DateField(required=False)
    patient = serializers.UUIDField(required=False)
    nurse = serializers.UUIDField(required=False)
    room = serializers.UUIDField(required=False)
    kind = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)


class Visits(VisitsView):
    """Visits of the clinic."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.BOOK_VISITS}

    @extend_schema(parameters=[VisitsAsked], responses=page_of(VisitShown), operation_id="list_visits")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Visits to come and past, also cancelled ones, each with its history; a slot that is only held is none."""
        asked = self.asked(VisitsAsked)
        _check_known(self.clinic, asked, self.now)
        names = {name: f"{name}_ref" for name in ("patient", "nurse", "room", "kind")}
        wanted = Wanted(**{names.get(name, name): value for name, value in asked.items()})
        return self.page_by(visit_rows(clinic_id=self.clinic.pk, wanted=wanted), self.all_shown)

    @extend_schema(request=BookingSent, responses={201: VisitShown}, operation_id="book_visit")
    def post(self, request: Request, clinic_slug: str) -> Response:
        """Book a visit. 409 with the next free times where the time cannot be had; 503 in a crowd: try again."""
        values = self.read(BookingSent)
        self.check_may_overbook(values)
        entry = VisitEntry(**{**values, "follow_up_refs": tuple(values["follow_up_refs"])})
        return self.answer(
            lambda: book_visit(
                clinic=self.clinic,
                entry=entry,
                actor_id=self.person_id,
                now=self.now,
                idempotency_key=request.headers.get("Idempotency-Key"),
            ),
            code=status.HTTP_201_CREATED,
        )


def _check_known(clinic: Clinic, asked: dict[str, Any], now: datetime) -> None:
    """400 for what is not the clinic's: an empty list would say that nothing is booked."""
    today = local_today(clinic, now)
    for name in asked.keys() & {"patient", "kind", "nurse", "room"}:
        ref = asked[name]
        if name == "patient":
            is_known = get_patient(clinic_id=clinic.pk, patient_ref=ref) is not None
        elif name == "kind":
            is_known = get_visit_kind(clinic_id=clinic.pk, kind_ref=ref) is not None
        else:
            found = get_resource(clinic_id=clinic.pk, resource_ref=ref, today=today)
            is_known = found is not None and found.kind == name
        if not is_known:
            raise serializers.ValidationError({name: [said_unknown()]})


class OfVisit(VisitsView):
    """About one visit."""

    def visit(self, ref: UUID) -> Visit:
        """The clinic's visit, or 404."""
        found = visit_by_ref(clinic_id=self.clinic.id, ref=ref)
        if found is None:
            raise Http404
        return found


class OneVisit(OfVisit):
    """A visit."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=VisitShown, operation_id="get_visit")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The visit with its history."""
        return Response(self.shown(self.visit(ref)))


class VisitMove(OfVisit):
    """The move of a visit."""

    permissions: ClassVar = {"post": Permission.BOOK_VISITS}

    @extend_schema(request=MoveSent, responses=VisitShown, operation_id="move_visit")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Move the visit. With ``sequence`` only as it was read: 409 when it was changed since."""
        visit = self.visit(ref)
        values = self.read(MoveSent)
        self.check_may_overbook(values)
        sequence = values.pop("sequence")

        def move() -> Visit:
            move_visit(
                clinic=self.clinic,
                visit_ref=visit.ref,
                entry=MoveEntry(**values),
                actor_id=self.person_id,
                now=self.now,
                expected_sequence=sequence,
            )
            return self.visit(ref)

        return self.answer(move)


class VisitCancel(OfVisit):
    """The cancellation of a visit."""

    permissions: ClassVar = {"post": Permission.BOOK_VISITS}

    @extend_schema(request=CancelSent, responses=VisitShown, operation_id="cancel_visit")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Call the visit off, with the reason."""
        visit = self.visit(ref)
        values = self.read(CancelSent)

        def cancel() -> Visit:
            cancel_visit(
                clinic=self.clinic,
                visit_ref=visit.ref,
                reason=values["reason"],
                actor_id=self.person_id,
                now=self.now,
                expected_sequence=values["sequence"],
            )
            return self.visit(ref)

        return self.answer(cancel)
