"""The worked cases of docs/reference/projection.md, as a table a clinician can read and check by hand.

Zone UTC and threshold 2 mL unless said. The fill's day is day 0. Numbers have gaps. An answer names only what
the case is about; dates are exact.
"""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.domain.pumps import Record, codes, forecast, merged

MCG, MG = "mcg/mL", "mg/mL"


def dose(per_day: str, unit: str = "mcg/day", since: str | None = None) -> Record:
    return {"from": since, "dose": per_day, "unit": unit}


def flow(per_day: str) -> Record:
    return {"from": None, "flow_ml_per_day": per_day}


def hours(*steps: tuple[str, str]) -> list[Record]:
    return [{"hours": length, "dose_per_hour": rate, "unit": "mcg/h"} for length, rate in steps]


@dataclass(frozen=True)
class Case:
    number: str
    drug: tuple[str, str, str]
    volume_ml: str
    program: list[Record]
    filled: str
    answer: dict[str, Any]
    zone: str = "UTC"
    threshold_ml: str = "2"
    more: Record = field(default_factory=dict)

    @property
    def record(self) -> Record:
        drug, concentration, unit = self.drug
        program = [entry | {"from": entry["from"] or self.filled} for entry in self.program]
        record = {
            "id": self.number,
            "as_of": self.filled,
            "timezone": self.zone,
            "pump": {
                "reservoir_ml": "20" if self.volume_ml in {"20", "17"} else "40",
                "threshold_ml": self.threshold_ml,
            },
            "fill": {
                "at": self.filled,
                "volume_ml": self.volume_ml,
                "drugs": [{"drug": drug, "concentration": concentration, "unit": unit}],
            },
            "program": program,
        }
        return merged(record, self.more)


WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
NO_MARGIN = {"target_margin_days": 0, "latest_margin_days": 0}
UNDILUTED = {"drug": "ziconotide", "concentration": "100", "unit": MCG, "diluted": False}
DILUTED = {"drug": "ziconotide", "concentration": "20", "unit": MCG, "diluted": True}
PREVIOUS_1000 = {
    "fill_at": "2026-02-01", "fill_volume_ml": "20", "flow_ml_per_day": "0.15", "residual_ml": "6.2",
    "drug": "baclofen", "concentration": "1000", "unit": MCG, "dose": "150", "dose_unit": "mcg/day",
}  # fmt: skip

CASES = [
    # number  drug                            mL    program           filled        answer
    Case("W1", ("baclofen", "2000", MCG), "40", [dose("300")], "2026-01-05",
         {"flow_ml_per_day": "0.15", "low_reservoir_on": "2026-09-15", "empty_on": "2026-09-28",
          "must_refill_by": "2026-07-04", "limited_by": "stability", "latest_visit_on": "2026-07-02"},
         more={"clinic": {**NO_MARGIN, "closed_on": ["2026-07-03"]}}),
    Case("W2", ("baclofen", "500", MCG), "20", [dose("175")], "2026-03-02",
         {"flow_ml_per_day": "0.35", "low_reservoir_on": "2026-04-22", "empty_on": "2026-04-28"},
         zone="America/Chicago"),
    Case("W2, threshold 4", ("baclofen", "500", MCG), "20", [dose("175")], "2026-03-02",
         {"low_reservoir_on": "2026-04-16"}, zone="America/Chicago", threshold_ml="4"),
    Case("W2b", ("baclofen", "500", MCG), "20", [dose("200")], "2026-05-04",
         {"flow_ml_per_day": "0.2", "low_reservoir_on": "2026-06-18", "findings": []},
         more={"bridge": {"old_volume_ml": "0.30", "old_concentration": "1000", "unit": MCG},
               "previous": PREVIOUS_1000}),
    Case("W3", ("morphine", "25", MG), "20", [dose("8", "mg/day")], "2024-02-01",
         {"flow_ml_per_day": "0.32", "low_reservoir_on": "2024-03-28"}),
    Case("W4", ("baclofen", "2000", MCG), "40", [dose("250")], "2026-06-15",
         {"low_reservoir_on": "2027-04-15", "must_refill_by": "2026-12-12", "limited_by": "stability",
          "latest_visit_on": "2026-12-11"},
         more={"clinic": NO_MARGIN}),
    Case("W6", ("ziconotide", "100", MCG), "20", [dose("7.2")], "2026-09-15",
         {"must_refill_by": "2026-12-08", "limited_by": "stability"},
         more={"fill": {"first_fill": False, "drugs": [UNDILUTED]}}),
    Case("W7", ("ziconotide", "20", MCG), "20", [dose("12")], "2026-09-15",
         {"flow_ml_per_day": "0.6", "low_reservoir_on": "2026-10-15", "must_refill_by": "2026-10-15",
          "limited_by": "low_reservoir", "limits": {"low_reservoir": "2026-10-15", "stability": "2026-10-25"}},
         more={"fill": {"first_fill": False, "drugs": [DILUTED]}}),
    Case("W9", ("baclofen", "2000", MCG), "40", [dose("400"), dose("520", since="2026-02-26")], "2026-01-12",
         {"low_reservoir_on": "2026-06-17"}),
    Case("W9 unchanged", ("baclofen", "2000", MCG), "40", [dose("400")], "2026-01-12",
         {"low_reservoir_on": "2026-07-21"}),
    Case("W10", ("baclofen", "500", MCG), "20",
         [{"from": None,
           "days": [{"on": WEEKDAYS, "steps": [{"hours": "24", "flow_ml_per_day": "0.30"}]},
                    {"on": ["sat", "sun"], "steps": [{"hours": "24", "flow_ml_per_day": "0.45"}]}]}],
         "2026-03-02", {"low_reservoir_on": "2026-04-24"}),
    Case("W11", ("baclofen", "2000", MCG), "20",
         [{"from": None,
           "days": [{"on": [*WEEKDAYS, "sat", "sun"], "steps": hours(("6", "10"), ("8", "12"), ("10", "8"))}]}],
         "2026-02-10", {"flow_ml_per_day": "0.118", "low_reservoir_on": "2026-07-12"}),
    Case("W13", ("baclofen", "2000", MCG), "40", [dose("200")], "2026-05-04",
         {"flow_ml_per_day": "0.4", "low_reservoir_on": "2027-05-16", "must_refill_by": "2026-10-31",
          "limited_by": "stability"},
         more={"bridge": {"old_volume_ml": "0.40", "old_concentration": "500", "unit": MCG}}),
    Case("W13 a day later", ("baclofen", "2000", MCG), "40", [dose("200")], "2026-05-04",
         {"flow_ml_per_day": "0.1", "remaining_ml": "39.6"},
         more={"as_of": "2026-05-05",
               "bridge": {"old_volume_ml": "0.40", "old_concentration": "500", "unit": MCG}}),
    Case("W16", ("baclofen", "2000", MCG), "40", [dose("300")], "2026-01-05",
         {"high_flow": {"low_reservoir_on": "2026-08-14", "empty_on": "2026-08-25"}},
         more={"pump": {"accuracy_percent": "14.5"}}),
    Case("W20", ("baclofen", "2000", MCG), "20", [dose("340")], "2026-01-05",
         {"flow_ml_per_day": "0.17", "low_reservoir_on": "2026-04-15"}, threshold_ml="3"),
    Case("W23", ("baclofen", "2000", MCG), "20", [flow("12")], "2026-01-05",
         {"status": "review", "must_refill_by": None, "low_reservoir_on": None}),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.number)
def test_the_answer_is_that_of_the_worked_case(case: Case) -> None:
    result = forecast(case.record)

    assert {name: result[name] for name in case.answer} == case.answer


def test_half_a_millilitre_per_hour_entered_as_per_day_is_an_implausible_interval() -> None:
    w23 = next(case for case in CASES if case.number == "W23")

    assert codes(forecast(w23.record)) == ["flow_out_of_range", "implausible_interval"]


def test_the_worked_cases_but_the_implausible_one_need_no_review() -> None:
    results = {case.number: forecast(case.record) for case in CASES if case.number != "W23"}

    assert {number: codes(result) for number, result in results.items()} == {key: [] for key in results}


# number  fill mL  flow mL/day  days  residual mL  findings
RESIDUALS = [
    ("R2", "20", "0.1", 60, "15.5", ["residual_rate"]),
    ("R3", "20", "0.3", 55, "3.2", []),
]


def residual_case(number: str, fill_ml: str, flow_ml: str, days: int, residual_ml: str) -> Case:
    """The refill so many days after a fill of 2026-01-05, with what was drawn out."""
    filled = {60: "2026-03-06", 55: "2026-03-01"}[days]
    previous = {
        "fill_at": "2026-01-05",
        "fill_volume_ml": fill_ml,
        "flow_ml_per_day": flow_ml,
        "residual_ml": residual_ml,
    }
    return Case(
        number, ("baclofen", "2000", MCG), "20", [dose("300")], filled, {}, more={"previous": previous}
    )


@pytest.mark.parametrize(("number", "fill_ml", "flow_ml", "days", "residual_ml", "expected"), RESIDUALS)
def test_the_residual_is_judged_as_in_the_worked_case(
    number: str, fill_ml: str, flow_ml: str, days: int, residual_ml: str, expected: list[str]
) -> None:
    case = residual_case(number, fill_ml, flow_ml, days, residual_ml)

    assert codes(forecast(case.record)) == expected
