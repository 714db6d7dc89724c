"""Outcome scores over time: one scale at a time, the clinic's median per quarter, every patient's course."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.reports.outcomes import Quarter, QuarterMedian, scale_key
from scheduling.selectors.reports.outcomes import outcome_report, scored_patients
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.reports.drawing import NARROW, WIDE, Column, Part, course
from web.nurse.reports.frame import report_frame
from web.tables import csv_download
from web.words import figure_words

PAGE_SIZE = 50
COLUMNS = (_("Scale"), _("Patient"), _("MRN"), _("Date"), _("Score"))


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def report_outcomes(request: ClinicRequest) -> HttpResponse:
    """One scale: the medians as chart and table, the patients by how much their score has changed."""
    scales = outcome_report(clinic_id=request.clinic.id, now=request.now)
    wanted = scale_key(request.GET.get("scale", ""))
    chosen = next((scale for scale in scales if scale.key == wanted), scales[0] if scales else None)
    context: dict[str, Any] = report_frame(request, "report_outcomes", _("Outcomes")) | {
        "scales": [(scale, urlencode({"scale": scale.key}), scale is chosen) for scale in scales],
        "chosen": chosen,
    }
    if chosen is not None:
        page = Paginator(chosen.courses, PAGE_SIZE).get_page(request.GET.get("page"))
        people = scored_patients(
            clinic_id=request.clinic.id, patient_ids=[each.patient_id for each in page.object_list]
        )
        columns = [_column(each) for each in chosen.quarters]
        context |= {
            "page": page,
            "query": urlencode({"scale": chosen.key}),
            "courses": [(each, people[each.patient_id]) for each in page.object_list],
            "quarters": [(quarter_words(each.quarter), each) for each in chosen.quarters],
            "charts": [course(columns, WIDE), course(columns, NARROW)],
        }
    return render(request, "nurse/reports/outcomes.html", context)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
@in_english
def report_outcomes_csv(request: ClinicRequest) -> HttpResponse:
    """Every score of every scale, one a line."""
    scales = outcome_report(clinic_id=request.clinic.id, now=request.now)
    people = scored_patients(
        clinic_id=request.clinic.id,
        patient_ids=sorted({each.patient_id for scale in scales for each in scale.courses}),
    )
    lines = (
        (
            scale.name,
            people[each.patient_id].name,
            people[each.patient_id].mrn,
            score.on.isoformat(),
            score.score.normalize().__format__("f"),
        )
        for scale in scales
        for each in scale.courses
        for score in each.scores
    )
    return csv_download(f"outcomes-{request.today.isoformat()}.csv", COLUMNS, lines)


def quarter_words(quarter: Quarter) -> str:
    """Q1 2026."""
    return _t("Q%(number)d %(year)d") % {"number": quarter.number, "year": quarter.year}


def _column(each: QuarterMedian) -> Column:
    label = quarter_words(each.quarter)
    if each.median is None:
        return Column(label)
    words = _t("%(quarter)s: median %(median)s of %(patients)d patients") % {
        "quarter": label,
        "median": figure_words(each.median, places=2),
        "patients": each.patients,
    }
    kind = "few" if each.is_few else "median"
    return Column(label, (Part(kind, each.median, words),), sign=figure_words(each.median, places=2))


urlpatterns = [
    path("reports/outcomes/", report_outcomes, name="report_outcomes"),
    path("reports/outcomes.csv", report_outcomes_csv, name="report_outcomes_csv"),
]
