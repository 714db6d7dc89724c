"""The paper list: who is on it, in which order, what it says, when it is written, and that it is always whole."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext, override_settings

from clinic.domain.entries import ProxyEntry
from clinic.models import Clinic
from clinic.services.patients import add_contact_point, add_proxy, record_death
from scheduling.models import Forecast, PaperList
from scheduling.selectors.paper import paper_content
from scheduling.selectors.paper_lists import (
    clinics_without_fresh_list,
    last_paper_list,
    paper_lists_due,
)
from scheduling.services import paper_files
from scheduling.services.paper_lists import write_due_list, write_due_lists
from scheduling.services.sweeps import run_everything
from tests.factories import (
    House,
    make_clinic,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_running_pump,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(PAPER_LIST_DIR=str(tmp_path / "paper")):
        yield tmp_path / "paper"


@pytest.fixture
def house(folder: Path) -> House:
    """A clinic at nine in the morning, its nightly check done."""
    house = make_clinic(now=datetime(2026, 11, 20, 15, tzinfo=UTC))
    Clinic.objects.update(sweep_hour=2)
    return house


def pump(house: House, last_name: str, *, filled_days_ago: int, dose: str = "300") -> None:
    patient = make_patient(house, last_name=last_name)
    implant = make_implant(house, patient)
    filled_on = house.today - timedelta(days=filled_days_ago)
    make_fill(house, implant, filled_on=filled_on)
    make_program(house, implant, starts_on=filled_on, dose=dose)


def written(house: House, folder: Path) -> str:
    run_everything(now=house.now)
    assert write_due_list(clinic_id=house.clinic.id, now=house.now)
    return (folder / house.clinic.slug / "latest.html").read_text()


def test_pumps_of_the_next_sixty_days_stand_by_days_to_empty_and_the_doubtful_apart(
    house: House, folder: Path
) -> None:
    # 40 mL at 1.0 mL/day (2000 mcg/day) lasts 40 days, at 0.5 mL/day 80.
    pump(house, "Soonest", filled_days_ago=38, dose="2000")
    pump(house, "Later", filled_days_ago=30, dose="1000")
    pump(house, "Beyond", filled_days_ago=1, dose="100")
    make_implant(house, make_patient(house, last_name="Neverfilled"))
    page = written(house, folder)
    assert page.index("Neverfilled") < page.index("Soonest") < page.index("Later")
    assert "Beyond" not in page
    assert "No fill is recorded for this pump." in page


def test_a_row_says_all_that_is_needed_with_the_system_down(house: House, folder: Path) -> None:
    patient = make_patient(house, last_name="Ode", first_name="Ursula", mrn="M77")
    by = {
        "clinic": house.clinic,
        "actor_id": house.nurse.id,
        "patient_ref": patient.ref,
        "now": house.now,
    }
    add_contact_point(kind="phone", value="+1 312 555 0142", is_preferred=True, **by)
    helper = add_proxy(
        entry=ProxyEntry(name="Per Ode", relationship="husband", is_emergency_contact=True), **by
    )
    add_contact_point(kind="phone", value="+1 312 555 0143", proxy_id=helper.id, **by)
    implant = make_implant(house, patient, serial="NGV7")
    make_fill(house, implant, filled_on=date(2026, 10, 1))
    make_program(house, implant, starts_on=date(2026, 10, 1), dose="1000")
    page = written(house, folder)
    for words in (
        "Ode, Ursula", "4 May 1961", "M77", "+1 312 555 0142", "Per Ode (husband) +1 312 555 0143",
        "2000 mcg/mL", "1000 mcg/day", "EMERGENCY if late", "NGV7",
        "Tue 15 Dec 2026",  # 38 mL at 0.5 mL/day from midnight on 1 October, summer time: low 76 days later
        "Do not trust it after", "Days to empty are counted from Fri 20 Nov 2026, 09:00",
        '"num">29.5<',  # empty on 19 December at 23:00: 29 days and 14 hours later, rounded down
    ):  # fmt: skip
        assert words in page, words


def test_the_dead_and_other_clinics_are_not_on_it(house: House, folder: Path) -> None:
    dead = make_patient(house, last_name="Died")
    make_running_pump(house, dead, filled_on=house.today - timedelta(days=150))
    record_death(
        clinic=house.clinic, patient_ref=dead.ref, died_on=house.today, actor_id=house.nurse.id, now=house.now
    )
    pump(house, "Here", filled_days_ago=150)
    page = written(house, folder)
    assert "Here" in page
    assert "Died" not in page
    call_command("paper_list", clinic=house.elsewhere.slug)
    assert "Here" not in (folder / house.elsewhere.slug / "latest.html").read_text()


def test_the_table_holds_the_same_and_runs_no_formula(house: House, folder: Path) -> None:
    pump(house, "=HYPERLINK(1)", filled_days_ago=150)
    written(house, folder)
    text = (folder / house.clinic.slug / "latest.csv").read_bytes().decode("utf-8-sig")
    header, row = list(csv.reader(io.StringIO(text)))
    assert header[1] == "Last name, first name"
    assert row[1] == "'=HYPERLINK(1), Ursula"
    assert len(header) == len(row)


def test_names_are_escaped_in_the_page(house: House, folder: Path) -> None:
    pump(house, "<script>alert(1)</script>", filled_days_ago=150)
    assert "<script>" not in written(house, folder)


def test_files_are_for_their_owner_alone(house: House, folder: Path) -> None:
    written(house, folder)
    place = folder / house.clinic.slug
    assert place.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o600}
    assert sorted(path.name for path in place.iterdir()) == [
        "latest.csv", "latest.html", "refill-list-2026-11-20.csv", "refill-list-2026-11-20.html",
    ]  # fmt: skip


def test_a_night_has_one_list_however_often_it_is_asked(house: House, folder: Path) -> None:
    written(house, folder)
    assert not write_due_list(clinic_id=house.clinic.id, now=house.now)
    assert write_due_lists(now=house.now) == (1, 0)  # the other clinic's
    assert write_due_lists(now=house.now) == (0, 0)
    assert PaperList.objects.count() == 2


def test_a_list_waits_for_its_check_but_not_for_ever(house: House, folder: Path) -> None:
    night = datetime.combine(house.today + timedelta(days=1), time(2, 30), ZoneInfo(house.clinic.time_zone))
    pump(house, "Here", filled_days_ago=150)
    assert paper_lists_due(now=night, clinic_id=house.clinic.id) == []
    late = night + timedelta(hours=2)
    assert write_due_list(clinic_id=house.clinic.id, now=late)
    page = (folder / house.clinic.slug / "latest.html").read_text()
    assert "had not finished when this list was made" in page
    run_everything(now=late)
    assert write_due_list(clinic_id=house.clinic.id, now=late + timedelta(minutes=5))
    page = (folder / house.clinic.slug / "latest.html").read_text()
    assert "had not finished when this list was made" not in page
    assert PaperList.objects.for_clinic(house.clinic.id).get().is_after_check


def test_lists_are_kept_for_fourteen_days(house: House, folder: Path) -> None:
    place = folder / house.clinic.slug
    place.mkdir(parents=True)
    for days in (13, 14, 400):
        (place / f"refill-list-{house.today - timedelta(days=days)}.html").touch()
    (place / "notes.txt").touch()
    (place / ".latest.html123.part").touch()
    written(house, folder)
    assert sorted(os.listdir(place)) == [
        "latest.csv", "latest.html", "notes.txt", "refill-list-2026-11-07.html",
        "refill-list-2026-11-20.csv", "refill-list-2026-11-20.html",
    ]  # fmt: skip


def test_a_failed_writing_leaves_the_old_list_whole_and_is_made_up_for(
    house: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pump(house, "Here", filled_days_ago=150)
    old = written(house, folder)
    tomorrow = house.now + timedelta(days=1)
    run_everything(now=tomorrow)
    with monkeypatch.context() as patch:

        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        patch.setattr(paper_files.os, "fsync", full)
        assert write_due_lists(now=tomorrow) == (0, 2)
    place = folder / house.clinic.slug
    assert (place / "latest.html").read_text() == old
    assert not list(place.glob(".*"))
    row = PaperList.objects.for_clinic(house.clinic.id).latest("business_date")
    assert (row.state, row.attempts, row.last_error) == ("failed", 1, "OSError")
    assert write_due_list(clinic_id=house.clinic.id, now=tomorrow)
    assert (place / "latest.html").read_text() != old


def test_an_old_list_is_known_as_such(house: House, folder: Path) -> None:
    assert last_paper_list(clinic_id=house.clinic.id) is None
    assert clinics_without_fresh_list(now=house.now) == 0  # founded now
    written(house, folder)
    last = last_paper_list(clinic_id=house.clinic.id)
    assert last is not None
    assert not last.is_old(now=house.now + timedelta(hours=26))
    assert last.is_old(now=house.now + timedelta(hours=26, minutes=1))
    assert clinics_without_fresh_list(now=house.now + timedelta(hours=27)) == 2


def test_the_command_writes_to_a_folder_of_ones_own_and_touches_no_row(
    house: House, folder: Path, tmp_path: Path
) -> None:
    pump(house, "Here", filled_days_ago=150)
    call_command("paper_list", clinic=house.clinic.slug, output_dir=tmp_path / "stick")
    assert "Here" in (tmp_path / "stick" / house.clinic.slug / "latest.html").read_text()
    assert not folder.exists()
    assert not PaperList.objects.exists()
    with pytest.raises(CommandError, match="no clinic"):
        call_command("paper_list", clinic="nowhere")


def test_a_list_costs_the_same_number_of_queries_for_many_pumps(house: House) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert (
                len(paper_content(clinic_id=house.clinic.id, now=house.now).ranked)
                == Forecast.objects.count()
            )
        return len(seen)

    for number in range(3):
        pump(house, f"N{number}", filled_days_ago=150)
    few = queries()
    for number in range(12):
        pump(house, f"M{number}", filled_days_ago=150)
    assert queries() == few


def test_a_pump_without_any_forecast_is_on_it(house: House, folder: Path) -> None:
    pump(house, "Forgotten", filled_days_ago=3, dose="100")
    Forecast.objects.all().delete()
    write_due_list(clinic_id=house.clinic.id, now=house.now + timedelta(hours=3))
    page = (folder / house.clinic.slug / "latest.html").read_text()
    assert "Forgotten" in page
    assert "Nothing was worked out for this pump." in page
