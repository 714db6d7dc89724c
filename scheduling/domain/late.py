"""Whether a refill runs late: its day has come, or nearly, and no visit stands in time.

A visit that stands in time ends the worry whatever the day; one that stands too late is worth a word from a fortnight
before the target on, when there is still room to move it. In review the earliest certain date stands for the worst:
the true one is never later. Where nothing at all is certain, nothing says that there is time, and the pump runs late
once somebody had a day to look at it. Source: our own choice, see docs/reference/escalation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from scheduling.domain.urgency import DUE_BEFORE_TARGET_DAYS

TIME_TO_LOOK = timedelta(days=1)
_NOTICE = timedelta(days=DUE_BEFORE_TARGET_DAYS)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefillDays:
    """What lateness depends on. ``visit_on`` is the first refill visit ahead; ``known_since`` when the forecast got
    the values it has, None where there is no forecast.
    """

    target_visit_on: date | None = None
    latest_visit_on: date | None = None
    certain_by: date | None = None
    empty_on: date | None = None
    visit_on: date | None = None
    known_since: datetime | None = None


def is_booked_in_time(days: RefillDays) -> bool:
    """Whether a visit stands no later than the last day that is safe; in review that day is not known."""
    return (
        days.visit_on is not None
        and days.latest_visit_on is not None
        and days.visit_on <= days.latest_visit_on
    )


def runs_late(days: RefillDays, *, today: date, now: datetime) -> bool:
    """Whether somebody must act on this refill now. A later day never turns it back without another fact."""
    if is_booked_in_time(days):
        return False
    if days.target_visit_on is not None:
        notice = timedelta(0) if days.visit_on is None else _NOTICE
        return today >= days.target_visit_on - notice
    certain = [day for day in (days.certain_by, days.empty_on) if day is not None]
    if certain:
        return today >= min(certain) - _NOTICE
    return days.known_since is None or now - days.known_since >= TIME_TO_LOOK
