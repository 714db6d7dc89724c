"""Calendars as they are read: one feed's content, its version, and the links of a person or a patient.

Whoever asks holds a link or the right to export; every read starts from the feed's or the caller's clinic.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.scope import across_clinics
from clinic.seeing import by_link, saw
from scheduling.domain.calendars import access, writer
from scheduling.domain.calendars.access import Door
from scheduling.domain.calendars.entries import Detail, SameWords
from scheduling.domain.local_time import date_of, start_of_day
from scheduling.models import CalendarFeed, CalendarPolicy, FeedHolds, FeedScope

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
# What is nearest is kept: first what is to come, then, in the room that is left, what has been. Begins with SELECT:
# around what may write, as WITH may, the history of changes puts a transaction and its context, three trips more.
_NEAREST = """
SELECT {select} FROM (
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
    )
    SELECT * FROM ahead UNION ALL SELECT * FROM back
) AS nearest
"""
_SHIPPED = Detail.INITIALS
"""How much calendars say at most where a clinic has said nothing."""
_STANDING = "AND (cancelled_at IS NULL OR cancelled_at > %(tombstones)s::timestamptz)"
_VERSION = "count(*), coalesce(bit_xor(stamp), 0)"
_EVENTS = (
    "coalesce(string_agg(core || said || %(end)s::bytea, ''::bytea ORDER BY starts_at, id), ''::bytea),"
    " array_agg(DISTINCT patient_id)"
)
_ALIKE = """CASE WHEN standing = 'CANCELLED' THEN %(cancelled)s::bytea
    WHEN implant_id IS NULL THEN %(visit)s::bytea ELSE %(deadline)s::bytea END AS said"""
_OWN = {Detail.WORK: "work AS said", Detail.INITIALS: "initials AS said", Detail.NAMES: "names AS said"}


Said = SameWords | Detail
"""What entries say: all the same, or each its own words in this detail."""


_LINK = """
SELECT f.id, f.ref, f.clinic_id, c.name, c.phone, c.time_zone, f.label, f.scope,
    coalesce(f.resource_id, f.kind_id, f.patient_id, f.clinic_id), f.holds, f.detail, p.most,
    CASE WHEN f.owner_id IS NULL THEN patient.language END,
    CASE WHEN f.owner_id IS NULL THEN patient.died_on IS NULL
        ELSE u.is_active AND EXISTS (
            SELECT FROM clinic_membership AS m
            WHERE m.clinic_id = f.clinic_id AND m.user_id = f.owner_id AND m.is_active
              AND m.role = ANY(%(readers)s::text[])
        )
    END,
    f.created_at, f.revoked_at, use.fetched_at, use.fetched_by, use.etag, use.modified_at
FROM scheduling_calendarfeed AS f
JOIN scheduling_feeduse AS use ON use.feed_id = f.id
JOIN clinic_clinic AS c ON c.id = f.clinic_id
LEFT JOIN clinic_user AS u ON u.id = f.owner_id
LEFT JOIN clinic_patient AS patient ON patient.id = f.patient_id
LEFT JOIN scheduling_calendarpolicy AS p ON p.clinic_id = f.clinic_id
WHERE f.token_hmac = %(hash)s::text
"""


@dataclass(frozen=True, slots=True)
class OpenFeed:
    """A link as a fetch needs it; in the order of the statement that reads it."""

    pk: int
    ref: UUID
    clinic_id: int
    clinic_name: str
    clinic_phone: str
    time_zone: str
    label: str
    scope: str
    scope_id: int
    holds: str
    detail: str
    most: str | None
    language: str | None
    """The patient's, for a link of the patient's own; None for one of staff."""
    may_read: bool
    created_at: datetime
    revoked_at: datetime | None
    fetched_at: datetime | None
    fetched_by: str
    etag: str
    modified_at: datetime

    def door(self, *, now: datetime) -> Door:
        """What the link finds now."""
        return access.door(
            created_at=self.created_at,
            fetched_at=self.fetched_at,
            revoked_at=self.revoked_at,
            may_read=self.may_read,
            now=now,
        )

    def detail_now(self) -> Detail:
        """How much it may say now."""
        return access.detail_now(Detail(self.detail), most=Detail(self.most or _SHIPPED))


@dataclass(frozen=True, slots=True)
class Content:
    """A calendar that can be sent: its version without its events, and its events when they are wanted."""

    feed: OpenFeed
    head: bytes
    said: Said
    now: datetime
    version: str

    def body(self) -> bytes:
        """The calendar's bytes; one query, which joins them."""
        said = self.said
        own = _OWN[said] if isinstance(said, Detail) else _ALIKE
        query, values = _shown(_EVENTS, f"core, patient_id, {own}", self.feed, self.now)
        if isinstance(said, SameWords):
            values |= {
                "visit": writer.words(said.visit),
                "deadline": writer.words(said.deadline),
                "cancelled": writer.words(said.cancelled),
            }
        with connection.cursor() as cursor:
            cursor.execute(query, values | {"end": writer.END_OF_EVENT})
            events, patient_ids = cursor.fetchone() or (b"", None)
        if isinstance(said, Detail) or self.feed.language is not None:  # that a time is taken names nobody
            saw(self.feed.clinic_id, patient_ids or [])
            by_link(self.feed.ref)
        return b"".join(writer.calendar(self.head, [bytes(events)]))


def token_hmac(token: str, key: str = "") -> str:
    """What is stored of a link's token: its keyed hash, under a key that is in no database."""
    secret = hashlib.sha256(b"refillwise.feeds." + (key or settings.SECRET_KEY).encode()).digest()
    return hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()


@across_clinics("a calendar is known by its secret alone")
def feed_of_token(token: str) -> OpenFeed | None:
    """The feed behind a token, with its use, its clinic's policy and its person's role now; one query for each key."""
    with connection.cursor() as cursor:
        for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            cursor.execute(_LINK, {"hash": token_hmac(token, key), "readers": READERS})
            row = cursor.fetchone()
            if row is not None:
                return OpenFeed(*row)
    return None


def content_of(feed: OpenFeed, *, head: bytes, said: Said, now: datetime) -> Content:
    """The calendar with its version: the same for the same bytes, another for any other; one query over an index."""
    query, values = _shown(_VERSION, "stamp", feed, now)
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        count, stamps = cursor.fetchone() or (0, 0)
    version = hashlib.sha256(repr((head, said, count, stamps)).encode()).hexdigest()[:32]
    return Content(feed, head, said, now, version)


def feed_by_ref(*, clinic_id: int, ref: UUID) -> CalendarFeed | None:
    """The clinic's link with this reference, revoked or not; None for any other."""
    return CalendarFeed.objects.for_clinic(clinic_id).filter(ref=ref).first()


def feeds_of_person(*, clinic_id: int, user_id: int) -> QuerySet[CalendarFeed]:
    """The person's own links in the clinic that are not revoked, the newest first."""
    return _listed(clinic_id).filter(owner_id=user_id)


def feeds_of_clinic(*, clinic_id: int) -> QuerySet[CalendarFeed]:
    """Everybody's links in the clinic that are not revoked, for whoever manages it."""
    return _listed(clinic_id)


def feeds_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[CalendarFeed]:
    """The links to a patient's visits that are not revoked: the patient's own and those of staff."""
    return _listed(clinic_id).filter(patient_id=patient_id)


def most_detail(*, clinic_id: int) -> Detail:
    """How much the clinic lets its calendars say."""
    found = CalendarPolicy.objects.for_clinic(clinic_id).values_list("most", flat=True).first()
    return Detail(found or _SHIPPED)


def _listed(clinic_id: int) -> QuerySet[CalendarFeed]:
    rows = CalendarFeed.objects.for_clinic(clinic_id).filter(revoked_at__isnull=True)
    return rows.select_related("use", "patient", "resource", "kind", "owner")


def _shown(select: str, columns: str, feed: OpenFeed, now: datetime) -> tuple[str, dict[str, Any]]:
    """The statement that asks ``select`` of what the feed shows now, and its values."""
    zone = ZoneInfo(feed.time_zone)
    today = date_of(now, zone)
    values = {
        "scope_id": feed.scope_id,
        "clinic_id": feed.clinic_id,
        "today": start_of_day(today, zone),
        "first": start_of_day(today - timedelta(days=access.DAYS_BACK), zone),
        "last": start_of_day(today + timedelta(days=access.DAYS_AHEAD), zone),
        "tombstones": start_of_day(today, zone) - access.TOMBSTONE_FOR,
        "most": access.MOST_EVENTS,
    }
    query = _NEAREST.format(
        select=select,
        columns=columns,
        scope=_COLUMN[FeedScope(feed.scope)],
        thing=_THING[FeedHolds(feed.holds)],
        standing=_STANDING,
    )
    return query, values
