"""What becomes of a visit: arrived, checked in, done, missed, entered in error; and the last step taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.services.booking import (
    check_in,
    enter_in_error,
    fulfil_visit,
    mark_arrived,
    mark_no_show,
    undo_last_status,
)
from web.api.shapes import ListedField, NothingSent, Sent
from web.api.visit_answers import VisitShown
from web.api.visits import OfVisit


class WhySent(Sent):
    """Why."""

    reason = serializers.CharField(max_length=300)


class NoShowSent(Sent):
    """What there is to say, if anything."""

    reason = serializers.CharField(max_length=300, allow_blank=True, default="")


class FulfilmentSent(NoShowSent):
    """What was done at the visit. ``is_without_fill``: a refill visit at which the pump was not refilled."""

    follow_ups = ListedField(child=serializers.UUIDField(), default=list)
    is_without_fill = serializers.BooleanField(default=False)


class _Step(OfVisit):
    permissions: ClassVar = {"post": Permission.BOOK_VISITS}

    def step(self, act: Callable[..., object], ref: UUID, **values: Any) -> Response:
        """Take the step, and show the visit as it is then."""
        self.visit(ref)

        def taken() -> Any:
            act(clinic=self.clinic, visit_ref=ref, actor_id=self.person_id, now=self.now, **values)
            return self.shown(self.visit(ref))

        return self.answered(lambda: self.once(taken, code=200))


class VisitArrive(_Step):
    """An arrival."""

    @extend_schema(request=None, responses=VisitShown, operation_id="mark_visit_arrived")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The patient is in the house. Not before the visit's day."""
        return self.step(mark_arrived, ref, **self.read(NothingSent))


class VisitCheckIn(_Step):
    """A check-in."""

    @extend_schema(request=None, responses=VisitShown, operation_id="check_visit_in")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The formalities are done and the patient waits for the nurse. Not before the visit's day."""
        return self.step(check_in, ref, **self.read(NothingSent))


class VisitNoShow(_Step):
    """A visit to which nobody came."""

    @extend_schema(request=NoShowSent, responses=VisitShown, operation_id="mark_visit_no_show")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The time has come and nobody came: no cancellation. What the visit was for is due again."""
        return self.step(mark_no_show, ref, **self.read(NoShowSent))


class VisitDone(_Step):
    """A visit that took place."""

    @extend_schema(request=FulfilmentSent, responses=VisitShown, operation_id="fulfil_visit")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The visit took place, and these of its follow-ups were seen to; the others stay open.

        A recorded refill ends its visit by itself: without one of that day say ``is_without_fill``.
        """
        values = self.read(FulfilmentSent)
        done = values.pop("follow_ups")
        return self.step(fulfil_visit, ref, done_follow_ups=done, **values)


class VisitEnteredInError(_Step):
    """A visit that should never have been there."""

    @extend_schema(request=WhySent, responses=VisitShown, operation_id="mark_visit_entered_in_error")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The visit should never have been entered."""
        return self.step(enter_in_error, ref, **self.read(WhySent))


class VisitUndo(_Step):
    """A step taken back."""

    @extend_schema(request=WhySent, responses=VisitShown, operation_id="undo_visit_step")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Take back the last step, with the reason. 409 where the visit's time was given to somebody else meanwhile."""
        return self.step(undo_last_status, ref, **self.read(WhySent))
