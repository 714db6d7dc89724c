"""When a case is in review or has a warning, and what stays certain then."""

from typing import Any

import pytest

from tests.domain.pumps import Record, a_record, baclofen, codes, forecast, forecast_of

MRI = {"kind": "mri", "on": "2026-01-08"}
PREVIOUS = {
    "fill_at": "2025-11-06",
    "fill_volume_ml": "40",
    "flow_ml_per_day": "0.15",
    "residual_ml": "31",
}
BRIDGE = {"old_volume_ml": "0.3", "old_concentration": "500", "unit": "mcg/mL"}
LIMITS = {"max_interval_days": 150, "printed_on": "2026-09-15"}


def dosed(per_day: str, since: str = "2026-01-05", **more: Any) -> Record:
    return {"from": since, "dose": per_day, "unit": "mcg/day", **more}


def previous(**changes: Any) -> Record:
    return {"previous": {**PREVIOUS, **changes}}


# what is entered, its findings, and the limits that are still certain beside it
ALL = {"low_reservoir", "stability", "interval", "printed_date"}
NOT_LOW = ALL - {"low_reservoir"}
STOPS: list[tuple[Record, list[str], set[str]]] = [
    ({"fill": {"volume_ml": "40.01"}}, ["overfill"], NOT_LOW),
    (
        {"program": [{"from": "2026-01-05", "flow_ml_per_day": "0.047"}]},
        ["flow_out_of_range"],
        NOT_LOW,
    ),
    ({"fill": {"volume_ml": "3"}}, ["implausible_interval"], NOT_LOW),
    ({"program": []}, ["no_program"], NOT_LOW),
    ({"program": [{"from": "2026-01-05", "stopped": True}]}, ["stopped"], NOT_LOW),
    (previous(drug="baclofen", concentration="500", unit="mcg/mL"), ["missing_bridge"], NOT_LOW),
    ({"fill": {"drugs": [{**baclofen(), "drug": "novel"}]}}, ["unknown_stability"], ALL - {"stability"}),
    ({"events": [{"kind": "stalled", "on": "2026-01-08"}]}, ["date_void"], NOT_LOW),
    ({"pump": {"end_of_service_on": "2026-01-09"}}, ["past_end_of_service"], ALL | {"end_of_service"}),
    (previous(residual_ml="40.1"), ["residual_exceeds_fill"], ALL),
    (previous(drug="morphine"), ["drug_mismatch"], ALL - {"low_reservoir", "stability"}),
]


def _named(value: object) -> str:
    """The same name in every process: a set's own order changes from one to the next."""
    return str(sorted(value) if isinstance(value, set | frozenset) else value)[:50]


@pytest.mark.parametrize(("changes", "findings", "certain"), STOPS, ids=_named)
def test_a_stop_means_review_and_only_limits_that_do_not_rest_on_the_doubt_are_kept(
    changes: Record, findings: list[str], certain: set[str]
) -> None:
    result = forecast_of(**{"limits": LIMITS, **changes})

    stops = [finding["code"] for finding in result["findings"] if finding["severity"] == "stop"]
    assert (result["status"], stops) == ("review", findings)
    assert set(result["limits"]) == certain
    for name in ("must_refill_by", "limited_by", "target_visit_on", "latest_visit_on"):
        assert result[name] is None
    for name in ("low_reservoir_on", "empty_on", "remaining_ml", "days_to_empty", "days_of_reserve"):
        assert (result[name] is not None) is ("low_reservoir" in certain)
    assert (result["high_flow"]["empty_on"] is not None) is ("low_reservoir" in certain)


# a flow, and what is said of it on a SynchroMed II (0.048 to 24 mL/day)
FLOWS = [
    ("0.048", []),
    ("2.5", []),
    ("5", []),
    ("10.01", ["flow_out_of_range", "implausible_interval"]),
    ("150", ["flow_out_of_range", "implausible_interval", "unit_slip"]),
    ("0.00015", ["flow_out_of_range", "unit_slip"]),
    ("0.00003", ["flow_out_of_range"]),
    ("2500", ["flow_out_of_range", "implausible_interval", "unit_slip"]),
    ("2501", ["flow_out_of_range", "implausible_interval"]),
]


@pytest.mark.parametrize(("flow", "findings"), FLOWS)
def test_a_flow_outside_the_pumps_range_is_a_stop_and_a_slip_when_a_thousandth_would_do(
    flow: str, findings: list[str]
) -> None:
    result = forecast_of(program=[{"from": "2026-01-05", "flow_ml_per_day": flow}])

    assert codes(result) == findings


@pytest.mark.parametrize(
    ("pump", "flow", "is_out"),
    [
        ({"model": None}, "0.01", False),
        ({"model": None}, "0.0099", True),
        ({"model": None}, "10", False),  # low after 38 mL in 3.8 days is another finding
        ({"model": "prometra-ii-40"}, "0.009", True),
        ({"min_flow_ml_per_day": "0.2"}, "0.19", True),
        ({"max_flow_ml_per_day": "0.2"}, "0.21", True),
        ({"model": "isomed-35"}, "0.29", True),
        ({"model": "isomed-35"}, "0.3", False),
    ],
    ids=str,
)
def test_every_pump_has_a_range_its_own_or_the_general_one(pump: Record, flow: str, is_out: bool) -> None:
    result = forecast_of(
        pump=pump, fill={"volume_ml": "35"}, program=[{"from": "2026-01-05", "flow_ml_per_day": flow}]
    )

    assert ("flow_out_of_range" in codes(result)) is is_out


def test_a_later_program_out_of_range_is_a_stop_too_but_one_before_the_fill_is_not() -> None:
    later = forecast_of(program=[dosed("300"), dosed("300000", since="2026-02-01")])
    earlier = forecast_of(program=[dosed("300"), dosed("300000", since="2025-02-01")])

    assert (codes(later), codes(earlier)) == (["flow_out_of_range", "unit_slip"], [])


# a concentration in mcg/mL, and whether it is about 1000 times off every strength sold
STRENGTHS = [
    ("baclofen", "2000", False),
    ("baclofen", "50", False),
    ("baclofen", "4000", False),
    ("baclofen", "2", True),
    ("baclofen", "0.5", True),
    ("baclofen", "2000000", True),
    ("baclofen", "10", False),
    ("morphine", "25", True),
    ("morphine", "25000", False),
    ("morphine", "50000", False),
    ("ziconotide", "25000", True),
    ("ziconotide", "20", False),
    ("ziconotide", "0.1", True),
    ("hydromorphone", "10", False),  # compounded: no strength is sold
]


@pytest.mark.parametrize(("drug", "concentration", "is_slip"), STRENGTHS)
def test_a_concentration_a_thousand_times_off_every_strength_is_a_slip(
    drug: str, concentration: str, is_slip: bool
) -> None:
    result = forecast_of(
        fill={"drugs": [{"drug": drug, "concentration": concentration, "unit": "mcg/mL"}]},
        program=[{"from": "2026-01-05", "flow_ml_per_day": "0.15"}],
    )

    assert codes(result) == (["unit_slip"] if is_slip else [])


@pytest.mark.parametrize(
    ("last_dose", "unit", "is_slip"),
    [("300", "mcg/day", False), ("30", "mcg/day", True), ("3000", "mcg/day", True), ("300", "mg/day", True),
     ("0.3", "mcg/day", True), ("0.3", "mg/day", False), ("150", "mcg/day", False)],
)  # fmt: skip
def test_a_dose_ten_or_a_thousand_times_off_the_last_one_is_a_slip(
    last_dose: str, unit: str, is_slip: bool
) -> None:
    result = forecast_of(**previous(dose=last_dose, dose_unit=unit))

    assert codes(result) == (["unit_slip"] if is_slip else [])


# the days from fill to low at 0.15 mL/day and threshold 2
@pytest.mark.parametrize(("volume", "is_stop"), [("3.05", False), ("3.0499", True), ("2", True), ("1", True)])
def test_low_within_seven_days_of_the_fill_is_not_plausible(volume: str, is_stop: bool) -> None:
    assert codes(forecast_of(fill={"volume_ml": volume})) == (["implausible_interval"] if is_stop else [])


# programs, and whether a stop is in force on 2026-01-10 or comes last
@pytest.mark.parametrize(
    ("program", "is_stop"),
    [
        ([dosed("300"), {"from": "2026-01-08", "stopped": True}], True),
        ([dosed("300"), {"from": "2026-01-10", "stopped": True}], True),
        ([dosed("300"), {"from": "2026-02-10", "stopped": True}], True),
        ([dosed("300"), {"from": "2026-01-08", "stopped": True}, dosed("300", since="2026-01-09")], False),
        ([dosed("300"), {"from": "2026-01-08", "stopped": True}, dosed("300", since="2026-01-12")], True),
        ([{"from": "2025-12-01", "stopped": True}, dosed("300")], False),
        ([{"from": "2025-12-01", "stopped": True}], True),
        ([dosed("300"), {"from": "2026-03-08", "stopped": True}, dosed("300", since="2026-03-12")], False),
    ],
    ids=str,
)
def test_a_stop_in_force_now_or_last_is_a_stop(program: list[Record], is_stop: bool) -> None:
    assert codes(forecast_of(program=program)) == (["stopped"] if is_stop else [])


@pytest.mark.parametrize("volume", ["41", "1001", "40000", "999999999999.999999999999"])
def test_a_fill_however_large_is_an_overfill_and_not_an_exception(volume: str) -> None:
    assert codes(forecast_of(fill={"volume_ml": volume})) == ["overfill"]


@pytest.mark.parametrize("flow", ["0.000000000001", "999999999999.999999999999"])
def test_a_flow_however_absurd_is_a_finding_and_not_an_exception(flow: str) -> None:
    slowly = {"from": "2026-01-05", "flow_ml_per_day": flow}
    weekly = {
        "from": "2026-01-05",
        "days": [
            {
                "on": ["mon", "tue", "wed", "thu", "fri", "sat"],
                "steps": [{"hours": "24", "flow_ml_per_day": flow}],
            },
            {
                "on": ["sun"],
                "steps": [{"hours": "23", "flow_ml_per_day": flow}, {"hours": "1", "flow_ml_per_day": flow}],
            },
        ],
    }

    for program in ([slowly], [weekly]):
        assert codes(forecast_of(program=program))[0] == "flow_out_of_range"


def test_a_stopped_pump_has_no_flow() -> None:
    assert forecast_of(program=[{"from": "2026-01-05", "stopped": True}])["flow_ml_per_day"] == "0"


# the drug before, and the finding
@pytest.mark.parametrize(
    ("changes", "findings"),
    [
        (previous(drug="baclofen", concentration="2000", unit="mcg/mL"), []),
        (previous(drug="Baclofen", concentration="2", unit="mg/mL"), []),
        (previous(drug="baclofen", concentration="500", unit="mcg/mL"), ["missing_bridge"]),
        (previous(drug="baclofen", concentration="500", unit="mcg/mL") | {"bridge": BRIDGE}, []),
        (previous(drug="morphine", concentration="500", unit="mcg/mL"), ["drug_mismatch"]),
        (previous(), []),
    ],
    ids=str,
)
def test_a_change_of_drug_or_of_concentration_without_a_bridge_is_a_stop(
    changes: Record, findings: list[str]
) -> None:
    assert codes(forecast_of(**changes)) == findings


# events since the fill of 2026-01-05, and whether they void the date
EVENTS = [
    ("prometra-ii-40", [MRI], True),
    ("prometra-20", [MRI], True),
    ("synchromed-ii-40", [MRI], False),
    ("prometra-ii-40", [{"kind": "mri", "on": "2026-01-04"}], False),
    ("prometra-ii-40", [{"kind": "mri", "on": "2026-01-05"}], False),
    ("prometra-ii-40", [{"kind": "mri", "on": "2026-01-05T10:00:00Z"}], True),
    ("synchromed-ii-40", [{"kind": "stalled", "on": "2026-01-07"}], True),
    ("synchromed-ii-40", [{"kind": "stalled", "on": "2026-01-07"}, {"kind": "restarted", "on": "2026-01-08"}], False),
    ("synchromed-ii-40", [{"kind": "stalled", "on": "2026-01-07"}, {"kind": "restarted", "on": "2026-01-07"}], False),
    ("synchromed-ii-40", [{"kind": "stalled", "on": "2026-01-07"}, {"kind": "restarted", "on": "2026-01-06"}], True),
    ("synchromed-ii-40", [{"kind": "restarted", "on": "2026-01-08"}, {"kind": "stalled", "on": "2026-01-07"}], False),
    ("synchromed-ii-40", [{"kind": "restarted", "on": "2026-01-06"}], False),
    ("prometra-ii-40", [MRI, {"kind": "restarted", "on": "2026-01-09"}], True),
]  # fmt: skip


@pytest.mark.parametrize(("model", "events", "is_void"), EVENTS, ids=str)
def test_a_scan_of_a_pump_that_must_be_emptied_and_an_open_stall_void_the_date(
    model: str, events: list[Record], is_void: bool
) -> None:
    result = forecast_of(pump={"model": model}, fill={"volume_ml": "20"}, events=events)

    assert codes(result) == (["date_void"] if is_void else [])


@pytest.mark.parametrize(
    ("ends", "is_past"), [("2026-01-09", True), ("2026-01-10", False), ("2026-01-11", False)]
)
def test_a_pump_past_its_end_of_service_is_a_stop(ends: str, is_past: bool) -> None:
    assert codes(forecast_of(pump={"end_of_service_on": ends})) == (
        ["past_end_of_service"] if is_past else []
    )


@pytest.mark.parametrize(("beyond_use_on", "is_passed"), [("2026-01-04", True), ("2026-01-05", False)])
def test_the_beyond_use_date_bears_on_the_day_of_the_fill_only(beyond_use_on: str, is_passed: bool) -> None:
    result = forecast_of(fill={"beyond_use_on": beyond_use_on})

    assert codes(result) == (["beyond_use_passed"] if is_passed else [])
    assert (result["status"], result["limits"]) == ("ok", forecast_of()["limits"])


# previous fill of 60 days ago: fill mL, flow, residual, reservoir -> findings
RESIDUALS = [
    ("20", "0.1", "15.5", "20", ["residual_rate"]),
    ("40", "0.15", "31", "40", []),
    ("40", "0.15", "33", "40", ["residual_rate"]),  # +2 mL is not more than 2 mL, but -22 %
    ("40", "0.3", "24.1", "40", ["residual_volume"]),  # +2.1 mL, -11.7 %
    ("40", "0.3", "24", "40", []),
    ("40", "0.3", "19.9", "40", ["residual_volume", "pocket_fill"]),
    ("40", "0.3", "20", "40", []),
    ("20", "0.3", "1", "20", []),  # -1 mL
    ("20", "0.3", "0.9", "20", ["pocket_fill"]),
    ("40", "0.3", "0", "40", ["residual_volume", "residual_rate", "pocket_fill"]),
    ("20", "0.5", "0", "20", []),  # due to run dry and did: 0 expected
    ("20", "0.5", "1", "20", []),
    ("20", "0.5", "2.1", "20", ["residual_volume"]),
    ("20", "0.5", "3.1", "20", ["residual_volume", "residual_rate"]),
    ("20", "0.1", "20", "20", ["residual_volume", "residual_rate"]),
    ("20", "0.1", "20.1", "20", ["residual_exceeds_fill"]),
]


@pytest.mark.parametrize(("fill_ml", "flow", "residual_ml", "reservoir_ml", "findings"), RESIDUALS)
def test_a_residual_is_judged_by_volume_and_by_rate(
    fill_ml: str, flow: str, residual_ml: str, reservoir_ml: str, findings: list[str]
) -> None:
    result = forecast_of(
        pump={"reservoir_ml": reservoir_ml},
        fill={"volume_ml": reservoir_ml},
        **previous(fill_volume_ml=fill_ml, flow_ml_per_day=flow, residual_ml=residual_ml),
    )

    assert codes(result) == findings


BOLUS = {"dose": "100", "unit": "mcg", "max_per_day": 5, "mean_per_day": "1"}
# on 2026-01-25, 20 days after the fill, 37 mL are expected; with boluses 32 (at most) to 36 (mean)
READINGS = [
    (None, "37", []),
    (None, "35", []),
    (None, "34.9", ["reading_differs"]),
    (None, "39", []),
    (None, "39.1", ["reading_differs"]),
    (BOLUS, "30", []),
    (BOLUS, "29.9", ["reading_differs"]),
    (BOLUS, "38", []),
    (BOLUS, "38.1", ["reading_differs"]),
    ({**BOLUS, "mean_per_day": None}, "39", []),
    ({**BOLUS, "mean_per_day": None}, "39.1", ["reading_differs"]),
]


@pytest.mark.parametrize(("bolus", "reading", "findings"), READINGS, ids=str)
def test_a_reading_more_than_2_ml_off_the_walks_is_a_warning(
    bolus: Record | None, reading: str, findings: list[str]
) -> None:
    result = forecast_of(
        as_of="2026-01-25",
        program=[dosed("300", patient_bolus=bolus)],
        readings=[{"at": "2026-01-25", "reservoir_ml": reading}],
    )

    assert (codes(result), result["status"]) == (findings, "ok")


def test_a_reservoir_that_holds_less_on_the_day_of_the_fill_may_have_been_missed() -> None:
    small = {"pump": {"model": "synchromed-ii-20"}, "fill": {"volume_ml": "20"}}

    def found(reading: str, **changes: Any) -> list[str]:
        return codes(forecast_of(readings=[{"at": "2026-01-05", "reservoir_ml": reading}], **changes))

    assert found("19", **small) == []
    assert found("18.9", **small) == ["pocket_fill"]
    assert found("38") == []
    assert found("37.9") == ["pocket_fill", "reading_differs"]


def test_findings_name_code_severity_field_and_say_it_in_words() -> None:
    result = forecast_of(fill={"volume_ml": "55"})

    assert result["findings"] == [
        {
            "code": "overfill",
            "severity": "stop",
            "field": "fill.volume_ml",
            "message": "The fill of 55 mL is more than the reservoir holds (40 mL).",
        }
    ]


def test_stops_come_before_warnings() -> None:
    result = forecast_of(
        fill={"volume_ml": "55", "beyond_use_on": "2025-01-01"}, program=[], **previous(residual_ml="5")
    )

    assert codes(result) == [
        "overfill", "no_program", "beyond_use_passed", "residual_volume", "residual_rate", "pocket_fill",
    ]  # fmt: skip


def test_a_warning_leaves_every_date() -> None:
    assert forecast(a_record(fill={"beyond_use_on": "2025-01-01"}))["must_refill_by"] == "2026-07-04"
