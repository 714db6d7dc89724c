"""What a visit takes and when it should be: from the kinds of visit and follow-ups that are stored."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, timedelta

from scheduling.domain.slots import Needs, Window
from scheduling.models import FollowUp, Forecast, Visit, VisitKind
from scheduling.models.care import REFILL

EARLY_REFILL_DAYS = 14
"""A refill may be offered this long before its target: from then on it counts as due."""
DAYS_AHEAD = 28
"""How far a visit that is due for nothing in particular is looked for."""


def needs_of(
    kinds: Sequence[VisitKind],
    *,
    nurse_id: int | None = None,
    room_id: int | None = None,
    preferred_nurse_id: int | None = None,
) -> Needs:
    """What a visit of these kinds takes: the sum of their durations, and whatever one of them needs.

    The capacity is the first kind's, which names the visit.
    """
    return Needs(
        duration_minutes=sum(kind.duration_minutes for kind in kinds),
        needs_nurse=any(kind.needs_nurse for kind in kinds),
        needs_room=any(kind.needs_room for kind in kinds),
        capacity_id=kinds[0].capacity_resource_id,
        nurse_id=nurse_id,
        room_id=room_id,
        preferred_nurse_id=preferred_nurse_id,
    )


def needs_of_visit(visit: Visit, *, is_any_nurse_welcome: bool = True) -> Needs:
    """What a stored visit takes, with its nurse preferred (or required). Its kind must be at hand."""
    minutes = (visit.ends_at - visit.starts_at) // timedelta(minutes=1)
    return Needs(
        duration_minutes=minutes,
        needs_nurse=visit.nurse_id is not None or visit.kind.needs_nurse,
        needs_room=visit.room_id is not None or visit.kind.needs_room,
        capacity_id=visit.kind.capacity_resource_id,
        nurse_id=None if is_any_nurse_welcome else visit.nurse_id,
        preferred_nurse_id=visit.nurse_id,
    )


def open_window(today: date, *, days: int = DAYS_AHEAD) -> Window:
    """The window of a visit that is due for nothing: from today, so many days."""
    return Window(target_on=today, latest_on=today + timedelta(days=days - 1))


def windows_of(*, clinic_id: int, follow_up_ids: Collection[int], today: date) -> dict[int, Window]:
    """The windows of follow-ups, by id (two queries). A refill whose date is in review is wanted now.

    A refill may come early and has the last day on which it must have happened; other follow-ups are neither.
    """
    rows = list(FollowUp.objects.for_clinic(clinic_id).filter(pk__in=follow_up_ids))
    implants = [row.implant_id for row in rows if row.row_key == REFILL]
    limits = {
        implant_id: (must_by, review_by)
        for implant_id, must_by, review_by in Forecast.objects.for_clinic(clinic_id)
        .filter(implant_id__in=implants)
        .values_list("implant_id", "must_refill_by", "review_by")
    }
    found: dict[int, Window] = {}
    for row in rows:
        must_by, review_by = limits.get(row.implant_id or 0, (None, None))
        found[row.pk] = _window(row, must_by, review_by, today)
    return found


def _window(row: FollowUp, must_by: date | None, review_by: date | None, today: date) -> Window:
    if row.target_on is None or row.latest_on is None:
        return Window(target_on=today, latest_on=max(today, review_by or today))
    earliest_on = row.target_on
    if row.row_key == REFILL:
        earliest_on -= timedelta(days=EARLY_REFILL_DAYS)
    return Window(row.target_on, row.latest_on, must_by=must_by, earliest_on=earliest_on)
