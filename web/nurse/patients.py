"""Patients: the list and its search, adding one, changing one, recording a death."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from clinic.selectors.patients import find_patients, first_found, same_person, with_pumps
from clinic.selectors.rows import Patient
from clinic.services.patients import add_patient, record_death, update_patient, withdraw_death
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm
from web.nurse.forms.patients import STATUSES, DeathForm, PatientForm, SearchForm, patient_values
from web.nurse.frame import about_patient, clinic_reverse, patient_or_404
from web.nurse.pages import form_page

ROWS_PER_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def patients(request: ClinicRequest) -> HttpResponse:
    """The list. The filter is in the address; the words searched for are patient data and are posted."""
    status = request.GET.get("status", "active")
    status = status if status in dict(STATUSES) else "active"
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    context = {
        "place": "patients",
        "page": _found(request, text) if text else _listed(request, status),
        "text": text,
        "search": search,
        "status": status,
        "statuses": STATUSES,
    }
    template = "nurse/patients/_rows.html" if request.htmx else "nurse/patients/list.html"
    return render(request, template, context)


def _listed(request: ClinicRequest, status: str) -> Page[Patient]:
    rows = with_pumps(find_patients(clinic_id=request.clinic.id, status=status))
    return Paginator(rows, ROWS_PER_PAGE).get_page(request.GET.get("page"))


def _found(request: ClinicRequest, text: str) -> Page[Patient]:
    """The first page, which is the only one: another would need the words in its address."""
    found = first_found(clinic_id=request.clinic.id, text=text, most=ROWS_PER_PAGE)
    pages = Paginator(found, ROWS_PER_PAGE)
    if len(found) == ROWS_PER_PAGE:
        pages.count = find_patients(clinic_id=request.clinic.id, text=text, status="all").count()
    return pages.page(1)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_new(request: ClinicRequest) -> HttpResponse:
    """The first step of adding a patient: who it is. The pump follows at once.

    Somebody of the same name and birth date is shown first, so that nobody is entered twice by mistake.
    """
    form = PatientForm(request.POST or None, initial={"language": request.clinic.language})
    context = {
        "place": "patients",
        "heading": _("Add a patient"),
        "trail": [(_("Patients"), clinic_reverse(request, "patients")), (_("Add a patient"), "")],
        "submit_label": _("Save and go on to the pump"),
        "cancel_url": clinic_reverse(request, "patients"),
        "step": 1,
    }
    if form.is_valid() and "is_another_person" not in request.POST and (same := _same_person(request, form)):
        context |= {"form": form, "same": same, "submit_label": _("It is another person: save")}
        return render(request, "nurse/patients/new.html", context, status=422)
    return form_page(
        request,
        form,
        save=lambda: add_patient(
            clinic=request.clinic, entry=form.entry(), actor_id=request.user.id, now=request.now
        ),
        then=lambda patient: clinic_reverse(request, "implant_new", ref=patient.ref) + "?setup=1",
        done="",
        template="nurse/patients/new.html",
        context=context,
    )


def _same_person(request: ClinicRequest, form: PatientForm) -> list[Patient]:
    entry = form.entry()
    return same_person(clinic_id=request.clinic.id, last_name=entry.last_name, birth_date=entry.birth_date)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Change who the patient is."""
    patient = patient_or_404(request, ref)
    form = PatientForm(request.POST or None, initial=patient_values(patient))
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: update_patient(
            clinic=request.clinic,
            patient_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=details,
        done=_("The patient's details are saved."),
        context={
            **about_patient(request, patient, (_("Change"), "")),
            "heading": _("Change the patient's details"),
            "submit_label": _("Save"),
            "cancel_url": details,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_death(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Record that the patient died."""
    patient = patient_or_404(request, ref)
    form = DeathForm(request.POST or None)
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: record_death(
            clinic=request.clinic,
            patient_ref=ref,
            died_on=form.day(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=details,
        done=_("The death is recorded. Nothing is due for this patient any more."),
        context={
            **about_patient(request, patient, (_("Death"), "")),
            "heading": _("Record a death"),
            "lead": _("The patient leaves the work list and gets no more messages. You can take this back."),
            "submit_label": _("Record the death"),
            "cancel_url": details,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def patient_death_withdraw(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take back a death recorded by mistake."""
    patient = patient_or_404(request, ref)
    form = ReasonForm(request.POST or None)
    details = clinic_reverse(request, "patient_details", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: withdraw_death(
            clinic=request.clinic,
            patient_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=details,
        done=_(
            "The record of the death is taken back; the pump's dates are worked out again. "
            "Visits that were cancelled for it stay cancelled: book anew what is due."
        ),
        context={
            **about_patient(request, patient, (_("Take back"), "")),
            "heading": _("Take back the record of a death"),
            "submit_label": _("Take back"),
            "cancel_url": details,
        },
    )


urlpatterns = [
    path("patients/", patients, name="patients"),
    path("patients/new/", patient_new, name="patient_new"),
    path("patients/<uuid:ref>/edit/", patient_edit, name="patient_edit"),
    path("patients/<uuid:ref>/death/", patient_death, name="patient_death"),
    path("patients/<uuid:ref>/death/withdraw/", patient_death_withdraw, name="patient_death_withdraw"),
]
