"""Whatever is written is read back the same by two other programs, and nothing said breaks out of its property."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.calendars import text, writer
from scheduling.domain.calendars.writer import Invited, Method, Standing, Timing, Words
from scheduling.domain.calendars.zone import zone_lines
from tests import ical

CHANGED = datetime(2026, 3, 1, 8, 30, 15, tzinfo=UTC)
HOSTILE = (
    "Ode\r\nATTENDEE:mailto:x@evil.example",
    "Ode\nEND:VEVENT\nBEGIN:VEVENT\nUID:2",
    "C:\\New\\next; a, b: \"c\" 'd'",
    "\\n\\N\\;\\,\\\\",
    'quotes " and ^n carets ^^',
    "\x00\x01\x07\x08\x0b\x0c\x1b\x7f\x85\u2028\u2029control",
    "\u202eevig tset\u202c and \u2066turned\u2069",
    "\ud800 half a pair",
    "👩\u200d⚕\ufe0f nurse 🏳\ufe0f\u200d🌈 Ünïcödé 李小龍 محمد",
    "é" * 10_000,
    "\\" * 200,
    "=cmd|' /C calc'!A0",
    "   ",
    "",
)
texts = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=300))
instants = st.datetimes(
    datetime.fromisoformat("2000-01-01T00:00"),
    datetime.fromisoformat("2090-01-01T00:00"),
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))


def timing(**different: object) -> Timing:
    values: dict[str, object] = {
        "uid": "0b9e4d6c-7d52-4a56-8f0c-6a4a3d2b1c00",
        "sequence": 3,
        "changed_at": CHANGED,
        "starts": datetime(2026, 5, 4, 9, tzinfo=UTC),
        "ends": datetime(2026, 5, 4, 9, 45, tzinfo=UTC),
    }
    return Timing(**(values | different))  # type: ignore[arg-type]


def whole(*events: bytes, method: Method | None = None, name: str = "") -> bytes:
    head = writer.head(name=name, zone=zone_lines("Europe/Amsterdam"), method=method, refresh="PT1H")
    return b"".join(writer.calendar(head, events))


@given(
    starts=instants,
    minutes=st.integers(1, 5000),
    sequence=st.integers(0, 10**6),
    standing=st.sampled_from(Standing),
    said=st.builds(
        Words,
        summary=texts.map(text.one_line).map(lambda said: said or "Visit"),
        location=texts.map(text.one_line),
        description=st.lists(texts, max_size=3).map(lambda said: text.lines(*said)),
        url=st.just(""),
    ),
    name=texts.map(text.name),
)
def test_what_is_written_is_read_the_same(
    starts: datetime, minutes: int, sequence: int, standing: Standing, said: Words, name: str
) -> None:
    ends = starts + timedelta(minutes=minutes)
    written = timing(starts=starts, ends=ends, sequence=sequence, standing=standing)
    calendar = ical.read(whole(writer.event(written, said), name=name))
    (event,) = calendar.events
    assert (event.start, event.end, event.stamp) == (starts, ends, CHANGED)
    assert (event.uid, event.sequence, event.status) == (written.uid, sequence, standing.value)
    assert event.summary == said.summary
    assert (event.location or "") == said.location
    assert (event.description or "") == said.description
    assert (calendar.name or "") == name


@pytest.mark.parametrize("said", HOSTILE)
def test_no_text_breaks_out_of_its_property(said: str) -> None:
    harmless = writer.event(timing(), Words(summary="Visit", location="Room 1", description="Come early"))
    words = Words(
        summary=text.one_line(said) or "Visit",
        location=text.one_line(said) or "Room 1",
        description=text.lines(said) or "Come early",
    )
    hostile = writer.event(timing(), words)
    (event,) = ical.read(whole(hostile, name=text.name(said))).events
    assert event.properties == ical.read(whole(harmless)).events[0].properties
    assert len(event.summary) <= text.LONGEST_TEXT


@given(day=st.dates(date(2000, 1, 1), date(2090, 1, 1)))
def test_a_day_is_a_day_in_every_zone(day: date) -> None:
    written = timing(starts=day, ends=day + timedelta(days=1), takes_time=False)
    (event,) = ical.read(whole(writer.event(written, Words(summary="Last day to refill")))).events
    assert (event.start, event.end, event.transparency) == (day, day + timedelta(days=1), "TRANSPARENT")


@pytest.mark.parametrize(
    ("standing", "takes_time", "transparency"),
    [
        (Standing.CONFIRMED, True, "OPAQUE"),
        (Standing.TENTATIVE, True, "OPAQUE"),
        (Standing.CANCELLED, True, "TRANSPARENT"),
        (Standing.CONFIRMED, False, "TRANSPARENT"),
    ],
)
def test_only_what_takes_place_takes_time(standing: Standing, takes_time: bool, transparency: str) -> None:
    written = timing(standing=standing, takes_time=takes_time)
    (event,) = ical.read(whole(writer.event(written, Words(summary="Visit")))).events
    assert (event.status, event.transparency) == (standing.value, transparency)


@pytest.mark.parametrize("name", ["Riverside", 'Dr "Q"^n; Ode: clinic', "Clinique\r\nX-EVIL:1", "心" * 90])
def test_an_invitation_names_one_guest_and_the_moment_it_was_made(name: str) -> None:
    made = datetime(2026, 3, 2, tzinfo=UTC)
    guest = Invited(
        organizer="visits@clinic.example", organizer_name=name, attendee="u@home.example", made_at=made
    )
    calendar = ical.read(whole(writer.event(timing(), Words(summary="Visit"), guest), method=Method.REQUEST))
    (event,) = calendar.events
    assert (calendar.method, event.stamp) == ("REQUEST", made)
    assert (event.organizer, event.attendee) == ("mailto:visits@clinic.example", "mailto:u@home.example")


def test_somebody_who_is_no_longer_invited_is_told_without_a_status() -> None:
    (event,) = ical.read(
        whole(writer.event(timing(standing=None), Words(summary="Visit")), method=Method.CANCEL)
    ).events
    assert event.status is None


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("ursula@example.org", "mailto:ursula@example.org"),
        ("o'hara+visits_1@example.org", "mailto:o'hara+visits_1@example.org"),
        ('"a;b:c,d"@example.org', "mailto:%22a%3Bb%3Ac%2Cd%22@example.org"),
        ("a?cc=b@example.org", "mailto:a%3Fcc%3Db@example.org"),
        ("a@b.example\r\nX-EVIL:1", "mailto:a@b.example%20X-EVIL%3A1"),
        ("jürgen@example.org", "mailto:j%C3%BCrgen@example.org"),
    ],
)
def test_an_address_is_written_as_a_uri_that_ends_where_it_ends(address: str, uri: str) -> None:
    assert text.mail_address(address) == uri


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        writer.core(timing(starts=datetime.fromisoformat("2026-05-04T09:00")))


@pytest.mark.parametrize(
    ("zone", "wall", "fold", "instant"),
    [
        (
            "Europe/Amsterdam",
            datetime.fromisoformat("2026-10-25T02:30"),
            0,
            datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        ),
        (
            "Europe/Amsterdam",
            datetime.fromisoformat("2026-10-25T02:30"),
            1,
            datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
        ),
        (
            "America/New_York",
            datetime.fromisoformat("2026-11-01T01:30"),
            0,
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
        ),
        (
            "America/New_York",
            datetime.fromisoformat("2026-11-01T01:30"),
            1,
            datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
        ),
        (
            "Australia/Lord_Howe",
            datetime.fromisoformat("2026-04-05T01:45"),
            0,
            datetime(2026, 4, 4, 14, 45, tzinfo=UTC),
        ),
        (
            "Australia/Lord_Howe",
            datetime.fromisoformat("2026-04-05T01:45"),
            1,
            datetime(2026, 4, 4, 15, 15, tzinfo=UTC),
        ),
        (
            "America/Santiago",
            datetime.fromisoformat("2026-04-04T23:30"),
            0,
            datetime(2026, 4, 5, 2, 30, tzinfo=UTC),
        ),
        (
            "America/Santiago",
            datetime.fromisoformat("2026-04-04T23:30"),
            1,
            datetime(2026, 4, 5, 3, 30, tzinfo=UTC),
        ),
    ],
)
def test_an_hour_that_comes_twice_is_told_apart(
    zone: str, wall: datetime, fold: int, instant: datetime
) -> None:
    starts = wall.replace(tzinfo=ZoneInfo(zone), fold=fold)
    written = timing(starts=starts, ends=starts.astimezone(UTC) + timedelta(minutes=45))
    (event,) = ical.read(whole(writer.event(written, Words(summary="Visit")))).events
    assert event.start == instant
