"""A proposal grows old: what others do before it is confirmed is seen, and then nothing is carried out."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

import pytest

from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import Forecast, SweepRun, Visit
from scheduling.services.booking import cancel_visit, move_visit
from tests.calendars import Diary, make_diary
from tests.closings import DAY, MONDAY, confirm, everything, propose, refill_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def diary() -> Diary:
    return make_diary(datetime(2027, 2, 22, 14, tzinfo=UTC))


def book_another(diary: Diary, visit: Visit) -> None:
    diary.visit(diary.at(MONDAY, 15))


def move_it_within_the_day(diary: Diary, visit: Visit) -> None:
    move_visit(
        clinic=diary.house.clinic, visit_ref=visit.ref, entry=MoveEntry(local_on=MONDAY, local_at=time(14)),
        actor_id=diary.house.nurse.id, now=diary.now,
    )  # fmt: skip


def make_it_longer(diary: Diary, visit: Visit) -> None:
    entry = MoveEntry(local_on=MONDAY, local_at=time(10), duration_minutes=90)
    move_visit(
        clinic=diary.house.clinic,
        visit_ref=visit.ref,
        entry=entry,
        actor_id=diary.house.nurse.id,
        now=diary.now,
    )


def cancel_it(diary: Diary, visit: Visit) -> None:
    cancel_visit(
        clinic=diary.house.clinic,
        visit_ref=visit.ref,
        reason="Asked to",
        actor_id=diary.house.nurse.id,
        now=diary.now,
    )


def take_its_new_time(diary: Diary, visit: Visit) -> None:
    diary.visit(diary.at(MONDAY - 3 * DAY, 10, 15))


def send_the_nurse_away(diary: Diary, visit: Visit) -> None:
    diary.away(diary.nurse, MONDAY - 3 * DAY)


def raise_the_dose(diary: Diary, visit: Visit) -> None:
    Forecast.objects.filter(implant_id=visit.implant_id).update(
        must_refill_by=MONDAY - DAY, latest_visit_on=MONDAY - 4 * DAY, target_visit_on=MONDAY - 11 * DAY
    )


CHANGES = [
    book_another,
    move_it_within_the_day,
    make_it_longer,
    cancel_it,
    take_its_new_time,
    send_the_nurse_away,
    raise_the_dose,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_proposal_that_no_longer_holds_is_made_anew_and_not_carried_out(diary: Diary, change: Any) -> None:
    visit = diary.visit(diary.at(MONDAY, 10), implant=refill_due(diary, MONDAY + 7 * DAY))
    closing = propose(diary)
    change(diary, visit)
    before = everything(diary)

    first = confirm(diary, closing)
    unchanged = everything(diary)
    second = confirm(diary, closing)

    assert not first.is_confirmed
    assert unchanged == before
    assert second.is_confirmed
    assert not Visit.objects.filter(local_on=MONDAY, status="booked").exists()


def test_a_change_that_concerns_nobody_affected_leaves_the_proposal_as_it_is(diary: Diary) -> None:
    diary.visit(diary.at(MONDAY, 10))
    closing = propose(diary)
    diary.visit(diary.at(MONDAY - 3 * DAY, 14))

    assert confirm(diary, closing).is_confirmed


def test_confirming_twice_does_nothing_the_second_time(diary: Diary) -> None:
    diary.visit(diary.at(MONDAY, 10))
    closing = propose(diary)
    confirm(diary, closing)
    after = everything(diary)
    runs = SweepRun.objects.count()

    again = confirm(diary, closing)

    assert (again.is_confirmed, again.run) == (True, None)
    assert everything(diary) == after
    assert SweepRun.objects.count() == runs
