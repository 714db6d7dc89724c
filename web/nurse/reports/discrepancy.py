"""How far each pump's deliveries were off its program, refill after refill."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.figures import plain
from scheduling.domain.reports.discrepancy import Check
from scheduling.selectors.reports.discrepancy import TrendLine, TrendRow, trend_lines, trend_report
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.reports.frame import report_frame
from web.tables import csv_download
from web.words import day_words, figure_words

SHOWN = 8
MIDDLE, REACH, MOST_ML = 32, 28, Fraction(6)
FLAGS = (
    ("is_more_than_fill", _("more than was put in: one number is wrong")),
    ("is_volume_off", _("volume off by over 2 mL")),
    ("is_rate_off", _("delivery off by over 15 %")),
    ("is_possible_pocket_fill", _("possible pocket fill")),
)
COLUMNS = (
    _("Patient"),
    _("MRN"),
    _("Pump"),
    _("Serial number"),
    _("Refill on"),
    _("Since"),
    _("Expected, mL"),
    _("Found, mL"),
    _("Found less expected, mL"),
    _("Delivered against program, %"),
    _("Flagged"),
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A bar of a pump's small chart: above the middle more was found than expected."""

    x: int
    y: str
    height: str
    is_off: bool
    words: str


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def report_discrepancy(request: ClinicRequest) -> HttpResponse:
    """The pumps, the worst trend first."""
    only_flagged = request.GET.get("only") == "flagged"
    page = request.GET.get("page", "1")
    report = trend_report(
        clinic_id=request.clinic.id,
        page=int(page) if page.isdecimal() and len(page) < 9 else 1,
        only_flagged=only_flagged,
    )
    context: dict[str, Any] = report_frame(request, "report_discrepancy", _("Discrepancies")) | {
        "report": report,
        "rows": [_shown(row) for row in report.rows],
        "only_flagged": only_flagged,
        "query": "only=flagged&" if only_flagged else "",
    }
    return render(request, "nurse/reports/discrepancy.html", context)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
@in_english
def report_discrepancy_csv(request: ClinicRequest) -> HttpResponse:
    """Every judged residual of every pump, one a line."""
    less = _t("%(number)s less")
    lines = (_cells(line, less) for line in trend_lines(clinic_id=request.clinic.id))
    return csv_download(f"discrepancies-{request.today.isoformat()}.csv", COLUMNS, lines)


def flags_of(check: Check) -> str:
    """Which rules ask for a look, in words; empty when none does."""
    return "; ".join(str(words) for name, words in FLAGS if getattr(check, name))


def _cells(line: TrendLine, less: str) -> tuple[str, ...]:
    check, rate = line.check, line.check["rate_error"]
    return (
        line.name,
        line.mrn,
        line.pump,
        line.serial,
        check["filled_on"],
        check["since"],
        _number(Decimal(check["expected_ml"]), "0.01", less),
        _number(Decimal(check["residual_ml"]), "0.01", less),
        _number(Decimal(check["difference_ml"]), "0.01", less),
        "" if rate is None else _number(Decimal(rate) * 100, "0.1", less),
        "; ".join(str(words) for name, words in FLAGS if check[name]),
    )


def _number(value: Decimal, step: str, less: str) -> str:
    """In words once it is negative: a spreadsheet takes a leading minus for a formula."""
    rounded = value.quantize(Decimal(step))
    return less % {"number": -rounded} if rounded < 0 else str(abs(rounded))


def _shown(row: TrendRow) -> dict[str, Any]:
    return {
        "row": row,
        "last": row.checks[-1],
        "flags": flags_of(row.checks[-1]),
        "marks": [_mark(number, check) for number, check in enumerate(row.checks[-SHOWN:])],
        "checks": [(check, flags_of(check)) for check in reversed(row.checks)],
    }


def _mark(number: int, check: Check) -> Mark:
    difference = max(min(check.difference_ml, MOST_ML), -MOST_ML)
    height: Fraction = abs(difference) * REACH / MOST_ML
    top = MIDDLE - height if difference > 0 else Fraction(MIDDLE)
    signed = figure_words(check.difference_ml, places=2, is_signed=True)
    return Mark(
        x=4 + number * 18,
        y=plain(top, places=1),
        height=plain(max(height, Fraction(1)), places=1),
        is_off=check.is_flagged,
        words=f"{day_words(check.filled_on)}: {signed} mL",
    )


urlpatterns = [
    path("reports/discrepancies/", report_discrepancy, name="report_discrepancy"),
    path("reports/discrepancies.csv", report_discrepancy_csv, name="report_discrepancy_csv"),
]
