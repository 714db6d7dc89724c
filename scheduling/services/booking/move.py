"""Moving a visit: one transaction in which the patient is never without it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from scheduling.domain.slot_refusals import Sought
from scheduling.domain.visit_entries import LONGEST_REASON, MoveEntry, check_entry, check_length
from scheduling.domain.visit_states import VisitEvent, check_can
from scheduling.models import UNFINISHED, FollowUp, Resource, ResourceKind, Status, Visit, VisitSeat
from scheduling.selectors.visit_needs import needs_of_visit
from scheduling.selectors.visits import standing_of
from scheduling.services.booking.locks import (
    Locked,
    check_alive,
    lock_patient_of,
    lock_resources,
    lock_visit,
)
from scheduling.services.booking.places import Placement, Question, find_places, span_of
from scheduling.services.booking.served import refuse_filled_day
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.booking.wishes import as_asked, ask_of, candidates
from scheduling.services.booking.writing import (
    check_sequence,
    set_places,
    set_span,
    tell,
    write_seats,
    write_status,
)


def move_visit(
    *,
    clinic: Clinic,
    visit_ref: UUID,
    entry: MoveEntry,
    actor_id: int | None,
    now: datetime,
    expected_sequence: int | None = None,
) -> Visit:
    """Move a visit to another time, nurse or room at once; its own old time never stands in its way.

    It keeps its reference, and a visit that was to be placed anew is booked again. ``expected_sequence`` refuses to
    move what somebody else has moved since. Without ``actor_id`` the patient moves it, and the entry's reason says so.
    Raises as ``book_visit`` does; then the visit stands where it stood.
    """
    check_entry(entry)

    def move() -> Visit:
        locked = lock_patient_of(clinic=clinic, visit_ref=visit_ref)
        check_alive(locked)
        seen = Visit.objects.for_clinic(clinic.id).select_related("kind", "nurse", "room").get(ref=visit_ref)
        able = _candidates(clinic, seen, entry)
        held = VisitSeat.objects.filter(visit=seen).values_list("resource_id", flat=True)
        rows = lock_resources(
            clinic=clinic, resource_ids={*held, *(pk for group in able.values() for pk in group)}
        )
        visit = lock_visit(clinic=clinic, visit_ref=visit_ref)
        check_sequence(visit, expected_sequence)
        check_can(VisitEvent.MOVE, standing_of(visit), now=now, reason=entry.reason)
        _refuse_left_behind(visit, locked)
        moved_from = visit.starts_at
        found = _find(clinic, visit, entry, able, rows, now)
        set_places(visit, found, override_reason=entry.override_reason.strip(), actor_id=actor_id)
        visit.status, visit.sequence = Status.BOOKED, visit.sequence + 1
        visit.save()
        write_seats(visit, found)
        reason = entry.reason.strip() or visit.override_reason
        write_status(visit, Status.BOOKED, since=now, actor_id=actor_id, reason=reason, moved_from=moved_from)
        tell(visit, locked, now)
        return visit

    return in_one_transaction(move, actor_id=actor_id, reason="visit moved")


def displace_visit(*, clinic: Clinic, visit_ref: UUID, reason: str, actor_id: int, now: datetime) -> Visit:
    """Mark a visit that cannot stay where it is and has no new time yet: it goes to the top of the work list."""
    check_length("reason", reason, LONGEST_REASON)

    def displace() -> Visit:
        locked = lock_patient_of(clinic=clinic, visit_ref=visit_ref)
        visit = lock_visit(clinic=clinic, visit_ref=visit_ref)
        check_can(VisitEvent.DISPLACE, standing_of(visit), now=now, reason=reason)
        visit.status, visit.sequence = Status.PENDING, visit.sequence + 1
        visit.save(update_fields=["status", "sequence"])
        write_status(visit, Status.PENDING, since=now, actor_id=actor_id, reason=reason.strip())
        tell(visit, locked, now)
        return visit

    return in_one_transaction(displace, actor_id=actor_id, reason="visit to be placed anew")


def _refuse_left_behind(visit: Visit, locked: Locked) -> None:
    """A visit that was only for a pump that is out: at its new time the record would call it off."""
    out = {each.pk for each in locked.implants if each.explanted_on is not None}
    if visit.implant_id not in out:
        return
    purposes = FollowUp.objects.filter(visits__visit=visit)
    is_left_behind = purposes.exists() and not purposes.filter(state__in=UNFINISHED).exists()
    if visit.is_refill or is_left_behind:
        raise RecordError("status", gettext_noop("the pump was taken out: cancel the visit"))


def _candidates(clinic: Clinic, visit: Visit, entry: MoveEntry) -> dict[ResourceKind, list[int]]:
    """The nurse stays unless another is named; so does the room, and any other serves where it cannot be had."""
    nurse_ref = entry.nurse_ref or _in_use(visit.nurse)
    able = candidates(
        clinic=clinic, needs=needs_of_visit(visit), nurse_ref=nurse_ref, room_ref=entry.room_ref
    )
    rooms = able[ResourceKind.ROOM]
    if visit.room_id in rooms:
        able[ResourceKind.ROOM] = [visit.room_id, *(pk for pk in rooms if pk != visit.room_id)]
    return able


def _in_use(resource: Resource | None) -> UUID | None:
    return resource.ref if resource is not None and resource.is_active else None


def _find(
    clinic: Clinic,
    visit: Visit,
    entry: MoveEntry,
    able: dict[ResourceKind, list[int]],
    rows: dict[int, Resource],
    now: datetime,
) -> Placement:
    needs = needs_of_visit(visit)
    if entry.duration_minutes is not None:
        needs = replace(needs, duration_minutes=entry.duration_minutes)
    span = span_of(
        local_on=entry.local_on,
        local_at=entry.local_at,
        is_later=entry.is_later,
        minutes=needs.duration_minutes,
        zone=ZoneInfo(clinic.time_zone),
    )
    question = Question(
        clinic=clinic,
        span=span,
        sought=Sought(
            needs=as_asked(
                needs, able, nurse_ref=entry.nurse_ref or _in_use(visit.nurse), room_ref=entry.room_ref
            ),
            starts_at=span.starts_at,
            local_on=span.local_on,
            patient_id=visit.patient_id,
            ignoring_visit=visit.pk,
            follow_up_ids=purposes_of(visit),
        ),
        now=now,
        needs_nurse=needs.needs_nurse,
        needs_room=needs.needs_room,
        may_overrule=bool(entry.override_reason.strip()),
    )
    found = find_places(ask_of(question, able, rows))
    set_span(visit, span)
    refuse_filled_day(visit, now=now)
    return found


def purposes_of(visit: Visit) -> tuple[int, ...]:
    """The follow-ups that the visit is for, by id."""
    return tuple(visit.purposes.values_list("follow_up_id", flat=True))
