"""The refill visits ahead of a pump: one definition for the work list, the conflicts, the lapse guard and letters.

A visit counts from today on, in clinic time, while it stands at its time. One whose day is over without anybody
saying how it ended counts no longer; nor does one that is to be placed anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
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
    rows = (
        refill_visits_ahead(clinic_id=clinic_id, today=today)
        .filter(implant_id__any_of=implant_ids)
        .order_by("implant_id", "starts_at", "pk")
        .distinct("implant_id")
        .values_list("implant_id", "pk", "ref", "starts_at", "local_on", "status", "nurse__name")
    )
    return {
        implant_id: NextVisit(
            visit_id=pk, ref=ref, starts_at=starts_at, local_on=local_on, status=status, nurse=nurse or ""
        )
        for implant_id, pk, ref, starts_at, local_on, status, nurse in rows
    }


def implants_with_visit_too_late(*, clinic_id: int, today: date) -> QuerySet[Visit, int]:
    """The pumps whose first refill visit ahead is after the last safe day, as ids for a subquery."""
    return (
        first_refill_visits(clinic_id=clinic_id, today=today)
        .filter(local_on__gt=F("implant__forecast__latest_visit_on"))
        .values_list("implant_id", flat=True)
    )
