"""The calendar as a file: the same entries as calendar and as table, in pieces, for who manages the clinic."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from clinic.audit import recording
from clinic.models import User
from scheduling.domain.calendars.entries import Detail
from scheduling.models import CalendarEntry, FeedDetail, Visit
from scheduling.selectors import calendar_export
from scheduling.services import booking
from scheduling.services.calendar_feeds import set_most_detail
from tests import ical
from tests.factories import House, make_patient, make_running_pump
from tests.visits import Desk, make_resource

pytestmark = pytest.mark.django_db


@pytest.fixture
def visits(desk: Desk, house: House) -> list[Visit]:
    patient = make_patient(house, first_name="Ursula", last_name="Ode")
    make_running_pump(house, patient)
    booked = [desk.book(patient, at="10:00"), desk.book(at="11:00", kind="wound_check")]
    gone = desk.book(at="14:00")
    desk.step(booking.cancel_visit, gone, now=house.now, reason="ill")
    return [*booked, gone]


def query(house: House, **values: str) -> dict[str, str]:
    return {
        "first_on": house.today.isoformat(),
        "last_on": (house.today + timedelta(days=365)).isoformat(),
        "whose": "clinic",
        "holds": "both",
        "detail": "work",
        "form": "ics",
    } | values


def get(house: House, name: str, user: User | None = None, **values: str) -> Any:
    client = Client()
    client.force_login(user or house.administrator)
    address = reverse(f"nurse:{name}", kwargs={"clinic_slug": house.clinic.slug})
    return client.get(address, query(house, **values))


def file_of(house: House, **values: str) -> bytes:
    answer = get(house, "calendar_export_file", **values)
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def table_of(house: House, **values: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file_of(house, form="csv", **values).decode())))


def uids(*visits: Visit) -> set[str]:
    return {str(CalendarEntry.objects.get(visit=visit).uid) for visit in visits}


def test_both_forms_hold_the_same_entries(house: House, visits: list[Visit]) -> None:
    events = ical.read(file_of(house)).events
    rows = table_of(house)
    assert len(events) == len(rows) == 3
    assert uids(*visits[:2]) < {event.uid for event in events}
    assert [row["what"] for row in rows if row["from"]] == ["Check-up", visits[1].kind.name]
    assert [row["from"] for row in rows if row["from"]] == ["10:00", "11:00"]
    starts = {event.start for event in events}
    assert {visit.starts_at.astimezone(UTC) for visit in visits[:2]} < starts


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ({"holds": "visits"}, 2),
        ({"holds": "deadlines"}, 1),
        ({"with_cancelled": "on"}, 4),
        ({"holds": "visits", "with_cancelled": "on"}, 3),
    ],
)
def test_filters_are_obeyed_and_counted(
    house: House, visits: list[Visit], values: dict[str, str], number: int
) -> None:
    assert len(ical.read(file_of(house, **values)).events) == number
    assert len(table_of(house, **values)) == number
    shown = get(house, "calendar_export", **values)
    assert f"{number} entr" in shown.content.decode()
    assert get(house, "calendar_export_file", **values)["X-Total-Entries"] == str(number)


def test_one_kind_and_one_day_only(desk: Desk, house: House, visits: list[Visit]) -> None:
    kind = f"kind:{desk.kind('wound_check').ref}"
    assert {event.uid for event in ical.read(file_of(house, whose=kind)).events} == uids(visits[1])
    day = desk.day.isoformat()
    assert len(table_of(house, first_on=day, last_on=day, holds="visits")) == 2
    before = (desk.day - timedelta(days=1)).isoformat()
    assert table_of(house, last_on=before, holds="visits") == []


def test_the_table_says_as_much_as_was_chosen(house: House, visits: list[Visit]) -> None:
    assert set(table_of(house, detail="busy")[0]) == {"date", "from", "to", "standing"}
    assert table_of(house, detail="initials")[0]["patient"].startswith("U")
    assert get(house, "calendar_export_file", detail="names").status_code == 302
    set_most_detail(clinic=house.clinic, most=FeedDetail.NAMES)
    names = [row["patient"] for row in table_of(house, detail="names")]
    assert "Ursula Ode" in names


@pytest.mark.parametrize("first_name", ["=1+2", "+1", "-1", "@SUM(A1)"])
def test_no_cell_of_the_table_runs(desk: Desk, house: House, first_name: str) -> None:
    set_most_detail(clinic=house.clinic, most=FeedDetail.NAMES)
    desk.book(make_patient(house, first_name=first_name, last_name="Ode", mrn="=9"))
    (row,) = table_of(house, detail="names")
    assert (row["patient"], row["mrn"]) == (f"'{first_name} Ode", "'=9")
    (row,) = table_of(house, detail="initials")
    assert row["patient"] == f"'{first_name[0]}. O."


def test_days_in_the_wrong_order_are_refused_at_their_field(house: House) -> None:
    answer = get(house, "calendar_export", last_on=(house.today - timedelta(days=1)).isoformat())
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["last_on"]


def test_an_empty_stretch_says_so(house: House) -> None:
    assert "Nothing in these days" in get(house, "calendar_export").content.decode()


def test_only_who_manages_the_clinic_exports(house: House, visits: list[Visit]) -> None:
    for name in ("calendar_export", "calendar_export_file"):
        assert get(house, name, house.nurse).status_code == 403
        assert get(house, name, house.outsider).status_code == 404


def test_another_clinics_nurse_is_nobody_here(house: House) -> None:
    whose = "nurse:00000000-0000-0000-0000-000000000000"
    assert get(house, "calendar_export", whose=whose).status_code == 422


@pytest.mark.parametrize("form", ["ics", "csv"])
def test_memory_does_not_grow_with_the_entries(desk: Desk, house: House, form: str) -> None:
    """Read in pieces: of 600 entries and of 2,400 about the same is in memory at once."""
    entry = CalendarEntry.objects.get(visit=desk.book())
    made = [most_memory(house, entry, number, form) for number in (600, 1_800)]
    assert made[1] < made[0] * 1.25, made


def most_memory(house: House, entry: CalendarEntry, more: int, form: str) -> int:
    """Bytes at once while an export of so many more entries like this one goes by."""
    visit = Visit.objects.get(pk=entry.visit_id)
    before = Visit.objects.count()
    visits = [
        copy_of(visit, ref=uuid4(), starts_at=start, ends_at=start + timedelta(minutes=30))
        for start in (visit.starts_at + timedelta(hours=before + number) for number in range(more))
    ]
    with recording(actor_id=house.nurse.id, reason="a large clinic"):
        Visit.objects.bulk_create(visits)
    CalendarEntry.objects.bulk_create(copy_of(entry, uid=uuid4(), visit_id=each.pk) for each in visits)
    wanted = calendar_export.Wanted(
        first_on=house.today, last_on=house.today + timedelta(days=60), detail=Detail.NAMES
    )
    give = calendar_export.export_csv if form == "csv" else calendar_export.export_ics
    tracemalloc.start()
    pieces = sum(1 for _ in give(clinic=house.clinic, wanted=wanted))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pieces > more
    return most


def copy_of(row: Any, **different: Any) -> Any:
    kept = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return type(row)(**(kept | {"id": None} | different))


# --- The command ----------------------------------------------------------------------------------------


def exported(house: House, path: Path, *more: str) -> None:
    call_command("export_calendar", house.clinic.slug, str(path), *more)


def test_the_command_writes_what_the_page_gives(house: House, visits: list[Visit], tmp_path: Path) -> None:
    exported(house, tmp_path / "a.ics")
    assert (tmp_path / "a.ics").read_bytes() == file_of(house)
    exported(house, tmp_path / "a.csv", "--what", "visits", "--with-cancelled")
    with (tmp_path / "a.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 3


def test_the_command_exports_of_one_nurse_room_or_kind(
    desk: Desk, house: House, visits: list[Visit], tmp_path: Path
) -> None:
    other = make_resource(house, "Otto")
    elsewhere = desk.book(at="15:00", nurse_ref=other.ref)
    for more, expected in (
        (("--nurse", "otto"), uids(elsewhere)),
        (("--kind", visits[1].kind.name), uids(visits[1])),
        (("--room", desk.room.name), uids(elsewhere, *visits[:2])),
    ):
        exported(house, tmp_path / "a.ics", *more)
        assert {event.uid for event in ical.read((tmp_path / "a.ics").read_bytes()).events} == expected


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("a.txt", (), "must end in"),
        ("a.ics", ("--from", "2026-02-02", "--to", "2026-02-01"), "before"),
        ("a.ics", ("--detail", "names"), "does not let"),
        ("a.ics", ("--nurse", "Nobody"), "has no nurse named Nobody"),
        ("a.ics", ("--nurse", "Nora Nurse", "--room", "Room 1"), "not allowed with"),
    ],
)
def test_what_cannot_be_exported_is_said_and_writes_nothing(
    house: House, tmp_path: Path, name: str, more: tuple[str, ...], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        exported(house, tmp_path / name, *more)
    assert list(tmp_path.iterdir()) == []


def test_a_clinic_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="there is no clinic nowhere"):
        call_command("export_calendar", "nowhere", str(tmp_path / "a.ics"))


def test_an_export_that_breaks_off_leaves_the_old_file(
    house: House, visits: list[Visit], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ics"
    exported(house, path)
    before = path.read_bytes()

    def breaks(*_: Any) -> Iterator[bytes]:
        yield b"BEGIN"
        raise OSError("gone")

    monkeypatch.setattr(calendar_export, "_events", breaks)
    with pytest.raises(OSError, match="gone"):
        exported(house, path)
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["a.ics"]
