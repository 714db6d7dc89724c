"""From the last safe day to the days a visit should be on: back over closed days, never forward."""

from datetime import date, timedelta

from scheduling.domain.case import ClinicRules

_DAY = timedelta(days=1)


def is_open(day: date, rules: ClinicRules) -> bool:
    """Whether the clinic sees patients on this day."""
    return day.weekday() in rules.open_weekdays and day not in rules.closed_on


def open_day_at_or_before(day: date, rules: ClinicRules) -> date:
    """The day itself when the clinic is open, else the last open day before it."""
    while not is_open(day, rules):
        day -= _DAY
    return day


def next_open_day(day: date, rules: ClinicRules) -> date:
    """The first open day after this one."""
    day += _DAY
    while not is_open(day, rules):
        day += _DAY
    return day


def target_visit(must_refill_by: date, rules: ClinicRules) -> date:
    """The day the clinic aims at."""
    return open_day_at_or_before(must_refill_by - timedelta(days=rules.target_margin_days), rules)


def latest_visit(must_refill_by: date, rules: ClinicRules) -> date:
    """The last day the clinic accepts."""
    return open_day_at_or_before(must_refill_by - timedelta(days=rules.latest_margin_days), rules)
