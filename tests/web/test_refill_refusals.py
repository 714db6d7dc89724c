"""What a refill cannot be: every refusal stands at its field, in the page and in its preview, and writes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.models import Fill, Implant, ProgramVersion
from tests.factories import House, make_running_pump
from tests.web.pump_forms import Posted, Url, assert_refused, drug, forecast_of, refill


@pytest.fixture
def implant(house: House) -> Implant:
    """A 40 mL pump that was filled 60 days ago and runs at 300 mcg/day."""
    return make_running_pump(house, filled_on=house.today - timedelta(days=60))


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


def test_nobody_checks_their_own_refill(house: House, nurse: Client, url: Url, implant: Implant) -> None:
    offered = nurse.get(url("fill_new", ref=implant.ref)).context["form"].fields["checked_by_id"].choices
    assert house.nurse.id not in [number for number, _name in offered]
    assert house.administrator.id in [number for number, _name in offered]
    posted = {"checked_by_id": str(house.nurse.id)}
    assert_refused(house, nurse, url, implant, posted, at="id_checked_by_id")


NAMES = [
    "ref",
    "filled_on",
    "filled_time",
    "residual_ml",
    "fill_volume_ml",
    "first_fill",
    "bridge_old_volume_ml",
    "bridge_old_unit",
    "bridge_old_concentration",
    "printed_refill_on",
    "performed_by",
    "checked_by_id",
    "note",
    "acknowledged",
    "drugs-TOTAL_FORMS",
    "drugs-0-drug_key",
    "drugs-0-concentration",
    "drugs-0-concentration_unit",
    "drugs-0-lot",
    "drugs-0-beyond_use_on",
    "drugs-0-is_diluted",
    "drugs-0-stability_days",
    "program-mode",
    "program-dose",
    "program-dose_unit",
    "program-bolus_dose",
    "program-bolus_max_per_day",
    "program-bolus_mean_per_day",
    "steps-TOTAL_FORMS",
    "steps-0-days",
    "steps-0-hours",
    "steps-0-dose_per_hour",
    "steps-0-unit",
]
TYPED = st.one_of(
    st.text(max_size=60),
    st.sampled_from(
        ["", "0", "-0", "1", "24", "0.5", "1,5", "1e5", "٣", "²", "NaN", "dose", "flow", "flex", "stopped"]
    ),
    st.sampled_from(
        ["yes", "mg/mL", "mcg/mL", "mg/day", "2024-02-29", "2026-01-01", "00:00", "\x00", "9" * 400]
    ),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.dates().map(str),
)


def test_whatever_is_typed_is_answered_and_a_preview_writes_nothing(
    house: House, nurse: Client, url: Url, implant: Implant
) -> None:
    before = (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant))

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from(NAMES), TYPED, max_size=8))
    def check(typed: Posted) -> None:
        response = nurse.post(url("fill_preview", ref=implant.ref), refill(house) | typed)
        assert response.status_code == 200
        assert response.context["problems"] or response.context["preview"]

    check()
    assert (Fill.objects.count(), ProgramVersion.objects.count(), forecast_of(implant)) == before
