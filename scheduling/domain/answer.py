"""A projection as the forecast file shows it: numbers as text, dates as YYYY-MM-DD, null where not certain."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from scheduling.domain.figures import DAYS_PLACES, VOLUME_PLACES, plain
from scheduling.domain.projection import Dates, Projection

_NOT_KNOWN = (
    "flow_ml_per_day", "remaining_ml", "low_reservoir_on", "empty_on", "must_refill_by", "limited_by",
)  # fmt: skip
_NOT_KNOWN_AFTER_LIMITS = (
    "target_visit_on", "latest_visit_on", "days_of_reserve", "days_to_empty", "high_flow", "mean_use",
)  # fmt: skip


def answer(record_id: str | int | None, projection: Projection, reasons: Sequence[str]) -> dict[str, object]:
    """The result of one pump."""
    limited_by = projection.limited_by
    return {
        "id": record_id,
        "status": projection.status.value,
        "flow_ml_per_day": _number(projection.flow_ml_per_day, VOLUME_PLACES),
        "remaining_ml": _number(projection.remaining_ml, VOLUME_PLACES),
        "low_reservoir_on": _date(projection.low_reservoir_on),
        "empty_on": _date(projection.empty_on),
        "must_refill_by": _date(projection.must_refill_by),
        "limited_by": None if limited_by is None else limited_by.value,
        "limits": {kind.value: day.isoformat() for kind, day in projection.limits.items()},
        "target_visit_on": _date(projection.target_visit_on),
        "latest_visit_on": _date(projection.latest_visit_on),
        "days_of_reserve": _number(projection.days_of_reserve, DAYS_PLACES),
        "days_to_empty": _number(projection.days_to_empty, DAYS_PLACES),
        "high_flow": _dates(projection.high_flow or Dates(None, None)),
        "mean_use": _dates(projection.mean_use),
        "findings": [
            {
                "code": finding.code.value,
                "severity": finding.severity.value,
                "field": finding.field,
                "message": finding.message,
            }
            for finding in projection.findings
        ],
        "reasons": list(reasons),
    }


def refusal(record_id: str | int | None, field: str, reason: str) -> dict[str, object]:
    """The result of a record that cannot be used: every date null, the field and the reason said."""
    text = f"{field} {reason}"
    return {
        "id": record_id,
        "status": "error",
        "reason": text,
        "field": field,
        **dict.fromkeys(_NOT_KNOWN),
        "limits": {},
        **dict.fromkeys(_NOT_KNOWN_AFTER_LIMITS),
        "findings": [],
        "reasons": [text],
    }


def _number(value: Fraction | None, places: int) -> str | None:
    return None if value is None else plain(value, places=places)


def _date(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _dates(dates: Dates | None) -> dict[str, str | None] | None:
    if dates is None:
        return None
    return {"low_reservoir_on": _date(dates.low_reservoir_on), "empty_on": _date(dates.empty_on)}
