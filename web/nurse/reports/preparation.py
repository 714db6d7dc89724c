"""What the pharmacy is to prepare, week by week."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
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
from scheduling.domain.reports.preparation import Syringe
from scheduling.selectors.reports.preparation import PreparationReport, preparation_report
from web import findings
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.reports.drawing import NARROW, WIDE, Column, Part, bars
from web.nurse.reports.frame import mixture_words, report_frame
from web.tables import csv_download
from web.words import quantity_words

DOUBTS_SHOWN = 50
COLUMNS = (
    _("Week from"),
    _("Order by"),
    _("Mixture"),
    _("mL"),
    _("Patient"),
    _("MRN"),
    _("Date of birth"),
    _("Pump"),
    _("Needed on"),
    _("Booked or target"),
    _("Why it is not certain"),
)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def report_preparation(request: ClinicRequest) -> HttpResponse:
    """One week's syringes by mixture, the weeks to choose from, and the pumps that nobody can order for."""
    report = _report(request)
    columns = [_column(week.starts_on, count) for week, count in report.counts]
    context: dict[str, Any] = report_frame(request, "report_preparation", _("For the pharmacy")) | {
        "report": report,
        "weeks": [(week, count, week == report.week) for week, count in report.counts],
        "preparations": [
            {
                "mixture": mixture_words(each.mixture),
                "preparation": each,
                "is_late": each.order_by < request.today,
                "syringes": [(syringe, report.people[syringe.implant_id]) for syringe in each.syringes],
            }
            for each in report.preparations
        ],
        "doubts": [
            (doubt, findings.stored(doubt.findings), mixture_words(doubt.filled))
            for doubt in report.doubts[:DOUBTS_SHOWN]
        ],
        "charts": [bars(columns, WIDE), bars(columns, NARROW)],
    }
    return render(request, "nurse/reports/preparation.html", context)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
@in_english
def report_preparation_csv(request: ClinicRequest) -> HttpResponse:
    """The week's syringes, one a line, and after them every pump in doubt."""
    report = _report(request)
    name = f"for-the-pharmacy-{report.week.starts_on.isoformat()}.csv"
    return csv_download(name, COLUMNS, [*_lines(report), *_doubtful(report)])


def _report(request: ClinicRequest) -> PreparationReport:
    """The week that the address names by one of its days; what is no day is this week."""
    try:
        week_on = date.fromisoformat(request.GET.get("week", ""))
    except ValueError:
        week_on = None
    return preparation_report(clinic_id=request.clinic.id, now=request.now, week_on=week_on)


def _column(starts_on: date, count: int) -> Column:
    day = dated(starts_on, "j M")
    words = ngettext("%(number)d syringe", "%(number)d syringes", count) % {"number": count}
    return Column(label=day, parts=(Part("due", Fraction(count), f"{day}: {words}"),))


def _lines(report: PreparationReport) -> Iterable[tuple[object, ...]]:
    for each in report.preparations:
        for syringe in each.syringes:
            whose = report.people[syringe.implant_id]
            yield (
                report.week.starts_on.isoformat(),
                syringe.order_by.isoformat(),
                mixture_words(each.mixture),
                quantity_words(syringe.volume_ml),
                whose.name,
                whose.mrn,
                whose.birth_date.isoformat(),
                whose.pump,
                syringe.needed_on.isoformat(),
                _kind(syringe),
                "",
            )


def _doubtful(report: PreparationReport) -> Iterable[tuple[object, ...]]:
    for doubt in report.doubts:
        whose = doubt.whose
        why = "; ".join(found.message for found in findings.stored(doubt.findings) if found.is_stop)
        yield (
            "", "", mixture_words(doubt.filled), "", whose.name, whose.mrn, whose.birth_date.isoformat(), whose.pump,
            doubt.visit_on.isoformat() if doubt.visit_on else "", _t("booked") if doubt.visit_on else "",
            why or _t("never worked out"),
        )  # fmt: skip


def _kind(syringe: Syringe) -> str:
    return _t("booked") if syringe.is_booked else _t("target")


urlpatterns = [
    path("reports/pharmacy/", report_preparation, name="report_preparation"),
    path("reports/pharmacy.csv", report_preparation_csv, name="report_preparation_csv"),
]
