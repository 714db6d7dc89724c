"""What a link finds, and the program behind a header."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.calendars.access import EMPTIED_FOR, UNUSED_FOR, Door, door, reader_of

MADE = datetime(2026, 1, 1, tzinfo=UTC)
_ORDER = [Door.OPEN, Door.EMPTIED, Door.GONE]


@pytest.mark.parametrize(
    ("agent", "reader"),
    [
        ("Google-Calendar-Importer", "Google Calendar"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.4.0", "Thunderbird"),
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17928; Pro)", "Outlook"),
        ("Microsoft.Exchange/15.20 (InternetCalendar)", "Outlook"),
        ("macOS/15.1 (24B83) CalendarAgent/1148.3.2", "Apple Calendar"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "Apple Calendar"),
        ("Nextcloud Server Crawler", "Nextcloud"),
        ("ICSx5/2.2.3 (at.bitfire.icsdroid)", "ICSx5"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605.1.15", "A browser"),
        ("axios/1.7.2", "Another program"),
        ("", "Unknown"),
    ],
)
def test_a_program_is_named_as_people_know_it(agent: str, reader: str) -> None:
    assert reader_of(agent) == reader


@given(
    fetched=st.none() | st.integers(0, 400),
    revoked=st.none() | st.integers(0, 400),
    may_read=st.booleans(),
    days=st.lists(st.integers(400, 2_000), min_size=2, max_size=5),
)
def test_a_link_that_closes_does_not_open_by_itself(
    fetched: int | None, revoked: int | None, may_read: bool, days: list[int]
) -> None:
    found = [
        door(
            created_at=MADE,
            fetched_at=None if fetched is None else MADE + timedelta(days=fetched),
            revoked_at=None if revoked is None else MADE + timedelta(days=revoked),
            may_read=may_read,
            now=MADE + timedelta(days=day),
        )
        for day in sorted(days)
    ]
    assert all(_ORDER.index(before) <= _ORDER.index(after) for before, after in pairwise(found))
    if not may_read or revoked is not None:
        assert Door.OPEN not in found


@pytest.mark.parametrize("moment", [timedelta(0), timedelta(seconds=-1)])
def test_the_days_of_a_link_end_to_the_second(moment: timedelta) -> None:
    def found(after: timedelta) -> Door:
        return door(
            created_at=MADE, fetched_at=None, revoked_at=None, may_read=True, now=MADE + after + moment
        )

    has_come = moment == timedelta(0)
    assert found(UNUSED_FOR) is (Door.EMPTIED if has_come else Door.OPEN)
    assert found(UNUSED_FOR + EMPTIED_FOR) is (Door.GONE if has_come else Door.EMPTIED)
