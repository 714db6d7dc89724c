"""Everything that happens in a clinic, each as one call with a number to choose by; refusals are part of life."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.entries import (
    DrugEntry,
    EventEntry,
    FillEntry,
    ImplantEntry,
    PatientEntry,
    ProgramEntry,
    ReadingEntry,
    SurgeryEntry,
)
from clinic.domain.roles import Role
from clinic.models import (
    Closure,
    Fill,
    Implant,
    Membership,
    Patient,
    ProgramVersion,
    PumpEvent,
    Reading,
    Surgery,
)
from clinic.services.accounts import change_membership
from clinic.services.closures import add_closure, remove_closure
from clinic.services.fills import correct_fill, record_fill, void_fill
from clinic.services.implants import add_implant, record_explant, withdraw_explant
from clinic.services.observations import record_event, record_reading, void_event, void_reading
from clinic.services.patients import (
    add_contact_point,
    add_patient,
    record_consent,
    record_death,
    withdraw_death,
)
from clinic.services.programs import correct_program, record_program, void_program
from clinic.services.surgeries import cancel_surgery, move_surgery, plan_surgery
from notifications.services.deliver import deliver_batch
from scheduling.domain.care.protocol_entry import entry_of
from scheduling.domain.slots import Window
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.models import (
    DayClosing,
    FollowUp,
    HoursException,
    Resource,
    SweepRun,
    Visit,
    VisitKind,
)
from scheduling.selectors.availability import free_slots
from scheduling.selectors.protocols import protocol_in_force, rows_in_force
from scheduling.selectors.sweeps import queued_chunks
from scheduling.selectors.visit_needs import needs_of, needs_of_visit
from scheduling.services import booking
from scheduling.services.closing_days.confirm import confirm_closing
from scheduling.services.closing_days.propose import propose_closing
from scheduling.services.closing_days.undo import undo_closing
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_up,
    reopen_follow_up,
)
from scheduling.services.protocols import save_protocol
from scheduling.services.sweeps import begin_due_nights, run_chunk, start_recalculation
from tests.factories import House

T = TypeVar("T")
MOST_PATIENTS = 4
PUMPS = ("synchromed-ii-40", "synchromed-ii-20", "prometra-ii-20")
DRUGS = (("baclofen", "2000", "mcg/mL", "mcg/day"), ("morphine", "25", "mg/mL", "mg/day"))
_STANDING = ("pending", "booked", "arrived", "checked-in")


class Life:
    """A clinic and its clock. ``last`` is what was tried last, to be tried again."""

    def __init__(self, house: House) -> None:
        self.house, self.clinic, self.now = house, house.clinic, house.now
        self.last: Callable[[], object] = lambda: None
        self.is_changed = True
        """Whether the last step did anything: refused, it left nothing behind."""
        self.may_reopen = False
        """Whether the last step may open again what a person had closed."""
        self.story: list[str] = []

    @property
    def today(self) -> date:
        self.house.now = self.now
        return self.house.today

    @property
    def by(self) -> dict[str, Any]:
        return {"clinic": self.clinic, "actor_id": self.house.administrator.id, "now": self.now}

    def attempt(self, act: Callable[[], T], *, may_reopen: bool = False) -> T | None:
        """Do it, or be refused; a refusal must leave nothing behind."""
        self.last, self.may_reopen = act, may_reopen
        try:
            with transaction.atomic():
                done = act()
            self.is_changed = True
            return done
        except (RecordError, ObjectDoesNotExist) as refusal:
            self.story.append(f"  refused: {refusal}")
            return None

    def again(self) -> None:
        """The same step once more: a double click, a repeated request."""
        may_reopen = self.may_reopen
        self.attempt(self.last, may_reopen=may_reopen)

    # --- Patients and their record ----------------------------------------------------------------------

    def admit(self, number: int, *, implanted_ago: int, is_reachable: bool) -> None:
        if Patient.objects.for_clinic(self.clinic.id).count() >= MOST_PATIENTS:
            return
        name = f"P{Patient.objects.count() + 1}"
        entry = PatientEntry(
            mrn=f"M-{name}", last_name=name, first_name="Ursula", birth_date=date(1961, 5, 4)
        )
        patient = self.attempt(lambda: add_patient(entry=entry, **self.by))
        if patient is None:
            return
        if is_reachable:
            record_consent(
                patient_ref=patient.ref, channel="email", is_granted=True, wording="Yes.", **self.by
            )
            add_contact_point(patient_ref=patient.ref, kind="email", value="ursula@example.org", **self.by)
        if implanted_ago:
            self.implant(patient, number, ago=implanted_ago)
        self.last = lambda: add_patient(entry=entry, **self.by)

    def implant(self, patient: Patient, number: int, *, ago: int) -> None:
        day = self.today - timedelta(days=ago)
        serial = f"S{Implant.objects.count() + 1}-{number}"
        entry = ImplantEntry(pump_model_key=PUMPS[number % 3], serial=serial, implanted_on=day)
        made = self.attempt(lambda: add_implant(patient_ref=patient.ref, entry=entry, **self.by))
        if made is not None and number % 4:
            filled_on = self.today - timedelta(days=min(ago, 10 + number % 40))
            self.attempt(lambda: record_fill(implant_ref=made.ref, entry=self._fill(number, filled_on),
                                             program=self._program(number, filled_on, number), **self.by))  # fmt: skip

    def _fill(self, number: int, day: date) -> FillEntry:
        drug, concentration, unit, _ = DRUGS[number % 2]
        return FillEntry(
            filled_on=day,
            fill_volume_ml=Decimal(18 if number % 3 else 12),
            drugs=(DrugEntry(drug_key=drug, concentration=Decimal(concentration), concentration_unit=unit),),
        )

    def _program(self, number: int, day: date, dose: int) -> ProgramEntry:
        unit = DRUGS[number % 2][3]
        amount = Decimal(100 + dose % 900) if unit == "mcg/day" else Decimal(1 + dose % 8)
        return ProgramEntry(starts_on=day, kind="continuous", dose=amount, dose_unit=unit)

    def refill(self, number: int, *, ago: int, is_programmed: bool) -> None:
        implant = self._of(self.implants(), number)
        day = self.today - timedelta(days=ago)
        program = self._program(number, day, number * 7) if is_programmed else None
        self.attempt(
            lambda: record_fill(
                implant_ref=implant.ref, entry=self._fill(number, day), program=program, **self.by
            ),
            may_reopen=False,
        )

    def change_dose(self, number: int, dose: int, *, ago: int) -> None:
        implant = self._of(self.implants(), number)
        newest = Fill.objects.current().filter(implant=implant).order_by("-filled_on").first()
        drug = newest.drugs.first() if newest else None
        kind = 1 if drug is not None and drug.drug.key == "morphine" else 0
        entry = self._program(kind, self.today - timedelta(days=ago), dose)
        self.attempt(lambda: record_program(implant_ref=implant.ref, entry=entry, **self.by))

    def read(self, number: int, volume: int) -> None:
        implant = self._of(self.implants(), number)
        printed = self.today + timedelta(days=volume * 4) if number % 2 else None
        entry = ReadingEntry(read_on=self.today, reservoir_ml=Decimal(volume % 19), printed_refill_on=printed)
        self.attempt(lambda: record_reading(implant_ref=implant.ref, entry=entry, **self.by))

    def happen(self, number: int, kind: str) -> None:
        implant = self._of(self.implants(), number)
        entry = EventEntry(kind=kind, occurred_on=self.today)
        self.attempt(lambda: record_event(implant_ref=implant.ref, entry=entry, **self.by))

    def correct(self, number: int, what: str) -> None:
        """Withdraw or correct something of the record; the computation may take back what it had done."""
        reason = {"reason": "typed wrongly"}
        if what in ("void fill", "correct fill"):
            fill = self._of(list(Fill.objects.for_clinic(self.clinic.id).current().order_by("id")), number)
            if what == "void fill":
                self.attempt(
                    lambda: void_fill(
                        fill_ref=fill.ref, is_with_program=bool(number % 2), **reason, **self.by
                    ),
                    may_reopen=True,
                )
                return
            entry = self._fill(number, fill.filled_on - timedelta(days=number % 3))
            self.attempt(
                lambda: correct_fill(fill_ref=fill.ref, entry=entry, **reason, **self.by), may_reopen=True
            )
            return
        model: Any = {"program": ProgramVersion, "reading": Reading, "event": PumpEvent}[what.split()[1]]
        row = self._of(list(model.objects.for_clinic(self.clinic.id).current().order_by("id")), number)
        match what:
            case "void program":
                self.attempt(lambda: void_program(program_id=row.pk, **reason, **self.by))
            case "correct program":
                other = self._program(1 if row.dose_unit == "mg/day" else 0, row.starts_on, number * 13)
                self.attempt(lambda: correct_program(program_id=row.pk, entry=other, **reason, **self.by))
            case "void reading":
                self.attempt(lambda: void_reading(reading_id=row.pk, **reason, **self.by))
            case _:
                self.attempt(lambda: void_event(event_id=row.pk, **reason, **self.by))

    def take_out(self, number: int, *, is_withdrawn: bool) -> None:
        implant = self._of(list(Implant.objects.for_clinic(self.clinic.id).order_by("id")), number)
        if is_withdrawn:
            self.attempt(
                lambda: withdraw_explant(implant_ref=implant.ref, reason="another patient", **self.by)
            )
        else:
            self.attempt(
                lambda: record_explant(implant_ref=implant.ref, explanted_on=self.today, why="", **self.by)
            )

    def die(self, number: int, *, is_withdrawn: bool) -> None:
        patient = self._of(self.patients(), number)
        if is_withdrawn:
            self.attempt(lambda: withdraw_death(patient_ref=patient.ref, reason="another patient", **self.by))
        else:
            self.attempt(lambda: record_death(patient_ref=patient.ref, died_on=self.today, **self.by))

    def operate(self, number: int, what: str, days: int) -> None:
        entry = SurgeryEntry(planned_on=self.today + timedelta(days=days))
        patient = self._of(self.patients(), number)
        planned = Surgery.objects.filter(patient=patient, implant=None, cancelled_on=None).first()
        if what == "implant":
            self.implant(patient, number, ago=0)
        elif planned is None:
            self.attempt(lambda: plan_surgery(patient_ref=patient.ref, entry=entry, **self.by))
        elif what == "plan":
            self.attempt(lambda: move_surgery(surgery_ref=planned.ref, entry=entry, **self.by))
        else:
            self.attempt(lambda: cancel_surgery(surgery_ref=planned.ref, reason="infection", **self.by))

    # --- Follow-ups -------------------------------------------------------------------------------------

    def decide(self, number: int, what: str, days: int) -> None:
        states = ("done", "not_needed") if what == "reopen" else ("open", "postponed")
        rows = FollowUp.objects.for_clinic(self.clinic.id).filter(state__in=states).order_by("id")
        if what in ("postpone refill", "assign"):
            rows = rows.filter(row_key="refill")
        row = self._of(list(rows), number)
        match what:
            case "done":
                self.attempt(lambda: complete_follow_ups(refs=[row.ref], **self.by))
            case "not needed":
                self.attempt(lambda: mark_not_needed(refs=[row.ref], reason="moved away", **self.by))
            case "postpone" | "postpone refill":
                until = self.today + timedelta(days=days)
                self.attempt(
                    lambda: postpone_follow_up(ref=row.ref, until=until, reason="on holiday", **self.by)
                )
            case "assign":
                self.attempt(
                    lambda: assign_follow_ups(refs=[row.ref], owner_id=self.house.nurse.id, **self.by)
                )
            case _:
                self.attempt(
                    lambda: reopen_follow_up(ref=row.ref, reason="not done after all", **self.by),
                    may_reopen=True,
                )

    # --- Visits -----------------------------------------------------------------------------------------

    def book(self, number: int, kind_key: str, days: int, *, is_held: bool) -> None:
        """Search and take what was offered: a refill of a pump, or some follow-ups of a patient."""
        kind = VisitKind.objects.for_clinic(self.clinic.id).get(key=kind_key)
        pumps = self.implants()
        implant = self._of(pumps, number) if kind.is_refill else None
        patient = implant.patient if implant else self._of(self.patients(), number)
        refs: tuple[UUID, ...] = ()
        if not kind.is_refill:
            due = FollowUp.objects.filter(
                patient=patient, state="open", mode="visit", target_on__lte=self.today + timedelta(days=30)
            )
            refs = tuple(
                due.exclude(row_key="refill").order_by("latest_on").values_list("ref", flat=True)[:2]
            )
        on = self.today + timedelta(days=days)
        slots = free_slots(
            clinic_id=self.clinic.id,
            needs=needs_of([kind]),
            window=Window(on, on + timedelta(days=5)),
            now=self.now,
            patient_id=patient.pk,
            limit=6,
        )
        if not slots:
            return
        slot = slots[number % len(slots)]
        local = slot.starts_at.astimezone(self.zone)
        entry = VisitEntry(
            patient_ref=patient.ref,
            kind_ref=kind.ref,
            local_on=slot.local_on,
            local_at=local.time(),
            implant_ref=implant.ref if implant else None,
            follow_up_refs=refs,
            is_later=bool(local.fold),
        )
        key = f"request-{self.now.isoformat()}-{number}-{days}"

        def take() -> Visit:
            hold = booking.hold_slot(entry=entry, **self.by).ref if is_held else None
            return booking.book_visit(entry=entry, hold_ref=hold, idempotency_key=key, **self.by)

        self.attempt(take)

    def overbook(self, number: int, days: int, hour: int) -> None:
        implant = self._of(self.implants(), number)
        kind = VisitKind.objects.for_clinic(self.clinic.id).get(key="refill")
        entry = VisitEntry(
            patient_ref=implant.patient.ref,
            kind_ref=kind.ref,
            implant_ref=implant.ref,
            local_on=self.today + timedelta(days=days),
            local_at=time(hour),
            override_reason="runs dry" if number % 2 else "",
        )
        self.attempt(lambda: booking.book_visit(entry=entry, **self.by))

    def hold(self, number: int, days: int) -> None:
        patient = self._of(self.patients(), number)
        kind = VisitKind.objects.for_clinic(self.clinic.id).get(key="check_up")
        day = self.today + timedelta(days=days)
        entry = VisitEntry(patient_ref=patient.ref, kind_ref=kind.ref, local_on=day, local_at=time(10))
        self.attempt(lambda: booking.hold_slot(entry=entry, **self.by))

    def move(self, number: int, days: int) -> None:
        visit = self._visit(number, "pending", "booked")
        on = self.today + timedelta(days=days)
        slots = free_slots(
            clinic_id=self.clinic.id,
            needs=needs_of_visit(visit),
            window=Window(on, on + timedelta(days=9)),
            now=self.now,
            patient_id=visit.patient_id,
            ignoring_visit=visit.pk,
            limit=3,
        )
        if not slots:
            return
        slot = slots[number % len(slots)]
        local = slot.starts_at.astimezone(self.zone)
        nurse = Resource.objects.get(pk=slot.nurse_id).ref if slot.nurse_id else None
        entry = MoveEntry(local_on=slot.local_on, local_at=local.time(), nurse_ref=nurse)
        self.attempt(lambda: booking.move_visit(visit_ref=visit.ref, entry=entry, **self.by))

    def step(self, number: int, what: str) -> None:
        """Arrive, leave, be missed: at the visit's own time, if that is to come before anything else is."""
        if what == "undo":
            visits = Visit.objects.for_clinic(self.clinic.id).exclude(status__in=("proposed", "booked"))
            visit = self._of(list(visits.order_by("id")), number)
        else:
            visit = self._visit(number, *_STANDING)
        ref = {"visit_ref": visit.ref}
        words = {"reason": "on the telephone"}
        acts: dict[str, Callable[[], object]] = {
            "arrive": lambda: booking.mark_arrived(**ref, **self.by),
            "check in": lambda: booking.check_in(**ref, **self.by),
            "no show": lambda: booking.mark_no_show(**ref, **self.by),
            "cancel": lambda: booking.cancel_visit(**ref, **words, **self.by),
            "error": lambda: booking.enter_in_error(**ref, **words, **self.by),
            "displace": lambda: booking.displace_visit(**ref, **words, **self.by),
            "undo": lambda: booking.undo_last_status(**ref, **words, **self.by),
            "fulfil": lambda: booking.fulfil_visit(
                **ref,
                done_follow_ups=list(
                    FollowUp.objects.filter(visits__visit=visit).values_list("ref", flat=True)
                ),
                is_without_fill=bool(number % 2),
                **self.by,
            ),
        }
        self.attempt(acts[what], may_reopen=what == "undo")

    def go_to_visit(self, number: int) -> None:
        """Let the time come to the moment at which a visit begins."""
        visit = self._visit(number, "booked")
        if visit.starts_at > self.now:
            self.let_pass(visit.starts_at - self.now)

    # --- The house --------------------------------------------------------------------------------------

    def close(self, number: int, days: int, length: int, *, is_nurse: bool) -> None:
        first = self.today + timedelta(days=days)
        nurse = Resource.objects.filter(clinic=self.clinic, kind="nurse", is_active=True).first()
        closing = self.attempt(
            lambda: propose_closing(
                first_on=first,
                last_on=first + timedelta(days=length),
                resource_ref=nurse.ref if is_nurse and nurse else None,
                reason="leave",
                **self.by,
            )
        )
        if closing is not None and number % 4:
            self.attempt(lambda: confirm_closing(closing_ref=closing.ref, **self.by))
            self.work()

    def undo_closing(self, number: int) -> None:
        closing = self._of(list(DayClosing.objects.filter(clinic=self.clinic).order_by("id")), number)
        self.attempt(lambda: undo_closing(closing_ref=closing.ref, **self.by))
        self.work()

    def close_day(self, days: int, *, is_opened: bool) -> None:
        """A single day closed without asking who stands in the calendar, and its opening."""
        day = self.today + timedelta(days=days)
        by = {"clinic": self.clinic, "actor_id": self.house.administrator.id}
        if is_opened:
            closure = self._of(list(Closure.objects.filter(clinic=self.clinic).order_by("id")), days)
            self.attempt(lambda: remove_closure(closure_id=closure.pk, **by))
        else:
            self.attempt(lambda: add_closure(closed_on=day, reason="", **by))
        start_recalculation(clinic_id=self.clinic.id, now=self.now)
        self.work()
        self.is_changed = True

    def be_away(self, days: int, length: int) -> None:
        nurse = Resource.objects.filter(clinic=self.clinic, kind="nurse").order_by("id")[0]
        first = self.today + timedelta(days=days)
        HoursException.objects.create(
            clinic=self.clinic, resource=nurse, first_on=first, last_on=first + timedelta(days=length)
        )
        self.last, self.is_changed = lambda: None, True

    def nurse_leaves(self, *, is_back: bool) -> None:
        membership = Membership.objects.get(clinic=self.clinic, user=self.house.nurse)
        self.attempt(
            lambda: change_membership(
                membership_id=membership.pk, role=Role.NURSE, is_active=is_back, **self.by
            )
        )

    def change_protocol(self, number: int) -> None:
        """Another version: a row later, or out of use, or in use again."""
        protocol = protocol_in_force(clinic_id=self.clinic.id)
        assert protocol is not None
        entries = [entry_of(row) for row in rows_in_force(protocol=protocol, zone=self.zone)]
        chosen = number % len(entries)
        entries[chosen] = replace(entries[chosen], is_active=not entries[chosen].is_active)
        self.attempt(
            lambda: save_protocol(
                clinic_id=self.clinic.id,
                entries=entries,
                note="",
                expected_version=protocol.version,
                actor_id=self.house.administrator.id,
                now=self.now,
            )
        )
        start_recalculation(clinic_id=self.clinic.id, now=self.now)
        self.work()

    # --- Time -------------------------------------------------------------------------------------------

    def let_pass(self, duration: timedelta) -> None:
        """Time passes; then the night is worked through, if there was one, and the post goes out."""
        before = self.today
        self.now += duration
        self.is_changed = True
        self.last, self.may_reopen = lambda: None, False
        booking.release_expired_holds(now=self.now)
        if self.today != before:
            if not begin_due_nights(now=self.now):
                start_recalculation(clinic_id=self.clinic.id, now=self.now)
            self.work()
        while deliver_batch(now=self.now):
            pass

    def work(self) -> None:
        """Do what workers do: every chunk that waits. None may fail, and a night may find nothing out of date."""
        for chunk_id in queued_chunks():
            assert run_chunk(chunk_id=chunk_id, now=self.now)
        run = SweepRun.objects.filter(clinic=self.clinic).order_by("-id").first()
        if run is not None:
            assert run.state == "finished"
            assert (run.failed, run.drifted, run.missing, run.unaccounted) == (0, 0, 0, 0)

    # --- Choosing ---------------------------------------------------------------------------------------

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.clinic.time_zone)

    def patients(self) -> list[Patient]:
        return list(Patient.objects.for_clinic(self.clinic.id).order_by("id"))

    def implants(self) -> list[Implant]:
        rows = Implant.objects.for_clinic(self.clinic.id).select_related("patient", "pump_model")
        return list(rows.order_by("id"))

    def _visit(self, number: int, *statuses: str) -> Visit:
        rows = Visit.objects.for_clinic(self.clinic.id).filter(status__in=statuses)
        return self._of(list(rows.select_related("kind", "nurse", "room").order_by("id")), number)

    def _of(self, rows: Sequence[T], number: int) -> T:
        if not rows:
            raise NothingThere
        return rows[number % len(rows)]


class NothingThere(Exception):
    """There is nothing to choose from: the step is not taken."""
