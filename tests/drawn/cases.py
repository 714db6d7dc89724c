"""The page of worked cases, findings and reasons: what is put in by the tests' table, what comes out by the engine now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from scheduling.domain.findings import MESSAGES, RESTS_ON_DOUBT, FindingCode
from scheduling.domain.reason_texts import TEMPLATES, ReasonCode
from tests.domain.pumps import codes, forecast
from tests.domain.test_worked_cases import CASES, RESIDUALS, Case, residual_case
from tests.drawn.tables import code, table

_HEAD = """# Worked cases, findings and reasons

Written from the code by `python -m tests.drawn`; a test holds the page to it. The rules are in [the projection](projection.md),
the words of the file in [the forecast file](forecast-file.md), one case told step by step in [how a date comes
about](../explanation/projection.md).

## Worked cases

To be checked by hand: each row is a pump, and what the engine says of it now. Zone UTC and threshold 2 mL unless said; the
fill's day is day 0; today is the fill's day unless said. Numbers have gaps.

"""
_RESIDUALS = """
## Residuals

Filled with so much, drawn out so much at the next refill.

"""
_FINDINGS = """
## Findings

A stop puts a pump under *needs review* and leaves out the limits that rest on what it doubts; a warning stands beside dates
that hold. When each is found: [the rules](projection.md#findings).

"""
_REASONS = """
## Reasons

Every line that a list of reasons can hold. In braces: what stands there.

"""
_ANSWER = {
    "flow_ml_per_day": "{} mL/day",
    "low_reservoir_on": "low {}",
    "empty_on": "empty {}",
    "must_refill_by": "**refill by {}**",
    "limited_by": "limited by {}",
    "latest_visit_on": "latest visit {}",
}


def cases() -> str:
    """The whole page."""
    return (
        _HEAD
        + table(["#", "Put in", "Comes out"], (_case(case) for case in CASES))
        + _RESIDUALS
        + table(
            ["#", "Fill mL", "mL/day", "Days", "Residual mL", "Findings", "Said"],
            (_residual(row) for row in RESIDUALS),
        )
        + _FINDINGS
        + table(["Finding", "", "Left out", "Text"], (_finding(each) for each in FindingCode))
        + _REASONS
        + table(["Reason", "Text"], ((code(each.value), TEMPLATES[each]) for each in ReasonCode))
    )


def _case(case: Case) -> list[str]:
    answer = forecast(case.record)
    drug, concentration, unit = case.drug
    put_in = [
        f"{case.volume_ml} mL {drug} {concentration} {unit} on {case.filled}",
        *(_program(entry) for entry in case.program),
        *([] if case.zone == "UTC" else [f"zone {case.zone}"]),
        *([] if case.threshold_ml == "2" else [f"threshold {case.threshold_ml} mL"]),
        *_flat(case.more),
    ]
    comes_out = [text.format(answer[name]) for name, text in _ANSWER.items() if answer[name] is not None]
    high = answer["high_flow"]["low_reservoir_on"]
    comes_out += [f"low {high} at high flow"] if high else []
    comes_out += [f"{answer['status']}: {', '.join(map(code, codes(answer)))}"] if codes(answer) else []
    return [case.number, "; ".join(put_in), "; ".join(comes_out)]


def _program(entry: Mapping[str, Any]) -> str:
    since = f"from {entry['from']} " if entry["from"] else ""
    if "dose" in entry:
        return f"{since}{entry['dose']} {entry['unit']}"
    if "flow_ml_per_day" in entry:
        return f"{since}{entry['flow_ml_per_day']} mL/day"
    return since + ", ".join(_pattern(part) for part in entry["days"])


def _pattern(part: Mapping[str, Any]) -> str:
    steps = [
        f"{step['hours']} h at {step['flow_ml_per_day']} mL/day"
        if "flow_ml_per_day" in step
        else f"{step['hours']} h × {step['dose_per_hour']} {step['unit']}"
        for step in part["steps"]
    ]
    return f"{' '.join(part['on'])}: {', '.join(steps)}"


def _flat(more: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """What a case has besides, by the file's own names."""
    for name, value in more.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{above}{name}.")
        elif isinstance(value, list):
            shown = [", ".join(_flat(each)) if isinstance(each, Mapping) else str(each) for each in value]
            yield f"{above}{name} {', '.join(shown)}"
        else:
            yield f"{above}{name} {str(value).lower() if isinstance(value, bool) else value}"


def _residual(row: tuple[str, str, str, int, str, list[str]]) -> list[str]:
    number, fill_ml, flow_ml, days, residual_ml, _ = row
    answer = forecast(residual_case(number, fill_ml, flow_ml, days, residual_ml).record)
    said = " ".join(finding["message"] for finding in answer["findings"])
    return [number, fill_ml, flow_ml, str(days), residual_ml, ", ".join(map(code, codes(answer))), said]


def _finding(each: FindingCode) -> list[str]:
    is_stop = each in RESTS_ON_DOUBT
    left_out = ", ".join(sorted(limit.value for limit in RESTS_ON_DOUBT.get(each, ())))
    return [code(each.value), "stop" if is_stop else "warning", left_out or "–", MESSAGES[each]]
