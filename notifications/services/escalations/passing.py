"""What time alone does to a matter: it goes from person to person, and never ends."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from notifications.domain.escalation.ladder import is_due, passed_on
from notifications.models import Escalation, EscalationStep
from notifications.selectors.roster import on_call
from notifications.services.escalations.rows import WRITTEN, What, locked, matters_of, put, step, tell, told


def pass_on_due(clinic_id: int, now: datetime) -> int:
    """Pass on the clinic's matters whose time has run out, or whose person may no longer act; how many."""
    with transaction.atomic():
        found = on_call(clinic_id)
        rows = _due(clinic_id, now, found.setting.roster.eligible)
        matters = matters_of(rows)
        moved, steps, words = [], [], []
        for row in rows:
            before = matters[row.pk]
            if not is_due(before, now, found.setting):
                continue
            after = passed_on(before, now=now, setting=found.setting)
            put(row, after)
            moved.append(row)
            is_retry = before.again_at is not None and after.level == before.level
            what = What.TOLD if is_retry else What.PASSED_ON
            steps.append(step(row, what, now=now, user_id=after.responsible))
            words.append((row, after, f"again{after.level}x{after.tries}" if is_retry else told(after)))
        Escalation.objects.bulk_update(moved, WRITTEN, batch_size=500)
        EscalationStep.objects.bulk_create(steps, batch_size=500)
        tell(words, now=now, setting=found.setting)
        return len(moved)


def _due(clinic_id: int, now: datetime, eligible: frozenset[int]) -> list[Escalation]:
    """Those that another process has in hand are left to it."""
    has_left = Q(responsible__isnull=False) & ~Q(responsible_id__in=sorted(eligible))
    due = Escalation.objects.for_clinic(clinic_id).filter(
        Q(respond_by__lte=now) | has_left, acknowledged_at__isnull=True, gone_at__isnull=True
    )
    return locked(clinic_id, list(due.values_list("pk", flat=True)), skip_locked=True)
