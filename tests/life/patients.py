"""Patients come, are treated, and leave; and what of that was typed wrongly."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

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
from clinic.models import (
    Fill,
    Implant,
    Patient,
    ProgramVersion,
    PumpEvent,
    Reading,
    Surgery,
)
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
from tests.life.clock import Clock

MOST_PATIENTS = 4
PUMPS = ("synchromed-ii-40", "synchromed-ii-20", "prometra-ii-20")
DRUGS = (("baclofen", "2000", "mcg/mL", "mcg/day"), ("morphine", "25", "mg/mL", "mg/day"))


class Patients(Clock):
    """What is recorded of patients and pumps."""

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
