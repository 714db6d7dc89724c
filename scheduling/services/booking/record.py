"""Visits follow the record: a refill ends its visit, an explant or a death calls off what was to come.

Readers of ``clinic.changes``, after forecasts and follow-ups and before the reminders, in the caller's transaction.
One query where nothing is to be changed.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from clinic.audit import recording
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic, Fill, Implant
from clinic.together import ask_together
from scheduling.domain.slot_refusals import SlotTaken
from scheduling.domain.visit_states import VisitState
from scheduling.models import (
    STANDING,
    UNFINISHED,
    Resource,
    Status,
    Visit,
    VisitFollowUp,
    VisitSeat,
    VisitStatus,
)
from scheduling.services.booking.locks import lock_resources
from scheduling.services.booking.served import was_filled
from scheduling.services.booking.steps import set_status
from scheduling.services.booking.undo import give_back, seats_of

REFILL_RECORDED = gettext_noop("the refill is recorded")
REFILL_WITHDRAWN = gettext_noop("the refill was withdrawn, or is of another day")
PUMP_OUT = gettext_noop("the pump was taken out")
HAS_DIED = gettext_noop("the patient has died")
COMING = (Status.PENDING, Status.BOOKED)


def follow_record(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """Bring the visits of these pumps in line with the record. The caller holds the pumps' locks.

    A refill recorded on the local day of a refill visit ends that visit; withdrawn or moved to another day, the
    visit stands again as it stood, if its time is still free. What was to come for a pump that is out is
    cancelled; what the patient still needs afterwards stays.
    """
    with transaction.atomic(savepoint=False):
        found = ask_together(_questions, clinic_id=clinic_id, implant_ids=implant_ids, now=now)
        numbers = found["behind"]  # settled by the pumps' locks: what follows locks in the order of locks.py
        if not numbers:
            return
        clinic = Clinic.objects.get(pk=clinic_id)
        resources = lock_resources(clinic=clinic, resource_ids=_seats_to_take_again(numbers))
        for visit in _rows(clinic_id).filter(pk__any_of=numbers):
            with recording(actor_id=None, reason="visit follows the record"):
                _follow(visit, clinic, resources, now)
        # What stands again may be for a pump that went out meanwhile: the same answer now as when asked again.
        for visit in _rows(clinic_id).filter(_of_a_pump_out(now), pk__any_of=numbers):
            with recording(actor_id=None, reason="visit follows the record"):
                set_status(visit, VisitState.CANCELLED, since=now, actor_id=None, reason=PUMP_OUT)


def _questions(given: Any) -> dict[str, Any]:
    which = _refilled() | _unfilled() | _of_a_pump_out(given.now)
    return {
        "behind": Visit.objects.for_clinic(given.clinic_id)
        .filter(which, implant_id__any_of=given.implant_ids)
        .values_list("pk", flat=True)
    }


def follow_deaths(clinic_id: int, patient_ids: Collection[int], now: datetime) -> None:
    """Cancel every visit to come of those of these patients who have died."""
    with transaction.atomic():
        # Only those of the dead: an operation that is moved holds its own lock, which comes after the pumps'.
        dead = Implant.objects.for_clinic(clinic_id).filter(patient__died_on__isnull=False)
        pumps = dead.filter(patient_id__any_of=patient_ids).order_by("pk")
        list(pumps.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))
        found = _rows(clinic_id).filter(
            patient_id__any_of=patient_ids,
            patient__died_on__isnull=False,
            status__in=COMING,
            starts_at__gt=now,
        )
        for visit in found:
            with recording(actor_id=None, reason="visit follows the record"):
                set_status(visit, VisitState.CANCELLED, since=now, actor_id=None, reason=HAS_DIED)


def _follow(visit: Visit, clinic: Clinic, resources: dict[int, Resource], now: datetime) -> None:
    if visit.status == Status.FULFILLED:
        _stand_again(visit, clinic, resources, now)
    elif visit.is_refill and was_filled(visit):
        set_status(visit, VisitState.FULFILLED, since=now, actor_id=None, reason=REFILL_RECORDED)
    else:
        set_status(visit, VisitState.CANCELLED, since=now, actor_id=None, reason=PUMP_OUT)


def _rows(clinic_id: int) -> QuerySet[Visit]:
    return Visit.objects.for_clinic(clinic_id).order_by("pk").select_for_update(no_key=True, of=("self",))


def _fills_of_its_day() -> Exists:
    fills = Fill.objects.current().filter(implant_id=OuterRef("implant_id"), filled_on=OuterRef("local_on"))
    return Exists(fills)


def _refilled() -> Q:
    return Q(_fills_of_its_day(), is_refill=True, status__in=STANDING)


def _unfilled() -> Q:
    """Ended by a refill, and by nobody in person, that is no longer recorded on the day."""
    newest = VisitStatus.objects.filter(visit_id=OuterRef("visit_id")).order_by("-pk").values("pk")[:1]
    by_record = Exists(
        VisitStatus.objects.filter(
            visit_id=OuterRef("pk"), by__isnull=True, reason=REFILL_RECORDED, pk=Subquery(newest)
        )
    )
    return Q(by_record, ~_fills_of_its_day(), is_refill=True, status=Status.FULFILLED)


def _of_a_pump_out(now: datetime) -> Q:
    """Refills of the pump, and what was for nothing but follow-ups that ended with it."""
    # Each pump by its number: joined, the visits were held against every pump of the clinic.
    out = Implant.objects.filter(pk=OuterRef("implant_id"), explanted_on__isnull=False)
    purposes = VisitFollowUp.objects.filter(visit_id=OuterRef("pk"))
    is_for_nothing_else = Q(Exists(purposes)) & ~Q(Exists(purposes.filter(follow_up__state__in=UNFINISHED)))
    return Q(
        Q(is_refill=True) | is_for_nothing_else,
        Exists(out),
        status__in=COMING,
        starts_at__gt=now,
    )


def _seats_to_take_again(visit_ids: Collection[int]) -> list[int]:
    """The nurses, rooms and capacities of those of the visits that had ended, by id."""
    seats = VisitSeat.objects.filter(visit_id__any_of=visit_ids, visit__status=Status.FULFILLED)
    return list(seats.values_list("resource_id", flat=True))


def _stand_again(visit: Visit, clinic: Clinic, locked: dict[int, Resource], now: datetime) -> None:
    own = {pk: locked[pk] for pk in seats_of(visit)}
    try:
        with transaction.atomic():
            give_back(visit, own, clinic=clinic, reason=REFILL_WITHDRAWN, actor_id=None, now=now)
    except SlotTaken:
        return  # the time is somebody else's; the refill is open again and stands on the work list
