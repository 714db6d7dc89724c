"""The follow-ups that a visit closes, and those that it gives back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Fill
from scheduling.models import UNFINISHED, FollowUp, FollowUpAct, FollowUpState, Visit
from scheduling.models.care import REFILL
from scheduling.services.care_plan import replan_care
from scheduling.services.owners import owners_of

WRITTEN = (
    "state",
    "postponed_until",
    "closing_reason",
    "closed_at",
    "closed_by",
    "closed_by_visit",
    "owner",
)
NO_FILL = gettext_noop(
    "no refill is recorded on the day of the visit: record it first, or say that the pump was not refilled"
)
ALREADY_FILLED = gettext_noop("a refill of this pump is recorded on this day already")


def was_filled(visit: Visit) -> bool:
    """Whether a refill of the visit's pump is recorded on the visit's day."""
    if visit.implant_id is None:
        return False
    fills = Fill.objects.for_clinic(visit.clinic_id).current()
    return fills.filter(implant_id=visit.implant_id, filled_on=visit.local_on).exists()


def refuse_filled_day(visit: Visit, *, now: datetime) -> None:
    """Refuse a refill visit on a day of which the refill is recorded: the record would end it at its next change."""
    today = now.astimezone(ZoneInfo(visit.time_zone)).date()
    if visit.is_refill and visit.local_on <= today and was_filled(visit):
        raise RecordError("local_on", ALREADY_FILLED)


def close_served(visit: Visit, refs: Collection[UUID], *, actor_id: int, now: datetime) -> list[FollowUp]:
    """Close those of the visit's follow-ups that were seen to; the others stay open and wait for another visit.

    The refill item is closed by a recorded refill and by nothing else, so here it is passed over. RecordError for
    a follow-up that the visit is not for.
    """
    rows = _of(visit)
    if not {row.ref for row in rows} >= set(refs):
        raise RecordError("follow_ups", gettext_noop("the visit is not for one of these follow-ups"))
    done = [row for row in rows if row.ref in refs and row.row_key != REFILL and row.state in UNFINISHED]
    for row in done:
        row.state, row.postponed_until, row.closing_reason = FollowUpState.DONE, None, ""
        row.closed_at, row.closed_by_id, row.closed_by_visit_id = now, actor_id, visit.pk
    _write(visit, done, FollowUpAct.Act.DONE, actor_id=actor_id, now=now)
    return done


def reopen_served(visit: Visit, *, reason: str, actor_id: int | None, now: datetime) -> None:
    """Open again what this visit closed, on the days it would have by now. The pumps' locks are held."""
    owners = owners_of(visit.clinic_id)
    rows = [
        row for row in _of(visit) if row.state == FollowUpState.DONE and row.closed_by_visit_id == visit.pk
    ]
    for row in rows:
        row.state, row.closing_reason, row.closed_at = FollowUpState.OPEN, "", None
        row.closed_by_id = row.closed_by_visit_id = None
        row.owner_id = owners.or_default(row.owner_id)
    _write(visit, rows, FollowUpAct.Act.REOPENED, actor_id=actor_id, now=now, reason=reason)
    if rows:
        replan_care(clinic_id=visit.clinic_id, patient_ids=[visit.patient_id], now=now)


def _of(visit: Visit) -> list[FollowUp]:
    return list(
        FollowUp.objects.for_clinic(visit.clinic_id)
        .filter(visits__visit=visit)
        .order_by("pk")
        .select_for_update(no_key=True, of=("self",))
    )


def _write(
    visit: Visit,
    rows: Sequence[FollowUp],
    act: FollowUpAct.Act,
    *,
    actor_id: int | None,
    now: datetime,
    reason: str = "",
) -> None:
    FollowUp.objects.bulk_update(rows, WRITTEN)
    FollowUpAct.objects.bulk_create(
        FollowUpAct(
            clinic_id=visit.clinic_id,
            follow_up=row,
            act=act,
            at=now,
            by_id=actor_id,
            visit=visit,
            reason=reason,
        )
        for row in rows
    )
