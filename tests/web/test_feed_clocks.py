"""Calendars on the days on which clocks change, as a program sees the instants, in four zones."""

from __future__ import annotations

from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.audit import recording
from clinic.models import Implant
from scheduling.domain.local_time import start_of_day
from scheduling.models import CalendarEntry, FeedHolds, Forecast, Visit
from scheduling.services.calendar_entries import write_entries
from tests.factories import House, make_clinic, make_implant, make_patient
from tests.feeds import reader
from tests.visits import make_desk

pytestmark = pytest.mark.django_db

ZONES = ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "America/Santiago")
"""By an hour at night, by half an hour, and at midnight: a day that begins at one."""
SLOTS = (
    "09:00",
    "09:30",
    "10:00",
    "10:30",
    "11:00",
    "11:30",
    "13:00",
    "13:30",
    "14:00",
    "14:30",
    "15:00",
    "15:30",
)
LENGTH = timedelta(minutes=45)


def days_of_change(house: House) -> list[date]:
    """The next two days of the clinic on which the clock goes on and back."""
    zone = ZoneInfo(house.clinic.time_zone)
    days = [house.today + timedelta(days=number) for number in range(2, 362)]
    found = [
        day
        for day in days
        if start_of_day(day + timedelta(days=1), zone).astimezone(UTC)
        - start_of_day(day, zone).astimezone(UTC)
        != timedelta(days=1)
    ]
    assert len(found) == 2
    return found


@pytest.mark.parametrize("zone", ZONES)
def test_visits_of_the_night_of_a_change_are_at_their_instants(zone: str) -> None:
    """One after the other from the evening before on: across the change, and in the hour that comes twice."""
    house = make_clinic(time_zone=zone)
    desk, patient = make_desk(house), make_patient(house)
    visits = [desk.book(patient, at=at) for at in SLOTS]
    mine = reader(house)
    for day in days_of_change(house):
        first = start_of_day(day, ZoneInfo(zone)).astimezone(UTC) - timedelta(hours=2)
        wanted = {first + LENGTH * number for number in range(len(visits))}
        with recording(actor_id=house.nurse.id, reason="for a test"):
            for visit, starts in zip(visits, sorted(wanted), strict=True):
                local = starts.astimezone(ZoneInfo(zone))
                Visit.objects.filter(pk=visit.pk).update(
                    starts_at=starts,
                    ends_at=starts + LENGTH,
                    local_on=local.date(),
                    local_at=local.time(),
                )
        write_entries(house.clinic.id, [patient.pk], house.now + timedelta(minutes=1))
        mine.fetch()
        assert {(event.start, event.end) for event in mine.events.values()} == {
            (starts, starts + LENGTH) for starts in wanted
        }


@pytest.mark.parametrize("zone", ZONES)
def test_a_last_day_is_that_day_also_where_it_is_longer_or_shorter(zone: str) -> None:
    house = make_clinic(time_zone=zone)
    implant: Implant = make_implant(
        house
    )  # never filled: no date stands that a later one would be measured from
    mine = reader(house, holds=FeedHolds.DEADLINES)
    for day in days_of_change(house):
        Forecast.objects.filter(implant=implant).update(
            status="ok",
            limited_by="stability",
            must_refill_by=day,
            target_visit_on=None,
            latest_visit_on=None,
        )
        write_entries(house.clinic.id, [implant.patient_id], house.now + timedelta(minutes=1))
        mine.fetch()
        assert (mine.event.start, mine.event.end) == (day, day + timedelta(days=1))
        entry = CalendarEntry.objects.get(implant=implant)
        assert entry.ends_at - entry.starts_at in {
            timedelta(hours=24) + change
            for change in (timedelta(minutes=each) for each in (-60, -30, 30, 60))
        }


def test_what_is_shown_begins_and_ends_with_the_clinics_days() -> None:
    """Santiago is behind UTC: its day of thirty days ago began when UTC's was hours old."""
    house = make_clinic(time_zone="America/Santiago")
    desk = make_desk(house)
    visit = desk.book()
    zone = ZoneInfo(house.clinic.time_zone)
    mine = reader(house)
    first = start_of_day(house.today - timedelta(days=30), zone)
    last = start_of_day(house.today + timedelta(days=366), zone)
    for at, is_there in (
        (first, True),
        (first - timedelta(seconds=1), False),
        (last - timedelta(seconds=1), True),
        (last, False),
    ):
        CalendarEntry.objects.filter(visit=visit).update(starts_at=at, ends_at=at + timedelta(hours=1))
        mine.fetch()
        assert bool(mine.events) is is_there, at
