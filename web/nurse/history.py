"""The tab of the history: who changed what about a patient, when and why. For administrators and auditors."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.history import patient_history
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import patient_frame, patient_or_404

CHANGES_PER_PAGE = 30
NOUNS = {
    "Patient": _("patient"),
    "ContactPoint": _("number or address"),
    "Proxy": _("helper"),
    "Consent": _("consent"),
    "Implant": _("pump"),
    "Fill": _("fill"),
    "FillDrug": _("drug of the fill"),
    "ProgramVersion": _("program"),
    "Reading": _("reading"),
    "PumpEvent": _("event"),
}
ACTIONS = {
    "insert": _("entered"),
    "update": _("changed"),
    "delete": _("deleted"),
    "correct": _("corrected"),
    "withdraw": _("withdrawn"),
}


@require_safe
@clinic_page(Permission.VIEW_AUDIT)
def history(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The newest changes first, a page at a time."""
    patient = patient_or_404(request, ref)
    wanted = request.GET.get("page", "1")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1
    changes, count = patient_history(
        clinic_id=request.clinic.id,
        patient_id=patient.id,
        most=CHANGES_PER_PAGE,
        skip=CHANGES_PER_PAGE * (max(number, 1) - 1),
    )
    context = patient_frame(request, patient, tab="patient_history") | {
        "changes": changes,
        "page": Paginator(range(count), CHANGES_PER_PAGE).get_page(number),
        "nouns": NOUNS,
        "actions": ACTIONS,
    }
    return render(request, "nurse/history/page.html", context)


urlpatterns = [path("patients/<uuid:ref>/history/", history, name="patient_history")]
