"""What a link is about at this moment, and the times that may be offered behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clinic.selectors.surgeries import surgeries_of
from notifications.domain.patient_acts import PatientAct, Said, VisitNow, possible_acts
from notifications.models import MessagingPolicy, PatientLink
from notifications.models.links import LinkPurpose
from notifications.selectors.answers import said_of_visit
from scheduling.domain.local_time import date_of
from scheduling.domain.slots import Needs, Slot, Window
from scheduling.domain.visit_states import VisitState
from scheduling.selectors.availability import free_slots
from scheduling.selectors.booking import DueItem, Plan, due_items, plan_visit, suggest, window_of_visit
from scheduling.selectors.follow_ups import open_of_patient
from scheduling.selectors.resources import visit_kinds
from scheduling.selectors.rows import Anchor, FollowUp, Visit
from scheduling.selectors.visit_dates import visit_dates
from scheduling.selectors.visit_needs import needs_of_visit
from scheduling.selectors.visits import visit_by_id, visit_by_ref

MOST_TIMES = 2_000
ABOUT_A_VISIT = (LinkPurpose.VISIT, LinkPurpose.BOOK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What a link shows: a visit, or one to be booked, or neither when nothing is due any more."""

    visit: Visit | None = None
    said: Said = Said.NOTHING
    acts: frozenset[PatientAct] = frozenset()
    plan: Plan | None = None


def behind_link(*, link: PatientLink, now: datetime) -> Behind:
    """What the link is about now. A link to book shows the visit once there is one, whoever booked it."""
    if link.purpose not in ABOUT_A_VISIT:
        return Behind()
    today = today_of(link, now)
    if link.purpose == LinkPurpose.VISIT:
        visit = visit_by_id(clinic_id=link.clinic_id, visit_id=link.visit_id) if link.visit_id else None
        return Behind() if visit is None else _seen(visit, now=now, today=today)
    kinds = [kind for kind in visit_kinds(clinic_id=link.clinic_id) if kind.is_active]
    items = due_items(clinic_id=link.clinic_id, patient_id=link.patient_id, kinds=kinds, today=today)
    asked = _asked(link, items)
    booked = next((item.visit_ref for item in asked if item.visit_ref is not None), None)
    if booked is not None:
        visit = visit_by_ref(clinic_id=link.clinic_id, ref=booked)
        return Behind() if visit is None else _seen(visit, now=now, today=today)
    ticked = suggest(items, [item.ref for item in asked]) if asked else ()
    return Behind(plan=plan_visit(items, ticked, kind=None, today=today))


def times_behind(*, link: PatientLink, behind: Behind, now: datetime) -> list[Slot]:
    """The free times that are safe for what the link is about, from the next day on, in order of time.

    Never one after the last safe day, never the time that the visit has now.
    """
    today = today_of(link, now)
    if behind.visit is not None:
        visit = behind.visit
        until = _safe_until(visit, today)
        if until is None:
            return []
        window = window_of_visit(visit=visit, today=today)
        found = _safe(link, needs_of_visit(visit), window, now, ignoring=visit.pk)
        return [
            slot for slot in found if today < slot.local_on <= until and slot.starts_at != visit.starts_at
        ]
    if behind.plan is None:
        return []
    found = _safe(link, behind.plan.needs(), behind.plan.window, now)
    return [slot for slot in found if today < slot.local_on]


def preparation_steps(*, link: PatientLink) -> list[FollowUp]:
    """What is still to be done before the patient's planned operation, by its last day."""
    rows = open_of_patient(clinic_id=link.clinic_id, patient_id=link.patient_id)
    return [row for row in rows if row.anchor == Anchor.SURGERY_PLANNED]


def operation_on(*, link: PatientLink, today: date) -> date | None:
    """The day of the patient's next operation, None where none is ahead."""
    rows = surgeries_of(clinic_id=link.clinic_id, patient_id=link.patient_id)
    ahead = (row.planned_on for row in rows if row.implant_id is None and row.cancelled_on is None)
    return min((day for day in ahead if day >= today), default=None)


def place_of(*, clinic_id: int) -> str:
    """Where the clinic is, as its messages name it; empty where nobody has said."""
    found = MessagingPolicy.objects.for_clinic(clinic_id).values_list("place", flat=True).first()
    return found or ""


def today_of(link: PatientLink, now: datetime) -> date:
    """The day on the clinic's clock."""
    return date_of(now, ZoneInfo(link.clinic.time_zone))


def _seen(visit: Visit, *, now: datetime, today: date) -> Behind:
    said = said_of_visit(clinic_id=visit.clinic_id, visit_id=visit.pk)
    standing = VisitNow(
        state=VisitState(visit.status), starts_at=visit.starts_at, local_on=visit.local_on, said=said
    )
    return Behind(visit=visit, said=said, acts=possible_acts(standing, now=now, today=today))


def _asked(link: PatientLink, items: list[DueItem]) -> list[DueItem]:
    """The follow-up that the link names, or the refill of the pump that its message is about."""
    if link.follow_up_id is not None:
        return [item for item in items if item.follow_up.pk == link.follow_up_id]
    implant_id = link.message.implant_id if link.message else None
    return [item for item in items if item.is_refill and item.follow_up.implant_id == implant_id]


def _safe(
    link: PatientLink, needs: Needs, window: Window, now: datetime, *, ignoring: int | None = None
) -> list[Slot]:
    found = free_slots(
        clinic_id=link.clinic_id,
        needs=needs,
        window=window,
        now=now,
        patient_id=link.patient_id,
        ignoring_visit=ignoring,
        limit=MOST_TIMES,
        is_safe_only=True,
    )
    return sorted(found, key=lambda slot: slot.starts_at)


def _safe_until(visit: Visit, today: date) -> date | None:
    """The last day to offer: a refill's is the pump's, too, whatever else the visit is for. None: no day is safe."""
    if not visit.is_refill or visit.implant_id is None:
        return date.max
    dates = visit_dates(clinic_id=visit.clinic_id, implant_ids=[visit.implant_id], today=today)
    found = dates.get(visit.implant_id)
    return None if found is None else found.latest_visit_on
