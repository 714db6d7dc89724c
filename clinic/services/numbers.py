"""Keeping every number's dialable form right when the clinic's country, which it is read in, changes."""

from __future__ import annotations

from clinic.audit import recording
from clinic.domain.phones import reachable_at
from clinic.models import Clinic, ContactPoint

CHUNK = 1_000


def bring_up_dialable(*, clinic: Clinic, actor_id: int | None) -> int:
    """Read every number of the clinic again; how many are dialled otherwise now. Asked again, it changes nothing."""
    with recording(actor_id=actor_id, reason="numbers read in the clinic's country"):
        points = ContactPoint.objects.for_clinic(clinic.id).order_by("patient_id", "id")
        changed = []
        for point in points.iterator(chunk_size=CHUNK):
            found = reachable_at(point.kind, point.value, clinic.holiday_country)
            if point.dialable != found:
                point.dialable = found
                changed.append(point)
        ContactPoint.objects.bulk_update(changed, ["dialable"], batch_size=CHUNK)
        return len(changed)
