"""Keeping the entries of calendars in line with the visits and the forecasts: the difference is written.

The one place that numbers an entry's changes. Feeds, downloads and invitations take what is here.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clinic.selectors.rows import Clinic, Implant, Patient
from clinic.statements import update_together
from clinic.together import Answers, ask_together
from scheduling.changes import Until, never
from scheduling.domain.calendars.entries import Called, Entry, called, deadline_entry, visit_entry
from scheduling.domain.calendars.writer import Standing, Timing, core, words
from scheduling.domain.local_time import start_of_day
from scheduling.models import CalendarEntry, Resource, Status, Visit, VisitKind
from scheduling.models.calendars import new_stamp

log = logging.getLogger(__name__)

FORMAT = 1
"""Counted on when the same facts are to give other bytes: an entry is written anew at its next change or night.

A migration that empties all fingerprints has every one of them written within minutes (``calendar_renewal``)."""
_BATCH = 500
_WRITTEN = (
    "patient",
    "kind",
    "nurse",
    "room",
    "starts_at",
    "ends_at",
    "last_on",
    "standing",
    "sequence",
    "changed_at",
    "cancelled_at",
    "fingerprint",
    "core",
    "work",
    "initials",
    "names",
    "stamp",
)
_NOWHERE = UUID(int=0)


_Key = tuple[int | None, int | None]
"""The visit's number, or the pump's."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An entry as the facts want it, and where feeds find it."""

    entry: Entry
    starts_at: datetime
    ends_at: datetime
    columns: dict[str, Any]

    @property
    def fingerprint(self) -> str:
        facts = repr((FORMAT, self.entry, self.columns))
        return blake2b(facts.encode("utf-8", "replace"), digest_size=16).hexdigest()

    @property
    def is_cancelled(self) -> bool:
        return self.entry.standing is Standing.CANCELLED


class _Stored(NamedTuple):
    """What is read of a stored entry: enough to compare it, to count on from it and to write it."""

    id: int
    uid: UUID
    visit_id: int | None
    implant_id: int | None
    starts_at: datetime
    ends_at: datetime
    last_on: date | None
    standing: str
    sequence: int
    changed_at: datetime
    cancelled_at: datetime | None
    fingerprint: str


@dataclass(slots=True)
class _Changes:
    new: list[CalendarEntry] = field(default_factory=list)
    changed: list[CalendarEntry] = field(default_factory=list)
    retired: list[int] = field(default_factory=list)


def follow_calendars(
    clinic_id: int, implant_ids: Collection[int], patient_ids: Collection[int], now: datetime
) -> Until | None:
    """A reader of both doors for changes: bring the entries about these patients, and their pumps, up to date.

    In the caller's transaction, so a calendar never shows what was not committed. Never raises: nothing that is
    recorded waits for a calendar; the night makes up for what could not be done, and within a minute for what lacks
    its entry.
    """
    try:
        with transaction.atomic():
            write_entries(clinic_id, patient_ids, now)
        return never  # an entry says nothing that ages
    except Exception as error:
        log.error("calendars of clinic %s are not up to date (%s)", clinic_id, type(error).__name__)
        return None


def write_entries(clinic_id: int, patient_ids: Collection[int], now: datetime) -> int:
    """Write the entries of these patients where they differ from the facts; how many were written.

    A constant number of queries. Again, it writes nothing. Whoever changes a visit or a pump holds its lock, so two
    changes of one entry come one after the other.
    """
    ids = sorted(set(patient_ids))
    if not ids:
        return 0
    with transaction.atomic(savepoint=False):
        stored = _stored(clinic_id, ids)
        changes = _Changes()
        for key, wanted in _wanted(clinic_id, ids, stored):
            _compare(clinic_id, key, wanted, stored.get(key), changes, now)
        if changes.retired:
            CalendarEntry.objects.filter(pk__any_of=changes.retired).update(is_current=False)
        update_together(CalendarEntry, changes.changed, _WRITTEN)
        CalendarEntry.objects.bulk_create(changes.new, ignore_conflicts=True, batch_size=_BATCH)
    return len(changes.new) + len(changes.changed)


def _stored(clinic_id: int, patient_ids: Collection[int]) -> dict[_Key, _Stored]:
    """Under their locks, so that a change that waited for another sees it (one query)."""
    answers = ask_together(_locking, clinic_id=clinic_id, patient_ids=patient_ids)
    rows = map(_Stored._make, answers["entries"])
    return {(row.visit_id, row.implant_id): row for row in rows}


def _locking(given: Any) -> dict[str, Any]:
    return {
        "entries": CalendarEntry.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids, is_current=True)
        .order_by("id")
        .select_for_update(no_key=True)
        .values_list(*_Stored._fields)
    }


def _wanted(
    clinic_id: int, patient_ids: Collection[int], stored: Mapping[_Key, _Stored | CalendarEntry]
) -> list[tuple[_Key, _Wanted]]:
    """The entries of these patients by the facts (one query)."""
    answers = ask_together(_questions, clinic_id=clinic_id, patient_ids=patient_ids)
    ((slug, zone),) = answers["clinic"]
    names = {pk: called(first_name, last_name) for pk, _, first_name, last_name in answers["patients"]}
    return [*_visits(answers, names, slug), *_deadlines(answers, names, slug, ZoneInfo(zone), stored)]


def _questions(given: Any) -> dict[str, Any]:
    return {
        "clinic": Clinic.objects.filter(pk=given.clinic_id).values_list("slug", "time_zone"),
        # The names of kinds and rooms apart: joined, each visit was held against those of every clinic, behind the wall.
        "kinds": VisitKind.objects.for_clinic(given.clinic_id).values_list("pk", "name"),
        "rooms": Resource.objects.for_clinic(given.clinic_id).values_list("pk", "name"),
        "patients": Patient.objects.for_clinic(given.clinic_id)
        .filter(pk__any_of=given.patient_ids)
        .values_list("pk", "ref", "first_name", "last_name"),
        "visits": Visit.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids)
        .exclude(status=Status.PROPOSED)
        .order_by("id")
        .values_list(
            *("pk", "ref", "status", "starts_at", "ends_at", "patient_id", "kind_id", "nurse_id", "room_id")
        ),
        "deadlines": Implant.objects.for_clinic(given.clinic_id)
        .filter(patient_id__any_of=given.patient_ids)
        .order_by("id")
        .values_list("pk", "patient_id", "forecast__pk", "forecast__must_refill_by"),
    }


def _visits(answers: Answers, names: Mapping[int, Called], slug: str) -> Iterator[tuple[_Key, _Wanted]]:
    page = _page(slug, "visit")
    kinds, rooms = dict(answers["kinds"]), {None: "", **dict(answers["rooms"])}
    for pk, ref, status, starts_at, ends_at, patient_id, kind_id, nurse_id, room_id in answers["visits"]:
        entry = visit_entry(
            status=status,
            starts_at=starts_at,
            ends_at=ends_at,
            kind=kinds[kind_id],
            room=rooms[room_id],
            patient=names[patient_id],
            url=page.replace(str(_NOWHERE), str(ref)),
        )
        if entry is not None:
            columns = {"patient_id": patient_id, "kind_id": kind_id, "nurse_id": nurse_id, "room_id": room_id}
            yield (pk, None), _Wanted(entry, starts_at, ends_at, columns)


def _deadlines(
    answers: Answers,
    names: Mapping[int, Called],
    slug: str,
    zone: ZoneInfo,
    stored: Mapping[_Key, _Stored | CalendarEntry],
) -> Iterator[tuple[_Key, _Wanted]]:
    """The last days that forecasts name, and those that stood in a calendar before and are in doubt or over now."""
    page = _page(slug, "patient")
    refs = {pk: ref for pk, ref, *_ in answers["patients"]}
    for pk, patient_id, forecast_id, refill_by in answers["deadlines"]:
        before = stored.get((None, pk))
        last_on: date | None = refill_by or (before.last_on if before is not None else None)
        if last_on is None:
            continue
        entry = deadline_entry(
            last_on=last_on,
            until=last_on + timedelta(days=1),
            patient=names[patient_id],
            url=page.replace(str(_NOWHERE), str(refs[patient_id])),
            is_in_doubt=refill_by is None,
            is_over=forecast_id is None,
        )
        ends_at = start_of_day(last_on + timedelta(days=1), zone)
        columns = {"patient_id": patient_id, "last_on": last_on}
        yield (None, pk), _Wanted(entry, start_of_day(last_on, zone), ends_at, columns)


def _page(slug: str, name: str) -> str:
    """The address of a page, with the reference still to be put in; none where nobody has said how it is reached."""
    if not settings.PUBLIC_URL:
        return ""
    path = reverse(f"nurse:{name}", kwargs={"clinic_slug": slug, "ref": _NOWHERE})
    return f"{settings.PUBLIC_URL}{path}"


def _compare(
    clinic_id: int,
    key: _Key,
    wanted: _Wanted,
    stored: _Stored | None,
    changes: _Changes,
    now: datetime,
) -> None:
    if stored is not None and stored.fingerprint == wanted.fingerprint:
        return
    stands_again = stored is not None and stored.standing == Standing.CANCELLED and not wanted.is_cancelled
    if stored is None or stands_again:
        if wanted.is_cancelled:
            return  # no calendar has seen it
        if stored is not None:
            changes.retired.append(stored.id)
        visit_id, implant_id = key
        fresh = CalendarEntry(clinic_id=clinic_id, visit_id=visit_id, implant_id=implant_id, uid=uuid4())
        _fill(fresh, wanted, now)
        changes.new.append(fresh)
        return
    row = CalendarEntry(clinic_id=clinic_id, **stored._asdict())
    is_other = (stored.starts_at, stored.ends_at, stored.standing) != (
        wanted.starts_at,
        wanted.ends_at,
        wanted.entry.standing.value,
    )
    row.sequence += is_other
    _fill(row, wanted, max(now, row.changed_at + timedelta(seconds=1)))
    changes.changed.append(row)


def _fill(row: CalendarEntry, wanted: _Wanted, now: datetime) -> None:
    entry = wanted.entry
    for name, value in wanted.columns.items():
        setattr(row, name, value)
    row.starts_at, row.ends_at, row.standing = wanted.starts_at, wanted.ends_at, entry.standing.value
    row.changed_at = now.astimezone(UTC).replace(microsecond=0)
    row.cancelled_at = (row.cancelled_at or row.changed_at) if wanted.is_cancelled else None
    row.fingerprint, row.stamp = wanted.fingerprint, new_stamp()
    timing = Timing(
        uid=str(row.uid),
        sequence=row.sequence,
        changed_at=row.changed_at,
        starts=entry.starts,
        ends=entry.ends,
        standing=entry.standing,
        takes_time=entry.takes_time,
    )
    row.core = core(timing)
    row.work, row.initials, row.names = (
        words(said) for said in (entry.said.work, entry.said.initials, entry.said.names)
    )
