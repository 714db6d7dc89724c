"""Operations that are planned: planning one, moving it, calling it off. What was planned stays readable."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.http import Http404, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from clinic.selectors.rows import Surgery
from clinic.selectors.surgeries import get_surgery
from clinic.services.surgeries import cancel_surgery, move_surgery, plan_surgery
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.surgeries import SurgeryCancelForm, SurgeryForm
from web.nurse.frame import about_patient, clinic_reverse, patient_or_404
from web.nurse.pages import form_page
from web.words import day_words


@dataclass(frozen=True, slots=True)
class Operations:
    """A patient's operations as a page shows them: the one that is open, and those done or called off."""

    coming: Surgery | None
    over: list[Surgery]
    has_passed: bool


def operations_of(found: Iterable[Surgery], today: date) -> Operations:
    """A patient's operations; ``has_passed`` when the planned day is over and no pump was recorded."""
    found = list(found)
    coming = next((each for each in found if each.implant_id is None and each.cancelled_on is None), None)
    return Operations(
        coming=coming,
        over=[each for each in found if each is not coming],
        has_passed=coming is not None and coming.planned_on < today,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def surgery_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Plan an operation; what must be done before it is on the work list at once."""
    patient = patient_or_404(request, ref)
    has_pump = bool(implants_of(clinic_id=request.clinic.id, patient_id=patient.id))
    form = SurgeryForm(request.POST or None, initial={"purpose": "replacement" if has_pump else "implant"})
    page = clinic_reverse(request, "patient", ref=ref)
    return form_page(
        request,
        form,
        save=lambda: plan_surgery(
            clinic=request.clinic,
            patient_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=page,
        done=_("The operation is planned; what must be done before it is on the work list."),
        context={
            **about_patient(request, patient, (_("Plan an operation"), "")),
            "heading": _("Plan an operation"),
            "submit_label": _("Plan the operation"),
            "cancel_url": page,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def surgery_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Move the operation to another day; what is still open before it moves along."""
    surgery = _surgery_or_404(request, ref)
    form = SurgeryForm(request.POST or None, surgery=surgery)
    page = clinic_reverse(request, "patient", ref=surgery.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: move_surgery(
            clinic=request.clinic,
            surgery_ref=ref,
            entry=form.entry(),
            actor_id=request.user.id,
            now=request.now,
        ),
        then=page,
        done=_("The operation is saved; what is open before it is counted from its day."),
        context={
            **about_patient(request, surgery.patient, (_("Move the operation"), "")),
            "heading": _("Move the operation"),
            "submit_label": _("Save"),
            "cancel_url": page,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.EDIT_PATIENTS)
def surgery_cancel(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Call the operation off, with the reason; what was to be done before it ends."""
    surgery = _surgery_or_404(request, ref)
    form = SurgeryCancelForm(request.POST or None)
    page = clinic_reverse(request, "patient", ref=surgery.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: cancel_surgery(
            clinic=request.clinic,
            surgery_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=page,
        done=_("The operation is called off; what was to be done before it has ended."),
        context={
            **about_patient(request, surgery.patient, (_("Call the operation off"), "")),
            "heading": _("Call the operation off"),
            "lead": _("%(purpose)s planned for %(day)s. What is still open before it ends with it.")
            % {"purpose": surgery.get_purpose_display().capitalize(), "day": day_words(surgery.planned_on)},
            "submit_label": _("Call it off"),
            "cancel_url": page,
            "danger": True,
        },
    )


def _surgery_or_404(request: ClinicRequest, ref: UUID) -> Surgery:
    """The clinic's operation; one that is over still opens, so that the refusal can say so."""
    surgery = get_surgery(clinic_id=request.clinic.id, surgery_ref=ref)
    if surgery is None:
        raise Http404
    return surgery


urlpatterns = [
    path("patients/<uuid:ref>/operations/new/", surgery_new, name="surgery_new"),
    path("operations/<uuid:ref>/", surgery_edit, name="surgery_edit"),
    path("operations/<uuid:ref>/cancel/", surgery_cancel, name="surgery_cancel"),
]
