"""The first tab about a patient: the pumps and what stands next."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import patient_frame, patient_or_404


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The patient's pumps, those in place first."""
    found = patient_or_404(request, ref)
    context = patient_frame(request, found, tab="patient") | {
        "implants": implants_of(clinic_id=request.clinic.id, patient_id=found.id)
    }
    return render(request, "nurse/overview/page.html", context)


urlpatterns = [path("patients/<uuid:ref>/", patient, name="patient")]
