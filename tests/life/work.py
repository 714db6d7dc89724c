"""Follow-ups are decided about; visits are booked, moved and end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from uuid import UUID

from scheduling.domain.slots import Window
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.models import (
    FollowUp,
    Resource,
    Visit,
    VisitKind,
)
from scheduling.selectors.availability import free_slots
from scheduling.selectors.visit_needs import needs_of, needs_of_visit
from scheduling.services import booking
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_ups,
    reopen_follow_up,
)
from tests.life.clock import Clock

_STANDING = ("pending", "booked", "arrived", "checked-in")


class Work(Clock):
    """What nurses do with the work list and the calendar."""

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
                    lambda: postpone_follow_ups(refs=[row.ref], until=until, reason="on holiday", **self.by)
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
