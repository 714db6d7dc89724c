"""Visits whose reminder asked for an answer that never came: a person calls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from notifications.selectors.unanswered import settled, unanswered_visits
from notifications.services.escalations.late import mark_gone
from notifications.services.escalations.opening import Ask, open_all


def open_unanswered_of(clinic_id: int, now: datetime) -> None:
    """Open a matter for each visit that is unanswered too near to its day, once for each time it stood at.

    What was answered, moved or called off since is marked, the same for visits that patients asked to change and
    check-ins that they missed; a person confirms it. What stands again as it stood goes on.
    """
    with transaction.atomic():
        found = settled(clinic_id=clinic_id, now=now)
        for cause, why in found.gone.items():
            mark_gone(clinic_id, why, cause=cause, now=now)
        wanted = [*unanswered_visits(clinic_id=clinic_id, now=now), *found.back]
        open_all(clinic_id, [Ask(**asdict(each)) for each in wanted], now=now)
