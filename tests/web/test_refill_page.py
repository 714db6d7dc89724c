"""Recording, correcting and withdrawing a refill on its pages: what is refused stands at its field, unsaved."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.models import Fill, Implant, ProgramVersion
from scheduling.models import Forecast
from tests.factories import House, make_clinic, make_fill, make_implant, make_program, make_running_pump
from tests.web.conftest import SignIn

Url = Callable[..., str]
Posted = dict[str, Any]


@pytest.fixture
def implant(house: House) -> Implant:
    """A 40 mL pump that was filled 60 days ago and runs at 300 mcg/day."""
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


def drug(number: int = 0, **values: str) -> Posted:
    row = {"drug_key": "baclofen", "concentration": "2000", "concentration_unit": "mcg/mL"} | values
    return {f"drugs-{number}-{name}": value for name, value in row.items()}


def refill(house: House, **values: Any) -> Posted:
    """A good form; ``values`` are fields to change."""
    return (
        {
            "ref": str(uuid.uuid4()),
            "filled_on": house.today.isoformat(),
            "residual_ml": "31",
            "fill_volume_ml": "40",
            "performed_by": "Nora Nurse",
            "drugs-TOTAL_FORMS": "1",
            "drugs-INITIAL_FORMS": "0",
            "steps-TOTAL_FORMS": "0",
            "steps-INITIAL_FORMS": "0",
            "program-mode": "unchanged",
        }
        | drug()
        | values
    )


def problems(response: Any) -> dict[str, str]:
    """What the summary says, by the control it leads to."""
    return {place or label: text for place, label, text in response.context["problems"]}


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


BAD_NUMBERS = ["NaN", "Infinity", "-inf", "1e300", "-1", "abc", "1,234", "0x10", "9" * 13, "0." + "1" * 13]


@pytest.mark.parametrize("typed", [*BAD_NUMBERS, "0", "41", ""])
def test_an_impossible_volume_put_in_is_refused_at_its_field(
    house: House, nurse: Client, url: Url, implant: Implant, typed: str
) -> None:
    assert_refused(house, nurse, url, implant, {"fill_volume_ml": typed}, at="id_fill_volume_ml")


@pytest.mark.parametrize("typed", [*BAD_NUMBERS, "1000"])
def test_an_impossible_residual_is_refused_at_its_field(
    house: House, nurse: Client, url: Url, implant: Implant, typed: str
) -> None:
    assert_refused(house, nurse, url, implant, {"residual_ml": typed}, at="id_residual_ml")


@pytest.mark.parametrize("typed", [*BAD_NUMBERS, "0", "", "1000000"])
def test_an_impossible_concentration_is_refused_at_its_row(
    house: House, nurse: Client, url: Url, implant: Implant, typed: str
) -> None:
    posted = drug(concentration=typed)
    assert_refused(house, nurse, url, implant, posted, at="id_drugs-0-concentration")


@pytest.mark.parametrize("typed", [*BAD_NUMBERS, "0", "", "1000000"])
def test_an_impossible_dose_is_refused_at_its_field(
    house: House, nurse: Client, url: Url, implant: Implant, typed: str
) -> None:
    posted = {"program-mode": "dose", "program-dose": typed, "program-dose_unit": "mcg/day"}
    assert_refused(house, nurse, url, implant, posted, at="id_program-dose")


@pytest.mark.parametrize(
    ("posted", "at"),
    [
        ({"filled_on": "0001-01-01"}, "id_filled_on"),
        ({"filled_on": "9999-12-31"}, "id_filled_on"),
        ({"filled_on": "2026-02-30"}, "id_filled_on"),
        ({"filled_on": ""}, "id_filled_on"),
        ({"filled_on": "today"}, "id_filled_on"),
        ({"filled_time": "25:00"}, "id_filled_time"),
        ({"printed_refill_on": "0001-01-01"}, "id_printed_refill_on"),
        ({"printed_refill_on": "9999-12-31"}, "id_printed_refill_on"),
        ({"checked_by_id": "nonsense"}, "id_checked_by_id"),
        ({"checked_by_id": "999999"}, "id_checked_by_id"),
        ({"ref": "nonsense"}, "id_ref"),
        ({"note": "x" * 2001}, "id_note"),
        ({"performed_by": "x" * 121}, "id_performed_by"),
        ({"program-mode": "backwards"}, "id_program-mode_0"),
        ({"program-mode": "flow", "program-flow_ml_per_day": "0"}, "id_program-flow_ml_per_day"),
        ({"program-mode": "flow", "program-flow_ml_per_day": "NaN"}, "id_program-flow_ml_per_day"),
        ({"program-mode": "dose", "program-dose": "3", "program-dose_unit": "g/day"}, "id_program-dose_unit"),
        ({"bridge_old_volume_ml": "0.3", "bridge_old_concentration": ""}, "id_bridge_old_concentration"),
        ({"bridge_old_volume_ml": "-0.3", "bridge_old_concentration": "500"}, "id_bridge_old_volume_ml"),
        ({"drugs-TOTAL_FORMS": "0"}, "Mixture"),
        ({"drugs-TOTAL_FORMS": "9999"}, "Mixture"),
        ({"drugs-TOTAL_FORMS": "many"}, "Mixture"),
        (drug(drug_key="snake-oil"), "id_drugs-0-drug_key"),
        (drug(drug_key=""), "id_drugs-0-drug_key"),
        (drug(concentration_unit="g/L"), "id_drugs-0-concentration_unit"),
        (drug(beyond_use_on="31/12/2026"), "id_drugs-0-beyond_use_on"),
        (drug(stability_days="0"), "id_drugs-0-stability_days"),
        (drug(stability_days="1.5"), "id_drugs-0-stability_days"),
        (drug(lot="x" * 61), "id_drugs-0-lot"),
        ({"drugs-TOTAL_FORMS": "2", **drug(1)}, "id_drugs-0-drug_key"),
        (
            {"drugs-TOTAL_FORMS": "2", **drug(1, drug_key="morphine", concentration="0")},
            "id_drugs-1-concentration",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    house: House, nurse: Client, url: Url, implant: Implant, posted: Posted, at: str
) -> None:
    assert_refused(house, nurse, url, implant, posted, at=at)


@pytest.mark.parametrize(
    ("posted", "at"),
    [
        ({"program-bolus_dose": "5"}, "id_program-bolus_max_per_day"),
        ({"program-bolus_max_per_day": "4"}, "id_program-bolus_dose"),
        ({"program-bolus_dose": "-1", "program-bolus_max_per_day": "4"}, "id_program-bolus_dose"),
        ({"program-bolus_dose": "5", "program-bolus_max_per_day": "1000"}, "id_program-bolus_max_per_day"),
        (
            {
                "program-bolus_dose": "5",
                "program-bolus_max_per_day": "4",
                "program-bolus_mean_per_day": "4.5",
            },
            "id_program-bolus_mean_per_day",
        ),
    ],
)
def test_half_a_patient_bolus_is_refused(
    house: House, nurse: Client, url: Url, implant: Implant, posted: Posted, at: str
) -> None:
    program = {"program-mode": "dose", "program-dose": "300", "program-dose_unit": "mcg/day"}
    assert_refused(house, nurse, url, implant, program | posted, at=at)


def assert_refused(
    house: House, nurse: Client, url: Url, implant: Implant, posted: Posted, *, at: str
) -> None:
    """Refused with a reason at this control, shown there, and nothing written."""
    before = (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant))
    response = nurse.post(url("fill_new", ref=implant.ref), refill(house) | posted)
    assert response.status_code == 422
    assert problems(response).get(at), problems(response)
    assert (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant)) == before
    live = nurse.post(url("fill_preview", ref=implant.ref), refill(house) | posted)
    assert live.status_code == 200
    assert problems(live).get(at), "the preview says it too"


def forecast_of(implant: Implant) -> tuple[object, ...]:
    return Forecast.objects.filter(implant=implant).values_list("must_refill_by", "fingerprint").get()


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


def test_nobody_checks_their_own_refill(house: House, nurse: Client, url: Url, implant: Implant) -> None:
    offered = nurse.get(url("fill_new", ref=implant.ref)).context["form"].fields["checked_by_id"].choices
    assert house.nurse.id not in [number for number, _name in offered]
    assert house.administrator.id in [number for number, _name in offered]
    posted = {"checked_by_id": str(house.nurse.id)}
    assert_refused(house, nurse, url, implant, posted, at="id_checked_by_id")


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


@pytest.mark.parametrize(
    ("days", "hours", "dose", "at"),
    [
        (["mon"], "24", "10", "Steps"),
        (["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "23.5", "10", "Steps"),
        (["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "25", "10", "id_steps-0-hours"),
        (["mon"], "NaN", "10", "id_steps-0-hours"),
        (["mon"], "24", "0", "id_steps-0-dose_per_hour"),
        (["mon"], "24", "", "id_steps-0-dose_per_hour"),
        ([], "24", "10", "id_steps-0-days_0"),
        (["moonday"], "24", "10", "id_steps-0-days_0"),
    ],
)
def test_steps_that_do_not_fill_the_week_are_refused(
    house: House,
    nurse: Client,
    url: Url,
    implant: Implant,
    days: list[str],
    hours: str,
    dose: str,
    at: str,
) -> None:
    posted = {
        "program-mode": "flex",
        "steps-TOTAL_FORMS": "1",
        "steps-0-days": days,
        "steps-0-hours": hours,
        "steps-0-dose_per_hour": dose,
        "steps-0-unit": "mcg/h",
    }
    assert_refused(house, nurse, url, implant, posted, at=at)


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
