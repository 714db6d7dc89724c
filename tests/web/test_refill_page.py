"""Recording, correcting and withdrawing a refill on its pages: what is refused stands at its field, unsaved."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import Fill, Implant, ProgramVersion
from scheduling.models import Forecast
from tests.factories import House, make_clinic, make_fill, make_implant, make_program, make_running_pump
from tests.web.conftest import SignIn
from tests.web.pump_forms import Posted, Url, drug, forecast_of, problems, refill


@pytest.fixture
def implant(house: House) -> Implant:
    """A 40 mL pump that was filled 60 days ago and runs at 300 mcg/day."""
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


def test_a_refill_is_recorded_with_its_mixture_and_its_program(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    colleague = house.person(Role.PRESCRIBER)
    response = nurse.post(
        url("fill_new", ref=implant.ref),
        refill(
            house,
            checked_by_id=str(colleague.id),
            printed_refill_on=(house.today + timedelta(days=180)).isoformat(),
            note="no trouble",
            **drug(lot="BAC77", beyond_use_on=house.today.isoformat(), stability_days="90"),
            **{"program-mode": "dose", "program-dose": "0,35", "program-dose_unit": "mg/day"},
        ),
    )
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    assert response.url == url("patient", ref=implant.patient.ref) + f"?fill={fill.ref}"
    assert (fill.residual_ml, fill.fill_volume_ml, fill.checked_by, fill.note) == (
        Decimal(31),
        Decimal(40),
        colleague,
        "no trouble",
    )
    (part,) = fill.drugs.all()
    assert (part.lot, part.stability_days, part.beyond_use_on) == ("BAC77", 90, house.today)
    program = ProgramVersion.objects.get(implant=implant, starts_on=house.today)
    assert (program.dose, program.dose_unit) == (Decimal("0.35"), "mg/day")
    page = nurse.get(response.url).content.decode()
    assert "Sheet to print" in page
    assert "Undo" in page


# --- Doubt is acknowledged by name ---------------------------------------------------------------------------


def test_what_puts_a_date_in_doubt_is_saved_only_after_it_is_acknowledged_by_name(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    slip = refill(house) | drug(concentration="2", concentration_unit="mcg/mL")
    response = nurse.post(url("fill_new", ref=implant.ref), slip)
    assert response.status_code == 422
    codes = [stop.code for stop in response.context["stops"]]
    assert "unit_slip" in codes
    assert "missing_bridge" in codes
    page = response.content.decode()
    assert 'name="acknowledged" value="unit_slip"' in page
    assert Fill.objects.filter(implant=implant).count() == 1
    some = nurse.post(url("fill_new", ref=implant.ref), slip | {"acknowledged": codes[:1]})
    assert some.status_code == 422
    assert [stop.code for stop in some.context["open_stops"]] == codes[1:]
    saved = nurse.post(url("fill_new", ref=implant.ref), slip | {"acknowledged": codes})
    assert saved.status_code == 302
    assert Forecast.objects.get(implant=implant).status == "review"


def test_a_change_of_concentration_asks_for_the_bridge_and_takes_it(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    same = nurse.post(url("fill_preview", ref=implant.ref), refill(house) | drug(concentration="2000.0"))
    assert 'data-bridge="no"' in same.content.decode()
    other = refill(house) | drug(concentration="1000")
    live = nurse.post(url("fill_preview", ref=implant.ref), other)
    assert 'data-bridge="yes"' in live.content.decode()
    assert "missing_bridge" in [stop.code for stop in live.context["stops"]]
    bridge = {
        "bridge_old_volume_ml": "0.3",
        "bridge_old_concentration": "2",
        "bridge_old_unit": "mg/mL",
    }
    assert nurse.post(url("fill_new", ref=implant.ref), other | bridge).status_code == 302
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    assert (fill.bridge_old_volume_ml, fill.bridge_old_concentration) == (Decimal("0.3"), Decimal(2))


def test_the_same_form_sent_twice_records_one_refill(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    posted = refill(house)
    first = nurse.post(url("fill_new", ref=implant.ref), posted)
    second = nurse.post(url("fill_new", ref=implant.ref), posted)
    assert first.url == second.url
    assert Fill.objects.filter(implant=implant).count() == 2
    another = nurse.post(url("fill_new", ref=implant.ref), refill(house))
    assert another.status_code == 422
    assert "id_filled_on" in problems(another)


def test_a_new_refill_starts_from_the_last_mixture_without_its_lots(
    house: House, nurse: Client, url: Url
) -> None:
    implant = make_running_pump(house, lot="OLD-LOT", volume_ml="38")
    response = nurse.get(url("fill_new", ref=implant.ref))
    (row,) = response.context["drugs"].forms
    assert (row.initial["drug_key"], row.initial["concentration"]) == ("baclofen", Decimal(2000))
    assert "lot" not in row.initial
    assert response.context["form"].initial["fill_volume_ml"] == Decimal(38)
    assert "OLD-LOT" not in response.content.decode()


def test_the_preview_says_the_amounts_both_ways_and_the_expected_residual(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    posted = refill(house, **drug(concentration="2", concentration_unit="mg/mL"))
    posted |= {"program-mode": "dose", "program-dose": "0.3", "program-dose_unit": "mg/day"}
    page = nurse.post(url("fill_preview", ref=implant.ref), posted).content.decode()
    assert "0.3 mg/day = 300 mcg/day" in page
    assert "2 mg/mL = 2000 mcg/mL" in page
    assert "Expected <strong>31" in page or "Expected <strong>30.99" in page


def test_a_flex_program_is_recorded_with_its_steps_by_weekday(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    week = ["mon", "tue", "wed", "thu", "fri"]
    rows: list[tuple[list[str], str, str]] = [
        (week, "20", "10"),
        (week, "4", "20"),
        (["sat", "sun"], "24", "12.5"),
        ([], "", ""),
    ]
    posted: Posted = {"program-mode": "flex", "steps-TOTAL_FORMS": "4"}
    for number, (days, hours, dose) in enumerate(rows):
        posted |= {
            f"steps-{number}-days": days,
            f"steps-{number}-hours": hours,
            f"steps-{number}-dose_per_hour": dose,
            f"steps-{number}-unit": "mcg/h",
        }
    response = nurse.post(url("fill_new", ref=implant.ref), refill(house) | posted)
    assert response.status_code == 302, response.context["problems"]
    assert ProgramVersion.objects.get(implant=implant, starts_on=house.today).pattern == [
        {
            "on": week,
            "steps": [
                {"hours": "20", "dose_per_hour": "10", "unit": "mcg/h"},
                {"hours": "4", "dose_per_hour": "20", "unit": "mcg/h"},
            ],
        },
        {"on": ["sat", "sun"], "steps": [{"hours": "24", "dose_per_hour": "12.5", "unit": "mcg/h"}]},
    ]


# --- Corrections and withdrawals -----------------------------------------------------------------------------


def test_a_correction_supersedes_with_its_reason_and_both_entries_stay_visible(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    fill = Fill.objects.get(implant=implant)
    posted = refill(house, filled_on=fill.filled_on.isoformat(), fill_volume_ml="38", residual_ml="")
    assert nurse.post(url("fill_edit", ref=fill.ref), posted).status_code == 422
    live = nurse.post(url("fill_edit_preview", ref=fill.ref), posted)
    assert live.context["preview"].after.case.fill.volume_ml == Decimal(38), "no reason needed to look"
    saved = nurse.post(url("fill_edit", ref=fill.ref), posted | {"reason": "misread the syringe"})
    assert saved.status_code == 302
    (current,) = Fill.objects.current().filter(implant=implant)
    assert (current.fill_volume_ml, current.supersedes_id) == (Decimal(38), fill.id)
    sheet = nurse.get(url("fill", ref=current.ref)).content.decode()
    assert "misread the syringe" in sheet
    again = nurse.get(url("fill_edit", ref=fill.ref))
    assert again.url == url("fill", ref=fill.ref)


def test_undoing_a_refill_needs_a_reason_and_brings_the_old_dates_back(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    before = forecast_of(implant)
    nurse.post(url("fill_new", ref=implant.ref), refill(house))
    fill = Fill.objects.get(implant=implant, filled_on=house.today)
    assert forecast_of(implant) != before
    assert nurse.post(url("fill_void", ref=fill.ref), {"reason": " "}).status_code == 422
    done = nurse.post(url("fill_void", ref=fill.ref), {"reason": "other patient"})
    assert done.url == url("patient", ref=implant.patient.ref)
    assert forecast_of(implant) == before
    twice = nurse.post(url("fill_void", ref=fill.ref), {"reason": "other patient"})
    assert twice.status_code == 422


def test_the_sheet_names_patient_pump_lots_and_people(house: House, nurse: Client, url: Url) -> None:
    implant = make_running_pump(house, lot="LOT-9", checked_by_id=house.administrator.id)
    fill = Fill.objects.get(implant=implant)
    page = nurse.get(url("fill", ref=fill.ref)).content.decode()
    for words in (implant.patient.mrn, implant.serial, "LOT-9", str(house.administrator), "signature"):
        assert words in page


# --- Who may -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SCHEDULER, Role.AUDITOR])
def test_who_may_not_record_care_gets_no_form_and_writes_nothing(
    house: House, signed_in: SignIn, url: Url, implant: Implant, role: Role
) -> None:
    client = signed_in(house.person(role))
    fill = Fill.objects.get(implant=implant)
    for name, ref in (("fill_new", implant.ref), ("fill_edit", fill.ref), ("fill_void", fill.ref)):
        assert client.get(url(name, ref=ref)).status_code == 403
        assert client.post(url(name, ref=ref), refill(house)).status_code == 403
    assert Fill.objects.count() == 1


def test_another_clinics_fill_does_not_exist_here(house: House, nurse: Client, url: Url) -> None:
    foreign = make_clinic()
    implant = make_running_pump(foreign)
    fill = Fill.objects.get(implant=implant)
    for name, ref in (
        ("fill_new", implant.ref),
        ("fill_preview", implant.ref),
        ("fill_edit", fill.ref),
        ("fill_edit_preview", fill.ref),
        ("fill_void", fill.ref),
        ("fill", fill.ref),
    ):
        assert nurse.post(url(name, ref=ref), refill(house)).status_code in {404, 405}
        assert nurse.get(url(name, ref=ref)).status_code in {404, 405}
    assert Fill.objects.count() == 1


def test_the_last_fill_of_a_new_pump_is_entered_with_its_program(
    house: House, nurse: Client, url: Url
) -> None:
    implant = make_implant(house)
    address = url("fill_new", ref=implant.ref) + "?setup=1"
    page = nurse.get(address)
    assert page.context["form"].initial["filled_on"] is None
    assert page.context["program"].initial["mode"] == "dose"
    day = (house.today - timedelta(days=20)).isoformat()
    program = {"program-mode": "dose", "program-dose": "300", "program-dose_unit": "mcg/day"}
    saved = nurse.post(address, refill(house, filled_on=day, residual_ml="", **program))
    assert saved.status_code == 302
    assert Forecast.objects.get(implant=implant).status == "ok"


def test_the_preview_costs_the_same_number_of_queries_however_long_the_history(
    house: House, nurse: Client, url: Url
) -> None:
    def cost(implant: Implant) -> int:
        with CaptureQueriesContext(connection) as queries:
            nurse.post(url("fill_preview", ref=implant.ref), refill(house))
        return len(queries)

    short, long = make_running_pump(house), make_implant(house)
    for number in range(8):
        make_fill(house, long, filled_on=house.today - timedelta(days=300 - 30 * number))
        make_program(house, long, starts_on=house.today - timedelta(days=300 - 30 * number))
    cost(short)
    assert cost(long) == cost(short)


def test_a_constant_flow_pump_needs_no_program(house: House, nurse: Client, url: Url) -> None:
    implant = make_implant(house, pump_model_key="isomed-20", constant_flow_ml_per_day=Decimal("0.5"))
    page = nurse.get(url("fill_new", ref=implant.ref))
    assert page.context["program"].initial["mode"] == "unchanged"
    posted = refill(house, fill_volume_ml="20", residual_ml="")
    assert nurse.post(url("fill_new", ref=implant.ref), posted).status_code == 302
    assert Forecast.objects.get(implant=implant).status == "ok"
