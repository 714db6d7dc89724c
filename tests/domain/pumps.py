"""Short ways to write a record of the forecast file in a test."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from scheduling.domain.forecast_file import forecast_record

Record = dict[str, Any]


def baclofen(concentration: str = "2000", **more: Any) -> Record:
    return {"drug": "baclofen", "concentration": concentration, "unit": "mcg/mL", **more}


def a_record(**changes: Any) -> Record:
    """A pump that is fine: 40 mL of baclofen 2000 mcg/mL on Monday 2026-01-05 at 300 mcg/day, zone UTC.

    It is low on 2026-09-15, empty on 2026-09-28, and must be refilled by 2026-07-04 (180 days).
    """
    record: Record = {
        "id": "P1",
        "as_of": "2026-01-10",
        "timezone": "UTC",
        "pump": {"model": "synchromed-ii-40"},
        "fill": {"at": "2026-01-05", "volume_ml": "40", "drugs": [baclofen()]},
        "program": [{"from": "2026-01-05", "dose": "300", "unit": "mcg/day"}],
    }
    return merged(record, changes)


def merged(record: Mapping[str, Any], changes: Mapping[str, Any]) -> Record:
    """The record with the changes laid over it, objects key by key; None takes a key away."""
    result = dict(record)
    for key, value in changes.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(result[key], value)
        else:
            result[key] = value
    return result


def forecast(record: object) -> Record:
    """The result of a record; every one in the tests carries its own ``as_of``."""
    return forecast_record(record, today=date(2026, 11, 21))


def forecast_of(**changes: Any) -> Record:
    """The result of ``a_record`` with changes."""
    return forecast(a_record(**changes))


def codes(result: Mapping[str, Any]) -> list[str]:
    """The codes of its findings, in order."""
    return [finding["code"] for finding in result["findings"]]


def shown(result: Mapping[str, Any]) -> Record:
    """What a test usually asks of a result."""
    return {name: result[name] for name in ("status", "low_reservoir_on", "limits", "must_refill_by")}
