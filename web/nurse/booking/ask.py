"""What a booking page was asked for: whose visit, for what, with whom. It stands in the address, names nobody there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import QueryDict

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from clinic.selectors.rows import Implant, Patient
from scheduling.domain.slots import Fit, Slot
from scheduling.selectors.availability import free_slots
from scheduling.selectors.booking import DueItem, Plan, due_items, plan_visit, suggest
from scheduling.selectors.calendar import Choices, calendar_choices
from scheduling.selectors.rows import Resource, VisitKind
from web.access import ClinicRequest
from web.nurse.calendar.address import read_day, read_ref
from web.nurse.frame import patient_or_404

MANY = 200
SOON_DAYS = 120
"""What is due later than this is offered below a fold: a visit next week is not booked for next year's review."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The answer to: a visit of this patient, for these follow-ups, of this kind, with this nurse?"""

    patient: Patient
    items: list[DueItem]
    ticked: tuple[UUID, ...]
    choices: Choices
    plan: Plan | None
    nurse: Resource | None
    kind: VisitKind | None
    wants_more: bool
    today: date
    pumps: list[Implant]
    added: tuple[UUID, ...] = ()
    """What is ticked without having been asked for, and makes the visit longer."""
    is_lightened: bool = False
    """Whether that was left out again, for a sooner time."""

    @property
    def soon(self) -> list[DueItem]:
        """What is due soon, or ticked."""
        return [item for item in self.items if self._is_soon(item)]

    @property
    def later(self) -> list[DueItem]:
        """What is due one day."""
        return [item for item in self.items if not self._is_soon(item)]

    def _is_soon(self, item: DueItem) -> bool:
        horizon = self.today + timedelta(days=SOON_DAYS)
        return item.ref in self.ticked or item.due.window.target_on <= horizon

    @property
    def implant_ref(self) -> UUID | None:
        """The pump of the visit: of its refill, else of whatever it is for, else the patient's only one."""
        taken = self.plan.items if self.plan else ()
        refs = [item.follow_up.implant.ref for item in taken if item.is_refill and item.follow_up.implant]
        refs += [item.follow_up.implant.ref for item in taken if item.follow_up.implant]
        refs += [pump.ref for pump in self.pumps if len(self.pumps) == 1]
        return refs[0] if refs else None

    def query(self, **changed: str) -> str:
        """The address's query that asks for the same, with some of its values changed."""
        pairs = [
            ("patient", str(self.patient.ref)),
            ("chosen", "1"),
            *(("follow_up", str(ref)) for ref in self.ticked),
            *((("kind", self.kind.key),) if self.kind else ()),
            *((("nurse", str(self.nurse.ref)),) if self.nurse else ()),
        ]
        return urlencode([pair for pair in pairs if pair[0] not in changed] + [*changed.items()])


def read_ask(request: ClinicRequest, data: QueryDict) -> Ask | None:
    """What was asked for; None where it names no patient. A patient of another clinic is not found."""
    patient_ref = read_ref(data.get("patient", ""))
    if patient_ref is None:
        return None
    patient = patient_or_404(request, patient_ref)
    choices = calendar_choices(clinic_id=request.clinic.id)
    items = due_items(
        clinic_id=request.clinic.id, patient_id=patient.id, kinds=choices.kinds, today=request.today
    )
    asked = tuple(ref for ref in map(read_ref, data.getlist("follow_up")) if ref)
    kind = next((each for each in choices.kinds if each.key == data.get("kind")), None)
    ticked = asked if data.get("chosen") else (() if kind and not asked else suggest(items, asked))
    nurse = next((each for each in choices.nurses if str(each.ref) == data.get("nurse")), None)
    if kind is None and not ticked:
        kind = next((each for each in choices.kinds if not each.is_refill), None)
    return Ask(
        patient=patient,
        items=items,
        ticked=ticked,
        choices=choices,
        plan=plan_visit(items, ticked, kind=kind, today=request.today),
        nurse=nurse,
        kind=kind,
        wants_more=bool(data.get("more")),
        today=request.today,
        pumps=[
            each
            for each in implants_of(clinic_id=request.clinic.id, patient_id=patient.id)
            if each.explanted_on is None
        ],
        added=() if data.get("chosen") else _added(items, ticked, asked),
    )


def _added(items: list[DueItem], ticked: tuple[UUID, ...], asked: tuple[UUID, ...]) -> tuple[UUID, ...]:
    taken = [item for item in items if item.ref in ticked]
    wanted = [item for item in taken if item.ref in asked] or taken[:1]
    kinds = {item.kind.pk for item in wanted}
    return tuple(item.ref for item in taken if item.kind.pk not in kinds)


def times_for(request: ClinicRequest, ask: Ask) -> tuple[Ask, list[Slot]]:
    """The free times, best first; and what they are for.

    What goes well together is not to make the visit late: where it is, and a shorter one is to be had sooner
    (or at all), what was only suggested is left out.
    """
    slots = slots_for(request, ask)
    if not ask.added or (slots and slots[0].fit < Fit.AT_RISK):
        return ask, slots
    ticked = tuple(ref for ref in ask.ticked if ref not in ask.added)
    plan = plan_visit(ask.items, ticked, kind=ask.kind, today=ask.today)
    shorter = replace(ask, ticked=ticked, plan=plan, added=(), is_lightened=True)
    sooner = slots_for(request, shorter)
    if sooner and (not slots or sooner[0].local_on < slots[0].local_on):
        return shorter, sooner
    return ask, slots


def slots_for(request: ClinicRequest, ask: Ask) -> list[Slot]:
    """The free times for what was asked, best first."""
    if ask.plan is None:
        return []
    return free_slots(
        clinic_id=request.clinic.id,
        needs=ask.plan.needs(nurse_id=ask.nurse.id if ask.nurse else None),
        window=ask.plan.window,
        now=request.now,
        patient_id=ask.patient.id,
        limit=MANY,
    )


def asked_time(data: QueryDict) -> dict[str, Any]:
    """A time that was pressed in the calendar, to fill in the fields for a time by hand."""
    day: date | None = read_day(data.get("on", ""))
    return {
        "local_on": day,
        "local_at": data.get("at", "")[:5],
        "nurse": data.get("nurse", ""),
        "room": data.get("room", ""),
    }


def zone_of(request: ClinicRequest) -> ZoneInfo:
    """The clinic's zone."""
    return ZoneInfo(request.clinic.time_zone)


def may_overbook(request: ClinicRequest) -> bool:
    """Whether this person may put a visit where there is no room, by name."""
    return request.may(Permission.OVERBOOK)
