"""Check-ins: answers are graded, kept, and where somebody must act a matter is opened, all or nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from clinic.selectors.operation import clinic_zones
from clinic.selectors.rows import Clinic, Patient
from notifications.domain.check_in.answers import Answers, stored
from notifications.domain.check_in.grading import Graded, Review, grade
from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import GRADE_OF, Grade
from notifications.models import CheckIn, Escalation, EscalationStep, PatientLink
from notifications.models.escalations import Cause
from notifications.selectors.check_in_facts import check_in_context
from notifications.selectors.check_in_rules import table_in_force
from notifications.services.escalations import open_escalation, open_red_flag
from notifications.services.escalations.late import mark_gone
from notifications.services.plan import replan_patients
from scheduling.domain.care.rungs import Rung
from scheduling.selectors.check_ins import DueCheckIn, missed_check_ins
from scheduling.selectors.late_refills import NotLate
from scheduling.services.follow_ups import complete_check_ins

log = logging.getLogger(__name__)

RUNG_OF = {
    Grade.EMERGENCY: Rung.EMERGENCY,
    Grade.SAME_DAY: Rung.NURSE_CALLS_DAILY,
    Grade.WORKING_DAY: Rung.STAFF_CALLS,
}
CLOSE_WATCH_DAYS = 14
"""After an operation a silent patient is called on any day of the week, later on the clinic's days."""
LOOK_BACK_DAYS = 7
"""A check-in that was missed longer ago and never became a call is no news."""


def answer_check_in(
    *,
    clinic: Clinic,
    patient_id: int,
    answers: Answers,
    asked: Sequence[Question],
    once: UUID,
    now: datetime,
    link_id: int | None = None,
    follow_up_id: int | None = None,
    actor_id: int | None = None,
) -> CheckIn:
    """Grade and keep the answers, close what was due, open a matter where somebody must act; one transaction.

    ``actor_id`` is the member who asked by telephone, None: the patient answered. The same answers sent again under
    the same ``once`` (a second press, a reload after a crash) change nothing; other answers under it are an answer
    of their own. A better answer takes nothing back.
    """
    with transaction.atomic():
        Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(pk=patient_id)
        kept = stored(answers)
        ref = uuid5(once, f"{patient_id} {link_id} {actor_id} {json.dumps(kept, sort_keys=True)}")
        made = CheckIn.objects.for_clinic(clinic.id).filter(ref=ref, patient_id=patient_id).first()
        if made is not None:
            return made
        version, graded = _graded(clinic.id, patient_id, answers, asked, now)
        closed = complete_check_ins(
            clinic=clinic, patient_id=patient_id, follow_up_id=follow_up_id, actor_id=actor_id, now=now
        )
        check_in = CheckIn.objects.create(
            clinic_id=clinic.id,
            ref=ref,
            patient_id=patient_id,
            follow_up_id=follow_up_id or next((row.pk for row in reversed(closed)), None),
            link_id=link_id,
            entered_by_id=actor_id,
            answers=kept,
            grade=graded.grade.key,
            matched=list(graded.matched),
            rules_version=version,
            answered_at=now,
        )
        if link_id is not None:
            PatientLink.objects.for_clinic(clinic.id).filter(pk=link_id, used_at=None).update(used_at=now)
        replan_patients(clinic.id, [patient_id], now)
        _end_silence(clinic.id, patient_id, now)
        _open_matter(clinic.id, check_in, graded, now)
        return check_in


def would_be(
    *, clinic_id: int, patient_id: int, answers: Answers, asked: Sequence[Question], now: datetime
) -> Grade:
    """What these answers would be graded; keeps nothing."""
    return _graded(clinic_id, patient_id, answers, asked, now)[1].grade


def new_once() -> UUID:
    """What a form carries so that sending it twice is answering once."""
    return uuid4()


def open_missed_check_ins(now: datetime) -> int:
    """Ask for a call where a patient let a check-in pass; how many patients' matters were opened.

    One open matter a patient, however many days were missed, and none for silence before the last one was ended. A
    clinic that fails stops no other. Again, it changes nothing.
    """
    opened = 0
    for clinic_id, zone in clinic_zones().items():
        try:
            opened += _open_missed_of(clinic_id, now.astimezone(ZoneInfo(zone)).date(), now)
        except Exception as error:
            log.error("missed check-ins of clinic %s failed (%s)", clinic_id, type(error).__name__)
    return opened


def _graded(
    clinic_id: int, patient_id: int, answers: Answers, asked: Sequence[Question], now: datetime
) -> tuple[int, Graded]:
    table = table_in_force(clinic_id=clinic_id)
    context = check_in_context(clinic_id=clinic_id, patient_id=patient_id, now=now)
    graded = grade(answers, asked=asked, context=context, rules=table.rules)
    if not table.is_readable:
        reached = max(graded.grade, Grade.WORKING_DAY)
        graded = Graded(reached, (*graded.matched, Review.TABLE.value))
    return table.version, graded


def _end_silence(clinic_id: int, patient_id: int, now: datetime) -> None:
    """Mark what asked for a call because nobody answered: a person still confirms it."""
    keys = Escalation.objects.for_clinic(clinic_id).filter(
        cause=Cause.CHECK_IN_MISSED, patient_id=patient_id, acknowledged_at__isnull=True
    )
    why = dict.fromkeys(keys.values_list("key", flat=True), NotLate.ANSWERED)
    mark_gone(clinic_id, why, cause=Cause.CHECK_IN_MISSED, now=now)


def _open_matter(clinic_id: int, check_in: CheckIn, graded: Graded, now: datetime) -> None:
    rung = RUNG_OF.get(graded.grade)
    if rung is None or _is_in_hand(clinic_id, check_in, graded):
        return
    open_red_flag(check_in, rung=rung, now=now)


def _is_in_hand(clinic_id: int, check_in: CheckIn, graded: Graded) -> bool:
    """Whether a matter that is still open says all of this, at least as gravely. The patient's own words are new."""
    if Review.NOTE.value in graded.matched:
        return False
    matters = Escalation.objects.for_clinic(clinic_id).filter(
        cause=Cause.RED_FLAG, patient_id=check_in.patient_id, acknowledged_at__isnull=True
    )
    joined = EscalationStep.objects.filter(escalation__in=matters, check_in__isnull=False)
    open_ones = CheckIn.objects.for_clinic(clinic_id).filter(
        Q(pk__in=matters.values("check_in_id")) | Q(pk__in=joined.values("check_in_id"))
    )
    return any(
        GRADE_OF[row.grade] >= graded.grade and set(graded.matched) <= set(row.matched) for row in open_ones
    )


def _open_missed_of(clinic_id: int, today: date, now: datetime) -> int:
    since = today - timedelta(days=LOOK_BACK_DAYS)
    with transaction.atomic():
        missed = missed_check_ins(clinic_id=clinic_id, today=today, since=since)
        newest = {row.patient_id: row for row in reversed(missed)}
        silent = _still_silent(clinic_id, newest, now)
        for row in silent:
            open_escalation(
                clinic_id=clinic_id,
                cause=Cause.CHECK_IN_MISSED,
                key=f"follow_up:{row.follow_up_id}",
                now=now,
                rung=_rung_of_silence(row),
                patient_id=row.patient_id,
            )
        return len(silent)


def _still_silent(clinic_id: int, newest: dict[int, DueCheckIn], now: datetime) -> list[DueCheckIn]:
    """Those without an open matter, an answer, or a matter that was ended since the day they were asked."""
    zone = ZoneInfo(clinic_zones(clinic_id=clinic_id)[clinic_id])
    since = now - timedelta(days=LOOK_BACK_DAYS + 2)
    answered: dict[int, date] = {}
    for patient_id, at in (
        CheckIn.objects.for_clinic(clinic_id)
        .filter(patient_id__any_of=newest, answered_at__gte=since)
        .order_by("answered_at")
        .values_list("patient_id", "answered_at")
    ):
        answered[patient_id] = at.astimezone(zone).date()
    busy: set[int] = set()
    for patient_id, ended_at, gone_at in (
        Escalation.objects.for_clinic(clinic_id)
        .filter(cause=Cause.CHECK_IN_MISSED, patient_id__any_of=newest)
        .values_list("patient_id", "acknowledged_at", "gone_at")
    ):
        until = ended_at or gone_at
        if patient_id is not None and (
            until is None or until.astimezone(zone).date() >= newest[patient_id].latest_on
        ):
            busy.add(patient_id)
    return [
        row
        for patient_id, row in newest.items()
        if patient_id not in busy and answered.get(patient_id, date.min) < row.target_on
    ]


def _rung_of_silence(row: DueCheckIn) -> Rung:
    is_close = row.is_after_surgery and (row.target_on - row.anchored_on).days <= CLOSE_WATCH_DAYS
    return Rung.NURSE_CALLS_DAILY if is_close else Rung.STAFF_CALLS
