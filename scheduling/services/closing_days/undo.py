"""Undoing a closing: the days open again, and every visit that nobody has touched goes back where it was."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.closures import open_days
from scheduling.domain.intervals import seconds_of
from scheduling.domain.local_time import date_of
from scheduling.domain.seats import Busy, SeatBook
from scheduling.domain.slots import House
from scheduling.models import (
    ClosingState,
    DayClosing,
    DayClosingMove,
    HoursException,
    Status,
    SweepRun,
    Visit,
    VisitStatus,
)
from scheduling.selectors.availability import open_house, patients_busy
from scheduling.services.booking.locks import lock_patients
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.closing_days.writing import (
    Rewrite,
    lock_all_resources,
    lock_closing,
    lock_visits,
    rewrite,
    tell,
)
from scheduling.services.sweeps import start_recalculation


class WhyLeft(StrEnum):
    """Why a visit stays where it is."""

    CHANGED = "changed"
    OVER = "over"
    TAKEN = "taken"


WORDS = {
    WhyLeft.CHANGED: gettext_noop("somebody has changed this visit since"),
    WhyLeft.OVER: gettext_noop("its old time has passed"),
    WhyLeft.TAKEN: gettext_noop("its old time is no longer free"),
}


@dataclass(frozen=True, slots=True)
class LeftWhereItIs:
    """A visit that could not go back, and why."""

    move: DayClosingMove
    why: WhyLeft

    @property
    def words(self) -> str:
        """The reason as a text to translate."""
        return WORDS[self.why]


@dataclass(frozen=True, slots=True)
class Undone:
    """What an undo did. ``run`` is the recalculation of all dates that opened days ask for."""

    closing: DayClosing
    put_back: Sequence[DayClosingMove]
    left: Sequence[LeftWhereItIs]
    run: SweepRun | None = None


def undo_closing(*, clinic: Clinic, closing_ref: UUID, actor_id: int, now: datetime) -> Undone:
    """Open what the closing closed, and put the visits back, in one transaction.

    A day that another closing closes too stays closed, and is that one's from then on. A visit goes back when
    nobody has changed it since, its old time is still to come on a day that opens, and its old nurse, room and
    patient are free then; the others stay where they are and are named. Undoing twice does nothing more.

    Raises RecordError for a closing that was never confirmed, BusyTryAgain when the calendar is too busy,
    DayClosing.DoesNotExist for another clinic's as for none.
    """

    def undo() -> Undone:
        closing = lock_closing(clinic, closing_ref)
        if closing.state == ClosingState.UNDONE:
            return Undone(closing, (), ())
        if closing.state != ClosingState.CONFIRMED:
            raise RecordError("closing", gettext_noop("this closing was never confirmed"))
        moves = list(closing.moves.select_related("visit"))
        lock_patients(clinic=clinic, patient_ids={move.visit.patient_id for move in moves})
        lock_all_resources(clinic)
        visits = lock_visits(clinic, [move.visit_id for move in moves])
        still_closed = _open(clinic, closing, actor_id)
        rewrites, left = _Return(clinic, moves, visits, now, still_closed).run()
        _set_statuses(rewrites, closing)
        rewrite(
            list(rewrites.values()),
            zone=ZoneInfo(clinic.time_zone),
            reason=gettext_noop("the closing was undone"),
            actor_id=actor_id,
            now=now,
        )
        closing.state, closing.undone_at, closing.undone_by_id = ClosingState.UNDONE, now, actor_id
        closing.save(update_fields=["state", "undone_at", "undone_by"])
        tell(clinic, (each.visit for each in rewrites.values()), now)
        run = None
        if closing.days_closed:
            run = start_recalculation(clinic_id=clinic.id, now=now, actor_id=actor_id)
        back = [move for move in moves if move.visit_id in rewrites]
        return Undone(closing, back, left, run)

    return in_one_transaction(undo, actor_id=actor_id, reason="closing undone")


def _open(clinic: Clinic, closing: DayClosing, actor_id: int) -> set[date]:
    """Open the days and end the absence; the days that another closing keeps closed."""
    days = {date.fromisoformat(day) for day in closing.days_closed}
    kept = _hand_over(clinic, closing, days) if days else set()
    open_days(clinic=clinic, days=days - kept, actor_id=actor_id)
    HoursException.objects.for_clinic(clinic.id).filter(closing=closing).delete()
    return kept


def _hand_over(clinic: Clinic, closing: DayClosing, days: set[date]) -> set[date]:
    """Make the days that other closings of the clinic hold too theirs to open again, each one closing's."""
    others = DayClosing.objects.for_clinic(clinic.id).filter(
        resource__isnull=True,
        state=ClosingState.CONFIRMED,
        first_on__lte=closing.last_on,
        last_on__gte=closing.first_on,
    )
    kept: set[date] = set()
    for other in others.exclude(pk=closing.pk).order_by("pk"):
        theirs = {day for day in days - kept if other.first_on <= day <= other.last_on}
        kept |= theirs
        other.days_closed = sorted({*other.days_closed, *(day.isoformat() for day in theirs)})
        other.save(update_fields=["days_closed"])
    return kept


class _Return:
    """Which visits can go back, given that those that cannot stay where they are and keep their new seats."""

    def __init__(
        self,
        clinic: Clinic,
        moves: Sequence[DayClosingMove],
        visits: dict[int, Visit],
        now: datetime,
        still_closed: Collection[date],
    ) -> None:
        self.clinic, self.moves, self.visits, self.now = clinic, moves, visits, now
        self.still_closed = still_closed
        self.zone = ZoneInfo(clinic.time_zone)
        self.left: dict[int, WhyLeft] = {}

    def run(self) -> tuple[dict[int, Rewrite], list[LeftWhereItIs]]:
        """The visits to put back, by id, and those that stay."""
        for move in self.moves:
            visit = self.visits[move.visit_id]
            if visit.sequence != move.sequence_after or visit.status not in (Status.BOOKED, Status.PENDING):
                self.left[visit.pk] = WhyLeft.CHANGED
            elif move.from_starts_at < self.now:
                self.left[visit.pk] = WhyLeft.OVER
            elif date_of(move.from_starts_at, self.zone) in self.still_closed:
                self.left[visit.pk] = WhyLeft.TAKEN
        rewrites = self._together()
        left = [
            LeftWhereItIs(move, self.left[move.visit_id]) for move in self.moves if move.visit_id in self.left
        ]
        return rewrites, left

    def _together(self) -> dict[int, Rewrite]:
        """One that cannot go back keeps its new seats, which may stand in the way of others: again, without it."""
        while True:
            going = [move for move in self.moves if move.visit_id not in self.left]
            if not going:
                return {}
            house, busy = self._world(going)
            found = {}
            for move in going:
                seats = self._old_seats(move, house, busy)
                if seats is None:
                    self.left[move.visit_id] = WhyLeft.TAKEN
                else:
                    found[move.visit_id] = self._rewrite(move, seats)
            if len(found) == len(going):
                return found

    def _world(self, going: Sequence[DayClosingMove]) -> tuple[House, dict[int, list[Busy]]]:
        days = [date_of(move.from_starts_at, self.zone) for move in going]
        first_on, last_on, ids = min(days), max(days), [move.visit_id for move in going]
        house = open_house(
            clinic_id=self.clinic.id, first_on=first_on, last_on=last_on, now=self.now, ignoring=ids
        )
        busy = patients_busy(
            clinic_id=self.clinic.id,
            patient_ids=[self.visits[pk].patient_id for pk in ids],
            first_on=first_on,
            last_on=last_on,
            now=self.now,
            zone=self.zone,
            ignoring=ids,
        )
        return house, busy

    def _old_seats(
        self, move: DayClosingMove, house: House, busy: dict[int, list[Busy]]
    ) -> list[tuple[int, int]] | None:
        """The seats at the old time; the hours are not asked, since it was there before."""
        visit = self.visits[move.visit_id]
        theirs = busy.setdefault(visit.patient_id, [])
        if any(each.starts_at < move.from_ends_at and each.ends_at > move.from_starts_at for each in theirs):
            return None
        start, end = seconds_of(move.from_starts_at), seconds_of(move.from_ends_at)
        seats = []
        for resource_id in (move.from_nurse_id, move.from_room_id, visit.kind.capacity_resource_id):
            if resource_id is None:
                continue
            book = house.books.get(resource_id)
            if book is None or not _has_seat(book, start, end):
                return None
            seats.append((resource_id, book.free_seat(start, end)))
        for resource_id, seat in seats:
            house.books[resource_id].take(start, end, seat)
        theirs.append(Busy(move.from_starts_at, move.from_ends_at))
        return seats

    def _rewrite(self, move: DayClosingMove, seats: list[tuple[int, int]]) -> Rewrite:
        return Rewrite(
            visit=self.visits[move.visit_id],
            starts_at=move.from_starts_at,
            ends_at=move.from_ends_at,
            nurse_id=move.from_nurse_id,
            room_id=move.from_room_id,
            status=Status.BOOKED,
            seats=seats,
        )


def _has_seat(book: SeatBook, start: int, end: int) -> bool:
    return book.free_seat(start, end) <= book.resource.seats


def _set_statuses(rewrites: dict[int, Rewrite], closing: DayClosing) -> None:
    """Each visit gets the status back that it had before the closing: booked, unless it was to be placed anew."""
    before = (
        VisitStatus.objects.filter(visit_id__in=list(rewrites), since__lt=closing.confirmed_at)
        .order_by("visit_id", "-pk")
        .distinct("visit_id")
        .values_list("visit_id", "status")
    )
    for visit_id, status in before:
        if status == Status.PENDING:
            rewrites[visit_id].status = Status.PENDING
