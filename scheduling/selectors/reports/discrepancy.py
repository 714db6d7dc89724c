"""How far deliveries were off, pump by pump, the worst first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Abs

from clinic.seeing import saw
from clinic.selectors.rows import Implant
from scheduling.domain.projection import ENGINE_VERSION
from scheduling.domain.reports.discrepancy import Check
from scheduling.models import ResidualTrend

PAGE_SIZE = 25


@dataclass(frozen=True, slots=True)
class TrendRow:
    """One pump's residuals. ``mean_rate_error`` is over its last three refills."""

    patient_ref: UUID
    implant_ref: UUID
    name: str
    mrn: str
    pump: str
    serial: str
    checks: list[Check]
    flagged: int
    is_flagged_now: bool
    last_difference_ml: Decimal | None
    mean_rate_error: Decimal | None


@dataclass(frozen=True, slots=True)
class TrendReport:
    """One page of pumps; ``waiting`` are those whose residuals are still to be judged, in the background."""

    rows: list[TrendRow]
    page: int
    pages: int
    total: int
    flagged: int
    unjudged: int
    waiting: int


def trend_report(
    *, clinic_id: int, page: int = 1, only_flagged: bool = False, page_size: int = PAGE_SIZE
) -> TrendReport:
    """The pumps in place with a judged residual: flagged at the last refill first, then by the mean error."""
    trends = _trends(clinic_id)
    counts = trends.aggregate(
        with_trend=Count("pk", filter=Q(judged__gt=0)),
        flagged_now=Count("pk", filter=Q(is_flagged_now=True)),
        without_trend=Count("pk", filter=Q(judged=0)),
    )
    total = counts["flagged_now"] if only_flagged else counts["with_trend"]
    pages = max(1, -(-total // page_size))
    page = min(max(page, 1), pages)
    shown = trends.filter(is_flagged_now=True) if only_flagged else trends.filter(judged__gt=0)
    ordered = _ordered(shown).select_related("implant__patient", "implant__pump_model")
    return TrendReport(
        rows=[_row(each) for each in ordered[(page - 1) * page_size : page * page_size]],
        page=page,
        pages=pages,
        total=total,
        flagged=counts["flagged_now"],
        unjudged=counts["without_trend"],
        waiting=_stale(Implant.objects.for_clinic(clinic_id)).count(),
    )


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One judged residual of one pump, for a long table. Figures as they are kept: text, to six places."""

    name: str
    mrn: str
    pump: str
    serial: str
    check: dict[str, Any]


def trend_lines(*, clinic_id: int) -> Iterable[TrendLine]:
    """Every judged residual of the pumps in place, in the order of ``trend_report`` (one query)."""
    rows = _ordered(_trends(clinic_id).filter(judged__gt=0)).values_list(
        "implant__patient__last_name",
        "implant__patient__first_name",
        "implant__patient__mrn",
        "implant__pump_model__name",
        "implant__serial",
        "checks",
        "implant__patient_id",
    )
    for last_name, first_name, mrn, pump, serial, checks, patient_id in rows.iterator(chunk_size=2_000):
        saw(clinic_id, [patient_id])
        for check in checks:
            yield TrendLine(f"{last_name}, {first_name}", mrn, pump, serial, check)


def _ordered(trends: QuerySet[ResidualTrend]) -> QuerySet[ResidualTrend]:
    return trends.order_by(
        "-is_flagged_now",
        Abs("mean_rate_error").desc(nulls_last=True),
        "implant__patient__last_name",
        "implant_id",
    )


def stale_trends(*, most: int) -> tuple[int, list[int]]:
    """Up to so many pumps in place of one clinic whose trend is missing or out of date: (clinic, implants)."""
    first = _stale(Implant.objects.all()).order_by("clinic_id").values_list("clinic_id", flat=True).first()
    if first is None:
        return 0, []
    waiting = _stale(Implant.objects.for_clinic(first)).order_by("id")
    return first, list(waiting.values_list("id", flat=True)[:most])


def _trends(clinic_id: int) -> QuerySet[ResidualTrend]:
    return ResidualTrend.objects.for_clinic(clinic_id).filter(
        implant__explanted_on__isnull=True, implant__patient__died_on__isnull=True
    )


def _stale(implants: QuerySet[Implant]) -> QuerySet[Implant]:
    fresh = ResidualTrend.objects.filter(
        clinic_id=OuterRef("clinic_id"), implant_id=OuterRef("pk"), engine_version=ENGINE_VERSION
    )
    return implants.filter(~Exists(fresh), explanted_on__isnull=True, patient__died_on__isnull=True)


def _row(trend: ResidualTrend) -> TrendRow:
    implant = trend.implant
    return TrendRow(
        patient_ref=implant.patient.ref,
        implant_ref=implant.ref,
        name=f"{implant.patient.last_name}, {implant.patient.first_name}",
        mrn=implant.patient.mrn,
        pump=implant.pump_model.name,
        serial=implant.serial,
        checks=list(_checks(trend.checks)),
        flagged=trend.flagged,
        is_flagged_now=trend.is_flagged_now,
        last_difference_ml=trend.last_difference_ml,
        mean_rate_error=trend.mean_rate_error,
    )


def _checks(stored: Iterable[dict[str, Any]]) -> Iterable[Check]:
    for row in stored:
        rate = row["rate_error"]
        yield Check(
            filled_on=date.fromisoformat(row["filled_on"]),
            since=date.fromisoformat(row["since"]),
            expected_ml=Fraction(row["expected_ml"]),
            residual_ml=Fraction(row["residual_ml"]),
            difference_ml=Fraction(row["difference_ml"]),
            rate_error=None if rate is None else Fraction(rate),
            is_volume_off=row["is_volume_off"],
            is_rate_off=row["is_rate_off"],
            is_possible_pocket_fill=row["is_possible_pocket_fill"],
            is_more_than_fill=row["is_more_than_fill"],
        )
