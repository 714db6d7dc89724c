"""Taking back the last step of a visit: it stands again as it stood, if its time is still free."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from scheduling.domain.slot_refusals import Sought
from scheduling.domain.visit_entries import LONGEST_REASON, check_length
from scheduling.domain.visit_states import BLOCKING, VisitEvent, VisitState, check_can
from scheduling.models import Resource, ResourceKind, Visit, VisitSeat, VisitStatus
from scheduling.selectors.visit_needs import needs_of_visit
from scheduling.selectors.visits import standing_of
from scheduling.services.booking.locks import check_alive, lock_patient_of, lock_resources, lock_visit
from scheduling.services.booking.places import Question, Span, find_places
from scheduling.services.booking.served import reopen_served, was_filled
from scheduling.services.booking.steps import set_status
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.booking.wishes import is_served
from scheduling.services.booking.writing import tell, write_seats


def undo_last_status(*, clinic: Clinic, visit_ref: UUID, reason: str, actor_id: int, now: datetime) -> Visit:
    """Take back the last step: an arrival, a no-show, a cancellation, an end that was a mistake.

    What the visit had closed is open again. Raises SlotTaken where its time was given to somebody else meanwhile;
    RecordError for a visit on whose day a refill is recorded (which would end it again), where another visit was
    booked for the same follow-ups meanwhile, and where there is nothing to undo.
    """
    check_length("reason", reason, LONGEST_REASON)

    def undo() -> Visit:
        locked = lock_patient_of(clinic=clinic, visit_ref=visit_ref)
        seen = Visit.objects.for_clinic(clinic.id).get(ref=visit_ref)
        resources = lock_resources(clinic=clinic, resource_ids=seats_of(seen))
        visit = lock_visit(clinic=clinic, visit_ref=visit_ref)
        if visit.starts_at > now:
            check_alive(locked)
        if visit.is_refill and was_filled(visit):
            raise RecordError(
                "status", gettext_noop("a refill is recorded on the day of the visit: withdraw that first")
            )
        give_back(visit, resources, clinic=clinic, reason=reason.strip(), actor_id=actor_id, now=now)
        tell(visit, locked, now)
        return visit

    return in_one_transaction(undo, actor_id=actor_id, reason="visit: undo")


def give_back(
    visit: Visit,
    resources: dict[int, Resource],
    *,
    clinic: Clinic,
    reason: str,
    actor_id: int | None,
    now: datetime,
) -> None:
    """Put a locked visit, whose resources are locked too, back to the status it had before its last step."""
    before = status_before(visit)
    after = check_can(VisitEvent.UNDO, standing_of(visit), now=now, reason=reason, after=before)
    assert after is not None  # noqa: S101 - an undo leads to a status
    if after in BLOCKING and VisitState(visit.status) not in BLOCKING:
        if is_served(list(visit.purposes.values_list("follow_up_id", flat=True)), visit.pk):
            raise RecordError(
                "status", gettext_noop("another visit is booked for the same follow-ups by now")
            )
        _take_seats_again(visit, resources, clinic, now)
    if visit.status == VisitState.FULFILLED:
        reopen_served(visit, reason=reason, actor_id=actor_id, now=now)
    visit.sequence += 1
    set_status(visit, after, since=now, actor_id=actor_id, reason=reason)


def status_before(visit: Visit) -> VisitState:
    """The status before the present one; the present one where there was no other."""
    rows = VisitStatus.objects.filter(visit=visit).exclude(status=visit.status).order_by("-pk")
    found = rows.values_list("status", flat=True).first()
    return VisitState(found or visit.status)


def seats_of(visit: Visit) -> list[int]:
    """The nurse, room and capacity whose seats the visit has, or had, by id."""
    return list(VisitSeat.objects.filter(visit=visit).values_list("resource_id", flat=True))


def _take_seats_again(visit: Visit, resources: dict[int, Resource], clinic: Clinic, now: datetime) -> None:
    """Its own seats, or others of the same nurse and room. The hours are not asked: it was there before."""
    span = Span(visit.starts_at, visit.ends_at, visit.local_on, visit.local_at, ZoneInfo(visit.time_zone))

    def of(kind: ResourceKind) -> list[Resource]:
        return [each for each in resources.values() if each.kind == kind]

    question = Question(
        clinic=clinic,
        span=span,
        sought=Sought(
            needs=needs_of_visit(visit),
            starts_at=visit.starts_at,
            local_on=visit.local_on,
            patient_id=visit.patient_id,
            ignoring_visit=visit.pk,
        ),
        now=now,
        nurses=of(ResourceKind.NURSE),
        rooms=of(ResourceKind.ROOM),
        capacities=of(ResourceKind.CAPACITY),
        needs_nurse=False,
        needs_room=False,
        may_overrule=bool(visit.override_reason),
        ignores_hours=True,
    )
    write_seats(visit, find_places(question))
