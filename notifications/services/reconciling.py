"""The hourly comparison of a clinic: what nobody thought of shows up here, as a number that should be nought.

Every pump is watched; the messages that stand are those that the planner wants; none is overdue; none that needs a
person is without one. What is out of place is counted and put right.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from clinic.selectors.facts import lock_active_implants
from clinic.selectors.operation import clinic_numbers
from clinic.selectors.rows import Implant
from notifications.domain.states import OPEN, State
from notifications.models import Escalation, Message, ReconcilerRun
from notifications.selectors.operation import LATE_AFTER
from notifications.services.delivery.consequences import hand_to_person
from notifications.services.plan import replan
from scheduling.selectors.lapse import lapsed

log = logging.getLogger(__name__)

CHUNK_IMPLANTS = 500
OWNED_SINCE = timedelta(days=30)
"""What needed a person earlier than this has had its day."""


def clinics_to_reconcile(*, now: datetime) -> list[int]:
    """The clinics without a finished comparison of this hour."""
    done = set(
        ReconcilerRun.objects.filter(hour=_hour(now), finished_at__isnull=False).values_list(
            "clinic_id", flat=True
        )
    )
    return [clinic_id for clinic_id, _ in clinic_numbers() if clinic_id not in done]


def reconcile_clinic(*, clinic_id: int, now: datetime) -> ReconcilerRun:
    """Compare and put right; the run's row. Twice at once counts twice and changes nothing more."""
    run, _ = ReconcilerRun.objects.get_or_create(
        clinic_id=clinic_id, hour=_hour(now), defaults={"started_at": now}
    )
    if run.finished_at is not None:
        return run
    run.implants = Implant.objects.for_clinic(clinic_id).filter(explanted_on__isnull=True).count()
    run.unwatched = len(lapsed(clinic_id, now))
    run.missing, run.surplus = _compare_with_plan(clinic_id, now)
    run.planned = Message.objects.for_clinic(clinic_id).open().count()
    run.overdue = _overdue(clinic_id, now)
    run.ownerless = _own(clinic_id, now)
    run.finished_at = now
    run.save()
    if run.missing or run.surplus or run.ownerless:
        log.error(
            "clinic %s: %s messages missing, %s surplus, %s without a person",
            clinic_id,
            run.missing,
            run.surplus,
            run.ownerless,
        )
    return run


def _hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def _compare_with_plan(clinic_id: int, now: datetime) -> tuple[int, int]:
    """(missing, surplus): what planning anew adds, and what it takes back although its time is not over."""
    implant_ids = list(Implant.objects.for_clinic(clinic_id).order_by("id").values_list("id", flat=True))
    missing = surplus = 0
    for first in range(0, len(implant_ids), CHUNK_IMPLANTS):
        more, fewer = _compare_chunk(clinic_id, implant_ids[first : first + CHUNK_IMPLANTS], now)
        missing, surplus = missing + more, surplus + fewer
    return missing, surplus


@transaction.atomic
def _compare_chunk(clinic_id: int, implant_ids: Sequence[int], now: datetime) -> tuple[int, int]:
    lock_active_implants(clinic_id=clinic_id, implant_ids=implant_ids)
    before = _open_keys(clinic_id, implant_ids, now)
    replan(clinic_id, implant_ids, now)
    after = _open_keys(clinic_id, implant_ids, now)
    return len(after - before), len(before - after)


def _open_keys(clinic_id: int, implant_ids: Sequence[int], now: datetime) -> set[int]:
    """The messages that wait and have time left. What ends because its time is over is no defect."""
    rows = Message.objects.for_clinic(clinic_id).filter(
        patient__implants__id__any_of=implant_ids, state__in=OPEN, not_after__gt=now
    )
    return set(rows.values_list("id", flat=True))


def _overdue(clinic_id: int, now: datetime) -> int:
    late = Q(state=State.QUEUED, due_at__lt=now - LATE_AFTER) | Q(
        state=State.UNKNOWN, look_again_at__lt=now - LATE_AFTER
    )
    return Message.objects.for_clinic(clinic_id).filter(late).count()


def _own(clinic_id: int, now: datetime) -> int:
    """Give every message that needs a person one; how many had none."""
    ends = Q(state__in=[State.FAILED, State.DEAD, State.MISSED]) | Q(
        state=State.UNKNOWN, look_again_at__isnull=True
    )
    ownerless = (
        Message.objects.for_clinic(clinic_id)
        .filter(ends, settled_at__gt=now - OWNED_SINCE, user__isnull=True)
        .filter(~Exists(Escalation.objects.filter(message_id=OuterRef("pk"))))
    )
    found = 0
    for message_id in list(ownerless.values_list("id", flat=True)):
        with transaction.atomic():
            row = Message.objects.select_for_update(of=("self",)).filter(ends, pk=message_id).first()
            if row is not None:
                hand_to_person(row, now=now)
                found += 1
    return found
