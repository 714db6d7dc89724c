"""What becomes of a visit: arrived, checked in, done, missed, cancelled, entered in error.

A visit that is missed or cancelled lets go of its follow-ups: they are open, and without a visit, again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from uuid import UUID

from clinic.domain.checks import RecordError
from clinic.selectors.rows import Clinic
from scheduling.domain.visit_entries import LONGEST_REASON, check_length
from scheduling.domain.visit_states import BLOCKING, VisitEvent, VisitState, check_can
from scheduling.models import Status, Visit, VisitSeat
from scheduling.selectors.visits import standing_of
from scheduling.services.booking.locks import lock_patient_of, lock_visit
from scheduling.services.booking.served import NO_FILL, close_served, was_filled
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.booking.writing import check_sequence, tell, write_status

TOLD_CALENDARS = frozenset({VisitState.CANCELLED, VisitState.ENTERED_IN_ERROR, VisitState.NOSHOW})
"""Ends that take the visit out of the patient's own calendar, and so count as a change there."""


def mark_arrived(*, clinic: Clinic, visit_ref: UUID, actor_id: int, now: datetime) -> Visit:
    """The patient is in the house. Not before the visit's day."""
    return _step(VisitEvent.ARRIVE, clinic=clinic, visit_ref=visit_ref, actor_id=actor_id, now=now)


def check_in(*, clinic: Clinic, visit_ref: UUID, actor_id: int, now: datetime) -> Visit:
    """The formalities are done and the patient waits for the nurse."""
    return _step(VisitEvent.CHECK_IN, clinic=clinic, visit_ref=visit_ref, actor_id=actor_id, now=now)


def mark_no_show(*, clinic: Clinic, visit_ref: UUID, actor_id: int, now: datetime, reason: str = "") -> Visit:
    """The time has come and nobody came. No cancellation; the work is open again."""
    return _step(
        VisitEvent.MISS, clinic=clinic, visit_ref=visit_ref, actor_id=actor_id, now=now, reason=reason
    )


def cancel_visit(
    *,
    clinic: Clinic,
    visit_ref: UUID,
    reason: str,
    actor_id: int,
    now: datetime,
    expected_sequence: int | None = None,
) -> Visit:
    """Call the visit off, with the reason. The work is open again."""
    return _step(
        VisitEvent.CANCEL,
        clinic=clinic,
        visit_ref=visit_ref,
        actor_id=actor_id,
        now=now,
        reason=reason,
        expected_sequence=expected_sequence,
    )


def enter_in_error(*, clinic: Clinic, visit_ref: UUID, reason: str, actor_id: int, now: datetime) -> Visit:
    """The visit should never have been there. One that is done is undone first."""
    return _step(
        VisitEvent.ENTER_IN_ERROR,
        clinic=clinic,
        visit_ref=visit_ref,
        actor_id=actor_id,
        now=now,
        reason=reason,
    )


def fulfil_visit(
    *,
    clinic: Clinic,
    visit_ref: UUID,
    done_follow_ups: Collection[UUID],
    actor_id: int,
    now: datetime,
    is_without_fill: bool = False,
    reason: str = "",
) -> Visit:
    """The visit has taken place, and these of its follow-ups were seen to; the others stay open.

    A refill is done when it is recorded: for a refill visit without a recorded refill of its day it raises
    RecordError at ``is_without_fill`` unless that says that the pump was not refilled; the refill stays open then.
    """

    def close(visit: Visit) -> None:
        if visit.is_refill and not is_without_fill and not was_filled(visit):
            raise RecordError("is_without_fill", NO_FILL)
        close_served(visit, done_follow_ups, actor_id=actor_id, now=now)

    return _step(
        VisitEvent.FULFIL,
        clinic=clinic,
        visit_ref=visit_ref,
        actor_id=actor_id,
        now=now,
        reason=reason,
        also=close,
    )


def set_status(
    visit: Visit, after: VisitState, *, since: datetime, actor_id: int | None, reason: str = ""
) -> None:
    """Write the status of a locked visit, free its seats or take them again, add to its history."""
    visit.status = Status(after.value)
    if after in TOLD_CALENDARS:
        visit.sequence += 1
    visit.save(update_fields=["status", "sequence"])
    VisitSeat.objects.filter(visit=visit).update(is_blocking=after in BLOCKING)
    write_status(visit, after, since=since, actor_id=actor_id, reason=reason)


def _step(
    event: VisitEvent,
    *,
    clinic: Clinic,
    visit_ref: UUID,
    actor_id: int,
    now: datetime,
    reason: str = "",
    expected_sequence: int | None = None,
    also: Callable[[Visit], None] | None = None,
) -> Visit:
    check_length("reason", reason, LONGEST_REASON)
    reason = reason.strip()

    def step() -> Visit:
        locked = lock_patient_of(clinic=clinic, visit_ref=visit_ref)
        visit = lock_visit(clinic=clinic, visit_ref=visit_ref)
        check_sequence(visit, expected_sequence)
        after = check_can(event, standing_of(visit), now=now, reason=reason)
        assert after is not None  # noqa: S101 - only a hold is released, and not here
        if also is not None:
            also(visit)
        set_status(visit, after, since=now, actor_id=actor_id, reason=reason)
        tell(visit, locked, now)
        return visit

    return in_one_transaction(step, actor_id=actor_id, reason=f"visit: {event.value}")
