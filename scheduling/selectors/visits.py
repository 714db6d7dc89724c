"""Single visits, their history, and the visits of a patient. Every read starts from the clinic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from clinic.selectors.rows import Clinic
from scheduling.domain.local_time import date_of, start_of_day
from scheduling.domain.slot_refusals import Sought
from scheduling.domain.slots import Fit, Slot, Window
from scheduling.domain.visit_states import Standing, VisitEvent, VisitState, events_possible
from scheduling.models import FollowUp, Resource, Status, Visit, VisitFollowUp, VisitStatus
from scheduling.selectors.availability import free_slots
from scheduling.selectors.visit_needs import windows_of

ALTERNATIVES = 5
DAYS_SEARCHED = 14
_ONE_DAYS_STARTS = 8
"""So many times as many are looked at as are given, so that the day asked for is seen to its evening."""


def visit_by_ref(*, clinic_id: int, ref: UUID) -> Visit | None:
    """The clinic's visit with this reference, with patient, pump, kind, nurse and room; None for any other."""
    return _whole(clinic_id).filter(ref=ref).first()


def visit_by_id(*, clinic_id: int, visit_id: int) -> Visit | None:
    """The clinic's visit with this number, likewise."""
    return _whole(clinic_id).filter(pk=visit_id).first()


def all_visits(*, clinic_id: int) -> QuerySet[Visit]:
    """The clinic's visits with patient, pump, kind, nurse and room; slots that are only held are left out."""
    return _whole(clinic_id).exclude(status=Status.PROPOSED)


def visits_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[Visit]:
    """The patient's visits, the latest first; slots that are only held are left out."""
    return all_visits(clinic_id=clinic_id).filter(patient_id=patient_id).order_by("-starts_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which visits are asked for; None: any. Days are the clinic's, both included."""

    first_on: date | None = None
    last_on: date | None = None
    patient_ref: UUID | None = None
    nurse_ref: UUID | None = None
    room_ref: UUID | None = None
    kind_ref: UUID | None = None
    status: str | None = None


def visit_rows(*, clinic_id: int, wanted: Wanted) -> QuerySet[Visit]:
    """The clinic's visits with patient, pump, kind, nurse and room; slots that are only held are left out."""
    asked = {
        "local_on__gte": wanted.first_on,
        "local_on__lte": wanted.last_on,
        "patient__ref": wanted.patient_ref,
        "nurse__ref": wanted.nurse_ref,
        "room__ref": wanted.room_ref,
        "kind__ref": wanted.kind_ref,
        "status": wanted.status,
    }
    rows = all_visits(clinic_id=clinic_id)
    return rows.filter(**{name: value for name, value in asked.items() if value is not None})


def histories(*, clinic_id: int, visit_ids: Collection[int]) -> dict[int, list[VisitStatus]]:
    """What became of each of these visits, oldest first, with who did it (one query)."""
    found: defaultdict[int, list[VisitStatus]] = defaultdict(list)
    rows = VisitStatus.objects.for_clinic(clinic_id).filter(visit_id__in=list(visit_ids))
    for row in rows.select_related("by").order_by("pk"):
        found[row.visit_id].append(row)
    return found


def purposes_of(*, clinic_id: int, visit_ids: Collection[int]) -> dict[int, list[UUID]]:
    """The references of what each of these visits is for, the most pressing first (one query)."""
    found: defaultdict[int, list[UUID]] = defaultdict(list)
    rows = VisitFollowUp.objects.for_clinic(clinic_id).filter(visit_id__in=list(visit_ids))
    for visit_id, ref in rows.order_by("follow_up__latest_on", "follow_up_id").values_list(
        "visit_id", "follow_up__ref"
    ):
        found[visit_id].append(ref)
    return found


def status_history(*, clinic_id: int, visit_id: int) -> list[VisitStatus]:
    """What became of the visit, oldest first, with who did it."""
    rows = VisitStatus.objects.for_clinic(clinic_id).filter(visit_id=visit_id)
    return list(rows.select_related("by").order_by("pk"))


def purposes(*, clinic_id: int, visit_id: int) -> list[FollowUp]:
    """What the visit is for, the most pressing first."""
    rows = FollowUp.objects.for_clinic(clinic_id).filter(visits__visit_id=visit_id)
    return list(rows.order_by("latest_on", "pk"))


def standing_of(visit: Visit) -> Standing:
    """What decides what may happen to the visit."""
    return Standing(
        state=VisitState(visit.status),
        starts_at=visit.starts_at,
        day_starts_at=start_of_day(visit.local_on, ZoneInfo(visit.time_zone)),
    )


def possible_events(visit: Visit, *, now: datetime) -> frozenset[VisitEvent]:
    """What a person may do to the visit now; the buttons of its page."""
    return events_possible(standing_of(visit), now=now)


def next_free_times(
    *, clinic: Clinic, sought: Sought, now: datetime, limit: int = ALTERNATIVES
) -> list[Slot]:
    """The free times nearest to one that cannot be had, from its day on, in order of time.

    With the nurse and the room that were asked for, or with any where they have none; each marked where it is
    after the last safe day of what the visit is for.
    """
    today = date_of(now, ZoneInfo(clinic.time_zone))
    first_on = max(sought.local_on, today)
    search = Window(target_on=first_on, latest_on=first_on + timedelta(days=DAYS_SEARCHED))
    anybody = replace(sought.needs, nurse_id=None, room_id=None, preferred_nurse_id=sought.needs.nurse_id)
    found: list[Slot] = []
    for needs in dict.fromkeys((sought.needs, anybody)):
        found = found or free_slots(
            clinic_id=clinic.id,
            needs=needs,
            window=search,
            now=now,
            patient_id=sought.patient_id,
            ignoring_visit=sought.ignoring_visit,
            limit=limit * _ONE_DAYS_STARTS,
        )
    nearest = sorted(found, key=lambda slot: abs(slot.starts_at - sought.starts_at))[:limit]
    due = windows_of(clinic_id=clinic.id, follow_up_ids=sought.follow_up_ids, today=today).values()
    return [
        replace(slot, fit=max((window.fit_on(slot.local_on) for window in due), default=Fit.IN_WINDOW))
        for slot in sorted(nearest, key=lambda slot: slot.starts_at)
    ]


def resource_refs(*, clinic_id: int) -> dict[int, UUID]:
    """The references of the clinic's nurses and rooms, by id."""
    return dict(Resource.objects.for_clinic(clinic_id).values_list("pk", "ref"))


def _whole(clinic_id: int) -> QuerySet[Visit]:
    return Visit.objects.for_clinic(clinic_id).select_related(
        "patient", "implant__pump_model", "kind", "nurse", "room", "booked_by", "override_by"
    )
