"""The refill visits ahead of a pump: one definition for the work list, the conflicts, the lapse guard and letters.

A visit counts from today on, in clinic time, while it stands at its time. One whose day is over without anybody
saying how it ended counts no longer; nor does one that is to be placed anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from scheduling.domain.visit_conflicts import COUNTED
from scheduling.models import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class NextVisit:
    """The pump's first refill visit ahead. ``nurse`` is empty where none is needed."""

    visit_id: int
    ref: UUID
    starts_at: datetime
    local_on: date
    status: str
    nurse: str


def refill_visits_ahead(*, clinic_id: int, today: date) -> QuerySet[Visit]:
    """The clinic's refill visits that stand at a time from ``today`` on."""
    return Visit.objects.for_clinic(clinic_id).filter(
        is_refill=True, status__in=sorted(COUNTED), local_on__gte=today
    )


def first_refill_visits(*, clinic_id: int, today: date) -> QuerySet[Visit]:
    """Of those, the first of each pump."""
    earlier = refill_visits_ahead(clinic_id=clinic_id, today=today).filter(
        Q(starts_at__lt=OuterRef("starts_at")) | Q(starts_at=OuterRef("starts_at"), pk__lt=OuterRef("pk")),
        implant_id=OuterRef("implant_id"),
    )
    return refill_visits_ahead(clinic_id=clinic_id, today=today).filter(~Exists(earlier))


def next_refill_visits(*, clinic_id: int, implant_ids: Collection[int], today: date) -> dict[int, NextVisit]:
    """The first refill visit ahead of each of these pumps that has one, by implant id (one query)."""
    rows = refill_visits_by_pump(clinic_id, implant_ids, since=today).distinct("implant_id")
    return first_of_each(rows, today=today)


def refill_visits_by_pump(clinic_id: Any, implant_ids: Any, *, since: Any) -> QuerySet[Visit, Any]:
    """What ``first_of_each`` chooses from: each pump's refill visits from a day on, the earliest first."""
    return (
        refill_visits_ahead(clinic_id=clinic_id, today=since)
        .filter(implant_id__any_of=implant_ids)
        .order_by("implant_id", "starts_at", "pk")
        .values_list("implant_id", "pk", "ref", "starts_at", "local_on", "status", "nurse__name")
    )


def first_of_each(rows: Iterable[tuple[Any, ...]], *, today: date) -> dict[int, NextVisit]:
    """Of each pump's refill visits the first from today on, by implant id."""
    found: dict[int, NextVisit] = {}
    for implant_id, pk, ref, starts_at, local_on, status, nurse in rows:
        if local_on >= today and implant_id not in found:
            found[implant_id] = NextVisit(
                visit_id=pk,
                ref=ref,
                starts_at=starts_at,
                local_on=local_on,
                status=status,
                nurse=nurse or "",
            )
    return found


def before_every_today(now: datetime) -> date:
    """A day that is over in every zone: to ask with before the clinic's is known."""
    return now.astimezone(UTC).date() - timedelta(days=1)


def implants_with_visit_too_late(*, clinic_id: int, today: date) -> QuerySet[Visit, int]:
    """The pumps whose first refill visit ahead is after the last safe day, as ids for a subquery."""
    return (
        first_refill_visits(clinic_id=clinic_id, today=today)
        .filter(local_on__gt=F("implant__forecast__latest_visit_on"))
        .values_list("implant_id", flat=True)
    )
