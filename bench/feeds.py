"""What calendars cost: an export against its stored bytes, a feed and its 304 against a view that does nothing."""

from __future__ import annotations

import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.test import RequestFactory, override_settings

from bench.data import make_clinic
from bench.screen import console, step, table
from clinic.models import Clinic, Implant, User
from scheduling.domain.calendars import writer
from scheduling.domain.calendars.entries import deadline_entry
from scheduling.domain.calendars.writer import Timing
from scheduling.models import CalendarEntry, FeedDetail, FeedHolds, FeedScope
from scheduling.selectors.calendar_export import Wanted, export_ics
from scheduling.services.calendar_feeds import FeedEntry, create_feed
from web.feeds import feed as feed_view

EVENTS, IN_FEED, ROUNDS, REQUESTS = 10_000, 400, 15, 300
SOME_DAYS_BACK, ALL_DAYS_BACK = 100, 2_000
"""About a tenth of the entries, and every one."""
_STORED = "SELECT core, work FROM scheduling_calendarentry WHERE clinic_id = %s ORDER BY starts_at, id"


def run() -> None:
    """Print each figure beside its floor; all of one run."""
    now = datetime.now(UTC)
    with step(f"Making {EVENTS:,} entries"):
        clinic = Clinic.objects.get(pk=make_clinic(implants=EVENTS, now=now))
        implants = Implant.objects.for_clinic(clinic.pk).order_by("id").values_list("pk", "patient_id")
        CalendarEntry.objects.bulk_create(
            (_entry(clinic, number, *ids, now) for number, ids in enumerate(implants)), batch_size=1_000
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE scheduling_calendarentry")
    _print_export(clinic, now)
    _print_feed(clinic, User.objects.get().pk, now)


def _entry(clinic: Clinic, number: int, implant_id: int, patient_id: int, now: datetime) -> CalendarEntry:
    """The first lie in a feed's year, the others before it."""
    starts = now + timedelta(hours=20 * (number + 1) if number < IN_FEED else -24 * 60 - number)
    uid, last_on = uuid4(), starts.date()
    wanted = deadline_entry(
        last_on=last_on,
        until=last_on + timedelta(days=1),
        first_name="Ursula",
        last_name="Ode",
        url=f"https://refillwise.example/c/riverside/patients/{uid}/",
        is_in_doubt=False,
        is_over=False,
    )
    timing = Timing(
        uid=str(uid), sequence=0, changed_at=now, starts=wanted.starts, ends=wanted.ends, takes_time=False
    )
    return CalendarEntry(
        clinic=clinic,
        uid=uid,
        implant_id=implant_id,
        patient_id=patient_id,
        starts_at=starts,
        ends_at=starts + timedelta(days=1),
        last_on=last_on,
        standing=wanted.standing.value,
        changed_at=now,
        fingerprint="bench",
        core=writer.core(timing),
        work=writer.words(wanted.said.work),
        initials=writer.words(wanted.said.initials),
        names=writer.words(wanted.said.names),
    )


def _print_export(clinic: Clinic, now: datetime) -> None:
    def given(days_back: int) -> Iterator[bytes]:
        first_on, last_on = now - timedelta(days=days_back), now + timedelta(days=2_000)
        return export_ics(clinic=clinic, wanted=Wanted(first_on=first_on.date(), last_on=last_on.date()))

    floor = _median(lambda: b"".join(_stored(clinic)))
    export = _median(lambda: b"".join(given(ALL_DAYS_BACK)))
    table(
        f"Export of {EVENTS:,} entries, {len(b''.join(given(ALL_DAYS_BACK))) / 1e6:.1f} MB",
        ["", "milliseconds", "times the floor"],
        [
            ["stored bytes read with psycopg and joined", f"{floor * 1e3:,.1f}", "1"],
            ["export", f"{export * 1e3:,.1f}", f"{export / floor:.1f}"],
        ],
    )
    few, many = given(SOME_DAYS_BACK), given(ALL_DAYS_BACK)
    (small, small_peak), (large, large_peak) = _drained(few), _drained(many)
    console.print(
        f"Memory while it streams: {small_peak / 1e6:.2f} MB for {small:,} entries, "
        f"{large_peak / 1e6:.2f} MB for {large:,}."
    )


def _stored(clinic: Clinic) -> Iterator[bytes]:
    """What no export can do without."""
    with transaction.atomic(), connection.cursor() as told:
        told.execute("SELECT 1")  # says whose rows; the floor is what comes after it
        cursor = connection.connection.cursor(binary=True)
        cursor.execute(_STORED, [clinic.pk])
        for core, words in cursor:
            yield core + words + writer.END_OF_EVENT


def _drained(pieces: Iterator[bytes]) -> tuple[int, int]:
    """(entries, most bytes of memory at once)."""
    tracemalloc.start()
    number = sum(piece.startswith(b"BEGIN:VEVENT") for piece in pieces)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return number, peak


def _print_feed(clinic: Clinic, user_id: int, now: datetime) -> None:
    entry = FeedEntry(
        label="Bench", scope=FeedScope.CLINIC, holds=FeedHolds.DEADLINES, detail=FeedDetail.WORK
    )
    token = create_feed(clinic=clinic, entry=entry, actor_id=user_id, now=now)[1]
    path = f"/calendars/{token}.ics"
    feed_view.FETCHES_AN_HOUR = 10**9  # type: ignore[misc]
    with override_settings(ROOT_URLCONF="bench.feed_urls", ALLOWED_HOSTS=["*"]):
        ask = _Browser()
        first = ask(path)
        etag = first["ETag"]
        assert first.content.count(b"BEGIN:VEVENT") == IN_FEED
        assert ask(path, etag).status_code == 304
        floor = _median(lambda: ask("/nothing/"), REQUESTS)
        whole = _median(lambda: ask(path), REQUESTS)
        unchanged = _median(lambda: ask(path, etag), REQUESTS)
    table(
        f"A calendar link with {IN_FEED} entries, {len(first.content) / 1e3:.0f} kB",
        ["", "milliseconds", "times the floor"],
        [
            ["a Django view that does nothing", f"{floor * 1e3:.2f}", "1"],
            ["the calendar", f"{whole * 1e3:.2f}", f"{whole / floor:.1f}"],
            ["nothing has changed (304)", f"{unchanged * 1e3:.2f}", f"{unchanged / floor:.1f}"],
        ],
    )


class _Browser:
    """Asks the whole application, through all its steps, without a network."""

    def __init__(self) -> None:
        self.application, self.requests = WSGIHandler(), RequestFactory()

    def __call__(self, path: str, etag: str = "") -> Any:
        headers = {"If-None-Match": etag} if etag else {}
        return self.application.get_response(self.requests.get(path, headers=headers))


def _median(act: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds."""
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
