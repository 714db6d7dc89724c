"""Holding a slot for some minutes, and booking a visit: from a hold or at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError, check_key
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from scheduling.domain.slot_refusals import Sought
from scheduling.domain.visit_entries import VisitEntry, check_entry, digest_of
from scheduling.domain.visit_states import CANNOT, VisitEvent
from scheduling.models import Status, Visit, WorkPolicy
from scheduling.services.booking.holds import delete_holds
from scheduling.services.booking.locks import Locked, lock_patient, lock_resources
from scheduling.services.booking.places import Placement, Question, Span, find_places, span_of
from scheduling.services.booking.served import refuse_filled_day
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.booking.wishes import Wish, as_asked, ask_of, candidates, read_wish
from scheduling.services.booking.writing import (
    set_places,
    set_span,
    tell,
    write_purposes,
    write_seats,
    write_status,
)

HOLD_MINUTES = 10
OTHER_REQUEST = gettext_noop("this key came with another request before")


def hold_slot(*, clinic: Clinic, entry: VisitEntry, actor_id: int, now: datetime) -> Visit:
    """Keep a slot for the clinic's ``hold_minutes`` while somebody decides; an earlier hold of the same person goes.

    Raises what ``book_visit`` raises.
    """
    check_entry(entry)

    def hold() -> Visit:
        locked = lock_patient(clinic=clinic, patient_ref=entry.patient_ref)
        earlier = Visit.objects.for_clinic(clinic.id).filter(
            patient=locked.patient, status=Status.PROPOSED, booked_by_id=actor_id
        )
        delete_holds(earlier.values_list("pk", flat=True))
        draft = _draft(Visit(clinic=clinic), clinic, entry, locked, actor_id, now)
        minutes = WorkPolicy.objects.for_clinic(clinic.id).values_list("hold_minutes", flat=True).first()
        draft.visit.status = Status.PROPOSED
        draft.visit.hold_expires_at = now + timedelta(minutes=minutes or HOLD_MINUTES)
        return draft.write()

    return in_one_transaction(hold, actor_id=actor_id, reason="slot held")


def release_hold(*, clinic: Clinic, hold_ref: UUID, actor_id: int) -> bool:
    """Give a held slot back before its time; False when it is no hold any more."""

    def release() -> bool:
        held = Visit.objects.for_clinic(clinic.id).filter(ref=hold_ref, status=Status.PROPOSED)
        return bool(delete_holds(held.select_for_update(of=("self",)).values_list("pk", flat=True)))

    return in_one_transaction(release, actor_id=actor_id, reason="hold released")


def book_visit(
    *,
    clinic: Clinic,
    entry: VisitEntry,
    actor_id: int | None,
    now: datetime,
    idempotency_key: str | None = None,
    hold_ref: UUID | None = None,
    reason: str = "",
) -> Visit:
    """Book a visit, in one transaction. ``hold_ref`` is a slot held for it: booked, it keeps its reference.

    Without ``actor_id`` the patient books, and ``reason`` says so in the visit's history.

    The same ``idempotency_key`` with the same request returns the visit that it made. Raises RecordError at the
    field at fault, SlotTaken (with why, and what was sought) for a time that cannot be had, BusyTryAgain after
    three vain tries. With ``override_reason`` it takes a seat beyond the resource's own, or a time outside the
    hours; never a second visit of the patient at the same time.
    """
    check_entry(entry)
    check_key(idempotency_key)
    digest = digest_of(entry, str(hold_ref)) if idempotency_key else ""

    def book() -> Visit:
        locked = lock_patient(clinic=clinic, patient_ref=entry.patient_ref)
        if idempotency_key and (made := _made_before(clinic, idempotency_key, digest)):
            return made
        visit = _held(clinic, hold_ref, locked) or Visit(clinic=clinic)
        held = None if visit.pk is None else (visit.booked_at, visit.booked_by_id)
        draft = _draft(visit, clinic, entry, locked, actor_id, now)
        visit.status, visit.hold_expires_at = Status.BOOKED, None
        visit.idempotency_key, visit.request_digest = idempotency_key, digest
        draft.write()
        if held is not None:
            write_status(visit, Status.PROPOSED, since=held[0], actor_id=held[1])
        why = reason or visit.override_reason
        write_status(visit, Status.BOOKED, since=now, actor_id=actor_id, reason=why)
        tell(visit, locked, now)
        return visit

    return in_one_transaction(book, actor_id=actor_id, reason="visit booked")


def _made_before(clinic: Clinic, key: str, digest: str) -> Visit | None:
    made = Visit.objects.for_clinic(clinic.id).select_related("kind", "nurse", "room", "patient", "implant")
    found = made.filter(idempotency_key=key).first()
    if found is not None and found.request_digest != digest:
        raise RecordError("idempotency_key", OTHER_REQUEST)
    return found


def _held(clinic: Clinic, hold_ref: UUID | None, locked: Locked) -> Visit | None:
    """The held slot. One that was swept away is None: then the slot is booked as if it had never been held."""
    if hold_ref is None:
        return None
    held = Visit.objects.for_clinic(clinic.id).filter(ref=hold_ref, patient=locked.patient).first()
    if held is not None and held.status != Status.PROPOSED:
        raise RecordError("status", CANNOT[VisitEvent.BOOK], state=held.status)
    return held


@dataclass(frozen=True, slots=True)
class _Draft:
    """A visit that has found its places and is not written yet."""

    visit: Visit
    found: Placement
    wish: Wish

    def write(self) -> Visit:
        self.visit.save()
        write_seats(self.visit, self.found)
        write_purposes(self.visit, self.wish.follow_ups)
        return self.visit


def _draft(
    visit: Visit, clinic: Clinic, entry: VisitEntry, locked: Locked, actor_id: int | None, now: datetime
) -> _Draft:
    """Find the visit's time, nurse, room and seats, with all of them locked, and set them."""
    wish = read_wish(clinic=clinic, entry=entry, locked=locked, ignoring_visit=visit.pk)
    span = span_of(
        local_on=entry.local_on,
        local_at=entry.local_at,
        is_later=entry.is_later,
        minutes=wish.needs.duration_minutes,
        zone=ZoneInfo(clinic.time_zone),
    )
    found = _find(clinic, entry, wish, span, locked, visit.pk, now)
    visit.patient, visit.implant, visit.kind = locked.patient, wish.implant, wish.kind
    visit.is_refill, visit.note = wish.is_refill, entry.note
    visit.booked_at, visit.booked_by_id = now, actor_id
    set_span(visit, span)
    refuse_filled_day(visit, now=now)
    set_places(visit, found, override_reason=entry.override_reason.strip(), actor_id=actor_id)
    return _Draft(visit, found, wish)


def _find(
    clinic: Clinic,
    entry: VisitEntry,
    wish: Wish,
    span: Span,
    locked: Locked,
    visit_id: int | None,
    now: datetime,
) -> Placement:
    able = candidates(clinic=clinic, needs=wish.needs, nurse_ref=entry.nurse_ref, room_ref=entry.room_ref)
    rows = lock_resources(clinic=clinic, resource_ids=[pk for group in able.values() for pk in group])
    question = Question(
        clinic=clinic,
        span=span,
        sought=Sought(
            needs=as_asked(wish.needs, able, nurse_ref=entry.nurse_ref, room_ref=entry.room_ref),
            starts_at=span.starts_at,
            local_on=span.local_on,
            patient_id=locked.patient.pk,
            ignoring_visit=visit_id,
            follow_up_ids=tuple(row.pk for row in wish.follow_ups),
        ),
        now=now,
        needs_nurse=wish.needs.needs_nurse,
        needs_room=wish.needs.needs_room,
        may_overrule=bool(entry.override_reason.strip()),
    )
    return find_places(ask_of(question, able, rows))
