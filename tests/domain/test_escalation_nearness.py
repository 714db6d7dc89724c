"""A matter near a visit is graver: the table of days, and the laws it keeps."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.domain.catalogue import Hazard
from notifications.domain.escalation.nearness import LEAST, rung_near
from scheduling.domain.care.rungs import Rung

BACLOFEN, MORPHINE = Hazard.EMERGENCY, Hazard.URGENT


@pytest.mark.parametrize(
    ("days", "plain", "critical", "plain_baclofen", "critical_baclofen"),
    [
        (None, 2, 2, 2, 2),
        (40, 2, 2, 2, 2),
        (15, 2, 2, 2, 2),
        (14, 2, 2, 2, 3),
        (8, 2, 2, 2, 3),
        (7, 2, 3, 3, 4),
        (4, 2, 3, 3, 4),
        (3, 3, 4, 4, 4),
        (1, 3, 4, 4, 4),
        (0, 4, 4, 4, 4),
        (-1, 4, 4, 4, 4),
    ],
)
def test_the_rung_follows_the_days_left(
    days: int | None, plain: int, critical: int, plain_baclofen: int, critical_baclofen: int
) -> None:
    assert rung_near(days_left=days) == plain
    assert rung_near(days_left=days, hazard=MORPHINE) == plain
    assert rung_near(days_left=days, is_critical=True) == critical
    assert rung_near(days_left=days, hazard=BACLOFEN) == plain_baclofen
    assert rung_near(days_left=days, is_critical=True, hazard=BACLOFEN) == critical_baclofen


def test_a_refill_that_runs_late_says_how_grave_it_is_whatever_the_visit() -> None:
    assert rung_near(days_left=20, late=Rung.EMERGENCY) == Rung.EMERGENCY
    assert rung_near(days_left=None, late=Rung.NURSE_CALLS_DAILY) == Rung.NURSE_CALLS_DAILY
    assert rung_near(days_left=0, late=Rung.RESCHEDULE) == Rung.PHYSICIAN


@given(
    days=st.integers(-5, 60),
    fewer=st.integers(0, 60),
    is_critical=st.booleans(),
    hazard=st.sampled_from([None, *Hazard]),
    late=st.sampled_from([None, *Rung]),
)
def test_less_time_never_gives_a_lower_rung_and_a_visit_alone_is_no_emergency(
    days: int, fewer: int, is_critical: bool, hazard: Hazard | None, late: Rung | None
) -> None:
    now = rung_near(days_left=days, is_critical=is_critical, hazard=hazard, late=late)
    later = rung_near(days_left=days - fewer, is_critical=is_critical, hazard=hazard, late=late)
    assert LEAST <= now <= later
    assert rung_near(days_left=days, hazard=hazard, late=late) <= now
    assert (now is Rung.EMERGENCY) == (late is Rung.EMERGENCY)
