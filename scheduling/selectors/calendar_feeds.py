"""Calendars as they are read: one feed's content, its version, and the links of a person or a patient.

Whoever asks holds a link or the right to export; every read starts from the feed's or the caller's clinic.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.rows import Membership
from scheduling.domain.calendars import access, writer
from scheduling.domain.calendars.access import Door
from scheduling.domain.calendars.entries import Detail, SameWords
from scheduling.domain.local_time import date_of, start_of_day
from scheduling.models import CalendarEntry, CalendarFeed, CalendarPolicy, FeedHolds, FeedScope

READERS = [role.value for role in Role if Permission.VIEW_PATIENTS in PERMISSIONS[role]]
_COLUMN = {
    FeedScope.CLINIC: "clinic_id",
    FeedScope.NURSE: "nurse_id",
    FeedScope.ROOM: "room_id",
    FeedScope.KIND: "kind_id",
    FeedScope.PATIENT: "patient_id",
}
_THING = {
    FeedHolds.VISITS: "AND visit_id IS NOT NULL",
    FeedHolds.DEADLINES: "AND implant_id IS NOT NULL",
    FeedHolds.BOTH: "",
}
# What is nearest is kept: first what is to come, then, in the room that is left, what has been.
_NEAREST = """
WITH ahead AS (
    SELECT {columns}, starts_at, id FROM scheduling_calendarentry
    WHERE {scope} = %(scope_id)s::bigint AND clinic_id = %(clinic_id)s::bigint {thing} {standing}
      AND starts_at >= %(today)s::timestamptz AND starts_at < %(last)s::timestamptz
    ORDER BY starts_at, id LIMIT %(most)s::int
), back AS (
    SELECT {columns}, starts_at, id FROM scheduling_calendarentry
    WHERE {scope} = %(scope_id)s::bigint AND clinic_id = %(clinic_id)s::bigint {thing} {standing}
      AND starts_at >= %(first)s::timestamptz AND starts_at < %(today)s::timestamptz
    ORDER BY starts_at DESC, id DESC LIMIT (SELECT %(most)s::int - count(*) FROM ahead)
), nearest AS (SELECT * FROM ahead UNION ALL SELECT * FROM back)
{select}
"""
_STANDING = "AND (cancelled_at IS NULL OR cancelled_at > %(tombstones)s::timestamptz)"
_VERSION = "SELECT count(*), coalesce(bit_xor(stamp), 0) FROM nearest"
_EVENTS = "SELECT core, said FROM nearest ORDER BY starts_at, id"
_ALIKE = """CASE WHEN standing = 'CANCELLED' THEN %(cancelled)s::bytea
    WHEN implant_id IS NULL THEN %(visit)s::bytea ELSE %(deadline)s::bytea END AS said"""
_OWN = {Detail.WORK: "work AS said", Detail.INITIALS: "initials AS said", Detail.NAMES: "names AS said"}


Said = SameWords | Detail
"""What entries say: all the same, or each its own words in this detail."""


@dataclass(frozen=True, slots=True)
class Content:
    """A calendar that can be sent: its version without its events, and its events when they are wanted."""

    feed: CalendarFeed
    head: bytes
    said: Said
    now: datetime
    version: str

    def events(self) -> Iterator[bytes]:
        """The calendar's bytes, piece by piece; one query."""
        query, values = _query(_EVENTS, self.feed, self.said, self.now)
        with connection.cursor() as cursor:
            cursor.execute(query, values)
            rows = cursor.fetchall()
        yield from writer.calendar(
            self.head, (bytes(core) + bytes(said) + writer.END_OF_EVENT for core, said in rows)
        )


def token_hmac(token: str, key: str = "") -> str:
    """What is stored of a link's token: its keyed hash, under a key that is in no database."""
    secret = hashlib.sha256(b"refillwise.feeds." + (key or settings.SECRET_KEY).encode()).digest()
    return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()


def feed_of_token(token: str) -> CalendarFeed | None:
    """The feed behind a token, with its use, clinic, patient, its person's role now and the clinic's policy; one query."""
    hashes = [token_hmac(token, key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    return _whole().filter(token_hmac__in=hashes).first()


def door_of(feed: CalendarFeed, *, now: datetime) -> Door:
    """What the link finds now. ``feed`` comes from this module."""
    return access.door(
        created_at=feed.created_at,
        fetched_at=feed.use.fetched_at,
        revoked_at=feed.revoked_at,
        may_read=_may_read(feed),
        now=now,
    )


def detail_of(feed: CalendarFeed) -> Detail:
    """How much it may say now."""
    most = getattr(feed, "most", None) or CalendarPolicy._meta.get_field("most").default
    return access.detail_now(Detail(feed.detail), most=Detail(most))


def content_of(feed: CalendarFeed, *, head: bytes, said: Said, now: datetime) -> Content:
    """The calendar with its version: the same for the same bytes, another for any other; one query over an index."""
    query, values = _query(_VERSION, feed, said, now)
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        count, stamps = cursor.fetchone() or (0, 0)
    version = hashlib.sha256(repr((head, said, count, stamps)).encode()).hexdigest()[:32]
    return Content(feed, head, said, now, version)


def event_of_visit(*, clinic_id: int, visit_id: int, said: SameWords) -> bytes | None:
    """A calendar of the one visit, as a feed has it; None where it has no entry."""
    row = CalendarEntry.objects.for_clinic(clinic_id).filter(visit_id=visit_id, is_current=True).first()
    if row is None:
        return None
    words = said.cancelled if row.standing == writer.Standing.CANCELLED else said.visit
    event = bytes(row.core) + writer.words(words) + writer.END_OF_EVENT
    return b"".join(writer.calendar(writer.head(), [event]))


def feeds_of_person(*, clinic_id: int, user_id: int) -> QuerySet[CalendarFeed]:
    """The person's own links in the clinic that are not revoked, the newest first."""
    return _whole().filter(clinic_id=clinic_id, owner_id=user_id, revoked_at__isnull=True)


def feeds_of_clinic(*, clinic_id: int) -> QuerySet[CalendarFeed]:
    """Everybody's links in the clinic that are not revoked, for whoever manages it."""
    return _whole().filter(clinic_id=clinic_id, revoked_at__isnull=True)


def feeds_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[CalendarFeed]:
    """The links to a patient's visits that are not revoked: the patient's own and those of staff."""
    return _whole().filter(clinic_id=clinic_id, patient_id=patient_id, revoked_at__isnull=True)


def most_detail(*, clinic_id: int) -> Detail:
    """How much the clinic lets its calendars say."""
    found = CalendarPolicy.objects.for_clinic(clinic_id).values_list("most", flat=True).first()
    return Detail(found or CalendarPolicy._meta.get_field("most").default)


def _whole() -> QuerySet[CalendarFeed]:
    policies = CalendarPolicy.objects.filter(clinic_id=OuterRef("clinic_id")).values("most")
    readers = Membership.objects.filter(
        clinic_id=OuterRef("clinic_id"), user_id=OuterRef("owner_id"), is_active=True, role__in=READERS
    )
    return CalendarFeed.objects.select_related(
        "clinic", "use", "patient", "resource", "kind", "owner"
    ).annotate(most=Subquery(policies[:1]), is_reader=Exists(readers), died_on=F("patient__died_on"))


def _may_read(feed: CalendarFeed) -> bool:
    if feed.owner_id is None:
        return feed.patient is not None and feed.patient.died_on is None
    return bool(getattr(feed, "is_reader", False)) and (feed.owner is None or feed.owner.is_active)


def _query(select: str, feed: CalendarFeed, said: Said, now: datetime) -> tuple[str, dict[str, Any]]:
    zone = ZoneInfo(feed.clinic.time_zone)
    today = date_of(now, zone)
    is_version = select is _VERSION
    scope = FeedScope(feed.scope)
    scope_id = {
        FeedScope.CLINIC: feed.clinic_id,
        FeedScope.KIND: feed.kind_id,
        FeedScope.PATIENT: feed.patient_id,
    }.get(scope, feed.resource_id)
    values: dict[str, Any] = {
        "scope_id": scope_id,
        "clinic_id": feed.clinic_id,
        "today": start_of_day(today, zone),
        "first": start_of_day(today - timedelta(days=access.DAYS_BACK), zone),
        "last": start_of_day(today + timedelta(days=access.DAYS_AHEAD), zone),
        "tombstones": start_of_day(today, zone) - access.TOMBSTONE_FOR,
        "most": access.MOST_EVENTS,
    }
    columns = "stamp"
    if not is_version and isinstance(said, SameWords):
        columns = f"core, {_ALIKE}"
        values |= {
            "visit": writer.words(said.visit),
            "deadline": writer.words(said.deadline),
            "cancelled": writer.words(said.cancelled),
        }
    elif not is_version and isinstance(said, Detail):
        columns = f"core, {_OWN[said]}"
    query = _NEAREST.format(
        select=select,
        columns=columns,
        scope=_COLUMN[scope],
        thing=_THING[FeedHolds(feed.holds)],
        standing=_STANDING,
    )
    return query, values
