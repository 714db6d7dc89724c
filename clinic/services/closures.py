"""Days on which a clinic sees nobody."""

from __future__ import annotations

from datetime import date

from clinic.audit import recording
from clinic.models import Clinic, Closure


def add_closure(*, clinic: Clinic, closed_on: date, reason: str, actor_id: int) -> Closure:
    """Close a day; closing it again changes its reason."""
    with recording(actor_id=actor_id, reason="closure added"):
        closure, _ = Closure.objects.update_or_create(
            clinic=clinic, closed_on=closed_on, defaults={"reason": reason}
        )
        return closure


def remove_closure(*, clinic: Clinic, closure_id: int, actor_id: int) -> None:
    """Open a closed day again."""
    with recording(actor_id=actor_id, reason="closure removed"):
        Closure.objects.for_clinic(clinic.id).filter(pk=closure_id).delete()
