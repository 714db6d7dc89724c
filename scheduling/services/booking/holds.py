"""Held slots: a visit that nobody has decided on yet, and that goes by itself."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from clinic.audit import recording
from scheduling.models import Status, Visit

MOST_AT_ONCE = 500


def release_expired_holds(*, now: datetime) -> int:
    """Delete holds whose time is over; how many. Those that somebody is working on are left to them.

    Nobody depends on it: an expired hold stands in nobody's way, this only keeps the tables clean.
    """
    with transaction.atomic():
        expired = (
            Visit.objects.filter(status=Status.PROPOSED, hold_expires_at__lte=now)
            .order_by("pk")
            .select_for_update(skip_locked=True, of=("self",))
            .values_list("pk", flat=True)[:MOST_AT_ONCE]
        )
        return delete_holds(expired)


def delete_holds(visit_ids: Iterable[int]) -> int:
    """Delete these visits if they are holds, in the caller's transaction; how many there were."""
    ids = list(visit_ids)
    if not ids:
        return 0
    with recording(actor_id=None, reason="hold released"):
        found = Visit.objects.filter(pk__any_of=ids, status=Status.PROPOSED)
        number = found.count()
        found.delete()
    return number
