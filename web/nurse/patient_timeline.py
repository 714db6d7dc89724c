"""The tab of the timeline: everything that happened to a patient, newest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from clinic.selectors.rows import Patient
from clinic.selectors.surgeries import surgeries_of
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import patient_frame, patient_or_404
from web.nurse.happenings.answers import answer_happenings
from web.nurse.happenings.care import (
    call_happenings,
    follow_up_happenings,
    message_happenings,
    visit_happenings,
)
from web.nurse.happenings.check_ins import check_in_happenings
from web.nurse.happenings.lines import KINDS, Happening
from web.nurse.happenings.matters import matter_happenings
from web.nurse.happenings.record import operation_happenings, record_happenings
from web.nurse.happenings.texts import text_happenings

LINES_PER_PAGE = 50
MOST_LINES = 5000
_RECORDED = frozenset({"fill", "program", "reading", "event"})


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient_timeline(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """A page of lines; the kind is in the address. ``?all=1`` puts them all on one page, to print."""
    patient = patient_or_404(request, ref)
    kinds = {kind: label for kind, label in KINDS.items() if _may_see(request, kind)}
    wanted = request.GET.get("kind", "")
    wanted = wanted if wanted in kinds else ""
    lines = sorted(_lines(request, patient, wanted), key=lambda line: line.order, reverse=True)
    is_whole = request.GET.get("all") == "1"
    pages = Paginator(lines, MOST_LINES if is_whole else LINES_PER_PAGE)
    context = patient_frame(request, patient, tab="patient_timeline") | {
        "page": pages.get_page(request.GET.get("page")),
        "kinds": [(kind, label, kind == wanted) for kind, label in kinds.items()],
        "kind": wanted,
        "kind_label": kinds.get(wanted, ""),
        "is_whole": is_whole,
        "query": f"kind={wanted}" if wanted else "",
    }
    return render(request, "nurse/timeline/page.html", context)


def _may_see(request: ClinicRequest, kind: str) -> bool:
    return kind != "message" or request.may(Permission.VIEW_MESSAGES)


def _lines(request: ClinicRequest, patient: Patient, wanted: str) -> list[Happening]:
    """The lines of the kind, or of every kind this person may see. The number of queries does not grow."""
    found: list[Happening] = []
    if not wanted or wanted in _RECORDED | {"operation"}:
        implants = implants_of(clinic_id=request.clinic.id, patient_id=patient.id)
        if not wanted or wanted in _RECORDED:
            found += record_happenings(request, implants)
        if not wanted or wanted == "operation":
            surgeries = list(surgeries_of(clinic_id=request.clinic.id, patient_id=patient.id))
            found += operation_happenings(request, patient, implants, surgeries)
    sources: dict[str, Callable[[Any, int], Iterable[Happening]]] = {
        "visit": visit_happenings,
        "follow_up": follow_up_happenings,
        "check_in": check_in_happenings,
        "call": call_happenings,
        "message": _message_lines,
        "escalation": matter_happenings,
        "answer": answer_happenings,
    }
    for kind, source in sources.items():
        if wanted in ("", kind) and _may_see(request, kind):
            found += source(request, patient.id)
    return [line for line in found if wanted in ("", line.kind)]


def _message_lines(request: ClinicRequest, patient_id: int) -> Iterable[Happening]:
    """What the patient was told, and what came back."""
    return [*message_happenings(request, patient_id), *text_happenings(request, patient_id)]


urlpatterns = [path("patients/<uuid:ref>/timeline/", patient_timeline, name="patient_timeline")]
