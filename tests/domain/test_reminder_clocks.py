"""Clock changes: every reminder at the right hour on its reader's clock, in both directions and four zones.

Each row: the zone, the day on which the message is due, the hour its rule names, and what the clock shows then with
its offset from UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.kinds import MessageKind
from notifications.domain.plan import Policy, Rule
from notifications.domain.quiet_hours import QuietHours, first_allowed, instant_at, last_allowed
from tests.domain.reminders import EMAIL, facts, planned, reader, visit

NEVER_QUIET = Policy(quiet=QuietHours(time(4, 59), time(5)))
NIGHT = Policy()


def d1(at: str) -> Rule:
    return Rule(kind=MessageKind.CHECK_UP, step="d1", days=-1, at=time.fromisoformat(at), channels=(EMAIL,))


def due(zone: str, day: str, at: str, policy: Policy) -> str:
    """When the reminder of a visit on the next day is due, on the reader's clock."""
    place = ZoneInfo(zone)
    on = date.fromisoformat(day) + timedelta(days=1)
    booked = datetime.combine(on - timedelta(days=40), time(), UTC)
    of = facts(
        zone=place,
        readers=(reader(EMAIL, zone=place),),
        visits=(visit(zone=place, local_on=on, at=time(11), since=booked),),
    )
    (found,) = planned(of, rules=(d1(at),), policy=policy, now=booked).messages
    return f"{found.due_at.astimezone(place):%Y-%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        # Forward: the hour that is skipped is the next there is.
        ("America/Chicago", "2027-03-13", "09:00", "2027-03-13 09:00 -0600"),
        ("America/Chicago", "2027-03-14", "09:00", "2027-03-14 09:00 -0500"),
        ("America/Chicago", "2027-03-14", "02:30", "2027-03-14 03:00 -0500"),
        ("Europe/Madrid", "2027-03-28", "09:00", "2027-03-28 09:00 +0200"),
        ("Europe/Madrid", "2027-03-28", "02:15", "2027-03-28 03:00 +0200"),
        ("Australia/Lord_Howe", "2027-10-03", "09:00", "2027-10-03 09:00 +1100"),
        ("Australia/Lord_Howe", "2027-10-03", "02:10", "2027-10-03 02:30 +1100"),
        ("America/Santiago", "2027-09-05", "00:30", "2027-09-05 01:00 -0300"),
        # Back: the hour that comes twice is the earlier.
        ("America/Chicago", "2027-11-07", "09:00", "2027-11-07 09:00 -0600"),
        ("America/Chicago", "2027-11-07", "01:30", "2027-11-07 01:30 -0500"),
        ("Europe/Madrid", "2027-10-31", "09:00", "2027-10-31 09:00 +0100"),
        ("Europe/Madrid", "2027-10-31", "02:30", "2027-10-31 02:30 +0200"),
        ("Australia/Lord_Howe", "2027-04-04", "09:00", "2027-04-04 09:00 +1030"),
        ("Australia/Lord_Howe", "2027-04-04", "01:45", "2027-04-04 01:45 +1100"),
    ],
)  # fmt: skip
def test_a_reminder_is_due_at_its_hour_on_the_day_of_the_change(
    zone: str, day: str, at: str, expected: str
) -> None:
    assert due(zone, day, at, NEVER_QUIET) == expected


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("America/Chicago", "2027-03-14", "02:30", "2027-03-14 08:00 -0500"),
        ("America/Chicago", "2027-03-13", "23:00", "2027-03-14 08:00 -0500"),
        ("America/Chicago", "2027-11-06", "23:00", "2027-11-07 08:00 -0600"),
        ("Europe/Madrid", "2027-10-30", "22:00", "2027-10-31 08:00 +0100"),
        ("Australia/Lord_Howe", "2027-04-03", "21:30", "2027-04-04 08:00 +1030"),
        ("Australia/Lord_Howe", "2027-10-02", "21:30", "2027-10-03 08:00 +1100"),
    ],
)
def test_the_night_of_the_change_ends_at_its_hour(zone: str, day: str, at: str, expected: str) -> None:
    assert due(zone, day, at, NIGHT) == expected


@pytest.mark.parametrize(
    ("zone", "day", "offset_hours"),
    [("America/Chicago", "2027-03-14", 23), ("America/Chicago", "2027-11-07", 25)],
)
def test_days_are_counted_on_the_calendar_and_not_in_hours(zone: str, day: str, offset_hours: int) -> None:
    """From nine on the day before the change to nine on its day."""
    place, on = ZoneInfo(zone), date.fromisoformat(day)
    apart = instant_at(on, time(9), place) - instant_at(on - timedelta(days=1), time(9), place)
    assert apart == timedelta(hours=offset_hours)


def test_new_rules_of_a_zone_move_the_instant_and_not_the_hour() -> None:
    """A tzdata update, simulated: the visit keeps its day and hour, and the plan is worked out with the new rules."""
    before, after = ZoneInfo("America/Chicago"), ZoneInfo("America/Panama")
    on, booked = date(2027, 7, 1), datetime(2027, 5, 1, tzinfo=UTC)
    found = []
    for rules in (before, after):
        of = facts(
            zone=rules,
            readers=(reader(EMAIL, zone=rules),),
            visits=(visit(zone=rules, local_on=on, at=time(10), since=booked),),
        )
        (message,) = planned(of, rules=(d1("09:00"),), now=booked).messages
        assert f"{message.due_at.astimezone(rules):%m-%d %H:%M}" == "06-30 09:00"
        found.append(message)
    assert found[0].key == found[1].key
    assert found[0].due_at == found[1].due_at  # Chicago's summer time is Panama's time all year
    of = facts(
        zone=after,
        readers=(reader(EMAIL, zone=after),),
        visits=(visit(zone=after, local_on=date(2027, 12, 1)),),
    )
    (winter,) = planned(of, rules=(d1("09:00"),), now=booked).messages
    assert winter.due_at.hour == 14


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2027-11-07T01:10-05:00", "2027-11-07T01:30-05:00"),
        ("2027-11-07T01:10-06:00", "2027-11-07T01:30-06:00"),
        ("2027-11-07T01:40-05:00", "2027-11-07T01:40-05:00"),
    ],
)
def test_quiet_hours_that_end_in_the_hour_that_comes_twice_end_each_time(moment: str, allowed: str) -> None:
    chicago = ZoneInfo("America/Chicago")
    found = first_allowed(datetime.fromisoformat(moment), chicago, time(22), time(1, 30))
    assert found.astimezone(UTC) == datetime.fromisoformat(allowed).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        ("2027-03-14T07:30-05:00", "2027-03-13T20:59-06:00"),
        ("2027-11-07T07:30-06:00", "2027-11-06T20:59-05:00"),
        ("2027-07-01T12:00-05:00", "2027-07-01T11:59-05:00"),
        ("2027-07-01T21:30-05:00", "2027-07-01T20:59-05:00"),
    ],
)
def test_the_last_minute_before_a_moment_that_disturbs_nobody(moment: str, allowed: str) -> None:
    found = last_allowed(datetime.fromisoformat(moment), ZoneInfo("America/Chicago"))
    assert found.astimezone(UTC) == datetime.fromisoformat(allowed).astimezone(UTC)
