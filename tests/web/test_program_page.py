"""Changing, correcting and withdrawing a program: the dates before and after are shown before anything is saved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from clinic.domain.entries import ProgramEntry
from clinic.domain.roles import Role
from clinic.models import Implant, ProgramVersion
from clinic.services.programs import record_program
from scheduling.models import Forecast
from tests.factories import House, make_clinic, make_program, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]
Posted = dict[str, Any]


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


def change(house: House, **values: Any) -> Posted:
    """A good form that changes the dose today; ``values`` are fields of the program without their prefix."""
    entry = {
        "mode": "dose",
        "dose": "600",
        "dose_unit": "mcg/day",
        "starts_on": house.today.isoformat(),
    } | values
    return {"steps-TOTAL_FORMS": "0", "steps-INITIAL_FORMS": "0"} | {
        f"program-{name}": value for name, value in entry.items()
    }


def must_refill_by(implant: Implant) -> object:
    return Forecast.objects.values_list("must_refill_by", flat=True).get(implant=implant)


def test_the_what_if_shows_the_dates_that_saving_gives(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    before = must_refill_by(implant)
    live = nurse.post(url("program_preview", ref=implant.ref), change(house))
    preview = live.context["preview"]
    assert preview.before.projection.must_refill_by == before
    assert must_refill_by(implant) == before
    saved = nurse.post(url("program_new", ref=implant.ref), change(house))
    assert saved.url == url("patient", ref=implant.patient.ref)
    assert must_refill_by(implant) == preview.after.projection.must_refill_by != before
    assert [line.name for line in live.context["lines"] if line.differs][:1] == ["Must refill by"]


@pytest.mark.parametrize(
    ("values", "at"),
    [
        *(({"dose": typed}, "id_program-dose") for typed in ("NaN", "-1", "0", "1e300", "", "3,000")),
        *(({"starts_on": day}, "id_program-starts_on") for day in ("0001-01-01", "9999-12-31", "", "soon")),
        ({"starts_time": "24:30"}, "id_program-starts_time"),
        ({"dose_unit": "g/day"}, "id_program-dose_unit"),
        ({"mode": "unchanged"}, "id_program-mode_0"),
        ({"mode": "flow", "flow_ml_per_day": "1000"}, "id_program-flow_ml_per_day"),
        ({"mode": "flex"}, "Steps"),
        ({"note": "x" * 2001}, "id_program-note"),
        ({"bolus_dose": "5"}, "id_program-bolus_max_per_day"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    house: House, nurse: Client, url: Url, implant: Implant, values: Posted, at: str
) -> None:
    for name in ("program_preview", "program_new"):
        response = nurse.post(url(name, ref=implant.ref), change(house, **values))
        assert at in [place or label for place, label, _text in response.context["problems"]]
    assert response.status_code == 422
    assert ProgramVersion.objects.count() == 1


def test_a_thousandfold_dose_must_be_acknowledged(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    slip = change(house, dose="300", dose_unit="mg/day")
    response = nurse.post(url("program_new", ref=implant.ref), slip)
    codes = [stop.code for stop in response.context["open_stops"]]
    assert response.status_code == 422
    assert "unit_slip" in codes
    assert ProgramVersion.objects.count() == 1
    assert nurse.post(url("program_new", ref=implant.ref), slip | {"acknowledged": codes}).status_code == 302


def test_an_hour_the_clock_skipped_is_refused(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    # Chicago, 8 March 2026: two o'clock did not happen.
    skipped = change(house, starts_on="2026-03-08", starts_time="02:30")
    response = nurse.post(url("program_new", ref=implant.ref), skipped)
    assert [place for place, _label, _text in response.context["problems"]] == ["id_program-starts_time"]


def test_a_program_is_corrected_and_withdrawn_with_a_reason(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    wrong = make_program(house, implant, starts_on=house.today - timedelta(days=5), dose="900")
    before = must_refill_by(implant)
    page = nurse.get(url("program_edit", program_id=wrong.id))
    assert page.context["program"].initial["dose"] == Decimal(900)
    right = change(house, starts_on=wrong.starts_on.isoformat(), dose="450")
    assert nurse.post(url("program_edit", program_id=wrong.id), right).status_code == 422
    live = nurse.post(url("program_edit_preview", program_id=wrong.id), right)
    after = live.context["preview"].after
    assert after.projection.must_refill_by == before, "half the dose is later: it waits for a second person"
    assert after.waits.full.must_refill_by > before
    done = nurse.post(url("program_edit", program_id=wrong.id), right | {"program-reason": "typing slip"})
    assert done.status_code == 302
    corrected = ProgramVersion.objects.current().get(implant=implant, starts_on=wrong.starts_on)
    assert (corrected.dose, corrected.correction_reason) == (Decimal(450), "typing slip")
    stale = nurse.post(url("program_edit", program_id=wrong.id), right | {"program-reason": "again"})
    assert stale.url == url("patient", ref=implant.patient.ref)
    address = url("program_void", program_id=corrected.id)
    assert nurse.get(address).status_code == 200
    assert nurse.post(address, {"reason": ""}).status_code == 422
    assert nurse.post(address, {"reason": "never ran"}).status_code == 302
    assert ProgramVersion.objects.current().filter(implant=implant).count() == 1


def test_a_flex_program_comes_back_as_the_rows_it_was_entered_in(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    steps = [
        {"hours": "20", "dose_per_hour": "10", "unit": "mcg/h"},
        {"hours": "4", "dose_per_hour": "20", "unit": "mcg/h"},
    ]
    pattern = [{"on": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "steps": steps}]
    version = record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=house.today, kind="flex", pattern=pattern),
        actor_id=house.nurse.id,
        now=house.now,
    )
    page = nurse.get(url("program_edit", program_id=version.id))
    assert [(row.initial["hours"], row.initial["dose_per_hour"]) for row in page.context["steps"]] == [
        ("20", "10"),
        ("4", "20"),
    ]


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.AUDITOR])
def test_who_may_not_change_a_program_gets_no_form(
    house: House, signed_in: SignIn, url: Url, implant: Implant, role: Role
) -> None:
    client = signed_in(house.person(role))
    version = ProgramVersion.objects.get(implant=implant)
    assert client.post(url("program_new", ref=implant.ref), change(house)).status_code == 403
    assert client.post(url("program_void", program_id=version.id), {"reason": "x"}).status_code == 403
    assert ProgramVersion.objects.count() == 1


def test_another_clinics_program_does_not_exist_here(house: House, nurse: Client, url: Url) -> None:
    foreign = make_clinic()
    implant = make_running_pump(foreign)
    version = ProgramVersion.objects.get(implant=implant)
    for name in ("program_edit", "program_edit_preview", "program_void"):
        assert nurse.post(url(name, program_id=version.id), change(house)).status_code == 404
    assert nurse.post(url("program_new", ref=implant.ref), change(house)).status_code == 404
    assert ProgramVersion.objects.count() == 1
