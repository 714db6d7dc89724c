"""The paper list's rules: who is on it, in which order, and that nobody has less time than it says."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.catalogue import Hazard
from scheduling.domain.care.rungs import Rung
from scheduling.domain.paper import HORIZON, Due, file_name, is_listed, morning_of, outdated, place, standing
from scheduling.domain.urgency import Deadlines, WorkGroup

TODAY = date(2026, 11, 21)
AS_OF = datetime(2026, 11, 21, 13, tzinfo=UTC)


def due(
    must: int | None, *, empty: int | None = None, visit: int | None = None, hazard: Hazard = Hazard.URGENT
) -> Due:
    """Days from today; no ``must``: in review."""

    def on(days: int | None) -> date | None:
        return None if days is None else TODAY + timedelta(days=days)

    latest, target = (None, None) if must is None else (on(must - 3), on(must - 10))
    deadlines = Deadlines(must is None, on(empty), on(must), latest, target)
    empty_at = None if empty is None else AS_OF + timedelta(days=empty)
    return Due(deadlines, empty_at, hazard, on(visit))


@pytest.mark.parametrize(
    ("pump", "expected"),
    [
        (due(60), True),
        (due(61), False),
        (due(61, empty=60), True),
        (due(200, visit=60), True),
        (due(200, visit=61), False),
        (due(-30), True),
        (due(None), True),
    ],
    ids=["last day", "a day later", "empty before", "booked", "booked later", "long overdue", "in review"],
)
def test_the_next_sixty_days_and_every_doubt_are_on_the_list(pump: Due, expected: bool) -> None:
    assert timedelta(days=60) == HORIZON
    assert is_listed(pump, today=TODAY) is expected


PUMPS = st.builds(
    due,
    st.none() | st.integers(-20, 80),
    empty=st.none() | st.integers(-20, 120),
    visit=st.none() | st.integers(0, 90),
    hazard=st.sampled_from(Hazard),
)


@given(st.lists(PUMPS, max_size=20))
def test_the_list_runs_from_the_one_that_is_dry_first(pumps: list[Due]) -> None:
    stands = [(pump, standing(pump, as_of=AS_OF, today=TODAY)) for pump in pumps]
    ranked = [each for _, each in sorted(stands, key=lambda pair: place(*pair))]
    known = [each.days_to_empty for each in ranked if each.days_to_empty is not None]
    assert known == sorted(known)
    assert [each.days_to_empty is None for each in ranked] == sorted(
        each.days_to_empty is None for each in ranked
    )


@given(st.integers(-(10**6), 10**7))
def test_days_to_empty_are_never_more_than_there_are(seconds: int) -> None:
    pump = Due(due(10).deadlines, AS_OF + timedelta(seconds=seconds), Hazard.URGENT, None)
    shown = standing(pump, as_of=AS_OF, today=TODAY).days_to_empty
    assert shown is not None
    assert shown * 86_400 <= seconds < (shown + Decimal("0.1")) * 86_400


def test_a_visit_in_time_needs_no_step_and_a_late_one_does() -> None:
    assert standing(due(10, visit=7), as_of=AS_OF, today=TODAY).rung is None
    late = standing(due(10, visit=8), as_of=AS_OF, today=TODAY)
    assert (late.group, late.rung) == (WorkGroup.AT_RISK, Rung.RESCHEDULE)
    assert standing(due(55), as_of=AS_OF, today=TODAY).rung is None
    empty = standing(due(1, empty=0), as_of=AS_OF, today=TODAY)
    assert (empty.group, empty.rung) == (WorkGroup.EMERGENCY, Rung.EMERGENCY)


def test_names_older_than_fourteen_days_go_and_other_things_stay() -> None:
    names = [
        *(f"{file_name(TODAY - timedelta(days=days))}.html" for days in (0, 13, 14, 99)),
        "refill-list-2026-11-01.csv", "refill-list-soon.html", "refill-list-2026-11-01.pdf", "latest.html", "notes",
    ]  # fmt: skip
    assert outdated(names, business_date=TODAY) == [names[2], names[3], names[4]]


@given(st.sampled_from(sorted(available_timezones())), st.dates(date(2025, 1, 1), date(2030, 12, 31)))
def test_the_morning_is_never_before_the_list_was_made(zone: str, day: date) -> None:
    at_two = datetime.combine(day, time(2), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    morning = morning_of(day, zone=ZoneInfo(zone), now=at_two)
    assert at_two <= morning <= at_two + timedelta(hours=8)
    assert morning_of(day, zone=ZoneInfo(zone), now=at_two + timedelta(days=1)) == at_two + timedelta(days=1)
