"""What cannot be read or contradicts itself is an error that names the field; nothing else comes of it."""

from typing import Any

import pytest

from tests.domain.pumps import Record, a_record, baclofen, forecast, forecast_of

PREVIOUS = {
    "fill_at": "2025-11-05",
    "fill_volume_ml": "40",
    "flow_ml_per_day": "0.15",
    "residual_ml": "30.85",
}
BOLUS = {"dose": "5", "unit": "mcg", "max_per_day": 4, "mean_per_day": "1.5"}
DAY = [{"hours": "24", "dose_per_hour": "10", "unit": "mcg/h"}]
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def program(**entry: Any) -> list[Record]:
    return [{"from": "2026-01-05", **entry}]


def dosed(**entry: Any) -> list[Record]:
    return program(dose="300", unit="mcg/day", **entry)


# every object of a record, and where a key nobody knows would stand
OBJECTS: list[tuple[str, Record]] = [
    ("mood", {"mood": 1}),
    ("pump.mood", {"pump": {"mood": 1}}),
    ("fill.mood", {"fill": {"mood": 1}}),
    ("fill.drugs[0].mood", {"fill": {"drugs": [baclofen(mood=1)]}}),
    ("program[0].mood", {"program": dosed(mood=1)}),
    ("program[0].patient_bolus.mood", {"program": dosed(patient_bolus={**BOLUS, "mood": 1})}),
    ("program[0].days[0].mood", {"program": program(days=[{"on": WEEK, "steps": DAY, "mood": 1}])}),
    (
        "program[0].days[0].steps[0].mood",
        {"program": program(days=[{"on": WEEK, "steps": [{**DAY[0], "mood": 1}]}])},
    ),
    ("bridge.mood", {"bridge": {"mood": 1}}),
    ("previous.mood", {"previous": {**PREVIOUS, "mood": 1}}),
    ("events[0].mood", {"events": [{"kind": "mri", "on": "2026-01-06", "mood": 1}]}),
    ("readings[0].mood", {"readings": [{"at": "2026-01-06", "reservoir_ml": "39", "mood": 1}]}),
    ("limits.mood", {"limits": {"mood": 1}}),
    ("clinic.mood", {"clinic": {"mood": 1}}),
]


@pytest.mark.parametrize(("field", "changes"), OBJECTS)
def test_an_unknown_key_is_refused_by_name(field: str, changes: Record) -> None:
    result = forecast_of(**changes)

    assert (result["status"], result["field"]) == ("error", field)
    assert field in result["reason"]


# every amount there is: (field, a record that gives it this value, may it be 0)
def amounts(value: object) -> list[tuple[str, Record, bool]]:
    bolus = {**BOLUS, "mean_per_day": "0"}
    step = {"hours": "24", "dose_per_hour": "10", "unit": "mcg/h"}
    return [
        ("pump.reservoir_ml", {"pump": {"reservoir_ml": value}}, False),
        ("pump.threshold_ml", {"pump": {"threshold_ml": value}}, True),
        ("pump.accuracy_percent", {"pump": {"accuracy_percent": value}}, True),
        ("pump.max_flow_ml_per_day", {"pump": {"max_flow_ml_per_day": value}}, False),
        ("pump.constant_flow_ml_per_day", {"pump": {"constant_flow_ml_per_day": value}}, False),
        ("pump.service_life_years", {"pump": {"service_life_years": value}}, False),
        ("fill.volume_ml", {"fill": {"volume_ml": value}}, False),
        ("fill.drugs[0].concentration", {"fill": {"drugs": [baclofen(value)]}}, False),  # type: ignore[arg-type]
        ("fill.drugs[0].stability_days", {"fill": {"drugs": [baclofen(stability_days=value)]}}, False),
        ("program[0].dose", {"program": program(dose=value, unit="mcg/day")}, False),
        ("program[0].flow_ml_per_day", {"program": program(flow_ml_per_day=value)}, False),
        (
            "program[0].days[0].steps[0].hours",
            {"program": program(days=[{"on": WEEK, "steps": [{**step, "hours": value}, step]}])},
            False,
        ),
        (
            "program[0].days[0].steps[0].dose_per_hour",
            {"program": program(days=[{"on": WEEK, "steps": [{**step, "dose_per_hour": value}]}])},
            False,
        ),
        ("program[0].patient_bolus.dose", {"program": dosed(patient_bolus={**bolus, "dose": value})}, True),
        (
            "program[0].patient_bolus.max_per_day",
            {"program": dosed(patient_bolus={**bolus, "max_per_day": value})},
            True,
        ),
        (
            "program[0].patient_bolus.mean_per_day",
            {"program": dosed(patient_bolus={**bolus, "mean_per_day": value})},
            True,
        ),
        (
            "bridge.old_concentration",
            {"bridge": {"old_volume_ml": "0.4", "old_concentration": value, "unit": "mcg/mL"}},
            False,
        ),
        ("previous.fill_volume_ml", {"previous": {**PREVIOUS, "fill_volume_ml": value}}, False),
        ("previous.flow_ml_per_day", {"previous": {**PREVIOUS, "flow_ml_per_day": value}}, False),
        ("previous.residual_ml", {"previous": {**PREVIOUS, "residual_ml": value}}, True),
        (
            "previous.concentration",
            {"previous": {**PREVIOUS, "concentration": value, "unit": "mcg/mL"}},
            False,
        ),
        ("previous.dose", {"previous": {**PREVIOUS, "dose": value, "dose_unit": "mcg/day"}}, False),
        (
            "readings[0].reservoir_ml",
            {"readings": [{"at": "2026-01-06", "reservoir_ml": value}]},
            True,
        ),
        ("limits.max_interval_days", {"limits": {"max_interval_days": value}}, False),
        ("clinic.target_margin_days", {"clinic": {"target_margin_days": value}}, True),
        ("clinic.latest_margin_days", {"clinic": {"latest_margin_days": value}}, True),
    ]


FIELDS = [field for field, _, _ in amounts("1")]
ABSURD = [
    "NaN", "sNaN", "Infinity", "-inf", float("nan"), float("inf"), "1e300", "1e-300", "1" * 400, 10**300,
    "1234567890123", "0.0000000000001", "-1", "", "12a", "1_000", "٣", True, [], {}, "1e999999999",
]  # fmt: skip


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", ABSURD, ids=lambda value: str(value)[:20])
def test_a_number_that_cannot_be_is_an_error_naming_the_field(field: str, value: object) -> None:
    changes = next(changes for name, changes, _ in amounts(value) if name == field)

    result = forecast_of(**changes)

    assert (result["status"], result["field"]) == ("error", field)


@pytest.mark.parametrize("field", FIELDS)
def test_zero_is_refused_where_only_more_makes_sense(field: str) -> None:
    changes, may_be_zero = next((changes, may) for name, changes, may in amounts("0") if name == field)

    result = forecast_of(**changes)

    assert (result["status"] == "error") is not may_be_zero
    assert result.get("field", field) == field


DATED = [
    ("as_of", lambda day: {"as_of": day}),
    ("pump.implanted_on", lambda day: {"pump": {"implanted_on": day}}),
    ("pump.end_of_service_on", lambda day: {"pump": {"end_of_service_on": day}}),
    ("pump.replacement_signal_on", lambda day: {"pump": {"replacement_signal_on": day}}),
    ("fill.at", lambda day: {"fill": {"at": day}}),
    ("fill.beyond_use_on", lambda day: {"fill": {"beyond_use_on": day}}),
    ("program[0].from", lambda day: {"program": [{"from": day, "dose": "300", "unit": "mcg/day"}]}),
    ("previous.fill_at", lambda day: {"previous": {**PREVIOUS, "fill_at": day}}),
    ("events[0].on", lambda day: {"events": [{"kind": "mri", "on": day}]}),
    ("readings[0].at", lambda day: {"readings": [{"at": day, "reservoir_ml": "39"}]}),
    ("limits.printed_on", lambda day: {"limits": {"printed_on": day}}),
    ("clinic.closed_on[0]", lambda day: {"clinic": {"closed_on": [day]}}),
]
NO_DATES = [
    "0001-01-01", "9999-12-31", "1899-12-31", "2201-01-01", "2026-02-30", "2026-13-01", "2026-1-5", "05.01.2026",
    "2026-01-05T10:00", "2026-01-05T25:00Z", "20260105", "2026-W02-1", "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00", "2026-01-05 ", 20260105, 2026.5, True, [], "",
]  # fmt: skip


@pytest.mark.parametrize(("field", "changes"), DATED)
@pytest.mark.parametrize("day", NO_DATES, ids=str)
def test_what_is_no_date_is_an_error_naming_the_field(field: str, changes: Any, day: object) -> None:
    result = forecast_of(**changes(day))

    assert (result["status"], result["field"]) == ("error", field)


CONTRADICTIONS: list[tuple[str, Record]] = [
    ("pump", {"pump": None}),
    ("pump", {"pump": "synchromed-ii-40"}),
    ("pump.model", {"pump": {"model": "acme-9000"}}),
    ("pump.reservoir_ml", {"pump": {"reservoir_ml": "1001"}}),
    ("fill.volume_ml", {"pump": {"model": None}, "fill": {"volume_ml": "1001"}}),
    ("pump.model", {"pump": {"model": 7}}),
    ("pump.min_flow_ml_per_day", {"pump": {"min_flow_ml_per_day": "5", "max_flow_ml_per_day": "4"}}),
    ("fill", {"fill": None}),
    ("fill.at", {"pump": {"implanted_on": "2026-01-06"}}),
    ("fill.at", {"as_of": "2026-01-04"}),
    ("fill.drugs", {"fill": {"drugs": []}}),
    ("fill.drugs", {"fill": {"drugs": [baclofen(), baclofen("500")]}}),
    ("fill.drugs[0].drug", {"fill": {"drugs": [{"concentration": "500", "unit": "mcg/mL"}]}}),
    ("fill.drugs[0].unit", {"fill": {"drugs": [{**baclofen(), "unit": "IU/mL"}]}}),
    ("fill.drugs[0].unit", {"fill": {"drugs": [{**baclofen(), "unit": "mcg"}]}}),
    ("fill.drugs[0].unit", {"fill": {"drugs": [{**baclofen(), "unit": "mcg/day"}]}}),
    ("fill.drugs[0].unit", {"fill": {"drugs": [{"drug": "baclofen", "concentration": "500"}]}}),
    ("fill.drugs[0].diluted", {"fill": {"drugs": [baclofen(diluted="yes")]}}),
    ("fill.drugs[0].stability_days", {"fill": {"drugs": [baclofen(stability_days="1.5")]}}),
    ("fill.first_fill", {"fill": {"first_fill": 1}}),
    ("program", {"program": {"dose": "300"}}),
    ("program[0]", {"program": program()}),
    ("program[0]", {"program": dosed(flow_ml_per_day="0.1")}),
    ("program[0].unit", {"program": program(dose="300")}),
    ("program[0].unit", {"program": program(dose="300", unit="mcg/h")}),
    ("program[0].unit", {"program": program(flow_ml_per_day="0.1", unit="mcg/day")}),
    ("program[0].stopped", {"program": program(stopped=False)}),
    ("program[0].patient_bolus", {"program": program(stopped=True, patient_bolus=BOLUS)}),
    (
        "program[0].patient_bolus.mean_per_day",
        {"program": dosed(patient_bolus={**BOLUS, "mean_per_day": "5"})},
    ),
    ("program[0].patient_bolus.unit", {"program": dosed(patient_bolus={**BOLUS, "unit": "mcg/day"})}),
    ("program.from", {"program": [*dosed(), *dosed()]}),
    ("program[0].days", {"program": program(days=[{"on": WEEK[:6], "steps": DAY}])}),
    ("program[0].days[0].on", {"program": program(days=[{"on": ["mon", "mon"], "steps": DAY}])}),
    ("program[0].days[0].on", {"program": program(days=[{"on": ["monday"], "steps": DAY}])}),
    (
        "program[0].days[0].steps",
        {"program": program(days=[{"on": WEEK, "steps": [{**DAY[0], "hours": "23.9"}]}])},
    ),
    ("program[0].days[0].steps", {"program": program(days=[{"on": WEEK, "steps": []}])}),
    (
        "program[0].days[0].steps[0]",
        {"program": program(days=[{"on": WEEK, "steps": [{"hours": "24"}]}])},
    ),
    (
        "program[0].days[0].steps[0]",
        {"program": program(days=[{"on": WEEK, "steps": [{**DAY[0], "flow_ml_per_day": "0.1"}]}])},
    ),
    ("bridge", {"bridge": {"old_volume_ml": "0.4", "old_concentration": "500", "unit": "mcg/mL"},
                "program": program(flow_ml_per_day="0.15")}),
    ("bridge.old_volume_ml", {"bridge": {"old_volume_ml": "41", "old_concentration": "500", "unit": "mcg/mL"}}),
    ("previous.residual_ml", {"previous": {key: PREVIOUS[key] for key in list(PREVIOUS)[:3]}}),
    ("previous.fill_at", {"previous": {**PREVIOUS, "fill_at": "2026-01-05"}}),
    ("previous.unit", {"previous": {**PREVIOUS, "concentration": "500"}}),
    ("previous.dose_unit", {"previous": {**PREVIOUS, "dose": "300"}}),
    ("events[0].kind", {"events": [{"kind": "fall", "on": "2026-01-06"}]}),
    ("readings.at", {"readings": [{"at": "2026-01-04", "reservoir_ml": "39"}]}),
    ("readings.at", {"readings": [{"at": "2026-01-11", "reservoir_ml": "39"}]}),
    ("clinic.open_weekdays", {"clinic": {"open_weekdays": []}}),
    ("clinic.open_weekdays", {"clinic": {"open_weekdays": ["Montag"]}}),
    ("clinic.target_margin_days", {"clinic": {"target_margin_days": "2.5"}}),
    ("timezone", {"timezone": "America/Gotham"}),
    ("timezone", {"timezone": "../../etc/passwd"}),
    ("timezone", {"timezone": "America"}),
    ("timezone", {"timezone": 5}),
    ("id", {"id": ["P1"]}),
    ("pump.end_of_service_on", {"pump": {"implanted_on": "2025-01-05", "end_of_service_on": "2024-01-05"}}),
    (
        "program.from",
        {"pump": {"implanted_on": "2026-01-05"}, "program": [*dosed(), {**dosed()[0], "from": "2026-01-04"}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("field", "changes"), CONTRADICTIONS, ids=lambda value: str(value)[:60])
def test_what_contradicts_itself_is_an_error_naming_the_field(field: str, changes: Record) -> None:
    result = forecast_of(**changes)

    assert (result["status"], result["field"]) == ("error", field)


def test_a_refusal_keeps_the_id_and_gives_no_date_at_all() -> None:
    result = forecast_of(pump={"model": "acme-9000"})

    assert result.pop("id") == "P1"
    assert result.pop("status") == "error"
    assert result.pop("field") == "pump.model"
    assert result.pop("reason") == "pump.model is not in the catalogue: 'acme-9000'"
    assert result.pop("reasons") == ["pump.model is not in the catalogue: 'acme-9000'"]
    assert result.pop("limits") == {}
    assert result.pop("findings") == []
    assert set(result.values()) == {None}
    assert set(forecast_of()) >= set(result)


@pytest.mark.parametrize("record", [None, 7, "text", [], [a_record()], {}, {"id": None}], ids=str)
def test_what_is_no_record_is_an_error_and_not_an_exception(record: object) -> None:
    assert forecast(record)["status"] == "error"


def test_a_drug_nobody_has_entered_is_no_error_but_its_stability_is_unknown() -> None:
    result = forecast_of(fill={"drugs": [{"drug": "novel", "concentration": "2000", "unit": "mcg/mL"}]})

    assert result["status"] == "review"


@pytest.mark.parametrize("unit", ["mcg/mL", "ug/mL", "µg/mL", "μg/mL", "MCG/ML", "mcg/ml"])
def test_every_spelling_of_micrograms_per_millilitre_is_read(unit: str) -> None:
    assert forecast_of(fill={"drugs": [{**baclofen(), "unit": unit}]})["flow_ml_per_day"] == "0.15"


@pytest.mark.parametrize("value", ["300", 300, "300.000", 300.0, "3e2", "+300", "0300"])
def test_a_number_is_read_as_a_decimal_however_it_is_written(value: object) -> None:
    assert forecast_of(program=program(dose=value, unit="mcg/day"))["flow_ml_per_day"] == "0.15"


def test_null_counts_as_absent() -> None:
    record = a_record()

    assert forecast({**record, "bridge": None, "previous": None, "limits": None}) == forecast(record)
