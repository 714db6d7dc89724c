"""The group on a patient's page is the one on the work list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from clinic.models import User
from tests.calendar_rows import make_visit
from tests.factories import House, make_running_pump
from web.nurse.booking.slots import read_pick


@pytest.mark.parametrize(("days", "words"), [(2, "Later"), (360, "At risk")])
def test_a_visit_that_is_too_late_puts_the_pump_at_risk_here_too(
    house: House, signed_in: Callable[[User], Client], url: Callable[..., str], days: int, words: str
) -> None:
    implant = make_running_pump(house)
    make_visit(house, implant, on=house.today + timedelta(days=days), nurse=None, room=None)
    page = signed_in(house.nurse).get(url("patient", ref=implant.patient.ref))
    assert [str(pump["look"].label) for pump in page.context["pumps"]] == [words]


@pytest.mark.parametrize(
    ("text", "is_time"),
    [
        ("2026-12-01T10:30|||", True),
        ("2026-12-01T1030Z|||", False),
        ("2026-12-01T25:00|||", False),
        ("2026-12-01|||", False),
        ("x|y|z|w", False),
    ],
)
def test_a_time_that_was_tampered_with_is_no_time(text: str, is_time: bool) -> None:
    assert (read_pick(text) is not None) == is_time
