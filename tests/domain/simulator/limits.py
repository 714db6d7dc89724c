"""What else calls for a refill, and the visits that follow from it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.domain.simulator.clock import DAY, WEEKDAYS
from tests.domain.simulator.program import Record, exact

STABILITY_DAYS = {
    "baclofen": 180,
    "morphine": 90,
    "hydromorphone": 90,
    "fentanyl": 90,
    "sufentanil": 90,
    "bupivacaine": 90,
}
LIMIT_ORDER = ("low_reservoir", "stability", "interval", "end_of_service", "printed_date")


def _years_later(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:  # 29 February: round down, never later
        return dt.date(day.year + years, 2, 28)


def longest_days(record: Record) -> int:
    """Days that the mixture may stay in the pump: the shortest of its members."""
    names = {drug["drug"] for drug in record["fill"]["drugs"]}
    days = []
    for drug in record["fill"]["drugs"]:
        name = drug["drug"]
        if "stability_days" in drug:
            days.append(int(exact(drug["stability_days"])))
        elif name == "ziconotide":
            undiluted = 84 if drug.get("diluted", True) is False else 40
            days.append(14 if record["fill"].get("first_fill") else undiluted)
        elif name == "clonidine":
            days.append(35 if "hydromorphone" in names else 90)
        else:
            days.append(STABILITY_DAYS[name])
    return min(days)


def list_limits(record: Record, pump: Record, filled_on: dt.date, low_on: dt.date) -> dict[str, dt.date]:
    given = record.get("limits", {})
    limits = {"low_reservoir": low_on, "stability": filled_on + longest_days(record) * DAY}
    if "max_interval_days" in given:
        limits["interval"] = filled_on + int(exact(given["max_interval_days"])) * DAY
    ends = []
    if "end_of_service_on" in pump:
        ends.append(dt.date.fromisoformat(pump["end_of_service_on"]))
    if "replacement_signal_on" in pump:
        ends.append(dt.date.fromisoformat(pump["replacement_signal_on"]) + 90 * DAY)
    if "implanted_on" in pump and "service_life_years" in pump:
        implanted_on = dt.date.fromisoformat(pump["implanted_on"])
        ends.append(_years_later(implanted_on, int(exact(pump["service_life_years"]))))
    if ends:
        limits["end_of_service"] = min(ends)
    if "printed_on" in given:
        limits["printed_date"] = dt.date.fromisoformat(given["printed_on"])
    return limits


def visit_before(must_refill_by: dt.date, margin_days: Any, clinic: Record) -> dt.date:
    """The day so many days before, or the nearest open day before that."""
    is_open = clinic.get("open_weekdays", list(WEEKDAYS[:5]))
    closed = {dt.date.fromisoformat(text) for text in clinic.get("closed_on", [])}
    day = must_refill_by - int(exact(margin_days)) * DAY
    while WEEKDAYS[day.weekday()] not in is_open or day in closed:
        day -= DAY
    return day
