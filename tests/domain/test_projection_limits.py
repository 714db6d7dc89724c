"""Which limits there are, which one binds, when the visits should be."""

from typing import Any

import pytest

from tests.domain.pumps import Record, a_record, baclofen, codes, forecast, forecast_of, merged


def mixture(*members: tuple[str, str] | tuple[str, str, Record]) -> Record:
    drugs = [
        {"drug": name, "concentration": amount, "unit": "mcg/mL", **(more[0] if more else {})}
        for name, amount, *more in members
    ]
    return {"drugs": drugs}


def stability(**changes: Any) -> str | None:
    day = forecast_of(**changes)["limits"].get("stability")
    assert day is None or isinstance(day, str)
    return day


# what is in the pump, and the last day it may be there (filled on 2026-01-05)
LONGEST_TIMES = [
    (mixture(("baclofen", "2000")), "2026-07-04"),  # 180 days
    (mixture(("morphine", "2000")), "2026-04-05"),  # 90
    (mixture(("hydromorphone", "2000")), "2026-04-05"),
    (mixture(("fentanyl", "2000")), "2026-04-05"),
    (mixture(("sufentanil", "2000")), "2026-04-05"),
    (mixture(("baclofen", "2000"), ("bupivacaine", "5000")), "2026-04-05"),  # the shortest member's
    (mixture(("morphine", "2000"), ("clonidine", "100")), "2026-04-05"),
    (mixture(("hydromorphone", "2000"), ("clonidine", "100")), "2026-02-09"),  # 35
    (mixture(("hydromorphone", "2000"), ("clonidine", "100"), ("morphine", "9000")), "2026-02-09"),
    (mixture(("clonidine", "2000"), ("hydromorphone", "100")), "2026-02-09"),
    (mixture(("baclofen", "2000"), ("clonidine", "100")), None),
    (mixture(("clonidine", "2000")), None),
    (mixture(("novel", "2000")), None),
    (mixture(("baclofen", "2000"), ("novel", "100")), None),
    (mixture(("clonidine", "2000", {"stability_days": 30})), "2026-02-04"),  # the pharmacy's word
    (mixture(("baclofen", "2000", {"stability_days": 200})), "2026-07-24"),
    (mixture(("baclofen", "2000", {"stability_days": 60}), ("bupivacaine", "5000")), "2026-03-06"),
    (mixture(("novel", "2000", {"stability_days": 45})), "2026-02-19"),
    (mixture((" Baclofen ", "2000")), "2026-07-04"),
]


@pytest.mark.parametrize(("fill", "last_day"), LONGEST_TIMES, ids=str)
def test_a_mixture_keeps_as_long_as_its_shortest_member(fill: Record, last_day: str | None) -> None:
    result = forecast_of(fill=fill)

    assert result["limits"].get("stability") == last_day
    assert ("unknown_stability" in codes(result)) is (last_day is None)


ZICONOTIDE = {"drug": "ziconotide", "concentration": "25", "unit": "mcg/mL"}
PREVIOUS = {
    "fill_at": "2025-12-20",
    "fill_volume_ml": "20",
    "flow_ml_per_day": "0.2",
    "residual_ml": "16.8",
}
# implanted, previous fill known, first_fill, diluted -> last day (14, 84 or 40 days)
ZICONOTIDE_TIMES = [
    (None, False, None, None, "2026-02-14"),
    (None, False, True, None, "2026-01-19"),
    (None, False, False, False, "2026-03-30"),
    (None, False, False, True, "2026-02-14"),
    (None, False, True, False, "2026-01-19"),
    ("2025-12-06", False, None, False, "2026-01-19"),  # 30 days after the implant
    ("2025-12-05", False, None, False, "2026-03-30"),  # 31 days
    ("2025-12-06", True, None, False, "2026-03-30"),
    ("2025-12-06", False, False, False, "2026-03-30"),
]


@pytest.mark.parametrize(("implanted", "has_previous", "first", "diluted", "last_day"), ZICONOTIDE_TIMES)
def test_ziconotide_depends_on_first_fill_and_dilution(
    implanted: str | None, has_previous: bool, first: bool | None, diluted: bool | None, last_day: str
) -> None:
    record = a_record(
        pump={"implanted_on": implanted},
        fill={"drugs": [merged(ZICONOTIDE, {"diluted": diluted})], "first_fill": first},
        previous=PREVIOUS if has_previous else None,
        program=[{"from": "2026-01-05", "dose": "7", "unit": "mcg/day"}],
    )

    result = forecast(record)

    assert (result["limits"]["stability"], result["status"]) == (last_day, "ok")


def test_the_reasons_say_that_dilution_was_assumed() -> None:
    result = forecast_of(
        fill={"drugs": [ZICONOTIDE], "first_fill": False},
        program=[{"from": "2026-01-05", "dose": "7", "unit": "mcg/day"}],
    )

    assert [line for line in result["reasons"] if "diluted is assumed" in line]


@pytest.mark.parametrize(
    ("pump", "ends"),
    [
        ({"end_of_service_on": "2030-05-01"}, "2030-05-01"),
        ({"replacement_signal_on": "2025-12-01"}, "2026-03-01"),  # + 90 days
        ({"model": "synchromed-ii-40", "implanted_on": "2024-02-29"}, "2031-02-28"),  # 7 years, never forward
        ({"model": "prometra-ii-40", "implanted_on": "2020-02-29"}, "2030-02-28"),
        ({"model": "prometra-ii-40", "implanted_on": "2018-02-28"}, "2028-02-28"),
        ({"service_life_years": 8, "implanted_on": "2020-01-01"}, "2028-01-01"),
        (
            {
                "implanted_on": "2020-01-01",
                "end_of_service_on": "2026-12-01",
                "replacement_signal_on": "2026-01-02",
                "service_life_years": 7,
            },
            "2026-04-02",
        ),
        ({}, None),
        ({"model": "synchromed-iii-40", "implanted_on": "2020-01-01"}, None),
    ],
    ids=str,
)
def test_the_end_of_service_is_the_earliest_that_is_known(pump: Record, ends: str | None) -> None:
    assert forecast_of(pump=pump)["limits"].get("end_of_service") == ends


def test_day_limits_are_calendar_days_from_the_fills_local_date() -> None:
    result = forecast_of(
        timezone="America/Chicago",
        fill={"at": "2026-01-06T05:30:00Z"},  # 23:30 on the 5th
        limits={"max_interval_days": 90},
    )

    assert result["limits"]["interval"] == "2026-04-05"
    assert result["limits"]["stability"] == "2026-07-04"


# the limits of a pump that is low on 2026-09-15 with stability until 2026-07-04, and which one binds
BINDING = [
    ({}, "2026-07-04", "stability"),
    ({"limits": {"max_interval_days": 100}}, "2026-04-15", "interval"),
    ({"limits": {"printed_on": "2026-03-01"}}, "2026-03-01", "printed_date"),
    ({"limits": {"printed_on": "2026-12-01"}}, "2026-07-04", "stability"),
    ({"pump": {"end_of_service_on": "2026-06-01"}}, "2026-06-01", "end_of_service"),
    ({"fill": {"drugs": [baclofen(stability_days=300)]}}, "2026-09-15", "low_reservoir"),
    # ties, by the order low reservoir, stability, interval, end of service, printed date
    ({"fill": {"drugs": [baclofen(stability_days=253)]}}, "2026-09-15", "low_reservoir"),
    ({"limits": {"max_interval_days": 180}}, "2026-07-04", "stability"),
    (
        {"limits": {"max_interval_days": 100}, "pump": {"end_of_service_on": "2026-04-15"}},
        "2026-04-15",
        "interval",
    ),
    (
        {"limits": {"printed_on": "2026-04-15"}, "pump": {"end_of_service_on": "2026-04-15"}},
        "2026-04-15",
        "end_of_service",
    ),
]


@pytest.mark.parametrize(("changes", "must_refill_by", "limited_by"), BINDING, ids=str)
def test_the_earliest_limit_binds_and_is_named(changes: Record, must_refill_by: str, limited_by: str) -> None:
    result = forecast_of(**changes)

    assert (result["must_refill_by"], result["limited_by"]) == (must_refill_by, limited_by)
    assert result["limits"][limited_by] == must_refill_by == min(result["limits"].values())


def test_the_printed_date_is_always_listed() -> None:
    assert forecast_of(limits={"printed_on": "2027-05-05"})["limits"]["printed_date"] == "2027-05-05"


@pytest.mark.parametrize(
    ("printed_on", "differs"),
    [
        ("2026-09-15", False),
        ("2026-09-14", False),
        ("2026-09-16", False),
        ("2026-09-13", True),
        ("2026-09-17", True),
    ],
)
def test_a_printed_date_more_than_a_day_off_the_low_reservoir_date_is_a_warning(
    printed_on: str, differs: bool
) -> None:
    result = forecast_of(limits={"printed_on": printed_on})

    assert codes(result) == (["printed_date_differs"] if differs else [])
    assert result["status"] == "ok"


# clinic rules -> target and latest visit for a pump to be refilled by Saturday 2026-07-04
VISITS = [
    ({}, "2026-06-24", "2026-07-01"),
    ({"target_margin_days": 0, "latest_margin_days": 0}, "2026-07-03", "2026-07-03"),
    ({"latest_margin_days": 0, "closed_on": ["2026-07-03", "2026-07-02"]}, "2026-06-24", "2026-07-01"),
    ({"open_weekdays": ["tue"]}, "2026-06-23", "2026-06-30"),
    ({"open_weekdays": ["sat"], "latest_margin_days": 0}, "2026-06-20", "2026-07-04"),
    ({"closed_on": ["2026-06-24", "2026-06-23"]}, "2026-06-22", "2026-07-01"),
    ({"target_margin_days": 400}, "2025-05-30", "2026-07-01"),
]


@pytest.mark.parametrize(("clinic", "target", "latest"), VISITS, ids=str)
def test_visits_move_back_over_closed_days_and_never_forward(
    clinic: Record, target: str, latest: str
) -> None:
    result = forecast_of(clinic=clinic)

    assert (result["target_visit_on"], result["latest_visit_on"]) == (target, latest)


# model -> reservoir that is just not overfilled, threshold, accuracy
MODELS = [
    ("synchromed-ii-20", "20", "2", "14.5"),
    ("synchromed-ii-40", "40", "2", "14.5"),
    ("synchromed-iii-20", "20", "2", "14.5"),
    ("synchromed-iii-40", "40", "2", "14.5"),
    ("synchromed-el-10", "10", "2", None),
    ("synchromed-el-18", "18", "2", None),
    ("isomed-20", "20", "2", None),
    ("isomed-35", "35", "2", None),
    ("prometra-20", "20", "3", "3"),
    ("prometra-ii-20", "20", "3", "3"),
    ("prometra-ii-40", "40", "3", "3"),
    ("codman-3000-16", "16", "2", None),
    ("codman-3000-30", "30", "2", None),
    ("codman-3000-50", "50", "2", None),
    ("Prometra-II-40", "40", "3", "3"),
]


@pytest.mark.parametrize(("model", "reservoir", "threshold", "accuracy"), MODELS)
def test_a_pump_of_the_catalogue_brings_its_own_values(
    model: str, reservoir: str, threshold: str, accuracy: str | None
) -> None:
    flow = [{"from": "2026-01-05", "flow_ml_per_day": "0.3"}]
    explicit = {
        "model": None,
        "reservoir_ml": reservoir,
        "threshold_ml": threshold,
        "accuracy_percent": accuracy,
    }

    by_model = forecast_of(pump={"model": model}, fill={"volume_ml": reservoir}, program=flow)
    by_value = forecast_of(pump=explicit, fill={"volume_ml": reservoir}, program=flow)
    too_full = forecast_of(pump={"model": model}, fill={"volume_ml": f"{reservoir}.1"}, program=flow)

    assert (by_model["status"], by_model) == ("ok", by_value)
    assert "overfill" in codes(too_full)


def test_a_value_given_beside_the_model_wins() -> None:
    result = forecast_of(pump={"threshold_ml": "4", "reservoir_ml": "39.9"})

    assert (codes(result), result["low_reservoir_on"]) == (["overfill"], None)
    assert forecast_of(pump={"threshold_ml": "4"})["low_reservoir_on"] == "2026-09-02"


def test_with_no_threshold_anywhere_it_is_2_ml() -> None:
    assert forecast_of(pump={"model": None, "reservoir_ml": "40"})["low_reservoir_on"] == "2026-09-15"
