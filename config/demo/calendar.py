"""The demo's calendar: visits ahead, a day that is going on, what went wrong, and what was done about it.

Everything goes through the services, each with the time at which a clinic would have done it.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.entries import ProgramEntry
from clinic.services.closures import add_closure
from clinic.services.programs import record_program
from config.demo.stories import Story
from scheduling.domain.call_entries import CallEntry
from scheduling.domain.case import ClinicRules
from scheduling.domain.hours import DaySpan, ExceptionEntry
from scheduling.domain.slots import Window
from scheduling.domain.visit_entries import VisitEntry
from scheduling.domain.visits import open_day_at_or_before
from scheduling.selectors.availability import free_slots
from scheduling.selectors.due_list import open_follow_ups
from scheduling.selectors.forecasts import dated_forecasts
from scheduling.selectors.resources import resources, visit_kinds
from scheduling.selectors.rows import FollowUp, Resource, Visit, VisitKind
from scheduling.selectors.visit_needs import needs_of
from scheduling.services.booking import book_visit, fulfil_visit, mark_arrived, mark_no_show
from scheduling.services.calls import log_call
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_ups,
)
from scheduling.services.resources import ResourceEntry, add_exception, add_resource
from scheduling.services.sweeps import start_recalculation

REFILLS_AHEAD = 48
OTHERS_AHEAD = 20
AHEAD = timedelta(weeks=6)
MORNING = time(7)
THROUGH_THE_DAY = (time(9), time(9, 30), time(10, 45), time(13), time(13, 45), time(14, 45), time(15, 30))
ROOM_DAY = (DaySpan(time(8), time(18)),)


@dataclass(slots=True)
class DemoCalendar:
    """Plays the last days, today and the coming weeks of the demo clinic. ``pumps`` are (implant reference, story)."""

    clinic: Any
    staff: dict[str, int]
    pumps: list[tuple[Any, Story]]
    now: datetime
    chance: random.Random
    kinds: dict[str, VisitKind] = field(default_factory=dict)
    nurses: list[Resource] = field(default_factory=list)
    booked: list[Visit] = field(default_factory=list)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.clinic.time_zone)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def play(self) -> None:
        """Rooms, absences, what was done, visits of the past days and of today, visits ahead, two in conflict."""
        self._prepare()
        self._decide()
        self._call()
        others = self._visits_wanted()
        self._past_days(others)
        self._today(others)
        self._book_ahead(others)
        self._go_wrong()

    def _prepare(self) -> None:
        add_resource(
            clinic=self.clinic,
            kind="room",
            entry=ResourceEntry(name="Room 2"),
            week=dict.fromkeys(self.clinic.open_weekdays, ROOM_DAY),
        )
        self.kinds = {kind.key: kind for kind in visit_kinds(clinic_id=self.clinic.id)}
        found = resources(clinic_id=self.clinic.id, today=self.today)
        self.nurses = [each for each in found if each.kind == "nurse" and each.is_active]
        monday = self.today + timedelta(days=7 - self.today.weekday())
        away = ExceptionEntry(
            first_on=monday + timedelta(days=2), last_on=monday + timedelta(days=4), reason="training course"
        )
        add_exception(clinic=self.clinic, resource_ref=self.nurses[-1].ref, entry=away, now=self.now)

    def _decide(self) -> None:
        """Follow-ups done, postponed, not needed and given to a colleague; the rest waits, some of it too long."""
        by: dict[str, Any] = {
            "clinic": self.clinic,
            "actor_id": self.staff["Nora Lindholm"],
            "now": self.now,
        }
        rows = list(open_follow_ups(self.clinic.id).order_by("latest_on", "id"))
        past = [row.ref for row in rows if row.latest_on and row.latest_on < self.today]
        complete_follow_ups(refs=past[: len(past) * 2 // 3], note="done by telephone", **by)
        ahead = [row for row in rows if row.target_on and row.target_on > self.today]
        if len(ahead) >= 12:
            until = self.today + timedelta(days=5)
            later = [row for row in ahead if row.latest_on and row.latest_on >= until][:4]
            postpone_follow_ups(
                refs=[row.ref for row in later], until=until, reason="the patient is on holiday", **by
            )
            others = [row.ref for row in ahead if row not in later]
            mark_not_needed(refs=others[:2], reason="done by the general practitioner", **by)
            assign_follow_ups(refs=others[2:8], owner_id=self.staff["Jonas Weber"], **by)

    def _call(self) -> None:
        """Calls of the last days to the patients who are most urgent, each with another outcome."""
        outcomes = (
            "no_answer",
            "left_message",
            "reached",
            "no_answer",
            "call_back",
            "wrong_number",
            "reached",
        )
        wanted = list(dated_forecasts(clinic_id=self.clinic.id)[: len(outcomes)])
        for number, (forecast, outcome) in enumerate(zip(wanted, outcomes, strict=False)):
            log_call(
                clinic=self.clinic,
                patient_ref=forecast.implant.patient.ref,
                entry=CallEntry(
                    outcome=outcome,
                    whom="proxy" if number == 2 else "patient",
                    call_back_on=self.today + timedelta(days=1) if outcome == "call_back" else None,
                    note="Will ring us about the transport." if outcome == "reached" else "",
                    called_at=min(
                        datetime.combine(
                            self.today - timedelta(days=1 + number), time(9 + number, 10), self.zone
                        ),
                        self.now,
                    ),
                ),
                actor_id=self.staff["Sam Petit"],
                now=self.now,
            )

    def _visits_wanted(self) -> list[FollowUp]:
        """Open follow-ups that need a visit and can still be in time, one for each patient, the soonest first."""
        rows = open_follow_ups(self.clinic.id).filter(
            mode="visit", state="open", target_on__lte=self.today + 4 * AHEAD, latest_on__gte=self.today
        )
        first: dict[int, FollowUp] = {}
        for row in rows.select_related("patient", "implant").order_by("latest_on", "id"):
            if row.visit_kind_key in self.kinds and not self.kinds[row.visit_kind_key].is_refill:
                first.setdefault(row.patient_id, row)
        return list(first.values())

    def _past_days(self, others: list[FollowUp]) -> None:
        """The last open days: visits done, and on the last of them one patient who did not come."""
        rules = ClinicRules(open_weekdays=frozenset(self.clinic.open_weekdays))
        day = self.today
        for back in range(2):
            day = open_day_at_or_before(day - timedelta(days=1), rules)
            for number, at in enumerate((time(9), time(10, 30), time(14))):
                visit = self._book(others, day, now=self._at(day, MORNING), at=at)
                if visit is None:
                    continue
                if (back, number) == (0, 1):
                    self._step(mark_no_show, visit, now=visit.ends_at, reason="did not ring either")
                else:
                    self._finish(visit)

    def _today(self, others: list[FollowUp]) -> None:
        """What is over is done, who is there has arrived, the rest of the day is booked."""
        begin = min(self._at(self.today, MORNING), self.now)
        running = (self.now - timedelta(minutes=20)).astimezone(self.zone).time()
        visits = [
            self._book(others, self.today, now=begin, at=at) for at in sorted({*THROUGH_THE_DAY, running})
        ]
        for visit in visits:
            if visit is None:
                continue
            if visit.ends_at <= self.now:
                self._finish(visit)
            elif visit.starts_at - timedelta(minutes=10) <= self.now:
                self._step(mark_arrived, visit, now=visit.starts_at - timedelta(minutes=10))

    def _book_ahead(self, others: list[FollowUp]) -> None:
        """Most refills that are due in the coming weeks, between target and latest, and some other visits."""
        rows = FollowUp.objects.for_clinic(self.clinic.id).filter(
            row_key="refill", state="open", target_on__lte=self.today + AHEAD, latest_on__gt=self.today
        )
        refills = list(rows.select_related("patient", "implant").order_by("latest_on", "id"))
        for row in self.chance.sample(refills, min(REFILLS_AHEAD, len(refills) * 9 // 10)):
            if row.target_on is not None and row.latest_on is not None:
                window = Window(max(row.target_on, self.today), row.latest_on, earliest_on=self.today)
                self._book_one(row, window, now=self.now)
        for row in others[:OTHERS_AHEAD]:
            if row.target_on is not None and row.latest_on is not None:
                first = max(min(row.target_on, self.today + AHEAD), self.today)
                self._book_one(row, Window(first, row.latest_on), now=self.now)

    def _go_wrong(self) -> None:
        """One refill too late since the dose was raised, one visit on a day that was closed afterwards."""
        ahead = [visit for visit in self.booked if visit.is_refill and visit.status == "booked"]
        dates = {row.implant_id: row for row in dated_forecasts(clinic_id=self.clinic.id)}
        story_of = dict(self.pumps)
        for visit in sorted(ahead, key=lambda each: each.starts_at, reverse=True):
            forecast, story = (
                dates[visit.implant_id or 0],
                story_of[visit.implant.ref] if visit.implant else None,
            )
            if story is None or forecast.limited_by != "low_reservoir" or story.is_flex or story.bolus:
                continue
            raised = ProgramEntry(
                starts_on=self.today,
                kind="continuous",
                dose=(story.dose * Decimal("1.8")).quantize(Decimal("0.01")),
                dose_unit=story.therapy.dose_unit,
            )
            record_program(
                clinic=self.clinic,
                implant_ref=forecast.implant.ref,
                entry=raised,
                actor_id=self.staff["Dr. Maya Okonkwo"],
                now=self.now,
            )
            break
        by_day: dict[date, list[Visit]] = {}
        for visit in self.booked:
            by_day.setdefault(visit.local_on, []).append(visit)
        alone = [
            day for day, found in by_day.items() if len(found) == 1 and day > self.today + timedelta(days=7)
        ]
        if alone:
            add_closure(
                clinic=self.clinic,
                closed_on=min(alone),
                reason="water damage in the building",
                actor_id=self.staff["Alex Moreau"],
            )
            start_recalculation(clinic_id=self.clinic.id, now=self.now, actor_id=self.staff["Alex Moreau"])

    def _book(self, others: list[FollowUp], day: date, *, now: datetime, at: time) -> Visit | None:
        """A visit of the next patient on the list on this very day, at this time or soon after; None in vain."""
        for row in others[:3]:
            visit = self._book_one(row, Window(day, day), now=now, at=at)
            if visit is not None:
                others.remove(row)
                return visit
        return None

    def _book_one(
        self, row: FollowUp, window: Window, *, now: datetime, at: time | None = None
    ) -> Visit | None:
        """A free time in the window, by turns with one nurse and the other; None where there is none."""
        kind = self.kinds[row.visit_kind_key]
        nurse = self.nurses[len(self.booked) % len(self.nurses)]
        slots = free_slots(
            clinic_id=self.clinic.id,
            needs=needs_of([kind], preferred_nurse_id=nurse.pk),
            window=window,
            now=now,
            patient_id=row.patient_id,
            limit=12 if at is None else 60,
        )
        fitting = [slot for slot in slots if window.target_on <= slot.local_on <= window.latest_on]
        if at is not None:
            fitting = [slot for slot in fitting if at <= slot.starts_at.astimezone(self.zone).time()]
        if not fitting:
            return None
        slot = self.chance.choice(fitting) if at is None else min(fitting, key=lambda each: each.starts_at)
        entry = VisitEntry(
            patient_ref=row.patient.ref,
            kind_ref=kind.ref,
            local_on=slot.local_on,
            local_at=slot.starts_at.astimezone(self.zone).time(),
            nurse_ref=next((each.ref for each in self.nurses if each.pk == slot.nurse_id), None),
            implant_ref=row.implant.ref if row.implant else None,
            follow_up_refs=(row.ref,),
        )
        try:
            visit = book_visit(clinic=self.clinic, entry=entry, actor_id=self.staff["Sam Petit"], now=now)
        except RecordError:
            return None
        self.booked.append(visit)
        return visit

    def _finish(self, visit: Visit) -> None:
        self._step(mark_arrived, visit, now=visit.starts_at)
        done: Iterable[Any] = visit.purposes.values_list("follow_up__ref", flat=True)
        self._step(fulfil_visit, visit, now=visit.ends_at, done_follow_ups=list(done))

    def _step(self, service: Any, visit: Visit, *, now: datetime, **values: Any) -> None:
        service(
            clinic=self.clinic, visit_ref=visit.ref, actor_id=self.staff["Nora Lindholm"], now=now, **values
        )

    def _at(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, tzinfo=self.zone)
