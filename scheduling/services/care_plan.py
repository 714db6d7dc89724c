"""Bringing the follow-ups of pumps and patients up to date with the record, the forecasts and the protocol.

One path for the patient a nurse has just changed and for a sweep: the facts of many in a constant number of
queries, the pure plan, and only the difference written, each with its act. Running it again, or twice at once,
writes nothing more.
"""

from __future__ import annotations

import logging
import traceback
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from clinic.selectors.care_facts import (
    implants_of_patients,
    lock_surgeries,
    patients_awaiting_surgery,
)
from clinic.selectors.facts import lock_active_implants
from clinic.selectors.rows import Clinic
from scheduling.domain.care.difference import Change, Stored, difference
from scheduling.domain.care.plan import CareFacts, Planned, plan
from scheduling.domain.care.protocol import Row
from scheduling.models import FollowUp
from scheduling.selectors.protocols import rows_in_force
from scheduling.services.care_facts import (
    STORED_COLUMNS,
    Course,
    facts_of_implants,
    facts_of_patients,
    stored_from,
)
from scheduling.services.care_writes import CareOutcome, write
from scheduling.services.protocols import ensure_protocol

log = logging.getLogger(__name__)

KEPT = ("open", "postponed", "ended")
PATIENTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Setting:
    """What all courses of one call share."""

    clinic_id: int
    rows: Sequence[Row]
    zone: ZoneInfo
    today: date
    now: datetime


def replan_care_of_implants(clinic_id: int, implant_ids: Collection[int], now: datetime) -> CareOutcome:
    """Bring the follow-ups of these pumps, and of their patients' operations, up to date.

    In the caller's transaction or its own; their forecasts must be up to date. Takes the implants' locks
    first, then those of the operations, then of the follow-ups that change, each in the order of their ids.
    """
    with transaction.atomic(savepoint=False):
        lock_active_implants(clinic_id=clinic_id, implant_ids=implant_ids)
        return replan_care_of_locked(clinic_id, implant_ids, _zone_of(clinic_id), now)


def replan_care_of_locked(
    clinic_id: int, implant_ids: Collection[int], zone: ZoneInfo, now: datetime
) -> CareOutcome:
    """The same for pumps of a clinic in this zone whose locks the transaction holds already."""
    setting = _setting(clinic_id, zone, now)
    courses = _implant_courses(setting, implant_ids)
    patient_ids = sorted({course.facts.patient_id for course in courses})
    return _bring_up(setting, [*courses, *_patient_courses(setting, patient_ids)])


def replan_care(*, clinic_id: int, patient_ids: Collection[int], now: datetime) -> CareOutcome:
    """The same for patients: all their pumps, and what they have planned before there is one."""
    with transaction.atomic(savepoint=False):
        implant_ids = implants_of_patients(clinic_id=clinic_id, patient_ids=patient_ids)
        lock_active_implants(clinic_id=clinic_id, implant_ids=implant_ids)
        setting = _setting(clinic_id, _zone_of(clinic_id), now)
        courses = _implant_courses(setting, implant_ids)
        return _bring_up(setting, [*courses, *_patient_courses(setting, sorted(set(patient_ids)))])


def replan_before_surgery(clinic_id: int, patient_ids: Collection[int], now: datetime) -> CareOutcome:
    """What patients have planned before there is a pump, and nothing of their pumps: a reader of
    ``announce_patients``.
    """
    with transaction.atomic(savepoint=False):
        setting = _setting(clinic_id, _zone_of(clinic_id), now)
        return _bring_up(setting, _patient_courses(setting, sorted(set(patient_ids))))


def replan_all_before_surgery(*, clinic_id: int, now: datetime) -> CareOutcome:
    """The same for every patient who has an operation planned, or something open that hung on one."""
    hanging = FollowUp.objects.for_clinic(clinic_id).filter(implant__isnull=True, state__in=KEPT[:2])
    waiting = set(patients_awaiting_surgery(clinic_id=clinic_id))
    everybody = iter(sorted(waiting | set(hanging.values_list("patient_id", flat=True))))
    outcome = CareOutcome()
    while part := list(islice(everybody, PATIENTS_AT_ONCE)):
        outcome.add(replan_before_surgery(clinic_id, part, now))
    return outcome


def _zone_of(clinic_id: int) -> ZoneInfo:
    return ZoneInfo(Clinic.objects.values_list("time_zone", flat=True).get(pk=clinic_id))


def _setting(clinic_id: int, zone: ZoneInfo, now: datetime) -> _Setting:
    rows = rows_in_force(protocol=ensure_protocol(clinic_id, now), zone=zone)
    return _Setting(clinic_id, rows, zone, now.astimezone(zone).date(), now)


def _implant_courses(setting: _Setting, implant_ids: Collection[int]) -> list[Course]:
    stored = _kept(setting.clinic_id, Q(implant_id__any_of=implant_ids), by="implant_id")
    facts = facts_of_implants(
        setting.clinic_id,
        implant_ids,
        rows=setting.rows,
        today=setting.today,
        zone=setting.zone,
        anchor_keys={one.key.anchor_key for each in stored.values() for one in each},
    )
    return [_course(setting, one, stored.get(one.implant_id or 0, [])) for one in facts]


def _patient_courses(setting: _Setting, patient_ids: Collection[int]) -> list[Course]:
    lock_surgeries(clinic_id=setting.clinic_id, patient_ids=patient_ids)
    of_patients = Q(implant__isnull=True, patient_id__any_of=patient_ids)
    stored = _kept(setting.clinic_id, of_patients, by="patient_id")
    facts = facts_of_patients(setting.clinic_id, patient_ids, zone=setting.zone)
    return [
        _course(setting, one, stored.get(one.patient_id, []))
        for one in facts
        if one.anchors or one.patient_id in stored
    ]


def _kept(clinic_id: int, which: Q, *, by: str) -> dict[int, list[Stored]]:
    """The follow-ups that no person has closed, by implant or patient (one query)."""
    kept: defaultdict[int, list[Stored]] = defaultdict(list)
    rows = FollowUp.objects.for_clinic(clinic_id).filter(which, state__in=KEPT).order_by("id")
    for owner_of_course, *row in rows.values_list(by, *STORED_COLUMNS):
        kept[owner_of_course].append(stored_from(row))
    return kept


def _course(setting: _Setting, facts: CareFacts, stored: list[Stored]) -> Course:
    """Never raises: one record that cannot be planned must not stop the others, and keeps what it has."""
    kept = [one.key for one in stored]
    try:
        return Course(facts, stored, plan(facts, setting.rows, today=setting.today, kept=kept))
    except Exception as error:
        # The number of a pump names no patient; the error's text may hold values and stays out of the log.
        where = traceback.extract_tb(error.__traceback__)[-1]
        name = type(error).__name__
        log.error("no care plan for implant %s: %s at line %s", facts.implant_id, name, where.lineno)
        return Course(facts, [], [], has_failed=True)


def _bring_up(setting: _Setting, courses: Sequence[Course]) -> CareOutcome:
    """Write what differs. What changes is locked and compared again: a nurse may just have closed it."""
    _add_closed(setting.clinic_id, courses)
    changed = [course for course in courses if _changes(setting, course)]
    outcome = CareOutcome(failed=sum(course.has_failed for course in courses))
    if changed:
        first = [change for course in changed for change in _changes(setting, course)]
        numbers = {change.stored.id for change in first if change.stored is not None}
        _refresh(setting.clinic_id, changed, numbers)
        outcome.add(_write(setting, changed))
    return outcome


def _write(setting: _Setting, courses: Sequence[Course]) -> CareOutcome:
    """All together; where the database refuses, narrowed down to the course that it refuses."""
    pairs = [(course.facts, change) for course in courses for change in _changes(setting, course)]
    try:
        with transaction.atomic():
            return write(setting.clinic_id, pairs, now=setting.now)
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
    return difference(course.facts, course.planned, course.stored, today=setting.today)


def _refresh(clinic_id: int, courses: Iterable[Course], follow_up_ids: Collection[int]) -> None:
    """Lock these follow-ups in a fixed order and read them again."""
    if not follow_up_ids:
        return
    rows = FollowUp.objects.for_clinic(clinic_id).filter(id__any_of=sorted(follow_up_ids)).order_by("id")
    locked = rows.select_for_update(no_key=True).values_list(*STORED_COLUMNS)
    fresh = {one.id: one for one in map(stored_from, locked)}
    for course in courses:
        course.stored = [fresh.get(one.id, one) for one in course.stored]


def _add_closed(clinic_id: int, courses: Sequence[Course]) -> None:
    """Add to each course what is stored under a planned key and was closed by a person (one query)."""
    sought: list[tuple[Course, Planned]] = []
    for course in courses:
        present = {one.key for one in course.stored}
        sought += [(course, one) for one in course.planned if one.may_be_created and one.key not in present]
    if not sought:
        return
    by_key = {(course.facts.patient_id, *one.key): course for course, one in sought}
    columns = list(zip(*by_key, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_BY_KEY, [*(list(column) for column in columns), clinic_id])
        for patient_id, *row in cursor.fetchall():
            stored = stored_from(row)
            by_key[patient_id, *stored.key].stored.append(stored)


def _by_key() -> str:
    names = ", ".join(f"f.{name}" for name in STORED_COLUMNS)
    # Names are this package's own constants; every value is a parameter.
    return (
        f"SELECT f.patient_id, {names} FROM scheduling_followup AS f"  # noqa: S608
        " JOIN unnest(%s::bigint[], %s::text[], %s::text[], %s::int[])"
        " AS wanted (patient_id, row_key, anchor_key, occurrence)"
        " USING (patient_id, row_key, anchor_key, occurrence) WHERE f.clinic_id = %s"
    )


_BY_KEY = _by_key()
