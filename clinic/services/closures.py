"""Days on which a clinic sees nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from clinic.audit import recording
from clinic.models import Clinic, Closure, ClosureSource
from clinic.services.holidays import holiday_on


def add_closure(*, clinic: Clinic, closed_on: date, reason: str, actor_id: int) -> Closure:
    """Close a day; closing it again changes its reason. A closed holiday becomes the clinic's own decision."""
    with recording(actor_id=actor_id, reason="closure added"):
        closure, _ = Closure.objects.update_or_create(
            clinic=clinic,
            closed_on=closed_on,
            defaults={"reason": reason, "source": ClosureSource.CLINIC, "is_lifted": False},
        )
        return closure


def close_days(*, clinic: Clinic, days: Collection[date], reason: str, actor_id: int) -> list[date]:
    """Close those of the days that are open, and say which they were; closed ones keep their reason."""
    with recording(actor_id=actor_id, reason="days closed"):
        closed = set(
            Closure.objects.for_clinic(clinic.id)
            .in_force()
            .filter(closed_on__in=days)
            .values_list("closed_on", flat=True)
        )
        added = sorted(set(days) - closed)
        for day in added:
            add_closure(clinic=clinic, closed_on=day, reason=reason, actor_id=actor_id)
        return added


def open_days(*, clinic: Clinic, days: Collection[date], actor_id: int) -> None:
    """Open these days again, whoever closed them. Days that are open stay so."""
    with recording(actor_id=actor_id, reason="days opened again"):
        for closure in Closure.objects.for_clinic(clinic.id).in_force().filter(closed_on__in=days):
            remove_closure(clinic=clinic, closure_id=closure.pk, actor_id=actor_id)


def remove_closure(*, clinic: Clinic, closure_id: int, actor_id: int) -> None:
    """Open a closed day again. A public holiday stays as a lifted row, so that it is not closed anew every night."""
    with recording(actor_id=actor_id, reason="closure removed"):
        closure = Closure.objects.for_clinic(clinic.id).select_for_update().filter(pk=closure_id).first()
        if closure is None:
            return
        holiday = holiday_on(clinic=clinic, day=closure.closed_on)
        if closure.source == ClosureSource.CLINIC and holiday is None:
            closure.delete()
            return
        closure.source, closure.is_lifted = ClosureSource.HOLIDAY, True
        closure.reason = holiday or closure.reason
        closure.save(update_fields=["source", "is_lifted", "reason"])


def keep_holiday(*, clinic: Clinic, closure_id: int, actor_id: int) -> None:
    """Close a public holiday after all on which the clinic was to work; any other row stays as it is."""
    with recording(actor_id=actor_id, reason="holiday kept"):
        rows = Closure.objects.for_clinic(clinic.id).select_for_update()
        for closure in rows.filter(pk=closure_id, is_lifted=True):
            closure.is_lifted = False
            closure.save(update_fields=["is_lifted"])
