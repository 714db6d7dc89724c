"""The rows of a visit: its seats, its statuses, what it is for. All in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from psycopg.types.range import TimestamptzRange

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from scheduling import changes
from scheduling.models import FollowUp, Status, Visit, VisitFollowUp, VisitSeat, VisitStatus
from scheduling.services.booking.locks import Locked
from scheduling.services.booking.places import Placement, Span


def set_span(visit: Visit, span: Span) -> None:
    """Put the visit at its time."""
    visit.starts_at, visit.ends_at = span.starts_at, span.ends_at
    visit.local_on, visit.local_at, visit.time_zone = span.local_on, span.local_at, span.zone.key


def set_places(visit: Visit, found: Placement, *, override_reason: str, actor_id: int | None) -> None:
    """Give the visit its nurse and room; what was overruled is signed, and nothing else is."""
    visit.nurse = found.nurse.resource if found.nurse else None
    visit.room = found.room.resource if found.room else None
    visit.override_reason = override_reason if found.overruled else ""
    visit.override_by_id = actor_id if found.overruled else None


def write_seats(visit: Visit, found: Placement) -> None:
    """Give back the seats the visit had, and take those it has now."""
    VisitSeat.objects.filter(visit=visit).delete()
    during = TimestamptzRange(visit.starts_at, visit.ends_at, "[)")
    VisitSeat.objects.bulk_create(
        VisitSeat(
            clinic_id=visit.clinic_id, visit=visit, resource=place.resource, seat=place.seat, during=during
        )
        for place in found.places
    )


def write_purposes(visit: Visit, follow_ups: Iterable[FollowUp]) -> None:
    """Say what the visit is for, in place of what was said before."""
    VisitFollowUp.objects.filter(visit=visit).delete()
    VisitFollowUp.objects.bulk_create(
        VisitFollowUp(clinic_id=visit.clinic_id, visit=visit, follow_up=row) for row in follow_ups
    )


def write_status(
    visit: Visit,
    status: str,
    *,
    since: datetime,
    actor_id: int | None,
    reason: str = "",
    moved_from: datetime | None = None,
) -> None:
    """Add a row to the history of the visit's statuses."""
    VisitStatus.objects.create(
        clinic_id=visit.clinic_id,
        visit=visit,
        status=Status(status),
        since=since,
        by_id=actor_id,
        reason=reason,
        moved_from=moved_from,
    )


def check_sequence(visit: Visit, expected: int | None) -> None:
    """Refuse to act on a visit that was moved or changed after the person last saw it."""
    if expected is not None and visit.sequence != expected:
        raise RecordError("status", gettext_noop("somebody else has changed this visit in the meantime"))


def tell(visit: Visit, locked: Locked, now: datetime) -> None:
    """Announce that the patient's visits have changed."""
    changes.announce(
        clinic_id=visit.clinic_id,
        implant_ids=locked.implant_ids,
        patient_ids=[locked.patient.pk],
        now=now,
    )
