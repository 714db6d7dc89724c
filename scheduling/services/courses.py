"""The locks under which follow-ups change: their pumps', and the operations' of those that have no pump yet."""

from __future__ import annotations

from collections.abc import Iterable

from clinic.selectors.care_facts import lock_surgeries
from clinic.selectors.facts import lock_active_implants


def lock_courses(clinic_id: int, courses: Iterable[tuple[int | None, int]]) -> None:
    """Lock what these (pump or None, patient) are planned by, before any follow-up of theirs is locked.

    Whoever changes follow-ups of several patients then waits where everybody waits, and holds nothing that somebody
    ahead of them needs. See docs/adr/0012-seats-and-locks.md.
    """
    seen = set(courses)
    implant_ids = {implant_id for implant_id, _ in seen if implant_id is not None}
    patient_ids = {patient_id for implant_id, patient_id in seen if implant_id is None}
    if implant_ids:
        lock_active_implants(clinic_id=clinic_id, implant_ids=implant_ids)
    if patient_ids:
        lock_surgeries(clinic_id=clinic_id, patient_ids=patient_ids)
