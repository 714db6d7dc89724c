"""The pump: entering one, changing its details, recording and taking back an explant."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from clinic.selectors.rows import Implant
from clinic.services.implants import add_implant, record_explant, update_implant, withdraw_explant
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm
from web.nurse.forms.implants import ExplantForm, ImplantForm
from web.nurse.frame import about_patient, clinic_reverse, implant_or_404, patient_or_404
from web.nurse.pages import form_page


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def implant_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Enter a patient's pump; while a patient is being added (``?setup=1``) the last fill comes next."""
    patient = patient_or_404(request, ref)
    is_setup = "setup" in request.GET
    goes_on = is_setup and request.may(Permission.RECORD_CARE)
    form = ImplantForm(request.POST or None)

    def then(implant: Implant) -> str:
        if goes_on:
            return clinic_reverse(request, "fill_new", ref=implant.ref) + "?setup=1"
        return clinic_reverse(request, "patient", ref=ref)

    return form_page(
        request,
        form,
        save=lambda: add_implant(
            clinic=request.clinic,
            patient_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=then,
        done=_("The pump is saved."),
        template="nurse/implants/form.html",
        context={
            **about_patient(request, patient, (_("Enter the pump"), "")),
            "heading": _("Enter the pump"),
            "submit_label": _("Save and go on to the last fill") if goes_on else _("Save"),
            "cancel_url": clinic_reverse(request, "patient", ref=ref),
            "step": 2 if is_setup else 0,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def implant_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Change a pump's details; its dates follow at once."""
    implant = implant_or_404(request, ref)
    form = ImplantForm(request.POST or None, implant=implant)
    patient_url = clinic_reverse(request, "patient", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: update_implant(
            clinic=request.clinic,
            implant_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=patient_url,
        done=_("The pump's details are saved and its dates worked out anew."),
        template="nurse/implants/form.html",
        context={
            **about_patient(request, implant.patient, (_("Change the pump"), "")),
            "heading": _("Change the pump's details"),
            "submit_label": _("Save"),
            "cancel_url": patient_url,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def implant_explant(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Record that the pump was taken out."""
    implant = implant_or_404(request, ref)
    form = ExplantForm(request.POST or None)
    patient_url = clinic_reverse(request, "patient", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: record_explant(
            clinic=request.clinic,
            implant_ref=ref,
            explanted_on=form.day(),
            why=form.cleaned_data["why"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=patient_url,
        done=_("The explant is recorded; the pump is off the work list."),
        context={
            **about_patient(request, implant.patient, (_("Explant"), "")),
            "heading": _("Record an explant"),
            "lead": _(
                "The pump's dates end and it leaves the work list. "
                "Visits to come that are only for this pump are cancelled. You can take this back."
            ),
            "submit_label": _("Record the explant"),
            "cancel_url": patient_url,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def implant_explant_withdraw(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take back an explant that was recorded by mistake."""
    implant = implant_or_404(request, ref)
    form = ReasonForm(request.POST or None)
    patient_url = clinic_reverse(request, "patient", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: withdraw_explant(
            clinic=request.clinic,
            implant_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=patient_url,
        done=_(
            "The explant is taken back; the pump's dates are worked out again. "
            "Visits that were cancelled for it stay cancelled: book anew what is due."
        ),
        context={
            **about_patient(request, implant.patient, (_("Take back the explant"), "")),
            "heading": _("Take back the explant"),
            "submit_label": _("Take back"),
            "cancel_url": patient_url,
        },
    )


urlpatterns = [
    path("patients/<uuid:ref>/implants/new/", implant_new, name="implant_new"),
    path("implants/<uuid:ref>/edit/", implant_edit, name="implant_edit"),
    path("implants/<uuid:ref>/explant/", implant_explant, name="implant_explant"),
    path("implants/<uuid:ref>/explant/withdraw/", implant_explant_withdraw, name="implant_explant_withdraw"),
]
