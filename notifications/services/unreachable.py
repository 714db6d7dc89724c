"""Patients whom no reminder of their next visit can reach: a person finds a way."""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from notifications.domain.escalation.causes import Cause
from notifications.domain.plan import Reach, reach_of_visits
from notifications.models import Escalation
from notifications.selectors.unanswered import asked_of, stands_as_named
from notifications.selectors.unreachable import open_unreachable, visits_without_word
from notifications.services.escalations.late import mark_gone
from notifications.services.escalations.opening import Ask, open_all
from notifications.services.plan.reading import read
from scheduling.selectors.late_refills import NotLate

log = logging.getLogger(__name__)
REACHED = "reached"
"""Why a matter is gone: somebody was told, or will be."""


def open_unreachable_of(clinic_id: int, now: datetime) -> None:
    """Open a matter for each patient whom nobody can tell of the nearest visit, once for each time it stands at.

    One at a time for a patient. Marked where a word can go after all, or the visit is off; back where it cannot again.
    """
    with transaction.atomic():
        matters = open_unreachable(clinic_id=clinic_id)
        near = visits_without_word(clinic_id=clinic_id, now=now)
        about = {row.visit.patient_id for row in matters if row.visit} | {visit.patient_id for visit in near}
        reach = _reach(clinic_id, about, now)
        gone = {row.key: why for row in matters if row.gone_at is None and (why := _why_gone(row, reach))}
        mark_gone(clinic_id, gone, cause=Cause.UNREACHABLE.value, now=now)
        standing = [
            row
            for row in matters
            if row.visit and stands_as_named(row) and reach.get(row.visit.pk) is Reach.NOBODY
        ]
        wanted = [row.visit for row in standing if row.visit and row.gone_at is not None]
        busy = {row.patient_id for row in matters if row.gone_at is None and row.key not in gone}
        busy |= {visit.patient_id for visit in wanted}
        for visit in near:
            if visit.patient_id not in busy and reach.get(visit.pk) is Reach.NOBODY:
                busy.add(visit.patient_id)
                wanted.append(visit)
        open_all(clinic_id, [Ask(**asdict(asked_of(visit, Cause.UNREACHABLE))) for visit in wanted], now=now)


def _why_gone(row: Escalation, reach: dict[int, Reach]) -> str:
    if not stands_as_named(row):
        return NotLate.ENDED
    return REACHED if reach.get(row.visit_id or 0) is Reach.TOLD else ""


def _reach(clinic_id: int, patient_ids: Collection[int], now: datetime) -> dict[int, Reach]:
    """By visit; a patient who cannot be planned for has everything held back, which a person is told of already."""
    if not patient_ids:
        return {}
    reading = read(clinic_id, patient_ids, now, is_locking=False)
    found: dict[int, Reach] = {}
    for patient_id in reading.contacts:
        try:
            found |= reach_of_visits(reading.of(patient_id).facts, reading.rules, reading.policy, now=now)
        except Exception as error:
            log.error("nobody knows who reaches patient %s (%s)", patient_id, type(error).__name__)
    return found
