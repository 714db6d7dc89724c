"""Bringing the follow-ups of pumps and patients up to date with the record, the forecasts and the protocol.

One path for the patient a nurse has just changed and for a sweep: the facts of many in a constant number of
queries, the pure plan, and only the difference written, each with its act. Running it again, or twice at once,
writes nothing more.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from clinic.selectors.care_facts import implants_of_patients, patients_awaiting_surgery
from scheduling.domain.care.difference import Change, Stored, difference
from scheduling.domain.care.plan import CareFacts, plan
from scheduling.domain.care.protocol import Row
from scheduling.models import FollowUp
from scheduling.services.care_facts import (
    STORED_COLUMNS,
    Course,
    dates_from,
    facts_of_implant,
    facts_of_surgeries,
    stored_from,
)
from scheduling.services.care_writes import CareOutcome, write
from scheduling.services.known import COLUMNS, KEPT, Known, Planning, lock_and_read
from scheduling.services.owners import Owners

log = logging.getLogger(__name__)

_TARGET, _LATEST, _LIMITS = map(list(COLUMNS).index, ("target_visit_on", "latest_visit_on", "limits"))
PATIENTS_AT_ONCE = 500
_Key = tuple[int, str, str, int]
"""Patient, and the key of a follow-up."""


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all courses of one call share."""

    clinic_id: int
    rows: Sequence[Row]
    zone: ZoneInfo
    today: date
    until: date
    """Plans are for today, or for every day until then."""
    now: datetime
    owners: Callable[[], Owners]


def replan_care_of_implants(clinic_id: int, implant_ids: Collection[int], now: datetime) -> CareOutcome:
    """Bring the follow-ups of these pumps, and of their patients' operations, up to date.

    In the caller's transaction or its own; their forecasts must be up to date. Takes the implants' locks
    first, then those of the operations, then of the follow-ups that change, each in the order of their ids.
    """
    with transaction.atomic(savepoint=False):
        return replan_care_known(clinic_id, lock_and_read(clinic_id, implant_ids, now), now)


def replan_care_known(clinic_id: int, known: Known, now: datetime) -> CareOutcome:
    """The same from what the transaction has locked and read already."""
    setting = _setting(clinic_id, known, now)
    return _bring_up(setting, _courses(setting, known))[0]


def replan_care_of_night(
    clinic_id: int, known: Known, now: datetime, *, until: date
) -> tuple[set[int], set[int]]:
    """The same; the pumps for which there is nothing to write on any day until ``until``, and those for which there was
    something today.

    One plan for all these days (``domain.care.plan``): for a pump that this leaves as it is, no day needs its own.
    """
    setting = _setting(clinic_id, known, now)
    ahead = replace(setting, until=until)
    courses = _courses(ahead, known)
    _add_closed(clinic_id, courses)
    uneasy = [course for course in courses if course.has_failed or _changes(ahead, course)]
    _, changed = _bring_up(
        setting,
        [
            _course(setting, course.facts, [one for one in course.stored if one.state in KEPT])
            for course in uneasy
            if not course.has_failed
        ],
    )
    unsettled, moved = ({course.facts.patient_id for course in each} for each in (uneasy, changed))
    patients = {course.facts.implant_id: course.facts.patient_id for course in courses}
    pumps = [(pump, patient) for pump, patient in patients.items() if pump is not None]
    return (
        {pump for pump, patient in pumps if patient not in unsettled},
        {pump for pump, patient in pumps if patient in moved},
    )


def _setting(clinic_id: int, known: Known, now: datetime) -> _Setting:
    planning = known.planning
    return _Setting(
        clinic_id, planning.rows, planning.zone, planning.today, planning.today, now, planning.owners
    )


def _courses(setting: _Setting, known: Known) -> list[Course]:
    return [*_implant_courses(setting, known), *_patient_courses(setting, known.planning)]


def replan_care(*, clinic_id: int, patient_ids: Collection[int], now: datetime) -> CareOutcome:
    """The same for patients: all their pumps, and what they have planned before there is one."""
    with transaction.atomic(savepoint=False):
        implant_ids = implants_of_patients(clinic_id=clinic_id, patient_ids=patient_ids)
        known = lock_and_read(clinic_id, implant_ids, now, patient_ids=patient_ids)
        return replan_care_known(clinic_id, known, now)


def replan_before_surgery(clinic_id: int, patient_ids: Collection[int], now: datetime) -> CareOutcome:
    """What patients have planned before there is a pump, and nothing of their pumps: a reader of
    ``announce_patients``.
    """
    with transaction.atomic(savepoint=False):
        return replan_care_known(clinic_id, lock_and_read(clinic_id, (), now, patient_ids=patient_ids), now)


def replan_all_before_surgery(*, clinic_id: int, now: datetime) -> CareOutcome:
    """The same for every patient who has an operation planned, or something open that hung on one."""
    hanging = FollowUp.objects.for_clinic(clinic_id).filter(implant__isnull=True, state__in=KEPT[:2])
    waiting = set(patients_awaiting_surgery(clinic_id=clinic_id))
    everybody = iter(sorted(waiting | set(hanging.values_list("patient_id", flat=True))))
    outcome = CareOutcome()
    while part := list(islice(everybody, PATIENTS_AT_ONCE)):
        outcome.add(replan_before_surgery(clinic_id, part, now))
    return outcome


def _implant_courses(setting: _Setting, known: Known) -> list[Course]:
    dates = {
        implant_id: dates_from(row[_TARGET], row[_LATEST], row[_LIMITS])
        for implant_id, row in known.forecasts.items()
    }
    return [
        _course(
            setting,
            facts_of_implant(one, dates.get(one.implant_id), setting.zone, setting.today),
            known.planning.by_implant.get(one.implant_id, []),
        )
        for one in known.planning.record
    ]


def _patient_courses(setting: _Setting, planning: Planning) -> list[Course]:
    facts = facts_of_surgeries(planning.surgeries, planning.patient_ids, zone=setting.zone)
    return [
        _course(setting, one, planning.by_patient.get(one.patient_id, []))
        for one in facts
        if one.anchors or one.patient_id in planning.by_patient
    ]


def _course(setting: _Setting, facts: CareFacts, stored: list[Stored]) -> Course:
    """Never raises: one record that cannot be planned must not stop the others, and keeps what it has."""
    kept = [one.key for one in stored]
    try:
        return Course(
            facts, stored, plan(facts, setting.rows, today=setting.today, until=setting.until, kept=kept)
        )
    except Exception as error:
        # The number of a pump names no patient; the error's text may hold values and stays out of the log.
        where = traceback.extract_tb(error.__traceback__)[-1]
        name = type(error).__name__
        log.error("no care plan for implant %s: %s at line %s", facts.implant_id, name, where.lineno)
        return Course(facts, [], [], has_failed=True)


def _bring_up(setting: _Setting, courses: Sequence[Course]) -> tuple[CareOutcome, list[Course]]:
    """Write what differs, and say of which courses. A change is locked and compared again: a nurse may have closed it."""
    moving = [any(change.stored for change in _changes(setting, course)) for course in courses]
    locked = _lock(setting, [course for course, moves in zip(courses, moving, strict=True) if moves])
    _add_closed(
        setting.clinic_id, [course for course, moves in zip(courses, moving, strict=True) if not moves]
    )
    changed = [course for course in courses if _changes(setting, course)]
    outcome = CareOutcome(failed=sum(course.has_failed for course in courses))
    if changed:
        _refresh(setting.clinic_id, changed, _numbers(setting, changed) - locked)
        outcome.add(_write(setting, changed))
    return outcome, changed


def _numbers(setting: _Setting, courses: Iterable[Course]) -> set[int]:
    """The stored follow-ups that would change."""
    changes = (change for course in courses for change in _changes(setting, course))
    return {change.stored.id for change in changes if change.stored is not None}


def _write(setting: _Setting, courses: Sequence[Course]) -> CareOutcome:
    """All together; where the database refuses, narrowed down to the course that it refuses."""
    pairs = [(course.facts, change) for course in courses for change in _changes(setting, course)]
    try:
        with transaction.atomic():
            return write(setting.clinic_id, pairs, owners=setting.owners, now=setting.now)
    except (OperationalError, InterfaceError):
        raise  # the connection, a deadlock, a time-out: not the fault of a row
    except DatabaseError:
        if len(courses) == 1:
            log.error("the care plan of implant %s cannot be stored", courses[0].facts.implant_id)
            return CareOutcome(failed=1)
        middle = len(courses) // 2
        outcome = _write(setting, courses[:middle])
        outcome.add(_write(setting, courses[middle:]))
        return outcome


def _changes(setting: _Setting, course: Course) -> list[Change]:
    return difference(course.facts, course.planned, course.stored, today=setting.until)


def _refresh(clinic_id: int, courses: Iterable[Course], follow_up_ids: Collection[int]) -> None:
    """Lock these follow-ups in a fixed order and read them again."""
    if not follow_up_ids:
        return
    rows = FollowUp.objects.for_clinic(clinic_id).filter(id__any_of=sorted(follow_up_ids)).order_by("id")
    locked = rows.select_for_update(no_key=True).values_list(*STORED_COLUMNS)
    fresh = {one.id: one for one in map(stored_from, locked)}
    for course in courses:
        course.stored = [fresh.get(one.id, one) for one in course.stored]


def _lock(setting: _Setting, courses: Sequence[Course]) -> set[int]:
    """Lock in a fixed order, and read again, what would change of these courses, and what ``_add_closed`` would add
    to them (one query, none without courses); the numbers of all.
    """
    if not courses:
        return set()
    numbers, by_key = _numbers(setting, courses), _sought(courses)
    found = {
        one.id: (patient_id, one)
        for patient_id, one in _rows(
            _LOCK, [setting.clinic_id, sorted(numbers), *_columns(by_key), setting.clinic_id]
        )
    }
    for course in courses:
        course.stored = [found[one.id][1] if one.id in found else one for one in course.stored]
    for patient_id, one in found.values():
        if one.id not in numbers and (patient_id, *one.key) in by_key:
            by_key[patient_id, *one.key].stored.append(one)
    return set(found)


def _add_closed(clinic_id: int, courses: Sequence[Course]) -> None:
    """Add to each course what is stored under a planned key and was closed by a person (one query)."""
    by_key = _sought(courses)
    if by_key:
        for patient_id, one in _rows(_BY_KEY, [*_columns(by_key), clinic_id]):
            by_key[patient_id, *one.key].stored.append(one)


def _sought(courses: Iterable[Course]) -> dict[_Key, Course]:
    """What each course would create."""
    sought: dict[_Key, Course] = {}
    for course in courses:
        present = {one.key for one in course.stored}
        for one in course.planned:
            if one.may_be_created and one.key not in present:
                sought[course.facts.patient_id, *one.key] = course
    return sought


def _columns(keys: Collection[_Key]) -> list[list[Any]]:
    return [list(column) for column in zip(*keys, strict=True)] or [[], [], [], []]


def _rows(statement: str, values: list[Any]) -> list[tuple[int, Stored]]:
    """Follow-ups, each with its patient."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(patient_id, stored_from(row)) for patient_id, *row in cursor.fetchall()]


# Names are this package's own constants; every value is a parameter.
_NAMES = ", ".join(f"f.{name}" for name in STORED_COLUMNS)
# Each key by itself, which OFFSET 0 keeps so: as a set they would be sought among all follow-ups of the clinic.
_WANTED = (
    " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::int[])"
    " AS wanted (patient_id, row_key, anchor_key, occurrence) CROSS JOIN LATERAL"
    " (SELECT f.* FROM scheduling_followup AS f WHERE f.patient_id = wanted.patient_id AND f.row_key = wanted.row_key"
    " AND f.anchor_key = wanted.anchor_key AND f.occurrence = wanted.occurrence OFFSET 0) AS f WHERE f.clinic_id = %s"
)
_BY_KEY = f"SELECT f.patient_id, {_NAMES}{_WANTED}"
_LOCK = (
    f"SELECT f.patient_id, {_NAMES} FROM scheduling_followup AS f WHERE f.clinic_id = %s AND f.id IN"  # noqa: S608
    f" (SELECT unnest(%s::bigint[]) UNION SELECT f.id{_WANTED})"
    " ORDER BY f.id FOR NO KEY UPDATE OF f"
)
