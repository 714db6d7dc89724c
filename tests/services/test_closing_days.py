"""Closing days: who is affected, where they go, that one confirmation moves all or none, and the way back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.checks import RecordError
from clinic.models import Closure
from clinic.services.closures import add_closure
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import (
    DayClosing,
    DayClosingMove,
    HoursException,
    Resource,
    ResourceKind,
    Visit,
    VisitSeat,
    VisitStatus,
)
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.services.booking import cancel_visit, move_visit
from scheduling.services.closing_days import (
    withdraw_proposal,
)
from tests.calendars import Diary, make_diary
from tests.closings import (
    DAY,
    FRIDAY,
    MONDAY,
    NEXT_MONDAY,
    confirm,
    everything,
    propose,
    refill_due,
    stands,
    undo,
)
from tests.factories import make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def diary() -> Diary:
    return make_diary(datetime(2027, 2, 22, 14, tzinfo=UTC))


def test_a_proposal_names_who_is_affected_and_writes_nothing_else(diary: Diary) -> None:
    implant = refill_due(diary, MONDAY + 10 * DAY)
    on_the_day = diary.visit(diary.at(MONDAY, 10), implant=implant)
    diary.visit(diary.at(NEXT_MONDAY, 10))
    diary.visit(diary.at(MONDAY, 13), status="cancelled")
    before = everything(diary)

    closing = propose(diary)

    (move,) = DayClosingMove.objects.filter(closing=closing)
    assert move.visit_id == on_the_day.pk
    assert move.latest_on == NEXT_MONDAY
    assert before == everything(diary)


def test_the_last_safe_day_counts_the_closing_in(diary: Diary) -> None:
    """The latest visit would be Friday 5 March; with the week closed it is Friday 26 February."""
    implant = refill_due(diary, MONDAY + 7 * DAY)
    visit = diary.visit(diary.at(MONDAY, 10), implant=implant)

    closing = propose(diary)

    move = closing.moves.get()
    assert move.latest_on == MONDAY - 3 * DAY
    assert move.to_starts_at == diary.at(MONDAY - 3 * DAY, 10)
    assert not move.is_past_latest
    assert confirm(diary, closing).is_confirmed
    assert stands(diary, visit) == "26.02 10:00 booked"


def test_confirming_closes_the_days_and_moves_everybody_at_once(diary: Diary) -> None:
    visits = [diary.visit(diary.at(MONDAY + offset * DAY, 10)) for offset in range(5)]
    add_closure(
        clinic=diary.house.clinic, closed_on=FRIDAY, reason="Ours", actor_id=diary.house.administrator.id
    )
    closing = propose(diary)

    confirmed = confirm(diary, closing)

    assert confirmed.is_confirmed
    assert confirmed.run is not None
    assert [stands(diary, visit) for visit in visits] == [
        "26.02 10:00 booked", "25.02 10:00 booked", "08.03 10:00 booked", "09.03 10:00 booked", "10.03 10:00 booked",
    ]  # fmt: skip
    closed = dict(Closure.objects.values_list("closed_on", "reason"))
    assert closed == {MONDAY + offset * DAY: "Painters" for offset in range(4)} | {FRIDAY: "Ours"}
    history = VisitStatus.objects.filter(visit=visits[0]).latest("pk")
    assert (history.status, history.reason, history.moved_from) == (
        "booked",
        "Painters",
        diary.at(MONDAY, 10),
    )
    assert history.by == diary.house.administrator
    assert {visit.sequence for visit in Visit.objects.all()} == {1}


def test_one_that_cannot_be_placed_keeps_its_row_and_is_to_be_placed_anew(diary: Diary) -> None:
    visit = diary.visit(diary.at(MONDAY, 10), implant=refill_due(diary, MONDAY + 2 * DAY))
    diary.away(diary.nurse, diary.now.date(), MONDAY - DAY)
    closing = propose(diary)

    confirm(diary, closing)

    move = closing.moves.get()
    assert (move.to_starts_at, move.is_past_latest) == (None, True)
    assert stands(diary, visit) == "01.03 10:00 pending"
    assert not VisitSeat.objects.filter(visit=visit).exists()
    assert VisitStatus.objects.filter(visit=visit).latest("pk").status == "pending"


def test_undo_puts_everything_back_as_it_was(diary: Diary) -> None:
    placed = diary.visit(diary.at(MONDAY, 10))
    unplaced = diary.visit(diary.at(MONDAY, 14), implant=refill_due(diary, MONDAY + 2 * DAY))
    diary.away(diary.nurse, diary.now.date(), MONDAY - DAY)
    add_closure(
        clinic=diary.house.clinic, closed_on=FRIDAY, reason="Ours", actor_id=diary.house.administrator.id
    )
    before = everything(diary)
    closing = propose(diary)
    confirm(diary, closing)

    undone = undo(diary, closing)

    assert everything(diary) == before
    assert (len(undone.put_back), list(undone.left)) == (2, [])
    assert undone.run is not None
    assert stands(diary, placed) == "01.03 10:00 booked"
    assert stands(diary, unplaced) == "01.03 14:00 booked"
    assert list(undo(diary, closing).put_back) == []


def test_a_visit_that_was_waiting_before_is_waiting_again_after_the_undo(diary: Diary) -> None:
    visit = diary.visit(diary.at(MONDAY, 10), status="pending")
    VisitStatus.objects.create(
        clinic_id=diary.clinic_id, visit=visit, status="pending", since=diary.now - DAY, by=diary.house.nurse
    )
    closing = propose(diary)
    confirm(diary, closing)
    moved = stands(diary, visit)

    undo(diary, closing)

    assert moved == "26.02 10:00 booked"
    assert stands(diary, visit) == "01.03 10:00 pending"


def test_what_somebody_changed_since_is_left_where_it_is(diary: Diary) -> None:
    touched, lost, back = (diary.visit(diary.at(MONDAY, hour)) for hour in (9, 10, 11))
    closing = propose(diary)
    confirm(diary, closing)
    cancel_visit(
        clinic=diary.house.clinic,
        visit_ref=touched.ref,
        reason="Asked to",
        actor_id=diary.house.nurse.id,
        now=diary.now,
    )
    diary.visit(diary.at(MONDAY, 10, 15))  # somebody came in all the same, in the old place of ``lost``

    undone = undo(diary, closing)

    assert {left.move.visit_id: left.why for left in undone.left} == {touched.pk: "changed", lost.pk: "taken"}
    assert [move.visit_id for move in undone.put_back] == [back.pk]
    assert stands(diary, touched).endswith("cancelled")
    assert stands(diary, lost) == "26.02 10:00 booked"
    assert stands(diary, back) == "01.03 11:00 booked"


def test_what_was_moved_by_hand_since_stays_where_it_was_put(diary: Diary) -> None:
    visit = diary.visit(diary.at(MONDAY, 10))
    closing = propose(diary)
    confirm(diary, closing)
    move_visit(
        clinic=diary.house.clinic, visit_ref=visit.ref, entry=MoveEntry(local_on=NEXT_MONDAY, local_at=time(14)),
        actor_id=diary.house.nurse.id, now=diary.now,
    )  # fmt: skip

    undone = undo(diary, closing)

    assert [(left.move.visit_id, left.why) for left in undone.left] == [(visit.pk, "changed")]
    assert stands(diary, visit) == "08.03 14:00 booked"


def test_what_is_over_is_not_put_back(diary: Diary) -> None:
    early, late = diary.visit(diary.at(MONDAY, 10)), diary.visit(diary.at(FRIDAY, 10))
    closing = propose(diary)
    confirm(diary, closing)

    undone = undo(diary, closing, now=diary.at(MONDAY, 12))

    assert [(left.move.visit_id, str(left.why), left.words) for left in undone.left] == [
        (early.pk, "over", "its old time has passed")
    ]
    assert stands(diary, late) == "05.03 10:00 booked"


def test_a_nurse_away_costs_only_her_visits_their_nurse(diary: Diary) -> None:
    bea, second_room = diary.add_nurse("Bea"), diary.add_room("Room 2")
    hers = diary.visit(diary.at(MONDAY, 10))
    others = diary.visit(diary.at(MONDAY, 10), nurse=bea, room=second_room)
    free = diary.visit(diary.at(MONDAY, 14))
    before = everything(diary)
    closing = propose(diary, resource_ref=diary.nurse.ref)

    confirmed = confirm(diary, closing)

    assert confirmed.run is None
    assert not Closure.objects.exists()
    assert stands(diary, hers) == "26.02 10:00 booked"
    assert stands(diary, others) == "01.03 10:00 booked"
    assert stands(diary, free) == "01.03 14:00 booked"
    assert Visit.objects.get(pk=free.pk).nurse == bea
    exception = HoursException.objects.get()
    assert (exception.resource, exception.closing_id) == (diary.nurse, closing.pk)
    undo(diary, closing)
    assert everything(diary) == before


def test_a_closed_room_costs_no_patient_the_time_where_another_is_free(diary: Diary) -> None:
    second = diary.add_room("Room 2")
    visit = diary.visit(diary.at(MONDAY, 10))

    closing = propose(diary, resource_ref=diary.room.ref)

    assert confirm(diary, closing).is_confirmed
    assert stands(diary, visit) == "01.03 10:00 booked"
    moved = Visit.objects.get(pk=visit.pk)
    assert (moved.nurse, moved.room, moved.sequence) == (diary.nurse, second, 1)


def test_a_capacity_is_not_closed_but_goes_with_its_visits(diary: Diary) -> None:
    kind = diary.kind("check_up")
    kind.capacity_resource = Resource.objects.create(
        clinic_id=diary.clinic_id, kind=ResourceKind.CAPACITY, name="Check-ups at once", seats=1
    )
    kind.save()
    diary.add_nurse("Bea")
    diary.add_room("Room 2")
    visits = [diary.visit(diary.at(MONDAY, hour)) for hour in (9, 10)]
    for visit in visits:
        visit.seats.create(
            clinic_id=diary.clinic_id,
            resource=kind.capacity_resource,
            during=(visit.starts_at, visit.ends_at),
        )

    with pytest.raises(RecordError):
        propose(diary, resource_ref=kind.capacity_resource.ref)
    assert confirm(diary, propose(diary)).is_confirmed

    seats = VisitSeat.objects.filter(resource=kind.capacity_resource).values_list("during", flat=True)
    moved = [Visit.objects.get(pk=visit.pk) for visit in visits]
    assert {during.lower for during in seats} == {visit.starts_at for visit in moved}
    assert len({visit.starts_at for visit in moved}) == 2


def test_two_visits_of_one_patient_never_meet(diary: Diary) -> None:
    patient = make_patient(diary.house)
    bea = diary.add_nurse("Bea")
    visits = [diary.visit(diary.at(MONDAY, hour), patient=patient) for hour in (9, 10, 11)]
    closing = propose(diary, resource_ref=diary.nurse.ref)
    before = everything(diary)

    assert confirm(diary, closing).is_confirmed
    assert len({stands(diary, visit) for visit in visits}) == 3
    assert bea.pk
    undo(diary, closing)
    assert everything(diary) == before


def test_two_overlapping_closings_each_open_only_what_they_closed(diary: Diary) -> None:
    first, second = propose(diary), propose(diary, first_on=FRIDAY, last_on=NEXT_MONDAY)
    confirm(diary, first)
    confirm(diary, second)

    undo(diary, second)

    assert set(Closure.objects.values_list("closed_on", flat=True)) == {MONDAY + n * DAY for n in range(5)}


def test_a_day_that_another_closing_closes_too_stays_closed_until_that_one_is_undone(diary: Diary) -> None:
    visit = diary.visit(diary.at(FRIDAY, 10))
    first = propose(diary)
    confirm(diary, first)
    second = propose(diary, first_on=FRIDAY, last_on=NEXT_MONDAY)
    confirm(diary, second)
    moved_to = stands(diary, visit)

    undone = undo(diary, first)

    assert set(Closure.objects.values_list("closed_on", flat=True)) == {FRIDAY + n * DAY for n in range(4)}
    assert [left.move.visit_id for left in undone.left] == [visit.pk]
    assert stands(diary, visit) == moved_to
    undo(diary, second)
    assert not Closure.objects.exists()


REFUSED = [
    ({"first_on": date(2027, 2, 21), "last_on": MONDAY}, "first_on"),
    ({"first_on": FRIDAY, "last_on": MONDAY}, "last_on"),
    ({"first_on": MONDAY, "last_on": MONDAY + 92 * DAY}, "last_on"),
    ({"reason": "  "}, "reason"),
    ({"reason": "x" * 121}, "reason"),
]


@pytest.mark.parametrize(("values", "field"), REFUSED)
def test_a_closing_that_cannot_be_is_refused_at_its_field(
    diary: Diary, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(RecordError) as refused:
        propose(diary, **values)

    assert refused.value.field == field
    assert not DayClosing.objects.exists()


def test_another_clinics_nurse_and_closing_are_not_there(diary: Diary) -> None:
    theirs = replace(diary, house=replace(diary.house, clinic=diary.house.elsewhere))
    with pytest.raises(RecordError):
        propose(theirs, resource_ref=diary.nurse.ref)
    closing = propose(diary)

    for act in (confirm, undo):
        with pytest.raises(DayClosing.DoesNotExist):
            act(theirs, closing)
    assert not withdraw_proposal(clinic=diary.house.elsewhere, closing_ref=closing.ref)
    assert withdraw_proposal(clinic=diary.house.clinic, closing_ref=closing.ref)


def test_a_closing_that_is_over_or_was_never_confirmed_is_refused(diary: Diary) -> None:
    closing = propose(diary)

    with pytest.raises(RecordError):
        undo(diary, closing)
    with pytest.raises(RecordError):
        confirm(diary, closing, now=diary.at(NEXT_MONDAY, 9))


def test_the_proposal_costs_as_many_queries_for_forty_as_for_one(diary: Diary) -> None:
    def queries(day: date) -> int:
        with CaptureQueriesContext(connection) as seen:
            propose(diary, day, day)
        return len(seen)

    diary.add_nurse("Bea")
    diary.visit(diary.at(MONDAY, 9))
    for number in range(12):
        diary.visit(diary.at(MONDAY + DAY, 9) + number * timedelta(minutes=30))

    assert queries(MONDAY) == queries(MONDAY + DAY)


def test_what_could_not_be_placed_stands_at_the_top_of_the_work_list(diary: Diary) -> None:
    waiting = diary.visit(diary.at(MONDAY, 10), implant=refill_due(diary, MONDAY + 2 * DAY))
    diary.visit(diary.at(MONDAY, 14))
    diary.away(diary.nurse, diary.now.date(), MONDAY - DAY)

    confirm(diary, propose(diary))

    assert [conflict.visit_id for conflict in visit_conflicts(diary.clinic_id, diary.now)] == [waiting.pk]


def test_a_visit_without_a_time_is_moved_by_hand(diary: Diary) -> None:
    waiting = diary.visit(diary.at(MONDAY, 10), implant=refill_due(diary, MONDAY + 2 * DAY))
    diary.away(diary.nurse, diary.now.date(), MONDAY - DAY)
    confirm(diary, propose(diary))

    move_visit(
        clinic=diary.house.clinic, visit_ref=waiting.ref, entry=MoveEntry(local_on=NEXT_MONDAY, local_at=time(10)),
        actor_id=diary.house.nurse.id, now=diary.now,
    )  # fmt: skip

    assert stands(diary, waiting) == "08.03 10:00 booked"
