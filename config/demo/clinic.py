"""Puts the demo clinic together through the services of the record."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.changes import announcing_once
from clinic.domain.entries import (
    BridgeEntry,
    ClinicEntry,
    DrugEntry,
    EventEntry,
    FillEntry,
    ImplantEntry,
    PatientEntry,
    ProgramEntry,
    ProxyEntry,
    ReadingEntry,
    SurgeryEntry,
)
from clinic.domain.roles import Role
from clinic.services.accounts import accept_invitation, found_clinic, invite_member
from clinic.services.fills import record_fill
from clinic.services.holidays import bring_up_holidays
from clinic.services.implants import add_implant
from clinic.services.observations import record_event, record_reading
from clinic.services.patients import add_contact_point, add_patient, add_proxy, record_consent
from clinic.services.programs import record_program
from clinic.services.surgeries import plan_surgery
from config.demo.calendar import DemoCalendar
from config.demo.correspondence import RED_AND_FEVERISH, SWOLLEN, DemoCorrespondence, Operated
from config.demo.messages import Numbers
from config.demo.people import FIRST_NAMES, PHYSICIANS, Person, people
from config.demo.stories import OPERATED_DAYS_AGO, Story, stories
from config.demo.waiting import enter_lower_doses

PATIENTS = 120
"""Each with a pump; those whose operation is planned come on top."""
OPERATIONS_IN_DAYS = (6, 13, 27)
SCALES = {
    "baclofen": ("Modified Ashworth (0-4)", 4),
    "morphine": ("Pain, NRS (0-10)", 10),
    "hydromorphone": ("Pain, NRS (0-10)", 10),
}
PASSWORD = "refillwise-demo"  # noqa: S105 - the demo listens on this machine only and holds nobody's data
STAFF = (
    (Role.ADMINISTRATOR, "Alex Moreau"),
    (Role.NURSE, "Nora Lindholm"),
    (Role.NURSE, "Jonas Weber"),
    (Role.PRESCRIBER, "Dr. Maya Okonkwo"),
    (Role.SCHEDULER, "Sam Petit"),
    (Role.AUDITOR, "Robin Hale"),
)
CENT = Decimal("0.01")


def email_of(name: str) -> str:
    return f"{name.removeprefix('Dr. ').split()[0].lower()}@demo.example"


class DemoClinic:
    """Writes one clinic, its staff and its patients. All in one transaction: there is no half a demo."""

    def __init__(self, *, now: datetime, time_zone: str) -> None:
        self.now = now
        self.zone = ZoneInfo(time_zone)
        self.today = now.astimezone(self.zone).date()
        self.chance = random.Random(20)  # noqa: S311 - the same demo every time
        self.clinic: Any = None
        self.staff: dict[str, int] = {}
        self.pumps: list[tuple[Any, Story]] = []
        self.operated: list[Operated] = []
        self.everybody: list[Person] = []
        self.text_to: list[str] = []

    def make(self) -> None:
        with transaction.atomic():
            with announcing_once(now=self.now):
                self._open()
                self.everybody = people(PATIENTS + len(OPERATIONS_IN_DAYS), self.chance)
                told = stories(PATIENTS, self.chance)
                for person, story in zip(self.everybody[:PATIENTS], told, strict=True):
                    self._patient(person, story)
            for person, days in zip(self.everybody[PATIENTS:], OPERATIONS_IN_DAYS, strict=True):
                self._operation(person, days)
            DemoCalendar(self.clinic, self.staff, self.pumps, self.now, self.chance).play()
            DemoCorrespondence(self.clinic, self.staff, self.operated, self.now).play()
            enter_lower_doses(
                self.clinic, self.pumps, by=self.staff["Jonas Weber"], now=self.now, zone=self.zone
            )

    def _open(self) -> None:
        (_, administrator), *others = STAFF
        entry = ClinicEntry(
            name="Riverside Clinic",
            time_zone=self.zone.key,
            phone="+1 202 555 0199",
            # Open today too, whatever the weekday: a first look should find a calendar with something in it.
            open_weekdays=tuple(sorted({0, 1, 2, 3, 4, self.today.weekday()})),
            holiday_country="US",
        )
        self.clinic, founder = found_clinic(
            entry=entry,
            admin_email=email_of(administrator),
            admin_password=PASSWORD,
            admin_name=administrator,
            now=self.now,
        )
        self.staff[administrator] = founder.id
        bring_up_holidays(clinic=self.clinic, today=self.today, actor_id=founder.id)
        for role, name in others:
            _, token = invite_member(
                clinic=self.clinic, email=email_of(name), role=role, actor_id=founder.id, now=self.now
            )
            user = accept_invitation(token=token, display_name=name, password=PASSWORD, now=self.now)
            self.staff[name] = user.id

    @property
    def last_noon(self) -> datetime:
        """Noon on the clinic's clock, today's once it has passed."""
        noon = datetime.combine(self.today, time(12), tzinfo=self.zone)
        return noon if noon <= self.now else noon - timedelta(days=1)

    @property
    def numbers(self) -> Numbers:
        """The telephones from which texts may come in."""
        times = Counter(person.phone for person in self.everybody)
        return Numbers(
            own=tuple(phone for phone in self.text_to if times[phone] == 1),
            shared=next(phone for phone, number in times.items() if number > 1),
        )

    @property
    def nurse_id(self) -> int:
        return self.staff["Nora Lindholm"]

    def _at_noon(self, day: date) -> datetime:
        return min(datetime.combine(day, time(12), tzinfo=self.zone).astimezone(UTC), self.now)

    def _add(self, person: Person, by: dict[str, Any]) -> Any:
        patient = add_patient(
            entry=PatientEntry(
                mrn=person.mrn,
                last_name=person.last_name,
                first_name=person.first_name,
                birth_date=person.birth_date,
                language=person.language,
            ),
            **by,
        )
        self._reach(patient.ref, person, by)
        return patient

    def _operation(self, person: Person, days: int) -> None:
        """A patient who has no pump yet, and the day on which one is to be put in."""
        by: dict[str, Any] = {"clinic": self.clinic, "actor_id": self.nurse_id, "now": self.now}
        patient = self._add(person, by)
        entry = SurgeryEntry(planned_on=self.today + timedelta(days=days), note="Trial went well.")
        plan_surgery(patient_ref=patient.ref, entry=entry, **by)

    def _patient(self, person: Person, story: Story) -> None:
        fills = self._fill_days(story)
        implanted_on = self._implant_day(story, fills)
        by: dict[str, Any] = {
            "clinic": self.clinic,
            "actor_id": self.nurse_id,
            "now": self._at_noon(implanted_on),
        }
        patient = self._add(person, by)
        implant = add_implant(
            patient_ref=patient.ref,
            entry=ImplantEntry(
                pump_model_key=story.pump_model_key,
                serial=f"DEMO{person.number:05d}H",
                implanted_on=implanted_on,
                threshold_ml=story.own_threshold_ml,
                threshold_reason="early symptoms before the alarm" if story.own_threshold_ml else "",
                catheter="silicone, tip at T8",
                pocket_site="left lower abdomen",
                implanting_physician=self.chance.choice(PHYSICIANS),
                following_physician=self.chance.choice(PHYSICIANS),
            ),
            **by,
        )
        self.pumps.append((implant.ref, story))
        if story.implanted_days_ago is not None:
            self.operated.append(self._newly_operated(patient, story.implanted_days_ago))
        self._run(implant.ref, story, implanted_on, fills)
        self._fills(implant.ref, story, fills)
        self._afterwards(implant.ref, story, fills)

    def _newly_operated(self, patient: Any, days: int) -> Operated:
        """One has answered alarmingly, one is silent, one is swollen, one is well."""
        first, second, third, _ = OPERATED_DAYS_AGO
        return Operated(
            patient_ref=patient.ref,
            patient_id=patient.pk,
            days_ago=days,
            silent_days=2 if days == second else 0,
            last={first: RED_AND_FEVERISH, third: SWOLLEN}.get(days),
        )

    def _reach(self, patient_ref: Any, person: Person, by: dict[str, Any]) -> None:
        add_contact_point(patient_ref=patient_ref, kind="phone", value=person.phone, is_preferred=True, **by)
        if self.chance.random() < 0.85:
            add_contact_point(
                patient_ref=patient_ref, kind="email", value=person.email, is_preferred=True, **by
            )
        if self.chance.random() < 0.7:
            record_consent(
                patient_ref=patient_ref,
                channel="email",
                is_granted=True,
                wording="May we send you appointment reminders by e-mail? — Yes.",
                **by,
            )
        if self.chance.random() < 0.5:
            record_consent(
                patient_ref=patient_ref,
                channel="sms",
                is_granted=True,
                wording="May we send you appointment reminders by text message? — Yes.",
                **by,
            )
            self.text_to.append(person.phone)
        if self.chance.random() < 0.3:
            partner = add_proxy(
                clinic=self.clinic,
                patient_ref=patient_ref,
                entry=ProxyEntry(
                    name=f"{self.chance.choice(FIRST_NAMES)} {person.last_name}",
                    relationship="partner",
                    is_emergency_contact=True,
                ),
                actor_id=self.nurse_id,
                now=by["now"],
            )
            number = f"+1 202 555 {200 + person.number % 100:04d}"
            add_contact_point(patient_ref=patient_ref, kind="phone", value=number, proxy_id=partner.id, **by)

    def _fill_days(self, story: Story) -> list[date]:
        """The days of the fills, oldest first: the newest so long ago that ``days_left`` remain."""
        if not story.is_filled:
            return []
        if story.implanted_days_ago is not None:
            return [self.today - timedelta(days=story.implanted_days_ago)]
        newest = self.today - timedelta(days=max(story.cycle_days - story.days_left, 0))
        step = max(story.cycle_days - 9, 14)
        return [newest - timedelta(days=step * back) for back in range(story.cycles - 1, -1, -1)]

    def _implant_day(self, story: Story, fills: list[date]) -> date:
        if story.implanted_days_ago is not None:
            return self.today - timedelta(days=story.implanted_days_ago)
        day = self.today - timedelta(days=365 * story.implant_years + self.chance.randint(20, 300))
        if not fills:
            return self.today - timedelta(days=1)
        return min(day, fills[0] - timedelta(days=1)) if story.implant_years < 8 else day

    def _run(self, implant_ref: Any, story: Story, implanted_on: date, fills: list[date]) -> None:
        """The program: one dose since the implant, or a change on the way."""
        if not story.is_filled:
            return
        by: dict[str, Any] = {"clinic": self.clinic, "implant_ref": implant_ref, "actor_id": self.nurse_id}
        dose = story.dose if story.raised_days_ago is None else (story.dose * Decimal("0.8")).quantize(CENT)
        first = ProgramEntry(
            starts_on=implanted_on,
            kind="continuous",
            dose=dose,
            dose_unit=story.therapy.dose_unit,
            bolus=story.bolus,
        )
        record_program(entry=first, now=self._at_noon(implanted_on), **by)
        if story.raised_days_ago is not None:
            day = self.today - timedelta(days=story.raised_days_ago)
            raised = ProgramEntry(
                starts_on=day, kind="continuous", dose=story.dose, dose_unit=story.therapy.dose_unit
            )
            record_program(entry=raised, now=self._at_noon(day), **by)
        if story.is_flex:
            flex = ProgramEntry(starts_on=fills[-1], kind="flex", pattern=_day_and_night())
            record_program(entry=flex, now=self._at_noon(fills[-1]), **by)

    def _fills(self, implant_ref: Any, story: Story, days: list[date]) -> None:
        for number, day in enumerate(days):
            newest = number == len(days) - 1
            record_fill(
                clinic=self.clinic,
                implant_ref=implant_ref,
                entry=FillEntry(
                    filled_on=day,
                    fill_volume_ml=Decimal(story.reservoir_ml),
                    drugs=self._mixture(story, day, newest=newest),
                    residual_ml=self._residual(story, days, number),
                    is_first_fill=number == 0 and story.implant_years < 1,
                    bridge=self._bridge(story) if newest and number else None,
                    printed_refill_on=self._printed(story, day) if newest else None,
                    performed_by="Nora Lindholm",
                    checked_by_id=self.staff["Jonas Weber"],
                ),
                actor_id=self.nurse_id,
                now=self._at_noon(day),
            )

    def _mixture(self, story: Story, day: date, *, newest: bool) -> tuple[DrugEntry, ...]:
        return tuple(
            DrugEntry(
                drug_key=key,
                concentration=Decimal(
                    story.concentration_before if story.concentration_before and not newest else concentration
                ),
                concentration_unit=unit,
                is_diluted=False if key == "ziconotide" else None,
                lot=f"{key[:3].upper()}{day:%y%m}{self.chance.randint(1, 4)}",
                beyond_use_on=day + timedelta(days=30),
            )
            for key, concentration, unit in story.therapy.drugs
        )

    def _bridge(self, story: Story) -> BridgeEntry | None:
        if story.concentration_before is None or not story.has_bridge:
            return None
        return BridgeEntry(
            old_volume_ml=Decimal("0.35"),
            old_concentration=Decimal(story.concentration_before),
            old_unit=story.therapy.drugs[0][2],
        )

    def _residual(self, story: Story, days: list[date], number: int) -> Decimal | None:
        """About what should be left, with the small errors of real pumps."""
        if number == 0:
            return None
        concentration = Decimal(story.concentration_before or story.therapy.drugs[0][1])
        used = (days[number] - days[number - 1]).days * story.dose / concentration
        noise = Decimal(self.chance.randint(-60, 30)) / 100
        left = story.reservoir_ml - used + noise + story.residual_drift_ml * number
        return max(left, Decimal("0.3")).quantize(CENT, rounding=ROUND_DOWN)

    def _printed(self, story: Story, day: date) -> date | None:
        if not story.printed_days_off:
            return None
        return day + timedelta(days=story.cycle_days + story.printed_days_off)

    def _afterwards(self, implant_ref: Any, story: Story, fills: list[date]) -> None:
        by: dict[str, Any] = {"clinic": self.clinic, "implant_ref": implant_ref, "actor_id": self.nurse_id}
        for kind, days_ago in story.events:
            day = max(self.today - timedelta(days=days_ago), fills[-1])
            record_event(entry=EventEntry(kind=kind, occurred_on=day), now=self._at_noon(day), **by)
        if story.reading_below_model_ml is not None and fills:
            day = self.today - timedelta(days=5)
            used = (day - fills[-1]).days * story.therapy.flow_ml_per_day(story.dose)
            shown = max(story.reservoir_ml - used - story.reading_below_model_ml, Decimal(1)).quantize(CENT)
            record_reading(entry=ReadingEntry(read_on=day, reservoir_ml=shown), now=self._at_noon(day), **by)
        if fills:
            self._scores(story, fills, by)

    def _scores(self, story: Story, fills: list[date], by: dict[str, Any]) -> None:
        """What half of the patients said at their refills: mostly better with time, on the scale of their therapy."""
        scale = SCALES.get(story.therapy.drugs[0][0])
        if scale is None or self.chance.random() < 0.5:
            return
        name, worst = scale
        score = Decimal(worst * 3) / 4
        for day in fills:
            entry = EventEntry(
                kind="outcome_score", occurred_on=day, scale=name, score=score.quantize(Decimal(1))
            )
            record_event(entry=entry, now=self._at_noon(day), **by)
            score = min(
                max(score - Decimal(self.chance.randint(-6, 34)) * worst / 100, Decimal(0)), Decimal(worst)
            )


def _day_and_night() -> list[dict[str, Any]]:
    """236 mcg on weekdays, a little more at the weekend (the pump's clock)."""

    def steps(*pairs: tuple[str, str]) -> list[dict[str, str]]:
        return [{"hours": hours, "dose_per_hour": dose, "unit": "mcg/h"} for hours, dose in pairs]

    return [
        {"on": ["mon", "tue", "wed", "thu", "fri"], "steps": steps(("6", "10"), ("8", "12"), ("10", "8"))},
        {"on": ["sat", "sun"], "steps": steps(("6", "10"), ("12", "12"), ("6", "9"))},
    ]
