"""Everybody under watch: after an operation, or with check-ins that are open. A constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from clinic.selectors.operated import last_operations, operated_since, patients_by_id
from clinic.selectors.recipients import clinic_time_zone
from clinic.selectors.rows import Patient
from notifications.domain.check_in.answers import Answers, read_answers
from notifications.domain.check_in.rules import GRADE_OF, Grade
from notifications.domain.check_in.trend import TREND_DAYS, TrendDay, missed_in_a_row, trend_of
from notifications.models import CheckIn, Escalation
from notifications.models.escalations import Cause
from scheduling.selectors.check_ins import (
    WoundVisit,
    asked_windows,
    begun_check_ins,
    next_check_ins,
    wound_visits,
)

WATCH_DAYS = 90
"""The surveillance window after an implant."""
FIRST_DAYS = 14
WOUND_DAYS = 14
"""The wound is seen, and sutures are out, by then."""
ABOUT_CHECK_INS = (Cause.RED_FLAG, Cause.CHECK_IN_MISSED)


class Part(StrEnum):
    """What the board can be narrowed to."""

    ALL = "all"
    NEEDS = "needs"
    """Somebody must act: a matter is open."""
    MISSED = "missed"
    FIRST = "first"
    """In the first fortnight."""


@dataclass(frozen=True, slots=True)
class Said:
    """One check-in as it was read."""

    check_in: CheckIn
    answers: Answers
    grade: Grade
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One patient of the board. ``matters`` are open, the gravest first."""

    patient: Patient
    operated_on: date | None
    day: int | None
    said: Said | None
    trend: tuple[TrendDay, ...]
    matters: tuple[Escalation, ...] = ()
    is_due: bool = False
    next_on: date | None = None
    wound_visit: WoundVisit | None = None

    @property
    def missed(self) -> int:
        """Check-ins in a row without an answer."""
        return missed_in_a_row(self.trend)

    @property
    def needs_wound_visit(self) -> bool:
        """Whether somebody should still look at the wound, and no visit for it is booked."""
        return self.wound_visit is None and self.day is not None and self.day <= WOUND_DAYS

    @property
    def is_first(self) -> bool:
        return self.day is not None and self.day <= FIRST_DAYS

    def is_in(self, part: Part) -> bool:
        """Whether the part shows this patient."""
        match part:
            case Part.NEEDS:
                return bool(self.matters)
            case Part.MISSED:
                return self.missed > 0
            case Part.FIRST:
                return self.is_first
        return True


def watch_board(*, clinic_id: int, now: datetime) -> list[Watched]:
    """All of them, who needs somebody first (nine queries)."""
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    today = now.astimezone(zone).date()
    operated = operated_since(clinic_id=clinic_id, since=today - timedelta(days=WATCH_DAYS), until=today)
    due = {row.patient_id for row in begun_check_ins(clinic_id=clinic_id, today=today)}
    ids = sorted(operated.keys() | due)
    return sorted(_watched(clinic_id, ids, due, zone, now), key=_pressing)


def watched_patient(*, clinic_id: int, patient_id: int, now: datetime) -> Watched:
    """One patient as the board shows everybody, whether under watch or not (nine queries)."""
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    today = now.astimezone(zone).date()
    due = {row.patient_id for row in begun_check_ins(clinic_id=clinic_id, today=today, patient_id=patient_id)}
    (found,) = _watched(clinic_id, [patient_id], due, zone, now)
    return found


def check_ins_of_patient(*, clinic_id: int, patient_id: int, limit: int | None = None) -> list[Said]:
    """The patient's check-ins, newest first, with who asked by telephone (two queries)."""
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    rows = (
        CheckIn.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id)
        .select_related("entered_by")
        .order_by("-answered_at", "-id")
    )
    return [_said(row, zone) for row in (rows if limit is None else rows[:limit])]


def gravest_of_link(*, clinic_id: int, link_id: int) -> Grade | None:
    """The gravest reading of what was answered by one link: a better answer takes nothing back. None: no answer."""
    grades = CheckIn.objects.for_clinic(clinic_id).filter(link_id=link_id).values_list("grade", flat=True)
    return max((GRADE_OF[each] for each in grades), default=None)


def _watched(
    clinic_id: int, ids: Sequence[int], due: Collection[int], zone: ZoneInfo, now: datetime
) -> list[Watched]:
    today = now.astimezone(zone).date()
    since = today - timedelta(days=TREND_DAYS - 1)
    people = patients_by_id(clinic_id=clinic_id, patient_ids=ids)
    operated = last_operations(clinic_id=clinic_id, patient_ids=ids, until=today)
    windows = asked_windows(clinic_id=clinic_id, patient_ids=ids, since=since, today=today)
    nexts = next_check_ins(clinic_id=clinic_id, patient_ids=ids, today=today)
    visits = wound_visits(clinic_id=clinic_id, patient_ids=ids, today=today)
    said = _newest(clinic_id, ids, zone)
    grades = _grades_by_day(clinic_id, ids, since, zone)
    matters = _matters(clinic_id, ids)
    return [
        Watched(
            patient=people[each],
            operated_on=operated.get(each),
            day=(today - operated[each]).days if each in operated else None,
            said=said.get(each),
            trend=trend_of(today=today, grades=grades[each], asked=windows.get(each, ())),
            matters=tuple(matters[each]),
            is_due=each in due,
            next_on=nexts.get(each),
            wound_visit=visits.get(each),
        )
        for each in ids
        if each in people
    ]


def _pressing(row: Watched) -> tuple[object, ...]:
    """Who needs somebody first: the gravest matter, then bad answers, silence, and the first days."""
    rung = row.matters[0].rung if row.matters else 0
    grade = row.said.grade if row.said else Grade.FINE
    day = row.day if row.day is not None else 10_000
    return (
        -rung,
        -grade,
        -row.missed,
        not row.is_due,
        day,
        row.patient.last_name,
        row.patient.first_name,
        row.patient.pk,
    )


def _newest(clinic_id: int, ids: Sequence[int], zone: ZoneInfo) -> dict[int, Said]:
    rows = (
        CheckIn.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=ids)
        .select_related("entered_by")
        .order_by("patient_id", "-answered_at", "-id")
        .distinct("patient_id")
    )
    return {row.patient_id: _said(row, zone) for row in rows}


def _grades_by_day(
    clinic_id: int, ids: Sequence[int], since: date, zone: ZoneInfo
) -> defaultdict[int, dict[date, Grade]]:
    begins = datetime.combine(since, datetime.min.time(), zone)
    rows = CheckIn.objects.for_clinic(clinic_id).filter(patient_id__any_of=ids, answered_at__gte=begins)
    grades: defaultdict[int, dict[date, Grade]] = defaultdict(dict)
    for patient_id, grade, at in rows.values_list("patient_id", "grade", "answered_at"):
        on = at.astimezone(zone).date()
        grades[patient_id][on] = max(GRADE_OF[grade], grades[patient_id].get(on, Grade.FINE))
    return grades


def _matters(clinic_id: int, ids: Sequence[int]) -> defaultdict[int, list[Escalation]]:
    rows = Escalation.objects.for_clinic(clinic_id).filter(
        patient_id__any_of=ids, cause__in=ABOUT_CHECK_INS, acknowledged_at__isnull=True
    )
    matters: defaultdict[int, list[Escalation]] = defaultdict(list)
    for row in rows.order_by("-rung", "respond_by", "id"):
        if row.patient_id is not None:
            matters[row.patient_id].append(row)
    return matters


def _said(row: CheckIn, zone: ZoneInfo) -> Said:
    on = row.answered_at.astimezone(zone).date()
    return Said(row, read_answers(row.answers), GRADE_OF[row.grade], on)
