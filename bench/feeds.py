"""What calendars cost: an export against its stored bytes, a feed and its 304 against what each must do at least."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection

from bench.national.build import Country, staff_of
from bench.places import Browser, Sized, addresses, clinics, largest
from bench.plain import PlainConnection
from bench.table import Row, by_turns
from clinic.models import Clinic
from clinic.scope import in_clinic
from scheduling.domain.calendars import access, writer
from scheduling.domain.local_time import start_of_day
from scheduling.models import FeedDetail, FeedHolds, FeedScope
from scheduling.selectors.calendar_export import Wanted, export_ics
from scheduling.services.calendar_feeds import FeedEntry, create_feed
from web.feeds import feed as feed_view

EVENTS, IN_FEED, ROUNDS, REQUESTS, BAR = 10_000, 400, 9, 60, 2.0
_STORED = (
    "SELECT core, work FROM scheduling_calendarentry WHERE clinic_id = %s AND starts_at >= %s AND starts_at < %s"
    " ORDER BY starts_at, id"
)
_KNOWN = "SELECT * FROM scheduling_calendarfeed WHERE token_hmac = %s"
_STAMPS = (
    "SELECT count(*), bit_xor(stamp) FROM scheduling_calendarentry"
    " WHERE clinic_id = %s AND starts_at >= %s AND starts_at < %s"
)
_SHOWN = (
    "SELECT core, work, patient_id FROM scheduling_calendarentry"
    " WHERE clinic_id = %s AND starts_at >= %s AND starts_at < %s ORDER BY starts_at, id"
)
_SEEN = (
    "INSERT INTO clinic_accessrecord"
    " (clinic_id, at, kind, patient_ids, route, method, reason, link_ref, request_id)"
    " VALUES (%s, now(), 'feed', %s, 'calendar_feed', 'GET', '', %s, gen_random_uuid())"
)


def run(country: Country) -> list[Row]:
    return [_export(country), *_feed(country)]


def _export(country: Country) -> Row:
    """The largest clinic's entries from a day on which some ten thousand are left, to the last."""
    place, plain = largest(), PlainConnection()
    clinic = place.clinic
    last_on = country.now.date() + timedelta(days=2_000)
    first_on, number = _day_with(clinic.pk, EVENTS)
    wanted = Wanted(first_on=first_on, last_on=last_on)
    stretch = _moments(clinic, first_on, last_on)

    def ours() -> int:
        with in_clinic(clinic.pk):
            return sum(len(piece) for piece in export_ics(clinic=clinic, wanted=wanted))

    def floor() -> int:
        with plain.of_clinic(clinic.pk) as raw, raw.cursor(binary=True) as cursor:
            cursor.execute(_STORED, [clinic.pk, *stretch])
            return len(b"".join(core + words + writer.END_OF_EVENT for core, words in cursor))

    assert ours() > floor() > 0
    turns = by_turns(ours, floor, rounds=ROUNDS)
    plain.close()
    return Row(
        what=f"export of {number:,} entries",
        ours=turns.ours,
        floor=turns.floor,
        floor_is="stored bytes, joined",
        bar=BAR,
        queries=turns.queries,
        peak_bytes=turns.peak_bytes,
        size=number,
    )


def _day_with(clinic_id: int, entries: int) -> tuple[date, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(day), sum(number) FROM (SELECT starts_at::date AS day, count(*) AS number,"
            " sum(count(*)) OVER (ORDER BY starts_at::date DESC) AS later FROM scheduling_calendarentry"
            " WHERE clinic_id = %s GROUP BY 1) AS days WHERE later - number < %s",
            [clinic_id, entries],
        )
        first_on, number = cursor.fetchone()
        return first_on, int(number)


def _feed(country: Country) -> Iterator[Row]:
    place, number = _clinic_of_feed(country)
    entry = FeedEntry(label="Bench", scope=FeedScope.CLINIC, holds=FeedHolds.BOTH, detail=FeedDetail.WORK)
    with in_clinic(place.clinic.pk):
        actor_id = staff_of(place.clinic.pk, "nurse").pk
        feed, token = create_feed(clinic=place.clinic, entry=entry, actor_id=actor_id, now=country.now)
    path = f"/calendars/{token}.ics"
    plain, window = PlainConnection(), _window(place.clinic, country)
    with _without_limit(), addresses():
        ask = Browser()
        first, nothing = ask(path), ask.page("/nothing/")
        etag = first["ETag"]
        number = first.content.count(b"BEGIN:VEVENT")
        assert ask(path, etag).status_code == 304

        def known() -> None:
            nothing()
            with plain.of_clinic() as raw:
                assert raw.execute(_KNOWN, [feed.token_hmac]).fetchone()
                assert raw.execute(_STAMPS, [place.clinic.pk, *window]).fetchone()

        def joined() -> None:
            nothing()
            with plain.of_clinic() as raw, raw.cursor(binary=True) as cursor:
                assert cursor.execute(_KNOWN, [feed.token_hmac]).fetchone()
                rows = cursor.execute(_SHOWN, [place.clinic.pk, *window]).fetchall()
                assert b"".join(core + words + writer.END_OF_EVENT for core, words, _ in rows)
            with plain.of_clinic() as raw:
                raw.execute(_SEEN, [place.clinic.pk, sorted({row[2] for row in rows}), str(feed.ref)])

        whole = by_turns(ask.page(path), joined, rounds=REQUESTS)
        unchanged = by_turns(lambda: ask(path, etag), known, rounds=REQUESTS)
    plain.close()
    for what, turns, floor_is in (
        (
            f"feed of {number} entries, {len(first.content) / 1e3:.0f} kB",
            whole,
            "an empty view, the link looked up, stored bytes joined, who was shown noted",
        ),
        (
            "the same, nothing has changed (304)",
            unchanged,
            "an empty view, the link and the stamps looked up",
        ),
    ):
        yield Row(
            what=what,
            ours=turns.ours,
            floor=turns.floor,
            floor_is=floor_is,
            bar=BAR,
            queries=turns.queries,
            peak_bytes=turns.peak_bytes,
            size=number,
        )


@contextmanager
def _without_limit() -> Iterator[None]:
    """A calendar may be fetched so often an hour; here it is fetched all the time."""
    before = vars(feed_view)["FETCHES_AN_HOUR"]
    vars(feed_view)["FETCHES_AN_HOUR"] = 10**9
    try:
        yield
    finally:
        vars(feed_view)["FETCHES_AN_HOUR"] = before


def _window(clinic: Clinic, country: Country) -> tuple[datetime, datetime]:
    return _moments(clinic, *_days(country))


def _days(country: Country) -> tuple[date, date]:
    """The first and the last that a feed shows."""
    today = country.now.date()
    return today - timedelta(days=_BACK), today + timedelta(days=_AHEAD)


def _moments(clinic: Clinic, first_on: date, last_on: date) -> tuple[datetime, datetime]:
    """When those days begin and end in the clinic. Comparing a moment with a day is not leakproof: no index behind the wall."""
    zone = ZoneInfo(clinic.time_zone)
    return start_of_day(first_on, zone), start_of_day(last_on + timedelta(days=1), zone)


def _clinic_of_feed(country: Country) -> tuple[Sized, int]:
    """The clinic whose feed has nearest to 400 entries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT clinic_id, count(*) FROM scheduling_calendarentry WHERE starts_at >= %s AND starts_at < %s"
            " GROUP BY 1 ORDER BY abs(count(*) - %s), 1 LIMIT 1",
            [*_days(country), IN_FEED],
        )
        clinic_id, number = cursor.fetchone()
    return next(each for each in clinics() if each.clinic.pk == clinic_id), number


_BACK, _AHEAD = access.DAYS_BACK, access.DAYS_AHEAD
