"""One free time each for many patients at once: none of them takes another's nurse, room or capacity."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.selectors.facts import clinic_facts
from clinic.selectors.rows import Patient
from scheduling.domain.combining import Due
from scheduling.domain.intervals import seconds_of
from scheduling.domain.seats import Busy
from scheduling.domain.slots import House, Needs, Slot, find_slots
from scheduling.models import STANDING, UNFINISHED, FollowUp, Mode, VisitFollowUp, VisitKind
from scheduling.models.care import REFILL
from scheduling.selectors.availability import open_house, patients_busy
from scheduling.selectors.booking import USUAL_KIND, DueItem, Plan, plan_visit
from scheduling.selectors.visit_needs import windows_of

MOST_AT_ONCE = 50
CHOICES_EACH = 12
CHOICES_A_DAY = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """A visit for one patient (and pump): the time proposed, and others to choose from. No slots: none was found."""

    patient: Patient
    plan: Plan
    slots: tuple[Slot, ...] = ()

    @property
    def implant_ref(self) -> UUID | None:
        """The pump of what the visit is for."""
        pumps = [item.follow_up.implant for item in self.plan.items if item.follow_up.implant]
        return pumps[0].ref if pumps else None


@dataclass(frozen=True, slots=True)
class Proposals:
    """What was proposed, the most pressing first; the follow-ups that take no visit, are closed or booked already."""

    visits: list[Proposal] = field(default_factory=list)
    left_out: list[FollowUp] = field(default_factory=list)


def propose_visits(
    *, clinic_id: int, refs: Collection[UUID], now: datetime, even_if_booked: bool = False
) -> Proposals:
    """A visit for each patient of these follow-ups, at the best time that is still free when its turn comes.

    One that a visit stands for is left out, unless ``even_if_booked``: what was posted once may come again.

    Those whose last day is nearest choose first. The follow-ups of one patient (and pump) share a visit. At most
    MOST_AT_ONCE follow-ups are looked at. The number of queries does not grow with the patients.
    """
    facts = clinic_facts(clinic_id=clinic_id)
    zone = ZoneInfo(facts.time_zone)
    today = now.astimezone(zone).date()
    rows = list(
        FollowUp.objects.for_clinic(clinic_id)
        .filter(ref__in=list(refs)[:MOST_AT_ONCE])
        .select_related("patient", "implant__pump_model")
        .order_by("id")
    )
    kinds = list(VisitKind.objects.for_clinic(clinic_id).filter(is_active=True))
    booked = set() if even_if_booked else _booked(rows)
    wanted = [
        row for row in rows if row.state in UNFINISHED and row.mode == Mode.VISIT and row.pk not in booked
    ]
    left_out = [row for row in rows if row not in wanted]
    if not wanted or not kinds:
        return Proposals(left_out=rows)
    windows = windows_of(clinic_id=clinic_id, follow_up_ids=[row.pk for row in wanted], today=today)
    groups: dict[tuple[int, int], list[DueItem]] = {}
    for row in wanted:
        kind = _kind_of(row, kinds)
        item = DueItem(row, kind, Due(row.pk, kind.pk, kind.duration_minutes, windows[row.pk]))
        groups.setdefault((row.patient_id, row.implant_id or 0), []).append(item)
    plans = [
        (items, plan_visit(items, [item.ref for item in items], kind=None, today=today))
        for items in groups.values()
    ]
    pressing = sorted(
        ((items[0].follow_up.patient, plan) for items, plan in plans if plan is not None),
        key=lambda each: (each[1].window.latest_on, each[1].window.target_on, each[0].pk),
    )
    return Proposals(_placed(clinic_id, pressing, now, zone), left_out)


def _booked(rows: Sequence[FollowUp]) -> set[int]:
    served = VisitFollowUp.objects.filter(
        follow_up_id__any_of=[row.pk for row in rows], visit__status__in=STANDING
    )
    return set(served.values_list("follow_up_id", flat=True))


def _kind_of(row: FollowUp, kinds: Sequence[VisitKind]) -> VisitKind:
    by_key = {kind.key: kind for kind in kinds}
    refill = next((kind for kind in kinds if kind.is_refill), None)
    usual = by_key.get(USUAL_KIND, kinds[0])
    if row.row_key == REFILL and refill is not None:
        usual = refill
    return by_key.get(row.visit_kind_key, usual)


def _placed(
    clinic_id: int, pressing: Sequence[tuple[Patient, Plan]], now: datetime, zone: ZoneInfo
) -> list[Proposal]:
    today = now.astimezone(zone).date()
    days = [day for _, plan in pressing for _, found in plan.window.days(today) for day in found]
    if not days:
        return [Proposal(patient, plan) for patient, plan in pressing]
    first_on, last_on = min(days), max(days)
    house = open_house(clinic_id=clinic_id, first_on=first_on, last_on=last_on, now=now)
    busy = patients_busy(
        clinic_id=clinic_id,
        patient_ids={patient.pk for patient, _ in pressing},
        first_on=first_on,
        last_on=last_on,
        now=now,
        zone=zone,
    )
    found = []
    for patient, plan in pressing:
        needs = plan.needs()
        theirs = busy.setdefault(patient.pk, [])
        slots = find_slots(
            needs, plan.window, house, patient_busy=theirs, limit=CHOICES_EACH, most_a_day=CHOICES_A_DAY
        )
        if slots:
            _take(house, needs, slots[0])
            theirs.append(Busy(slots[0].starts_at, slots[0].starts_at + timedelta(seconds=needs.seconds)))
        found.append(Proposal(patient, plan, tuple(slots)))
    return found


def _take(house: House, needs: Needs, slot: Slot) -> None:
    """Count the slot's nurse, room and capacity as taken for the patients after this one."""
    start = seconds_of(slot.starts_at)
    end = start + needs.seconds
    for resource_id in (slot.nurse_id, slot.room_id, slot.capacity_id):
        if resource_id is not None:
            book = house.books[resource_id]
            book.take(start, end, book.free_seat(start, end))
