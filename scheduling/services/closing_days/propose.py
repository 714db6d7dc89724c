"""What a closing would do, worked out and kept until somebody confirms it. Nothing else is written."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.patients import local_today
from scheduling.domain.replacement import NewTime, place_anew
from scheduling.models import ClosingState, DayClosing, DayClosingMove, Resource, ResourceKind
from scheduling.selectors.closings import Displacement, displacement

MOST_DAYS = 92
LONGEST_REASON = 120


def propose_closing(
    *,
    clinic: Clinic,
    first_on: date,
    last_on: date,
    resource_ref: UUID | None = None,
    reason: str,
    actor_id: int,
    now: datetime,
) -> DayClosing:
    """Work out new times for everybody whom the closing would displace, and keep the proposal.

    Without ``resource_ref`` the whole clinic is closed, with it one nurse or room is away. The moves of the
    proposal say who is affected, the last safe day of each with the closing counted in, and the new time, or
    that there is none. Raises RecordError for days that are over, in the wrong order or too many, for a missing
    reason, and for a resource that the clinic does not have in use.
    """
    _check(clinic, first_on, last_on, reason, now)
    with transaction.atomic():
        closing = DayClosing.objects.create(
            clinic=clinic,
            first_on=first_on,
            last_on=last_on,
            resource=_resource(clinic, resource_ref),
            reason=reason.strip(),
            created_at=now,
            created_by_id=actor_id,
        )
        work_out_moves(closing, now)
    return closing


def withdraw_proposal(*, clinic: Clinic, closing_ref: UUID) -> bool:
    """Forget a proposal that nobody has confirmed; False when there is none."""
    rows = DayClosing.objects.for_clinic(clinic.id).filter(ref=closing_ref, state=ClosingState.PROPOSED)
    with transaction.atomic():
        return bool(rows.delete()[0])


def work_out_moves(closing: DayClosing, now: datetime, world: Displacement | None = None) -> None:
    """Put the closing's moves as they are best now in place of those it had, in the caller's transaction."""
    world = world or displacement(
        clinic_id=closing.clinic_id,
        first_on=closing.first_on,
        last_on=closing.last_on,
        resource_id=closing.resource_id,
        now=now,
    )
    found = place_anew(world.displaced, world.house, patient_busy=world.patient_busy)
    rows = [_move(closing, world, new) for new in found]
    rows.sort(
        key=lambda row: (
            row.to_starts_at is not None,
            not row.is_past_latest,
            row.from_starts_at,
            row.visit_id,
        )
    )
    for position, row in enumerate(rows):
        row.position = position
    closing.moves.all().delete()
    DayClosingMove.objects.bulk_create(rows)


def _move(closing: DayClosing, world: Displacement, new: NewTime) -> DayClosingMove:
    visit = world.visits[new.visit_id]
    bounds = next(each for each in world.displaced if each.id == new.visit_id)
    return DayClosingMove(
        clinic_id=closing.clinic_id,
        closing=closing,
        visit=visit,
        position=0,
        sequence_before=visit.sequence,
        latest_on=bounds.latest_on,
        from_starts_at=visit.starts_at,
        from_ends_at=visit.ends_at,
        from_nurse_id=visit.nurse_id,
        from_room_id=visit.room_id,
        to_starts_at=new.starts_at,
        to_ends_at=new.ends_at,
        to_nurse_id=new.nurse_id,
        to_room_id=new.room_id,
        is_past_latest=new.is_past_latest,
    )


def _check(clinic: Clinic, first_on: date, last_on: date, reason: str, now: datetime) -> None:
    if first_on < local_today(clinic, now):
        raise RecordError("first_on", gettext_noop("%(day)s is over"), day=first_on)
    if last_on < first_on:
        raise RecordError("last_on", gettext_noop("the last day is before the first"))
    if (last_on - first_on).days >= MOST_DAYS:
        raise RecordError("last_on", gettext_noop("at most %(number)s days at a time"), number=MOST_DAYS)
    if not reason.strip():
        raise RecordError("reason", gettext_noop("say why"))
    if len(reason.strip()) > LONGEST_REASON:
        raise RecordError("reason", gettext_noop("at most %(number)s letters"), number=LONGEST_REASON)


def _resource(clinic: Clinic, ref: UUID | None) -> Resource | None:
    if ref is None:
        return None
    found = (
        Resource.objects.for_clinic(clinic.id)
        .filter(ref=ref, is_active=True, kind__in=(ResourceKind.NURSE, ResourceKind.ROOM))
        .first()
    )
    if found is None:
        raise RecordError("resource", gettext_noop("there is no such nurse or room"))
    return found
