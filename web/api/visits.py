"""Visits booked, moved and cancelled: the same services as the pages. See docs/reference/visits.md."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import visit_by_ref
from scheduling.services.booking import book_visit, cancel_visit, move_visit
from web.api.visit_answers import VisitsView


class PlaceSerializer(serializers.Serializer[Any]):
    """A time on the clinic's clock, and who serves."""

    local_on = serializers.DateField()
    local_at = serializers.TimeField(input_formats=["%H:%M"])
    is_later = serializers.BooleanField(default=False)
    nurse = serializers.UUIDField(source="nurse_ref", default=None)
    room = serializers.UUIDField(source="room_ref", default=None)
    duration_minutes = serializers.IntegerField(default=None)
    override_reason = serializers.CharField(default="", allow_blank=True)


class BookingSerializer(PlaceSerializer):
    """A visit to book."""

    patient = serializers.UUIDField(source="patient_ref")
    kind = serializers.UUIDField(source="kind_ref")
    implant = serializers.UUIDField(source="implant_ref", default=None)
    follow_ups = serializers.ListField(
        child=serializers.UUIDField(), source="follow_up_refs", default=list, max_length=20
    )
    note = serializers.CharField(default="", allow_blank=True)


class MoveSerializer(PlaceSerializer):
    """Where a visit goes."""

    reason = serializers.CharField(default="", allow_blank=True)
    sequence = serializers.IntegerField(default=None, min_value=0)


class CancelSerializer(serializers.Serializer[Any]):
    """Why a visit is called off."""

    reason = serializers.CharField()
    sequence = serializers.IntegerField(default=None, min_value=0)


class Visits(VisitsView):
    """POST a visit to book it."""

    http_method_names = ["post", "options"]
    required_permission = Permission.BOOK_VISITS

    def post(self, request: Request, clinic_slug: str) -> Response:
        sent = BookingSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        self.check_may_overbook(values)
        entry = VisitEntry(**{**values, "follow_up_refs": tuple(values["follow_up_refs"])})
        return self.answer(
            lambda: book_visit(
                clinic=self.clinic,
                entry=entry,
                actor_id=int(request.user.pk or 0),
                now=timezone.now(),
                idempotency_key=request.headers.get("Idempotency-Key"),
            ),
            code=status.HTTP_201_CREATED,
        )


class OneVisit(VisitsView):
    """GET a visit with its history."""

    http_method_names = ["get", "head", "options"]
    required_permission = Permission.VIEW_PATIENTS

    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        return Response(self.shown(self.visit(ref)))

    def visit(self, ref: UUID) -> Visit:
        """The clinic's visit, or 404."""
        found = visit_by_ref(clinic_id=self.clinic.id, ref=ref)
        if found is None:
            raise Http404
        return found


class VisitMove(OneVisit):
    """POST another time, nurse or room to move the visit."""

    http_method_names = ["post", "options"]
    required_permission = Permission.BOOK_VISITS

    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        visit = self.visit(ref)
        sent = MoveSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        values = dict(sent.validated_data)
        self.check_may_overbook(values)
        sequence = values.pop("sequence")

        def move() -> Visit:
            move_visit(
                clinic=self.clinic,
                visit_ref=visit.ref,
                entry=MoveEntry(**values),
                actor_id=int(request.user.pk or 0),
                now=timezone.now(),
                expected_sequence=sequence,
            )
            return self.visit(ref)

        return self.answer(move)


class VisitCancel(OneVisit):
    """POST a reason to cancel the visit."""

    http_method_names = ["post", "options"]
    required_permission = Permission.BOOK_VISITS

    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        visit = self.visit(ref)
        sent = CancelSerializer(data=request.data)
        sent.is_valid(raise_exception=True)

        def cancel() -> Visit:
            cancel_visit(
                clinic=self.clinic,
                visit_ref=visit.ref,
                reason=sent.validated_data["reason"],
                actor_id=int(request.user.pk or 0),
                now=timezone.now(),
                expected_sequence=sent.validated_data["sequence"],
            )
            return self.visit(ref)

        return self.answer(cancel)
