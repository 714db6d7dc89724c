"""The prototype: one clinic's years, lived through by the product's own services, each at the hour it would be done.

Patients are filled, their visits booked, moved, missed and done, programs change, messages go out, matters are raised
and ended. Nothing here writes a table; what the rows look like is the product's word.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bench.national import marks
from clinic.domain.checks import RecordError
from clinic.domain.entries import (
    ClinicEntry,
    DrugEntry,
    EventEntry,
    FillEntry,
    ImplantEntry,
    PatientEntry,
    ProgramEntry,
    ReadingEntry,
)
from clinic.domain.roles import Role
from clinic.services.accounts import accept_invitation, found_clinic, invite_member
from clinic.services.fills import record_fill
from clinic.services.implants import add_implant
from clinic.services.observations import record_event, record_reading
from clinic.services.patients import add_contact_point, add_patient, record_consent
from clinic.services.programs import record_program
from config.demo.stories import PUMPS, THERAPIES, Story
from notifications.domain.escalation.causes import Duty
from notifications.models import Escalation
from notifications.selectors.operation import backlog
from notifications.services.delivery import deliver_batch
from notifications.services.escalations.acting import acknowledge
from notifications.services.escalations.roster import save_roster
from notifications.services.raising import raise_due
from scheduling.domain.hours import DaySpan
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.models import FollowUp, Forecast, Resource, Visit, VisitKind
from scheduling.services.booking import book_visit, fulfil_visit, mark_arrived, mark_no_show, move_visit
from scheduling.services.calendar_renewal import renew_entries
from scheduling.services.follow_ups import complete_follow_ups
from scheduling.services.residual_trends import renew_stale_trends
from scheduling.services.resources import ResourceEntry, add_resource
from scheduling.services.sweeps import run_everything, start_recalculation

PASSWORD = "correct-horse-battery"  # noqa: S105 - of a database that the benchmarks make and empty
ZONE = ZoneInfo("America/Chicago")
DAY = timedelta(days=1)
HOURS = tuple(time(hour) for hour in range(8, 17))
SEATS = 8
"""Cohorts that share a nurse and a room."""
CENT = Decimal("0.01")
STAFF = ((Role.NURSE, "nurse"), (Role.NURSE, "second"), (Role.PRESCRIBER, "doctor"), (Role.SCHEDULER, "desk"))


def address_of(who: str, house: str = marks.HOUSE) -> str:
    """Where somebody of a clinic's staff signs in: ``founder`` or a name in STAFF."""
    return f"{who}@{house}.example"


@dataclass(slots=True)
class Pump:
    """One patient's pump, and how it goes on."""

    number: int
    ref: Any
    implant_id: int
    patient_ref: Any
    story: Story
    dose: Decimal
    filled_on: date | None = None
    next_on: date | None = None
    visit_ref: Any = None
    fills: int = 0


@dataclass(slots=True)
class Life:
    """So many pumps over so many years, up to ``now``; the same for the same seed and day."""

    pumps: int
    years: float
    now: datetime
    seed: int
    chance: random.Random = field(init=False)
    clinic: Any = None
    staff: dict[str, int] = field(default_factory=dict)
    house: list[Pump] = field(default_factory=list)
    taken: set[tuple[date, time]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    @property
    def today(self) -> date:
        return self.now.astimezone(ZONE).date()

    @property
    def first_on(self) -> date:
        return self.today - timedelta(days=int(365 * self.years))

    def found(self) -> None:
        """The clinic, its people, who is on call: what there is once, however many cohorts come."""
        begun = self._at(self.first_on, time(8))
        entry = ClinicEntry(
            name=f"Clinic {marks.HOUSE}", time_zone=ZONE.key, phone="+1 202 555 0199", sweep_hour=2
        )
        self.clinic, founder = found_clinic(
            entry=entry,
            admin_email=address_of("founder"),
            admin_password=PASSWORD,
            admin_name="Founder",
            now=begun,
        )
        self.staff["founder"] = founder.id
        for role, name in STAFF:
            _, token = invite_member(
                clinic=self.clinic, email=address_of(name), role=role, actor_id=founder.id, now=begun
            )
            user = accept_invitation(token=token, display_name=name.title(), password=PASSWORD, now=begun)
            self.staff[name] = user.id
        nurse, second, doctor = self.staff["nurse"], self.staff["second"], self.staff["doctor"]
        cells: dict[tuple[int, Duty], int | None] = {}
        for weekday in range(7):
            cells |= {(weekday, Duty.NURSE): nurse, (weekday, Duty.SECOND): second}
            cells[weekday, Duty.PHYSICIAN] = doctor
        save_roster(clinic=self.clinic, cells=cells)

    def open(self) -> None:
        """A nurse and a room that several cohorts share, a seat each."""
        week = dict.fromkeys(range(5), (DaySpan(time(8), time(18)),))
        for kind in ("nurse", "room"):
            entry = ResourceEntry(name=f"{kind.title()} {marks.GROUP}", seats=SEATS)
            add_resource(clinic=self.clinic, kind=kind, entry=entry, week=week)

    def live(self) -> None:
        """A cohort: its patients, and every day since; in the end nothing is left undone."""
        for number in range(self.pumps):
            self._come(number)
        day = self.first_on + DAY
        while day <= self.today:
            for pump in self.house:
                if pump.next_on == day:
                    self._visit(pump, day)
            self._work(day)
            day += DAY
        self._come_to_rest()

    # --- beginnings ---------------------------------------------------------------------------------

    def _come(self, number: int) -> None:
        by = self._by(self.first_on)
        patient = add_patient(
            entry=PatientEntry(
                mrn=marks.mrn(number),
                last_name=marks.last_name(number),
                first_name=marks.first_name(number),
                birth_date=date(self.chance.randint(1938, 2004), self.chance.randint(1, 12), 11),
                language=self.chance.choices(("en", "es", "fr"), weights=(7, 2, 1))[0],
            ),
            **by,
        )
        self._reach(patient.ref, number, by)
        story = self._story()
        implanted_on = self.first_on - timedelta(days=self.chance.randint(30, 1200))
        implant = add_implant(
            patient_ref=patient.ref,
            entry=ImplantEntry(
                pump_model_key=story.pump_model_key,
                serial=marks.serial(number),
                implanted_on=implanted_on,
                catheter="silicone, tip at T8",
                pocket_site="left lower abdomen",
            ),
            **by,
        )
        pump = Pump(number, implant.ref, implant.pk, patient.ref, story, story.dose)
        self.house.append(pump)
        self._run(pump, self.first_on)
        pump.next_on = self._open_day(self.first_on + timedelta(days=self.chance.randint(1, 60)))

    def _reach(self, patient_ref: Any, number: int, by: dict[str, Any]) -> None:
        phone, mail = marks.phone(number), f"{marks.mailbox(number)}@example.org"
        add_contact_point(patient_ref=patient_ref, kind="phone", value=phone, is_preferred=True, **by)
        add_contact_point(patient_ref=patient_ref, kind="email", value=mail, is_preferred=True, **by)
        for channel, often in (("email", 0.75), ("sms", 0.6)):
            if self.chance.random() < often:
                record_consent(
                    patient_ref=patient_ref,
                    channel=channel,
                    is_granted=True,
                    wording="May we remind you? Yes.",
                    **by,
                )

    def _story(self) -> Story:
        therapy = self.chance.choices([t for t, _ in THERAPIES], weights=[w for _, w in THERAPIES])[0]
        key, reservoir, threshold, _ = self.chance.choices(PUMPS, weights=[weight for *_, weight in PUMPS])[0]
        dose = Decimal(self.chance.choice(therapy.doses))
        return Story(therapy, dose, key, reservoir, Decimal(threshold), 0)

    # --- days ---------------------------------------------------------------------------------------

    def _visit(self, pump: Pump, day: date) -> None:
        """The patient comes, is filled, and the next visit is booked; or does not come, and is booked anew."""
        visit = None
        if pump.visit_ref is not None:
            visit = Visit.objects.for_clinic(self.clinic.id).get(ref=pump.visit_ref)
            if visit.ends_at > self.now:
                return  # today, later
            if self.chance.random() < 0.03:
                self._step(mark_no_show, visit, visit.ends_at, reason="did not ring")
                pump.visit_ref, pump.next_on = None, None
                self._book(pump, day, day + DAY, day + 4 * DAY)
                return
            self._step(mark_arrived, visit, visit.starts_at)
        self._fill(pump, day)
        if visit is not None and Visit.objects.get(pk=visit.pk).status != "fulfilled":
            self._step(fulfil_visit, visit, visit.ends_at, done_follow_ups=[])
        pump.visit_ref, pump.next_on = None, None
        self._afterwards(pump, day)
        forecast = Forecast.objects.filter(implant_id=pump.implant_id, status="ok").first()
        if forecast is None or forecast.target_visit_on is None or forecast.latest_visit_on is None:
            pump.next_on = self._open_day(day + 60 * DAY)  # in doubt: somebody fills it all the same
        elif forecast.target_visit_on > self.today + 20 * DAY and self.chance.random() < 0.3:
            return  # not booked yet: work
        elif forecast.target_visit_on <= self.today + 20 * DAY and self.chance.random() < 0.08:
            pump.next_on = (
                forecast.latest_visit_on + self.chance.randint(3, 25) * DAY
            )  # forgotten for a while
            pump.next_on = self._open_day(pump.next_on)
        else:
            self._book(pump, day, forecast.target_visit_on, forecast.latest_visit_on)

    def _fill(self, pump: Pump, day: date) -> None:
        story = pump.story
        drugs = tuple(
            DrugEntry(
                drug_key=key,
                concentration=Decimal(concentration),
                concentration_unit=unit,
                is_diluted=False if key == "ziconotide" else None,
                lot=f"{key[:3].upper()}{day:%y%m}",
                beyond_use_on=day + timedelta(days=30),
            )
            for key, concentration, unit in story.therapy.drugs
        )
        entry = FillEntry(
            filled_on=day,
            fill_volume_ml=Decimal(story.reservoir_ml),
            drugs=drugs,
            residual_ml=self._residual(pump, day),
            performed_by="Nurse",
            checked_by_id=self.staff["second"],
        )
        if pump.fills and pump.fills % 4 == 0:
            pump.dose = (pump.dose * Decimal("1.03")).quantize(CENT)
        record_fill(implant_ref=pump.ref, entry=entry, **self._by(day))
        if pump.fills and pump.fills % 4 == 0:
            self._run(pump, day)
        pump.filled_on, pump.fills = day, pump.fills + 1

    def _residual(self, pump: Pump, day: date) -> Decimal | None:
        if pump.filled_on is None:
            return None
        used = (day - pump.filled_on).days * pump.story.therapy.flow_ml_per_day(pump.dose)
        left = pump.story.reservoir_ml - used + Decimal(self.chance.randint(-40, 30)) / 100
        return max(left, Decimal(0)).quantize(Decimal("0.1"))

    def _run(self, pump: Pump, day: date) -> None:
        entry = ProgramEntry(
            starts_on=day, kind="continuous", dose=pump.dose, dose_unit=pump.story.therapy.dose_unit
        )
        record_program(implant_ref=pump.ref, entry=entry, **self._by(day))

    def _afterwards(self, pump: Pump, day: date) -> None:
        """A reading now and then, and how the patient is."""
        if pump.number % 3 == 0 and day < self.today:
            level = pump.story.reservoir_ml - pump.story.therapy.flow_ml_per_day(pump.dose)
            reading = ReadingEntry(read_on=day + DAY, reservoir_ml=level.quantize(Decimal("0.1")))
            record_reading(implant_ref=pump.ref, entry=reading, **self._by(day + DAY))
        if pump.fills % 3 == 0:
            event = EventEntry(
                kind="outcome_score",
                occurred_on=day,
                scale="Pain, NRS (0-10)",
                score=Decimal(self.chance.randint(1, 7)),
            )
            record_event(implant_ref=pump.ref, entry=event, **self._by(day))

    def _book(self, pump: Pump, day: date, first_on: date, last_on: date) -> None:
        """The first free hour of a day chosen between the two; one in eight is moved afterwards."""
        follow_up = FollowUp.objects.filter(
            implant_id=pump.implant_id, row_key="refill", state="open"
        ).first()
        kind = VisitKind.objects.for_clinic(self.clinic.id).get(key="refill")
        nurse, room = (
            Resource.objects.for_clinic(self.clinic.id).get(name__endswith=marks.GROUP, kind=each)
            for each in ("nurse", "room")
        )
        begin = max(first_on, day + DAY) + self.chance.randint(0, max((last_on - first_on).days, 0)) * DAY
        for hour_on, at in self._free(begin):
            entry = VisitEntry(
                patient_ref=pump.patient_ref,
                kind_ref=kind.ref,
                local_on=hour_on,
                local_at=at,
                nurse_ref=nurse.ref,
                room_ref=room.ref,
                implant_ref=pump.ref,
                follow_up_refs=(follow_up.ref,) if follow_up else (),
            )
            try:
                visit = book_visit(entry=entry, **self._by(day, time(17)))
            except RecordError:
                continue
            if self.chance.random() < 0.12 and hour_on > day + 6 * DAY:
                hour_on, at = next(self._free(hour_on - 2 * DAY))
                moved = MoveEntry(local_on=hour_on, local_at=at, nurse_ref=nurse.ref, room_ref=room.ref)
                move_visit(visit_ref=visit.ref, entry=moved, **self._by(day, time(17, 10)))
            pump.visit_ref, pump.next_on = visit.ref, hour_on
            return

    def _free(self, day: date) -> Any:
        while True:
            day = self._open_day(day)
            for at in HOURS:
                if (day, at) not in self.taken:
                    self.taken.add((day, at))
                    yield day, at
            day += DAY

    def _work(self, day: date) -> None:
        """Messages go out twice a day; once a month matters are raised, worked on, and calls are made."""
        for at in (time(10), time(18)):
            now = self._at(day, at)
            if backlog(now=now):
                while deliver_batch(now=now):
                    pass
        if day.weekday() != 3 or day.day > 7:
            return
        raise_due(now)
        self._end(Escalation.objects.filter(acknowledged_at=None, opened_at__lt=now - 20 * DAY), now)
        due = FollowUp.objects.for_clinic(self.clinic.id).filter(state="open", target_on__lte=day)
        refs = [row.ref for row in due.exclude(row_key="refill") if row.pk % 10]
        complete_follow_ups(
            clinic=self.clinic, refs=refs, actor_id=self.staff["nurse"], now=now, note="By telephone."
        )

    def _end(self, matters: Iterable[Escalation], now: datetime) -> None:
        by: dict[str, Any] = {"actor_id": self.staff["nurse"], "now": now}
        for matter in matters:
            note = "Spoke on the telephone."
            acknowledge(clinic=self.clinic, ref=matter.ref, outcome="mended", note=note, **by)

    def _come_to_rest(self) -> None:
        """What workers and nights do until nothing is left to do."""
        raise_due(self.now)
        start_recalculation(clinic_id=self.clinic.id, now=self.now)
        run_everything(now=self.now)
        while deliver_batch(now=self.now):
            pass
        raise_due(self.now)
        # One such matter is open in a clinic at a time, however many cohorts it has.
        self._end(Escalation.objects.filter(acknowledged_at=None, key__startswith="staff:"), self.now)
        renew_stale_trends(now=self.now, seconds=600)
        renew_entries(now=self.now, seconds=600)

    def _step(self, service: Any, visit: Visit, now: datetime, **values: Any) -> None:
        service(
            clinic=self.clinic,
            visit_ref=visit.ref,
            actor_id=self.staff["nurse"],
            now=min(now, self.now),
            **values,
        )

    def _by(self, day: date, at: time = time(12)) -> dict[str, Any]:
        return {"clinic": self.clinic, "actor_id": self.staff["nurse"], "now": self._at(day, at)}

    def _at(self, day: date, at: time) -> datetime:
        return min(datetime.combine(day, at, tzinfo=ZONE).astimezone(UTC), self.now)

    def _open_day(self, day: date) -> date:
        return day if day.weekday() < 5 else day + (7 - day.weekday()) * DAY
