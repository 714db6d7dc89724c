"""A closing is confirmed while others book, move and confirm too: it is carried out whole or made anew, never in part."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest
from django.db import transaction

from clinic.models import Closure
from scheduling.domain.slot_refusals import BusyTryAgain, SlotTaken
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.models import ClosingState, DayClosing, Resource, Visit, VisitSeat
from scheduling.services.booking import book_visit, move_visit
from scheduling.services.closing_days import Confirmation, confirm_closing, propose_closing, undo_closing
from tests.calendars import Diary, make_diary
from tests.factories import make_patient
from tests.faults.crowd import Act, Crowd, deadlocks
from tests.faults.test_double_booking import overlaps
from tests.faults.waiting import somebody_waits, wait_until

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
MONDAY = date(2027, 3, 1)
ROUNDS = 5


def make_full_diary() -> Diary:
    diary = make_diary(datetime(2027, 2, 22, 14, tzinfo=UTC))
    diary.add_nurse("Bea")
    diary.add_room("Room 2")
    return diary


def confirm(diary: Diary, closing: DayClosing) -> Confirmation:
    return confirm_closing(
        clinic=diary.house.clinic,
        closing_ref=closing.ref,
        actor_id=diary.house.administrator.id,
        now=diary.now,
    )


def booking(diary: Diary, day: date, at: time) -> Act:
    entry = VisitEntry(
        patient_ref=make_patient(diary.house).ref,
        kind_ref=diary.kind("check_up").ref,
        local_on=day,
        local_at=at,
    )
    return partial(
        book_visit, clinic=diary.house.clinic, entry=entry, actor_id=diary.house.nurse.id, now=diary.now
    )


def moving(diary: Diary, visit: Visit, day: date, at: time) -> Act:
    entry = MoveEntry(local_on=day, local_at=at)
    return partial(
        move_visit, clinic=diary.house.clinic, visit_ref=visit.ref, entry=entry,
        actor_id=diary.house.nurse.id, now=diary.now,
    )  # fmt: skip


def test_a_closing_is_carried_out_whole_or_made_anew_whatever_others_do_meanwhile() -> None:
    diary = make_full_diary()
    before, outcomes = deadlocks(), Counter[str]()
    with Crowd(14) as crowd:
        for number in range(ROUNDS):
            day = MONDAY + number * 7 * DAY
            visits = [diary.visit(diary.at(day, hour)) for hour in (9, 10, 11, 14, 15)]
            closing = propose_closing(
                clinic=diary.house.clinic, first_on=day, last_on=day, reason="Painters",
                actor_id=diary.house.administrator.id, now=diary.now,
            )  # fmt: skip
            targets = [
                move.to_starts_at.astimezone(diary.zone) for move in closing.moves.all() if move.to_starts_at
            ]
            acts: list[Act] = [partial(confirm, diary, closing), partial(confirm, diary, closing)]
            acts += [booking(diary, at.date(), at.time()) for at in targets]
            acts += [booking(diary, day, time(hour, 30)) for hour in (9, 13, 16)]
            acts += [moving(diary, visits[0], day, time(16)), moving(diary, visits[1], day + DAY, time(9))]
            acts += [booking(diary, day + DAY, time(9)), booking(diary, day, time(16))]

            results = crowd.run(acts)

            errors = {type(each.error) for each in results if each.error is not None}
            assert errors <= {SlotTaken, BusyTryAgain}, [repr(each.error) for each in results]
            check_whole(diary, closing, day)
            closing.refresh_from_db()
            outcomes[closing.state] += 1
            while not confirm(diary, closing).is_confirmed:
                pass
            check_whole(diary, closing, day)
    assert deadlocks() == before
    assert sum(outcomes.values()) == ROUNDS


def check_whole(diary: Diary, closing: DayClosing, day: date) -> None:
    """Either the day is closed and nobody is booked on it, or nothing was done; and no seat is taken twice."""
    closing.refresh_from_db()
    assert overlaps() == 0
    is_closed = Closure.objects.filter(clinic_id=diary.clinic_id, closed_on=day).exists()
    assert is_closed == (closing.state == ClosingState.CONFIRMED)
    if is_closed:
        assert not Visit.objects.filter(local_on=day, status="booked").exists()
        assert all(move.sequence_after for move in closing.moves.all())
    for visit in Visit.objects.filter(status="booked"):
        seats = set(VisitSeat.objects.filter(visit=visit).values_list("resource_id", flat=True))
        assert seats == {visit.nurse_id, visit.room_id}


def test_two_who_undo_at_once_undo_once() -> None:
    diary = make_full_diary()
    visit = diary.visit(diary.at(MONDAY, 10))
    closing = propose_closing(
        clinic=diary.house.clinic, first_on=MONDAY, last_on=MONDAY, reason="Painters",
        actor_id=diary.house.administrator.id, now=diary.now,
    )  # fmt: skip
    confirm(diary, closing)
    act = partial(
        undo_closing, clinic=diary.house.clinic, closing_ref=closing.ref,
        actor_id=diary.house.administrator.id, now=diary.now + DAY / 24,
    )  # fmt: skip

    with Crowd(4) as crowd:
        results = crowd.run([act] * 4)

    assert [each.error for each in results] == [None] * 4
    assert sorted(len(each.value.put_back) for each in results) == [0, 0, 0, 1]
    visit.refresh_from_db()
    assert (visit.sequence, visit.starts_at) == (2, diary.at(MONDAY, 10))


def test_two_who_undo_closings_of_the_same_days_stand_in_a_line() -> None:
    """Each hands days over to the other's closing: whoever held only their own would wait for the other for ever."""
    diary = make_full_diary()
    closings = [
        propose_closing(
            clinic=diary.house.clinic, first_on=MONDAY + number * DAY, last_on=MONDAY + 2 * DAY, reason="Painters",
            actor_id=diary.house.administrator.id, now=diary.now,
        )
        for number in range(2)
    ]  # fmt: skip
    for closing in closings:
        assert confirm(diary, closing).is_confirmed
    acts: list[Act] = [
        partial(
            undo_closing, clinic=diary.house.clinic, closing_ref=closing.ref,
            actor_id=diary.house.administrator.id, now=diary.now + DAY / 24,
        )
        for closing in closings
    ]  # fmt: skip
    before = deadlocks()

    with Crowd(2) as crowd, transaction.atomic():
        list(Resource.objects.order_by("pk").select_for_update(no_key=True))
        waiting = crowd.start(acts)
        wait_until(lambda: somebody_waits(number=2))
    results = waiting()

    assert [each.error for each in results] == [None] * 2
    assert deadlocks() == before
    assert not Closure.objects.filter(clinic_id=diary.clinic_id, closed_on__gte=MONDAY).exists()
