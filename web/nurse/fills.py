"""One refill: the sheet to print, the history of its corrections, and withdrawing it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.fills import current_programs, fill_versions
from clinic.selectors.rows import Fill, Implant, ProgramVersion
from clinic.services.fills import void_fill
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.preview import preview_without_fill
from scheduling.services.residuals import expectation_of
from web import findings
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm
from web.nurse.frame import clinic_reverse, full_name, patient_trail
from web.nurse.outlooks import comparison, limits_of
from web.nurse.pages import form_page
from web.nurse.refill import fill_or_404, is_superseded
from web.words import day_words


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def fill(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The sheet of a refill visit; its dates are shown while it is the fill in the pump."""
    implant, found = fill_or_404(request, ref)
    outlook = read_outlook(clinic_id=request.clinic.id, implant_id=implant.id, now=request.now)
    is_in_pump = bool(outlook.facts.fills) and outlook.facts.fills[-1].fill_id == found.id
    context = {
        "place": "patients",
        "trail": patient_trail(request, implant.patient, (_("Refill sheet"), "")),
        "heading": _("Refill of %(day)s") % {"day": day_words(found.filled_on)},
        "patient": implant.patient,
        "patient_name": full_name(implant.patient),
        "implant": implant,
        "fill": found,
        "program": _program_at(implant, found),
        "is_replaced": is_superseded(found),
        "versions": fill_versions(found),
        "projection": outlook.projection if is_in_pump else None,
        "limits": limits_of(outlook) if is_in_pump else [],
        "findings": findings.of_outlook(outlook) if is_in_pump else [],
        "expectation": expectation_of(outlook) if is_in_pump else None,
    }
    return render(request, "nurse/fills/sheet.html", context)


def _program_at(implant: Implant, found: Fill) -> ProgramVersion | None:
    """The program in force from this fill on: the newest that began on its day or before."""
    versions = current_programs(implant=implant)
    return next((version for version in versions if version.starts_on <= found.filled_on), None)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def fill_void(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Withdraw a fill that never happened; the dates before and after stand beside the button.

    The program that began with it goes too, unless the address says that it is kept.
    """
    implant, found = fill_or_404(request, ref)
    form = ReasonForm(request.POST or None)
    is_with_program = request.GET.get("program") != "keep"
    preview = preview_without_fill(
        clinic_id=request.clinic.id,
        implant_id=implant.id,
        fill_id=found.id,
        now=request.now,
        is_with_program=is_with_program,
    )
    patient_url = clinic_reverse(request, "patient", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: void_fill(
            clinic=request.clinic,
            fill_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
            is_with_program=is_with_program,
        ),
        then=patient_url,
        done=_("The fill is withdrawn; the dates rest on the one before it."),
        template="nurse/fills/void.html",
        context={
            "place": "patients",
            "heading": _("Withdraw the fill of %(day)s") % {"day": day_words(found.filled_on)},
            "lead": _("For a fill that never happened. If it did happen but a value is wrong, correct it."),
            "trail": patient_trail(request, implant.patient, (_("Withdraw"), "")),
            "patient": implant.patient,
            "implant": implant,
            "lines": comparison(preview),
            "program_with_it": _program_with(implant, found),
            "is_with_program": is_with_program,
            "after_findings": _new_findings(preview.before, preview.after),
            "submit_label": _("Withdraw the fill"),
            "cancel_url": patient_url,
            "danger": True,
        },
    )


def _program_with(implant: Implant, found: Fill) -> ProgramVersion | None:
    """The program that began with this fill, set at the same visit."""
    start = (found.filled_on, found.filled_at)
    versions = current_programs(implant=implant)
    return next((version for version in versions if (version.starts_on, version.starts_at) == start), None)


def _new_findings(before: Outlook, after: Outlook) -> list[findings.Said]:
    known = {said.code for said in findings.of_outlook(before)}
    return [said for said in findings.of_outlook(after) if said.code not in known]


urlpatterns = [
    path("fills/<uuid:ref>/", fill, name="fill"),
    path("fills/<uuid:ref>/withdraw/", fill_void, name="fill_void"),
]
