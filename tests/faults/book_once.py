"""A process that books one visit: `python -m tests.faults.book_once CLINIC PATIENT KIND NURSE ROOM DAY`."""

from __future__ import annotations

import sys
from datetime import date, time
from uuid import UUID

import django


def main(clinic: str, patient: str, kind: str, nurse: str, room: str, day: str) -> None:
    django.setup()
    from django.utils import timezone

    from clinic.models import Clinic, Membership
    from clinic.scope import across_clinics, in_clinic
    from scheduling.domain.visit_entries import VisitEntry
    from scheduling.services.booking import book_visit

    found = Clinic.objects.get(slug=clinic)
    entry = VisitEntry(
        patient_ref=UUID(patient),
        kind_ref=UUID(kind),
        nurse_ref=UUID(nurse),
        room_ref=UUID(room),
        local_on=date.fromisoformat(day),
        local_at=time(10),
    )
    with across_clinics("who books is not what this is about"):
        actor = Membership.objects.filter(clinic=found).values_list("user_id", flat=True)[0]
    with in_clinic(found.pk):
        visit = book_visit(clinic=found, entry=entry, actor_id=actor, now=timezone.now())
    sys.stdout.write(f"booked {visit.ref}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
