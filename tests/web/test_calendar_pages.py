"""The calendar's page and feed: the days asked for and no others, in the clinic's time, with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Patient
from clinic.services.closures import add_closure
from scheduling.domain.hours import ExceptionEntry
from scheduling.models import Visit, VisitStatus
from scheduling.services import booking
from scheduling.services.resources import add_exception
from tests.bookings import add_nurse, book, hold, kind_of, nurse_of, open_day, room_of
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]
_numbers = count(1)


def feed(client: Client, url: Url, first_on: date, days: int = 1, **query: object) -> list[dict[str, Any]]:
    """What the grid gets for so many days."""
    said = {"start": first_on, "end": first_on + timedelta(days=days), **query}
    response = client.get(url("calendar_feed"), {name: str(value) for name, value in said.items()})
    assert response.status_code == 200, response.content
    return list(response.json()["events"])


def visits(events: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    return [
        (event["title"], event["start"], event["end"])
        for event in events
        if "status" in event.get("extendedProps", {})
    ]


def fill_with_visits(house: House, number: int, first_on: date, *, days: int = 5) -> None:
    """So many visits on these days, each of a patient of its own, put straight into the tables."""
    patients = [
        Patient(
            clinic=house.clinic,
            mrn=f"B{next(_numbers):06}",
            last_name=f"Last{each}",
            first_name="First",
            birth_date=date(1960, 1, 1),
            created_at=house.now,
        )
        for each in range(number)
    ]
    with recording(actor_id=None, reason="a full calendar"):
        Patient.objects.bulk_create(patients)
        kind, nurse, room = kind_of(house, "check_up"), nurse_of(house), room_of(house)
        zone = ZoneInfo(house.clinic.time_zone)
        rows = []
        for each, patient in enumerate(patients):
            on, at = first_on + timedelta(days=each % days), time(9 + each % 8)
            starts_at = datetime.combine(on, at, zone).astimezone(UTC)
            rows.append(
                Visit(
                    clinic=house.clinic,
                    patient=patient,
                    kind=kind,
                    nurse=nurse,
                    room=room,
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(minutes=30),
                    local_on=on,
                    local_at=at,
                    time_zone=house.clinic.time_zone,
                    status="booked",
                    booked_at=house.now,
                )
            )
        Visit.objects.bulk_create(rows, batch_size=1000)


def queries(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as captured:
        act()
    return len(captured)


def test_the_feed_holds_the_visits_of_the_days_asked_for_and_no_others(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    book(house, make_patient(house, last_name="Ode"), on=day, at=time(10))
    book(house, make_patient(house, last_name="Next"), on=open_day(house, (day - house.today).days + 1))
    assert visits(feed(nurse, url, day)) == [("Ode, Ursula", f"{day}T10:00", f"{day}T10:30")]


@pytest.mark.parametrize(
    ("start", "end"), [("2027-01-01", "2027-03-01"), ("2027-01-02", "2027-01-01"), ("x", "y"), ("", "")]
)
def test_more_than_45_days_or_nonsense_is_refused(nurse: Client, url: Url, start: str, end: str) -> None:
    response = nurse.get(url("calendar_feed"), {"start": start, "end": end})
    assert response.status_code == 400
    assert response.json()["said"] == "Ask for 1 to 45 days."


def test_the_feed_is_kept_by_nobody_and_its_addresses_name_nobody(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    patient = make_patient(house, last_name="Ode")
    book(house, patient, on=day)
    response = nurse.get(url("calendar_feed"), {"start": str(day), "end": str(day + timedelta(days=1))})
    assert "no-store" in response["Cache-Control"]
    (event,) = [each for each in response.json()["events"] if "status" in each["extendedProps"]]
    for address in (event["url"], event["extendedProps"]["move"]):
        assert "ode" not in address.lower()
        assert patient.mrn not in address


def test_the_filters_are_in_the_address_and_nonsense_is_left_out(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    other = add_nurse(house, "Otto Other")
    mine = make_patient(house, last_name="Mine")
    book(house, mine, on=day, at=time(9), nurse_ref=nurse_of(house).ref, room_ref=room_of(house).ref)
    book(house, make_patient(house, last_name="His"), on=day, at=time(9), nurse_ref=other.ref)
    implant = make_running_pump(house, make_patient(house, last_name="Pump"))
    book(house, implant, on=day, at=time(14), nurse_ref=other.ref)

    def names(**query: object) -> list[str]:
        return [title.split(",")[0] for title, _, _ in visits(feed(nurse, url, day, **query))]

    assert names() == ["Mine", "His", "Pump"]
    assert names(nurse=other.ref) == ["His", "Pump"]
    assert names(nurse=other.ref, kind="refill") == ["Pump"]
    assert "Mine" in names(room=room_of(house).ref)
    assert names(nurse="x", room="%00", kind="x") == ["Mine", "His", "Pump"]
    page = nurse.get(url("calendar") + f"?view=week&date={day}&nurse={other.ref}&room=x").content.decode()
    assert "Only a part of the visits is shown" in page
    assert f'value="{other.ref}" selected' in page


def test_what_ended_stays_what_was_called_off_goes_and_a_hold_that_ran_out_goes(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    gone = book(house, make_patient(house, last_name="Gone"), on=day, at=time(9))
    booking.cancel_visit(
        clinic=house.clinic, visit_ref=gone.ref, reason="moved away", actor_id=house.nurse.id, now=house.now
    )
    held = hold(house, make_patient(house, last_name="Held"), on=day, at=time(10))
    missed = book(house, make_patient(house, last_name="Missed"), on=day, at=time(11))
    booking.mark_no_show(
        clinic=house.clinic, visit_ref=missed.ref, actor_id=house.nurse.id, now=missed.ends_at
    )
    assert [title for title, _, _ in visits(feed(nurse, url, day))] == ["Held, Ursula", "Missed, Ursula"]
    with recording(actor_id=None, reason="ten minutes pass"):
        Visit.objects.filter(pk=held.pk).update(hold_expires_at=house.now - timedelta(seconds=1))
    assert [title for title, _, _ in visits(feed(nurse, url, day))] == ["Missed, Ursula"]


def test_only_who_may_book_can_drag_and_only_what_has_not_begun(
    house: House, signed_in: SignIn, url: Url
) -> None:
    day = open_day(house)
    visit = book(house, make_patient(house), on=day)

    def movable(role: Role) -> bool:
        (event,) = [
            each
            for each in feed(signed_in(house.person(role)), url, day)
            if "status" in each["extendedProps"]
        ]
        return bool(event["startEditable"]) and bool(event["extendedProps"]["move"])

    assert movable(Role.SCHEDULER)
    assert not movable(Role.AUDITOR)
    booking.mark_arrived(
        clinic=house.clinic, visit_ref=visit.ref, actor_id=house.nurse.id, now=visit.starts_at
    )
    assert not movable(Role.SCHEDULER)


def test_a_visit_that_is_wrong_says_so_in_words(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(
        house,
        make_patient(house),
        filled_on=house.today - timedelta(days=20),
        concentration="300",
    )
    day = open_day(house, 40)
    book(house, implant, on=day)
    (event,) = [each for each in feed(nurse, url, day) if "status" in each["extendedProps"]]
    assert event["extendedProps"]["conflict"].startswith("Too late for the refill (the latest day is")
    assert "Too late for the refill" in event["extendedProps"]["sentence"]
    page = nurse.get(url("calendar") + f"?view=list&date={day}").content.decode()
    assert "Too late for the refill" in page


def test_closed_days_absences_and_hours_are_shaded_with_their_reason(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house)
    add_closure(clinic=house.clinic, closed_on=day, reason="Founders' day", actor_id=house.nurse.id)
    closed = feed(nurse, url, day)
    assert [(each["title"], each["extendedProps"]["shade"]) for each in closed] == [
        ("Closed: Founders' day", "closed")
    ]
    assert (
        "Closed: Founders&#x27; day" in nurse.get(url("calendar") + f"?view=list&date={day}").content.decode()
    )
    other_day = open_day(house, (day - house.today).days + 1)
    while other_day == day:
        other_day = open_day(house, (other_day - house.today).days + 1)
    add_exception(
        clinic=house.clinic,
        resource_ref=nurse_of(house).ref,
        entry=ExceptionEntry(
            first_on=other_day, last_on=other_day, starts_at=time(13), ends_at=time(15), reason="Course"
        ),
        now=house.now,
    )
    everybody = feed(nurse, url, other_day)
    assert [each["title"] for each in everybody if each.get("allDay")] == [
        "Nora Nurse away: Course 13:00–15:00"
    ]
    off = [(each["start"][11:], each["end"][11:]) for each in everybody if each.get("display")]
    assert off == [("00:00", "09:00"), ("12:00", "15:00"), ("17:00", "00:00")]
    hers = feed(nurse, url, other_day, nurse=nurse_of(house).ref)
    (away,) = [each for each in hers if each["extendedProps"].get("shade") == "away"]
    assert (away["title"], away["start"][11:], away["end"][11:]) == (
        "Nora Nurse away: Course",
        "13:00",
        "15:00",
    )


def test_the_month_holds_counts_and_no_names(house: House, nurse: Client, url: Url) -> None:
    day = open_day(house)
    for hour in (9, 10, 14):
        book(house, make_patient(house, last_name="Ode"), on=day, at=time(hour))
    hold(house, make_patient(house, last_name="Held"), on=day, at=time(15))
    response = nurse.get(
        url("calendar_feed"),
        {"view": "month", "start": str(day.replace(day=1)), "end": str(day + timedelta(days=1))},
    )
    counted = [each for each in response.json()["events"] if "count" in each["extendedProps"]]
    assert [(each["start"], each["title"]) for each in counted] == [(str(day), "3 visits")]
    assert f"view=day&date={day}" in counted[0]["url"]
    assert "Ode" not in response.content.decode()
    assert "Held" not in response.content.decode()


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Chicago", date(2027, 3, 14)),
        ("America/Chicago", date(2027, 11, 7)),
        ("Europe/Madrid", date(2027, 3, 28)),
        ("Europe/Madrid", date(2027, 10, 31)),
    ],
)
def test_the_days_the_clocks_change_hold_wall_times(
    db: None, signed_in: SignIn, zone: str, day: date
) -> None:
    house = make_clinic(time_zone=zone)
    with recording(actor_id=house.administrator.id, reason="open every day"):
        house.clinic.open_weekdays = list(range(7))
        house.clinic.save()
    nurse_of(house).hours.create(clinic=house.clinic, weekday=6, starts_at=time(0), ends_at=time(23))
    room_of(house).hours.all().delete()
    for at in (time(0, 30), time(9), time(22)):
        book(house, make_patient(house, last_name=f"At{at:%H%M}"), on=day, at=at)
    client = signed_in(house.nurse)
    address = f"/c/{house.clinic.slug}/calendar/visits.json?start={day}&end={day + timedelta(days=1)}"
    events = client.get(address).json()["events"]
    assert [(start[11:], end[11:]) for _, start, end in visits(events)] == [
        ("00:30", "01:00"),
        ("09:00", "09:30"),
        ("22:00", "22:30"),
    ]
    off = [(each["start"][11:], each["end"][11:]) for each in events if each.get("display")]
    assert off == [("23:00", "00:00")]


def test_a_week_without_weekend_visits_has_no_weekend_and_with_one_it_has(
    house: House, nurse: Client, url: Url
) -> None:
    day = open_day(house, 14)
    saturday = day + timedelta(days=5 - day.weekday())

    def hidden() -> list[int]:
        response = nurse.get(url("calendar") + f"?view=week&date={day}")
        return list(response.context["grid"]["hiddenDays"])

    assert sorted(hidden()) == [0, 6]
    book(house, make_patient(house), on=saturday, override_reason="empty on Sunday")
    assert hidden() == [0]


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_what_is_not_in_view_costs_nothing(house: House, nurse: Client, url: Url, view: str) -> None:
    """Ten visits in view or three hundred, five thousand elsewhere or none: the same queries."""
    monday = open_day(house, 21)
    monday -= timedelta(days=monday.weekday())
    fill_with_visits(house, 10, monday)

    def ask() -> None:
        feed(nurse, url, monday, 31 if view == "month" else 7, view=view)

    ask()
    before = queries(ask)
    page = queries(lambda: nurse.get(url("calendar") + f"?view={view}&date={monday}"))
    fill_with_visits(house, 290, monday + timedelta(days=7) if view == "month" else monday)
    fill_with_visits(house, 5000, monday + timedelta(days=100), days=300)
    assert queries(ask) == before
    assert queries(lambda: nurse.get(url("calendar") + f"?view={view}&date={monday}")) == page
    assert before <= 14  # one of them says who saw whom
    assert page <= 12


def test_the_list_of_a_day_costs_the_same_whatever_it_holds(house: House, nurse: Client, url: Url) -> None:
    monday = open_day(house, 21)
    fill_with_visits(house, 10, monday, days=1)

    def ask() -> None:
        assert nurse.get(url("calendar") + f"?view=list&date={monday}").status_code == 200

    ask()
    before = queries(ask)
    fill_with_visits(house, 90, monday + timedelta(days=1), days=1)
    Visit.objects.filter(local_on=monday + timedelta(days=1)).exists()
    assert queries(ask) == before


def test_the_paper_of_a_day_has_a_table_for_each_nurse(house: House, nurse: Client, url: Url) -> None:
    day = open_day(house)
    other = add_nurse(house, "Otto Other")
    book(house, make_patient(house, last_name="Hers"), on=day, nurse_ref=nurse_of(house).ref)
    his = make_patient(house, last_name="His")
    book(house, his, on=day, nurse_ref=other.ref, note="brings the letter")
    page = nurse.get(url("calendar_print") + f"?date={day}").content.decode()
    assert page.index("Nora Nurse · 1 visit") < page.index("Otto Other · 1 visit")
    assert his.mrn in page
    assert "brings the letter" in page
    assert "America/Chicago" in page
    only = nurse.get(url("calendar_print") + f"?date={day}&nurse={other.ref}").content.decode()
    assert "Hers" not in only
    assert "His" in only


@pytest.mark.parametrize(
    "query", ["date=x", "date=99999-01-01", "view=x", "date=0001-01-01", "date=2200-12-31"]
)
def test_an_address_that_cannot_be_read_shows_today(nurse: Client, url: Url, query: str) -> None:
    for view in ("list", "day", "week", "month"):
        assert nurse.get(url("calendar") + f"?{query}&view={view}").status_code == 200


def test_another_clinics_visits_are_not_there(house: House, signed_in: SignIn, url: Url) -> None:
    day = open_day(house)
    book(house, make_patient(house, last_name="Ours"), on=day)
    outsider = signed_in(house.outsider)
    address = f"/c/{house.elsewhere.slug}/calendar/visits.json?start={day}&end={day + timedelta(days=1)}"
    assert visits(outsider.get(address).json()["events"]) == []
    assert outsider.get(url("calendar_feed")).status_code == 404


def test_looking_at_the_calendar_writes_nothing(house: House, nurse: Client, url: Url) -> None:
    day = open_day(house)
    book(house, make_patient(house), on=day)
    before = VisitStatus.objects.count()
    feed(nurse, url, day)
    assert VisitStatus.objects.count() == before
