"""Visits booked, moved and cancelled: the same services as the pages. See docs/reference/visits.md."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import visit_by_ref
from scheduling.services.booking import book_visit, cancel_visit, move_visit
from web.api.shapes import Sent
from web.api.visit_answers import VisitShown, VisitsView


class PlaceSent(Sent):
    """A time on the clinic's clock, and who serves."""

    local_on = serializers.DateField()
    local_at = serializers.TimeField(input_formats=["%H:%M"])
    is_later = serializers.BooleanField(default=False)
    nurse = serializers.UUIDField(source="nurse_ref", default=None)
    room = serializers.UUIDField(source="room_ref", default=None)
    duration_minutes = serializers.IntegerField(default=None)
    override_reason = serializers.CharField(default="", allow_blank=True)


class BookingSent(PlaceSent):
    """A visit to book."""

    patient = serializers.UUIDField(source="patient_ref")
    kind = serializers.UUIDField(source="kind_ref")
    implant = serializers.UUIDField(source="implant_ref", default=None)
    follow_ups = serializers.ListField(
        child=serializers.UUIDField(), source="follow_up_refs", default=list, max_length=20
    )
    note = serializers.CharField(default="", allow_blank=True)


class MoveSent(PlaceSent):
    """Where a visit goes."""

    reason = serializers.CharField(default="", allow_blank=True)
    sequence = serializers.IntegerField(default=None, min_value=0)


class CancelSent(Sent):
    """Why a visit is called off."""

    reason = serializers.CharField()
    sequence = serializers.IntegerField(default=None, min_value=0)


class Visits(VisitsView):
    """Visits of the clinic."""

    permissions: ClassVar = {"post": Permission.BOOK_VISITS}

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


class _OfVisit(VisitsView):
    def visit(self, ref: UUID) -> Visit:
        """The clinic's visit, or 404."""
        found = visit_by_ref(clinic_id=self.clinic.id, ref=ref)
        if found is None:
            raise Http404
        return found


class OneVisit(_OfVisit):
    """A visit."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=VisitShown, operation_id="get_visit")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The visit with its history."""
        return Response(self.shown(self.visit(ref)))


class VisitMove(_OfVisit):
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


class VisitCancel(_OfVisit):
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
