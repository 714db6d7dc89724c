"""A refill visit: recorded or corrected on one form, with the resulting dates before anything is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.entries import FillEntry, ProgramEntry
from clinic.domain.roles import Permission
from clinic.seeing import saw
from clinic.selectors.fills import get_fill, sent_before
from clinic.selectors.rows import Fill, Implant
from clinic.services.fills import correct_fill, record_fill, reservoir_ml
from scheduling.services.cases import in_mcg
from scheduling.services.preview import Preview, preview_fill
from web.access import ClinicRequest, clinic_page
from web.findings import short_name
from web.nurse.forms.controls import dress
from web.nurse.forms.program import (
    template_step,
)
from web.nurse.forms.refill import (
    DrugForm,
    mass_echo,
)
from web.nurse.frame import Trail, clinic_reverse, full_name, implant_or_404, patient_trail
from web.nurse.outlooks import preview_context, program_words
from web.nurse.visit import Subject, Visit, subject_of, visit_of
from web.stops import with_stops


def _preview(request: ClinicRequest, subject: Subject, visit: Visit) -> Preview | None:
    """The dates as they would be; None when the forms do not say enough, with the reason at its field."""
    if not visit.is_valid():
        return None
    try:
        entry = visit.entry()
        return preview_fill(
            clinic_id=request.clinic.id,
            implant_id=subject.implant.id,
            entry=entry,
            program=visit.program_entry(entry),
            now=request.now,
            replaces=subject.corrects.id if subject.corrects else None,
        )
    except RecordError as error:
        visit.add_record_error(error)
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def fill_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Record a refill, or (``?setup=1``) the last fill of a pump that is being entered."""
    implant = implant_or_404(request, ref)
    subject = subject_of(implant)

    def save(entry: FillEntry, program: ProgramEntry | None, reason: str) -> Fill:
        return record_fill(
            clinic=request.clinic,
            implant_ref=implant.ref,
            entry=entry,
            program=program,
            actor_id=request.user.id,
            now=request.now,
            reason=reason,
        )

    return _page(request, subject, save=save, why="refill recorded")


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def fill_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Correct a fill: the old entry stays in the history, superseded."""
    implant, fill = fill_or_404(request, ref)
    if is_superseded(fill):
        messages.error(request, _("This fill was corrected or withdrawn in the meantime."))
        return redirect(clinic_reverse(request, "fill", ref=ref))
    subject = subject_of(implant, corrects=fill)

    def save(entry: FillEntry, program: ProgramEntry | None, reason: str) -> Fill:
        return correct_fill(
            clinic=request.clinic,
            fill_ref=fill.ref,
            entry=entry,
            reason=reason,
            actor_id=request.user.id,
            now=request.now,
        )

    return _page(request, subject, save=save, why="")


def _page(
    request: ClinicRequest,
    subject: Subject,
    *,
    save: Callable[[FillEntry, ProgramEntry | None, str], Fill],
    why: str,
) -> HttpResponse:
    """Show the form; or save, once nothing is wrong and every stop is acknowledged by name."""
    if request.method == "POST" and (
        sent := sent_before(implant=subject.implant, ref=request.POST.get("ref", ""))
    ):
        return _to_patient(request, subject.implant, sent)
    visit = visit_of(request, subject)
    acknowledged = set(request.POST.getlist("acknowledged"))
    context: dict[str, Any] = {}
    if request.method == "POST" and (preview := _preview(request, subject, visit)) is not None:
        context = preview_context(preview, acknowledged=acknowledged)
        if not context["open_stops"]:
            try:
                entry = visit.entry()
                reason = with_stops(why or visit.form.cleaned_data["reason"], preview.stop_codes)
                fill = save(entry, visit.program_entry(entry), reason)
            except RecordError as error:
                visit.add_record_error(error)
            else:
                return _to_patient(request, subject.implant, fill)
    is_refused = request.method == "POST"
    context |= _frame(request, subject, visit) | {"must_acknowledge": bool(context.get("open_stops"))}
    return render(request, "nurse/refill/page.html", context, status=422 if is_refused else 200)


def _to_patient(request: ClinicRequest, implant: Implant, fill: Fill) -> HttpResponse:
    """On to the patient's page, which says what was recorded and offers the sheet and the way back."""
    return redirect(clinic_reverse(request, "patient", ref=implant.patient.ref) + f"?fill={fill.ref}")


@require_POST
@clinic_page(Permission.RECORD_CARE)
def fill_preview(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The dates a new refill would give, while it is being typed. Nothing is written."""
    return _preview_part(request, subject_of(implant_or_404(request, ref)))


@require_POST
@clinic_page(Permission.RECORD_CARE)
def fill_edit_preview(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The dates a correction would give, while it is being typed. Nothing is written."""
    implant, fill = fill_or_404(request, ref)
    return _preview_part(request, subject_of(implant, corrects=fill))


def _preview_part(request: ClinicRequest, subject: Subject) -> HttpResponse:
    visit = visit_of(request, subject, asks_reason=False)
    preview = _preview(request, subject, visit)
    context: dict[str, Any] = {
        "is_live": True,
        "echoes": _echoes(visit),
        "problems": visit.problems(),
    }
    if preview is not None:
        context |= preview_context(preview, acknowledged=set(request.POST.getlist("acknowledged")))
    context["is_other_concentration"] = _is_other_concentration(subject.last, visit)
    return render(request, "nurse/refill/_preview.html", context)


def _is_other_concentration(last: Fill | None, visit: Visit) -> bool:
    """Whether the primary drug is the last fill's at another concentration: a bridge is then asked for."""
    was = next(iter(last.drugs.all()), None) if last else None
    now_is = next((getattr(row, "cleaned_data", {}) for row in visit.drugs.filled()), {})
    concentration, unit = now_is.get("concentration"), now_is.get("concentration_unit")
    if was is None or concentration is None or not unit or now_is.get("drug_key") != was.drug.key:
        return False
    return in_mcg(was.concentration, was.concentration_unit) != in_mcg(concentration, unit)


def _echoes(visit: Visit) -> list[tuple[str, str]]:
    """Amounts said the other way round (0.3 mg = 300 mcg), each with the id of its place on the page."""
    found = []
    for number, row in enumerate(visit.drugs.forms):
        cleaned = getattr(row, "cleaned_data", {})
        echo = mass_echo(cleaned.get("concentration"), cleaned.get("concentration_unit") or "")
        found.append((f"echo-drugs-{number}", echo))
    if visit.program is not None:
        cleaned = getattr(visit.program, "cleaned_data", {})
        found.append(("echo-dose", mass_echo(cleaned.get("dose"), cleaned.get("dose_unit") or "")))
    return found


def _frame(request: ClinicRequest, subject: Subject, visit: Visit) -> dict[str, Any]:
    implant, corrects = subject.implant, subject.corrects
    is_setup = "setup" in request.GET and corrects is None
    if corrects:
        heading = _("Correct the fill")
    elif is_setup:
        heading = _("Last fill and program")
    else:
        heading = _("Record a refill")
    name, of = ("fill_edit_preview", corrects.ref) if corrects else ("fill_preview", implant.ref)
    trail: Trail = patient_trail(request, implant.patient, (heading, ""))
    return {
        "place": "patients",
        "heading": heading,
        "trail": trail,
        "patient": implant.patient,
        "patient_name": full_name(implant.patient),
        "implant": implant,
        "corrects": corrects,
        "last": subject.last,
        "running_words": program_words(subject.running),
        "running": subject.running,
        "reservoir_ml": reservoir_ml(implant),
        "step": 3 if is_setup else 0,
        "form": visit.form,
        "drugs": visit.drugs,
        "drug_template": _template_row(visit),
        "program": visit.program,
        "steps": visit.steps,
        "step_template": template_step(),
        "problems": visit.problems(),
        "preview_url": clinic_reverse(request, name, ref=of),
        "cancel_url": clinic_reverse(request, "patient", ref=implant.patient.ref),
        "stop_names": short_name,
    }


def _template_row(visit: Visit) -> DrugForm:
    row = visit.drugs.empty_form
    dress(row)
    return row


def is_superseded(row: Fill) -> bool:
    """Whether a later entry corrects or withdraws this one."""
    return getattr(row, "superseded_by", None) is not None


def fill_or_404(request: ClinicRequest, ref: UUID) -> tuple[Implant, Fill]:
    """The fill of this clinic with its pump and patient; withdrawal rows have no page."""
    found = get_fill(clinic_id=request.clinic.id, fill_ref=ref)
    if found is None:
        raise Http404
    saw(request.clinic.id, [found.implant.patient_id])
    return found.implant, found


urlpatterns = [
    path("implants/<uuid:ref>/refill/", fill_new, name="fill_new"),
    path("implants/<uuid:ref>/refill/preview/", fill_preview, name="fill_preview"),
    path("fills/<uuid:ref>/edit/", fill_edit, name="fill_edit"),
    path("fills/<uuid:ref>/edit/preview/", fill_edit_preview, name="fill_edit_preview"),
]
