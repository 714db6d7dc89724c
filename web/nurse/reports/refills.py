"""Refills due per week against what the clinic can do: half a year ahead."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.writing import dated
from scheduling.domain.reports.refills import RefillWeek
from scheduling.selectors.reports.refills import refill_report
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.reports.drawing import NARROW, WIDE, Column, Part, bars
from web.nurse.reports.frame import report_frame
from web.tables import csv_download

COLUMNS = (
    _("Week from"),
    _("to"),
    _("Refills due"),
    _("of them past their target"),
    _("Expected repeats (estimate)"),
    _("Refill visits booked"),
    _("Refills that fit"),
    _("Note"),
)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def report_refills(request: ClinicRequest) -> HttpResponse:
    """The chart and the table."""
    report = refill_report(clinic_id=request.clinic.id, now=request.now)
    columns = [_column(week) for week in report.weeks]
    over = [week for week in report.weeks if week.is_over]
    context: dict[str, Any] = report_frame(request, "report_refills", _("Refills due and what fits")) | {
        "report": report,
        "rows": [(week, note_of(week)) for week in report.weeks],
        "over": over,
        "due": sum(week.due for week in report.weeks),
        "charts": [bars(columns, WIDE), bars(columns, NARROW)],
    }
    return render(request, "nurse/reports/refills.html", context)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
@in_english
def report_refills_csv(request: ClinicRequest) -> HttpResponse:
    """The table for a spreadsheet."""
    report = refill_report(clinic_id=request.clinic.id, now=request.now)
    rows = (
        (
            week.week.starts_on.isoformat(),
            week.week.ends_on.isoformat(),
            week.due,
            week.overdue,
            week.repeats,
            week.booked,
            "" if week.capacity is None else week.capacity,
            note_of(week),
        )
        for week in report.weeks
    )
    return csv_download(f"refills-due-{request.today.isoformat()}.csv", COLUMNS, rows)


def note_of(week: RefillWeek) -> str:
    """In words what the colours say."""
    if week.capacity is None:
        return ""
    if week.is_over:
        over = week.due - week.capacity
        return ngettext("%(number)d more than fits", "%(number)d more than fit", over) % {"number": over}
    if week.may_be_over:
        over = week.expected - week.capacity
        return _t("%(number)d more than fit if the estimate is right") % {"number": over}
    return ""


def _column(week: RefillWeek) -> Column:
    day = dated(week.week.starts_on, "j M")
    due = _t("week of %(day)s: %(number)d due") % {"day": day, "number": week.due}
    repeats = _t("week of %(day)s: %(number)d expected repeats") % {"day": day, "number": week.repeats}
    return Column(
        label=day,
        parts=(
            Part("over" if week.is_over else "due", Fraction(week.due), due),
            Part("estimate", Fraction(week.repeats), repeats),
        ),
        level=None if week.capacity is None else Fraction(week.capacity),
        sign="!" if week.is_over else "",
    )


urlpatterns = [
    path("reports/refills/", report_refills, name="report_refills"),
    path("reports/refills.csv", report_refills_csv, name="report_refills_csv"),
]
