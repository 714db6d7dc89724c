"""Patients: the list and its search, adding one, changing one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.patients import find_patients
from clinic.services.patients import add_patient, update_patient
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.patients import STATUSES, PatientForm, SearchForm, patient_values
from web.nurse.frame import clinic_reverse, patient_or_404, patient_trail

ROWS_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def patients(request: ClinicRequest) -> HttpResponse:
    """The list. The filter is in the address; the words searched for are patient data and are posted."""
    status = request.GET.get("status", "active")
    status = status if status in dict(STATUSES) else "active"
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    found = find_patients(clinic_id=request.clinic.id, text=text, status="all" if text else status)
    page = Paginator(found, ROWS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "place": "patients",
        "page": page,
        "text": text,
        "search": search,
        "status": status,
        "statuses": STATUSES,
    }
    template = "nurse/patients/_rows.html" if request.htmx else "nurse/patients/list.html"
    return render(request, template, context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_new(request: ClinicRequest) -> HttpResponse:
    """The first step of adding a patient: who it is. The pump follows at once."""
    form = PatientForm(request.POST or None, initial={"language": request.clinic.language})
    if form.is_valid():
        try:
            patient = add_patient(
                clinic=request.clinic, entry=form.entry(), actor_id=request.user.id, now=request.now
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            return redirect(clinic_reverse(request, "implant_new", ref=patient.ref) + "?setup=1")
    context = {
        "place": "patients",
        "heading": _("Add a patient"),
        "trail": [(_("Patients"), clinic_reverse(request, "patients")), (_("Add a patient"), "")],
        "form": form,
        "submit_label": _("Save and go on to the pump"),
        "cancel_url": clinic_reverse(request, "patients"),
        "step": 1,
    }
    return render(request, "nurse/patients/new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Change who the patient is."""
    patient = patient_or_404(request, ref)
    form = PatientForm(request.POST or None, initial=patient_values(patient))
    if form.is_valid():
        try:
            update_patient(
                clinic=request.clinic,
                patient_ref=ref,
                entry=form.entry(),
                actor_id=request.user.id,
                now=request.now,
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _("The patient's details are saved."))
            return redirect(clinic_reverse(request, "patient_details", ref=ref))
    context = {
        "place": "patients",
        "heading": _("Change the patient's details"),
        "trail": patient_trail(request, patient, (_("Change"), "")),
        "form": form,
        "submit_label": _("Save"),
        "cancel_url": clinic_reverse(request, "patient_details", ref=ref),
    }
    return render(request, "nurse/form_page.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("patients/", patients, name="patients"),
    path("patients/new/", patient_new, name="patient_new"),
    path("patients/<uuid:ref>/edit/", patient_edit, name="patient_edit"),
]
