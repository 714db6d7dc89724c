"""Days on which a clinic sees nobody."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from clinic.audit import recording
from clinic.models import Clinic, Closure, ClosureSource
from clinic.services.holidays import holidays_on


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
        rows = Closure.objects.for_clinic(clinic.id).select_for_update().filter(closed_on__in=list(days))
        stored = {row.closed_on: row for row in rows}
        lifted = [row for row in stored.values() if row.is_lifted]
        for row in lifted:
            row.reason, row.source, row.is_lifted = reason, ClosureSource.CLINIC, False
        Closure.objects.bulk_update(lifted, ["reason", "source", "is_lifted"])
        new = sorted(set(days) - set(stored))
        Closure.objects.bulk_create(
            Closure(clinic=clinic, closed_on=day, reason=reason, source=ClosureSource.CLINIC) for day in new
        )
        return sorted([*new, *(row.closed_on for row in lifted)])


def open_days(*, clinic: Clinic, days: Collection[date], actor_id: int) -> None:
    """Open these days again, whoever closed them. Days that are open stay so.

    A public holiday stays as a lifted row, so that it is not closed anew every night.
    """
    with recording(actor_id=actor_id, reason="days opened again"):
        rows = Closure.objects.for_clinic(clinic.id).in_force().select_for_update()
        closed = list(rows.filter(closed_on__in=list(days)))
        holidays = holidays_on(clinic=clinic, days=[row.closed_on for row in closed])
        lifted = [row for row in closed if row.source == ClosureSource.HOLIDAY or row.closed_on in holidays]
        for row in lifted:
            row.reason = holidays.get(row.closed_on, row.reason)
            row.source, row.is_lifted = ClosureSource.HOLIDAY, True
        Closure.objects.bulk_update(lifted, ["reason", "source", "is_lifted"])
        gone = {row.pk for row in closed} - {row.pk for row in lifted}
        Closure.objects.for_clinic(clinic.id).filter(pk__in=gone).delete()


def remove_closure(*, clinic: Clinic, closure_id: int, actor_id: int) -> None:
    """Open a closed day again, as ``open_days`` does."""
    with recording(actor_id=actor_id, reason="closure removed"):
        found = Closure.objects.for_clinic(clinic.id).filter(pk=closure_id)
        open_days(clinic=clinic, days=list(found.values_list("closed_on", flat=True)), actor_id=actor_id)


def keep_holiday(*, clinic: Clinic, closure_id: int, actor_id: int) -> None:
    """Close a public holiday after all on which the clinic was to work; any other row stays as it is."""
    with recording(actor_id=actor_id, reason="holiday kept"):
        rows = Closure.objects.for_clinic(clinic.id).select_for_update()
        for closure in rows.filter(pk=closure_id, is_lifted=True):
            closure.is_lifted = False
            closure.save(update_fields=["is_lifted"])
