"""The paper list: what a clinic works from while the system is down.

Every pump that must be refilled in the next sixty days, the one that is dry first on top; every pump without a
certain date apart from them, above. Figures are as of the morning for which the list was made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Hazard
from scheduling.domain.care.rungs import Rung, rung
from scheduling.domain.local_time import instant_of
from scheduling.domain.urgency import Deadlines, WorkGroup, work_group

HORIZON = timedelta(days=60)
TRUSTED_FOR = timedelta(hours=26)
"""A day and two hours: the next list should be there by then."""
KEPT_DAYS = 14
MORNING = time(8)
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class Due:
    """The dates of one pump as its forecast has them, and its next booked refill."""

    deadlines: Deadlines
    empty_at: datetime | None
    hazard: Hazard
    visit_on: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How one pump stands on the list's morning. ``rung`` is None while a visit in time is booked or it is early."""

    group: WorkGroup
    days_to_empty: Decimal | None
    rung: Rung | None


def morning_of(business_date: date, *, zone: ZoneInfo, now: datetime) -> datetime:
    """The moment that the figures are for: that day at eight, or now when it is later."""
    return max(instant_of(datetime.combine(business_date, MORNING, tzinfo=zone), zone), now)


def is_listed(due: Due, *, today: date) -> bool:
    """Whether the pump belongs on the list of the next sixty days. One without a certain date always does."""
    if due.deadlines.is_in_review or due.deadlines.must_refill_by is None:
        return True
    days = (due.deadlines.must_refill_by, due.deadlines.empty_on, due.visit_on)
    return any(day is not None and day <= today + HORIZON for day in days)


def standing(due: Due, *, as_of: datetime, today: date) -> Standing:
    """Group, days to empty (one decimal, rounded down: never more than there are) and the step of the ladder."""
    group = work_group(due.deadlines, today=today, visit_on=due.visit_on)
    left = (
        None
        if due.empty_at is None
        else Fraction((due.empty_at - as_of) // timedelta(seconds=1), _DAY_SECONDS)
    )
    must, latest = due.deadlines.must_refill_by, due.deadlines.latest_visit_on
    is_in_time = due.visit_on is not None and latest is not None and due.visit_on <= latest
    needs_step = group is not WorkGroup.LATER and not is_in_time
    return Standing(
        group=group,
        days_to_empty=None if left is None else _tenths(left),
        rung=rung(
            days_to_empty=left,
            days_to_refill_date=None if must is None else (must - today).days,
            hazard=due.hazard,
        )
        if needs_step
        else None,
    )


def place(due: Due, stands: Standing) -> tuple[bool, Decimal, int, date]:
    """Sorts the list: fewest days to empty first (not known: last), then the graver drug, then the date."""
    return (
        stands.days_to_empty is None,
        stands.days_to_empty or Decimal(0),
        -due.hazard,
        due.deadlines.must_refill_by or date.max,
    )


def file_name(business_date: date) -> str:
    """The list's name without its ending. It says the day and nobody's name."""
    return f"refill-list-{business_date.isoformat()}"


def outdated(names: Iterable[str], *, business_date: date) -> list[str]:
    """Those of the file names whose list is older than fourteen days; names of other things are left alone."""
    oldest = business_date - timedelta(days=KEPT_DAYS - 1)
    return [name for name in names if (day := _day_of(name)) is not None and day < oldest]


def _day_of(name: str) -> date | None:
    stem, _, ending = name.partition(".")
    if not stem.startswith("refill-list-") or ending not in ("html", "csv"):
        return None
    try:
        return date.fromisoformat(stem.removeprefix("refill-list-"))
    except ValueError:
        return None


def _tenths(days: Fraction) -> Decimal:
    return (Decimal(days.numerator) / Decimal(days.denominator)).quantize(
        Decimal("0.1"), rounding=ROUND_FLOOR
    )
