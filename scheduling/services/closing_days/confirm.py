"""Confirming a closing: the days are closed and every affected visit moves, in one transaction or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.closures import close_days
from clinic.services.patients import local_today
from scheduling.domain.intervals import seconds_of
from scheduling.domain.local_time import date_of
from scheduling.domain.replacement import Displaced
from scheduling.models import (
    ClosingState,
    DayClosing,
    DayClosingMove,
    HoursException,
    Status,
    SweepRun,
    Visit,
)
from scheduling.selectors.closings import Displacement, days_between, displacement
from scheduling.services.booking.locks import lock_patients
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.closing_days.propose import work_out_moves
from scheduling.services.closing_days.writing import (
    Rewrite,
    lock_all_resources,
    lock_closing,
    lock_visits,
    rewrite,
    tell,
)
from scheduling.services.sweeps import start_recalculation


@dataclass(frozen=True, slots=True)
class Confirmation:
    """``is_confirmed`` False: the calendar has changed since the proposal; the closing holds a new one.

    ``run`` is the recalculation of all dates that a closed clinic asks for.
    """

    closing: DayClosing
    is_confirmed: bool
    run: SweepRun | None = None


def confirm_closing(*, clinic: Clinic, closing_ref: UUID, actor_id: int, now: datetime) -> Confirmation:
    """Close the days and move everybody as proposed, in one transaction.

    A proposal that no longer holds (a visit was booked, moved or cancelled, a new time was taken, a deadline came
    nearer) is worked out again and not carried out. A visit without a new time keeps its row, gives its nurse and
    room back and is to be placed anew by a person. Confirming twice does nothing the second time.

    Raises RecordError for days that are over or a closing that was undone, BusyTryAgain when the calendar is too
    busy, DayClosing.DoesNotExist for another clinic's as for none.
    """

    def confirm() -> Confirmation:
        closing = lock_closing(clinic, closing_ref)
        if closing.state == ClosingState.CONFIRMED:
            return Confirmation(closing, is_confirmed=True)
        if closing.state == ClosingState.UNDONE:
            raise RecordError("closing", gettext_noop("this closing was undone: propose it anew"))
        if closing.last_on < local_today(clinic, now):
            raise RecordError("closing", gettext_noop("these days are over"))
        moves = list(closing.moves.select_related("visit"))
        lock_patients(clinic=clinic, patient_ids={move.visit.patient_id for move in moves})
        lock_all_resources(clinic)
        visits = lock_visits(clinic, [move.visit_id for move in moves])
        world = displacement(
            clinic_id=clinic.id,
            first_on=closing.first_on,
            last_on=closing.last_on,
            resource_id=closing.resource_id,
            now=now,
        )
        rewrites = _carried_out(moves, world)
        if rewrites is None:
            work_out_moves(closing, now, world)
            return Confirmation(closing, is_confirmed=False)
        for each in rewrites:
            each.visit = visits[each.visit.pk]
        _close(clinic, closing, local_today(clinic, now), actor_id)
        rewrite(rewrites, zone=world.house.opening.zone, reason=closing.reason, actor_id=actor_id, now=now)
        _remember(closing, moves, visits, actor_id, now)
        tell(clinic, visits.values(), now)
        run = None
        if closing.days_closed:
            run = start_recalculation(clinic_id=clinic.id, now=now, actor_id=actor_id)
        return Confirmation(closing, is_confirmed=True, run=run)

    return in_one_transaction(confirm, actor_id=actor_id, reason="days closed")


def _carried_out(moves: Sequence[DayClosingMove], world: Displacement) -> list[Rewrite] | None:
    """The moves as they can be written now, with their seats; None where the proposal no longer holds."""
    if {move.visit_id for move in moves} != set(world.visits):
        return None
    bounds = {each.id: each for each in world.displaced}
    patients: dict[int, list[tuple[int, int]]] = {
        patient_id: [(seconds_of(each.starts_at), seconds_of(each.ends_at)) for each in busy]
        for patient_id, busy in world.patient_busy.items()
    }
    found = []
    for move in moves:
        visit = world.visits[move.visit_id]
        if move.sequence_before != visit.sequence or move.from_starts_at != visit.starts_at:
            return None
        seats = _seats(move, bounds[visit.pk], world, patients.setdefault(visit.patient_id, []))
        if seats is None:
            return None
        found.append(
            Rewrite(
                visit=visit,
                starts_at=move.to_starts_at or visit.starts_at,
                ends_at=move.to_ends_at or visit.ends_at,
                nurse_id=visit.nurse_id if move.to_starts_at is None else move.to_nurse_id,
                room_id=visit.room_id if move.to_starts_at is None else move.to_room_id,
                status=Status.PENDING if move.to_starts_at is None else Status.BOOKED,
                seats=seats,
            )
        )
    return found


def _seats(
    move: DayClosingMove, bounds: Displaced, world: Displacement, patient: list[tuple[int, int]]
) -> list[tuple[int, int]] | None:
    """Take the move's seats on the books; None where it cannot be made any more or is worse than was said."""
    if move.to_starts_at is None or move.to_ends_at is None:
        return []
    day = date_of(move.to_starts_at, world.house.opening.zone)
    is_late = bounds.latest_on is not None and day > bounds.latest_on
    if day > bounds.last_on or (is_late and not move.is_past_latest):
        return None
    start, end = seconds_of(move.to_starts_at), seconds_of(move.to_ends_at)
    if start < world.house.first_second or any(low < end and high > start for low, high in patient):
        return None
    patient.append((start, end))
    seats = []
    for resource_id in (move.to_nurse_id, move.to_room_id, bounds.needs.capacity_id):
        if resource_id is None:
            continue
        book = world.house.books.get(resource_id)
        if book is None or not book.has_room(day, start, end - start):
            return None
        seat = book.free_seat(start, end)
        book.take(start, end, seat)
        seats.append((resource_id, seat))
    return seats


def _close(clinic: Clinic, closing: DayClosing, today: date, actor_id: int) -> None:
    if closing.resource_id is None:
        days = days_between(max(closing.first_on, today), closing.last_on)
        closed = close_days(clinic=clinic, days=days, reason=closing.reason, actor_id=actor_id)
        closing.days_closed = [day.isoformat() for day in closed]
        return
    HoursException.objects.create(
        clinic=clinic,
        resource_id=closing.resource_id,
        first_on=closing.first_on,
        last_on=closing.last_on,
        reason=closing.reason,
        closing=closing,
    )


def _remember(
    closing: DayClosing,
    moves: Sequence[DayClosingMove],
    visits: dict[int, Visit],
    actor_id: int,
    now: datetime,
) -> None:
    for move in moves:
        move.sequence_after = visits[move.visit_id].sequence
    DayClosingMove.objects.bulk_update(moves, ["sequence_after"])
    closing.state, closing.confirmed_at, closing.confirmed_by_id = ClosingState.CONFIRMED, now, actor_id
    closing.save(update_fields=["state", "confirmed_at", "confirmed_by", "days_closed"])
