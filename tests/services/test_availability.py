"""Free times as the database knows them: what is taken, what only seems so, and what the answer costs."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.services.closures import add_closure
from scheduling.domain.slots import Fit, Needs, Slot, Window
from scheduling.models import FollowUp, Forecast, HoursException, Resource, ResourceKind
from scheduling.selectors.availability import free_slots
from scheduling.selectors.visit_needs import needs_of, needs_of_visit, open_window, windows_of
from tests.calendars import Diary, make_diary
from tests.factories import make_patient, make_running_pump

pytestmark = pytest.mark.django_db

TUESDAY = date(2027, 3, 2)
DAY = timedelta(days=1)
HOUR = Needs(60)


@pytest.fixture
def diary() -> Diary:
    return make_diary()


def ask(
    diary: Diary, needs: Needs = HOUR, *, day: date = TUESDAY, days: int = 1, **values: Any
) -> list[Slot]:
    window = Window(day, day + (days - 1) * DAY)
    slots = free_slots(clinic_id=diary.clinic_id, needs=needs, window=window, now=diary.now, **values)
    return [slot for slot in slots if slot.fit is Fit.IN_WINDOW]


def shown(diary: Diary, slots: list[Slot]) -> list[str]:
    return [f"{slot.starts_at.astimezone(diary.zone):%a %H:%M}" for slot in slots]


def test_a_new_clinic_has_the_hours_of_its_nurse_on_the_quarter(diary: Diary) -> None:
    found = shown(diary, ask(diary, limit=100))

    assert found[:2] == ["Tue 09:00", "Tue 09:15"]
    assert found[-1] == "Tue 16:00"
    assert "Tue 11:00" in found
    assert not {"Tue 11:15", "Tue 12:00", "Tue 12:45"} & set(found)


TAKEN = ["pending", "booked", "arrived", "checked-in"]
FREE = ["fulfilled", "cancelled", "noshow", "entered-in-error", "waitlist"]


@pytest.mark.parametrize(
    ("status", "first"), [(each, "10:00") for each in TAKEN] + [(each, "09:00") for each in FREE]
)
def test_a_visit_takes_its_time_in_every_blocking_status_and_in_no_other(
    diary: Diary, status: str, first: str
) -> None:
    diary.visit(diary.at(TUESDAY, 9), minutes=60, status=status)

    assert shown(diary, ask(diary, limit=1)) == [f"Tue {first}"]


@pytest.mark.parametrize(("lives_seconds", "first"), [(1, "10:00"), (0, "09:00"), (-600, "09:00")])
def test_a_hold_takes_time_until_it_expires(diary: Diary, lives_seconds: int, first: str) -> None:
    diary.visit(
        diary.at(TUESDAY, 9), minutes=60, status="proposed",
        hold_expires_at=diary.now + timedelta(seconds=lives_seconds),
    )  # fmt: skip

    assert shown(diary, ask(diary, limit=1)) == [f"Tue {first}"]


def test_the_visit_that_is_moved_is_not_in_its_own_way(diary: Diary) -> None:
    visit = diary.visit(diary.at(TUESDAY, 9), minutes=60)
    whose = {"patient_id": visit.patient_id, "limit": 1}

    assert shown(diary, ask(diary, **whose)) == ["Tue 10:00"]
    assert shown(diary, ask(diary, ignoring_visit=visit.pk, **whose)) == ["Tue 09:00"]
    assert needs_of_visit(visit) == Needs(60, preferred_nurse_id=diary.nurse.pk)


def test_the_patient_cannot_be_in_two_places(diary: Diary) -> None:
    second, second_room = diary.add_nurse("Bea"), diary.add_room("Room 2")
    visit = diary.visit(diary.at(TUESDAY, 9), minutes=60)

    slot = ask(diary, limit=1)[0]

    assert (shown(diary, [slot]), slot.nurse_id, slot.room_id) == (["Tue 09:00"], second.pk, second_room.pk)
    assert shown(diary, ask(diary, patient_id=visit.patient_id, limit=1)) == ["Tue 10:00"]


def test_exceptions_closed_days_and_people_who_left_are_left_out(diary: Diary) -> None:
    diary.away(diary.nurse, TUESDAY)
    HoursException.objects.create(
        clinic_id=diary.clinic_id, resource=diary.nurse, first_on=TUESDAY + DAY, last_on=TUESDAY + DAY,
        starts_at=time(7), ends_at=time(8), is_available=True,
    )  # fmt: skip
    bea = diary.add_nurse("Bea")
    bea.is_active = False
    bea.save()
    diary.set_hours(diary.room, (6, 20))
    add_closure(
        clinic=diary.house.clinic,
        closed_on=TUESDAY + 2 * DAY,
        reason="Painters",
        actor_id=diary.house.administrator.id,
    )

    found = shown(diary, ask(diary, days=4, most_a_day=1))

    assert found == ["Wed 07:00", "Fri 09:00"]


def test_a_capacity_holds_back_the_third_at_once(diary: Diary) -> None:
    kind = diary.kind("trial")
    kind.capacity_resource = Resource.objects.create(
        clinic_id=diary.clinic_id, kind=ResourceKind.CAPACITY, name="Trials", seats=1
    )
    kind.save()
    diary.add_nurse("Bea")
    diary.add_room("Room 2")
    needs = needs_of([kind])
    held = diary.visit(diary.at(TUESDAY, 9), minutes=240)
    held.seats.create(
        clinic_id=diary.clinic_id, resource=kind.capacity_resource, during=(held.starts_at, held.ends_at)
    )

    assert (needs.duration_minutes, needs.capacity_id) == (240, kind.capacity_resource_id)
    assert shown(diary, ask(diary, needs, limit=1)) == ["Tue 13:00"]


def test_the_question_costs_as_many_queries_and_reads_as_much_whatever_is_stored_elsewhere(
    diary: Diary,
) -> None:
    def queries() -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            ask(diary, patient_id=make.pk, limit=1)
        return [query["sql"] for query in seen.captured_queries]

    make = make_patient(diary.house)
    before = queries()
    for week in range(30, 34):
        diary.visit(diary.at(TUESDAY + week * 7 * DAY, 9), patient=make)
    diary.add_nurse("Bea")
    diary.add_room("Room 2")

    assert len(queries()) == len(before) <= 9


def test_days_after_the_deadline_are_read_only_when_nothing_else_is_free(diary: Diary) -> None:
    window = Window(TUESDAY, TUESDAY, must_by=TUESDAY)

    def found() -> tuple[list[Slot], int]:
        with CaptureQueriesContext(connection) as seen:
            slots = free_slots(clinic_id=diary.clinic_id, needs=HOUR, window=window, now=diary.now, limit=1)
        return slots, len(seen)

    in_time, cheap = found()
    diary.away(diary.nurse, TUESDAY)
    late, dear = found()

    assert [slot.fit for slot in in_time + late] == [Fit.IN_WINDOW, Fit.TOO_LATE]
    assert cheap < dear <= 2 * cheap


def test_another_clinics_resources_are_never_offered(diary: Diary) -> None:
    theirs = free_slots(
        clinic_id=diary.house.elsewhere.id, needs=HOUR, window=open_window(TUESDAY), now=diary.now
    )

    assert theirs
    assert diary.nurse.pk not in {slot.nurse_id for slot in theirs}


def test_the_window_of_a_refill_reaches_from_early_to_its_last_day(diary: Diary) -> None:
    implant = make_running_pump(diary.house)
    forecast = Forecast.objects.get(implant=implant)
    assert forecast.target_visit_on
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    other = FollowUp.objects.create(
        clinic_id=diary.clinic_id, patient=implant.patient, owner=diary.house.nurse, row_key="wound",
        anchor="surgery", anchor_key="b", title="Wound", mode="visit", anchored_on=TUESDAY, target_on=TUESDAY,
        latest_on=TUESDAY + DAY, created_at=diary.now,
    )  # fmt: skip

    found = windows_of(clinic_id=diary.clinic_id, follow_up_ids=[refill.pk, other.pk], today=TUESDAY)
    FollowUp.objects.filter(pk=refill.pk).update(target_on=None, latest_on=None)
    in_review = windows_of(clinic_id=diary.clinic_id, follow_up_ids=[refill.pk], today=TUESDAY)

    assert found[refill.pk] == Window(
        forecast.target_visit_on, forecast.latest_visit_on, forecast.must_refill_by,
        forecast.target_visit_on - 14 * DAY,
    )  # fmt: skip
    assert found[other.pk] == Window(TUESDAY, TUESDAY + DAY, None, TUESDAY)
    assert in_review[refill.pk] == Window(TUESDAY, TUESDAY)
