"""A change of program, with the dates before and after it side by side before anything is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.entries import ProgramEntry
from clinic.domain.roles import Permission
from clinic.seeing import saw
from clinic.selectors.fills import current_programs, get_program
from clinic.selectors.rows import Implant, ProgramVersion
from clinic.services.programs import correct_program, record_program, void_program
from scheduling.services.preview import Preview, preview_program, preview_without_program
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm
from web.nurse.forms.controls import dress
from web.nurse.forms.program import (
    FLEX,
    BaseStepFormSet,
    ProgramChangeForm,
    program_values,
    step_formset,
    template_step,
)
from web.nurse.forms.refill import mass_echo
from web.nurse.frame import clinic_reverse, implant_or_404, patient_trail
from web.nurse.outlooks import comparison, preview_context, program_words
from web.nurse.pages import form_page
from web.nurse.problems import problems_of, rows_problems
from web.stops import with_stops
from web.words import day_words


@dataclass(slots=True)
class Change:
    """The forms of one change of program; ``corrects`` names the version it replaces."""

    implant: Implant
    form: ProgramChangeForm
    steps: BaseStepFormSet
    running: ProgramVersion | None
    corrects: ProgramVersion | None
    zone: ZoneInfo

    def is_valid(self) -> bool:
        judged = [self.form.is_valid()]
        if self.is_flex:
            judged.append(self.steps.is_valid())
        return all(judged)

    @property
    def is_flex(self) -> bool:
        return self.form.data.get(self.form.add_prefix("mode")) == FLEX

    def problems(self) -> list[tuple[str, str, str]]:
        found = problems_of(self.form)
        return found + rows_problems(self.steps, _("Steps")) if self.is_flex else found


def _change(
    request: ClinicRequest,
    implant: Implant,
    corrects: ProgramVersion | None = None,
    *,
    asks_reason: bool = True,
) -> Change:
    """The forms, empty or with what was posted; a preview asks for no reason."""
    running = next(iter(current_programs(implant=implant)), None)
    start_from = corrects or running
    initial = program_values(start_from) | {"starts_on": request.today}
    if corrects is not None:
        initial |= {
            "starts_on": corrects.starts_on,
            "starts_time": timezone.localtime(corrects.starts_at).time() if corrects.starts_at else None,
            "note": corrects.note,
        }
    data = request.POST if request.method == "POST" else None
    form = ProgramChangeForm(
        data, prefix="program", initial=initial, corrects=corrects is not None and asks_reason
    )
    steps = step_formset(data, version=start_from)
    for part in (form, *steps.forms):
        dress(part)
    return Change(implant, form, steps, running, corrects, ZoneInfo(request.clinic.time_zone))


def _preview(request: ClinicRequest, change: Change) -> tuple[ProgramEntry, Preview] | None:
    """The entry with the dates it would give; None when the forms do not say enough."""
    if not change.is_valid():
        return None
    try:
        entry = change.form.entry(change.steps, change.zone)
        preview = preview_program(
            clinic_id=request.clinic.id,
            implant_id=change.implant.id,
            entry=entry,
            now=request.now,
            replaces=_start(change.corrects) if change.corrects else None,
        )
    except RecordError as error:
        change.form.add_record_error(error)
        return None
    return entry, preview


def _start(version: ProgramVersion) -> tuple[date, datetime | None]:
    return version.starts_on, version.starts_at


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.CHANGE_PROGRAM)
def program_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Record a change of program between refills."""
    implant = implant_or_404(request, ref)

    def save(entry: ProgramEntry, reason: str) -> ProgramVersion:
        return record_program(
            clinic=request.clinic,
            implant_ref=ref,
            entry=entry,
            actor_id=request.user.id,
            now=request.now,
            reason=reason or "program changed",
        )

    return _page(request, _change(request, implant), save=save, done=_("The change of program is recorded."))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.CHANGE_PROGRAM)
def program_edit(request: ClinicRequest, program_id: int) -> HttpResponse:
    """Correct a program version: the old entry stays in the history, superseded."""
    version = _version_or_404(request, program_id)
    if getattr(version, "superseded_by", None) is not None:
        messages.error(request, _("This program was corrected or withdrawn in the meantime."))
        return redirect(clinic_reverse(request, "patient", ref=version.implant.patient.ref))

    def save(entry: ProgramEntry, reason: str) -> ProgramVersion:
        return correct_program(
            clinic=request.clinic,
            program_id=program_id,
            entry=entry,
            reason=reason,
            actor_id=request.user.id,
            now=request.now,
        )

    change = _change(request, version.implant, corrects=version)
    return _page(request, change, save=save, done=_("The program is corrected."))


def _page(
    request: ClinicRequest,
    change: Change,
    *,
    save: Callable[[ProgramEntry, str], ProgramVersion],
    done: str,
) -> HttpResponse:
    acknowledged = set(request.POST.getlist("acknowledged"))
    context: dict[str, Any] = {}
    if request.method == "POST" and (found := _preview(request, change)) is not None:
        entry, preview = found
        context = preview_context(preview, acknowledged=acknowledged, only_new_warnings=True)
        if not context["open_stops"]:
            try:
                save(
                    entry,
                    with_stops(
                        change.form.cleaned_data.get("reason") or "program changed", preview.stop_codes
                    ),
                )
            except RecordError as error:
                change.form.add_record_error(error)
            else:
                messages.success(request, done)
                return redirect(clinic_reverse(request, "patient", ref=change.implant.patient.ref))
    context |= _frame(request, change) | {"must_acknowledge": bool(context.get("open_stops"))}
    return render(
        request, "nurse/program/page.html", context, status=422 if request.method == "POST" else 200
    )


@require_POST
@clinic_page(Permission.CHANGE_PROGRAM)
def program_preview(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The dates a change would give, while it is being typed. Nothing is written."""
    return _preview_part(request, _change(request, implant_or_404(request, ref)))


@require_POST
@clinic_page(Permission.CHANGE_PROGRAM)
def program_edit_preview(request: ClinicRequest, program_id: int) -> HttpResponse:
    """The dates a correction would give, while it is being typed. Nothing is written."""
    version = _version_or_404(request, program_id)
    return _preview_part(request, _change(request, version.implant, corrects=version, asks_reason=False))


def _preview_part(request: ClinicRequest, change: Change) -> HttpResponse:
    found = _preview(request, change)
    cleaned = getattr(change.form, "cleaned_data", {})
    context: dict[str, Any] = {
        "is_live": True,
        "echoes": [("echo-dose", mass_echo(cleaned.get("dose"), cleaned.get("dose_unit") or ""))],
        "problems": change.problems(),
    }
    if found is not None:
        acknowledged = set(request.POST.getlist("acknowledged"))
        context |= preview_context(found[1], acknowledged=acknowledged, only_new_warnings=True)
    return render(request, "nurse/program/_preview.html", context)


def _frame(request: ClinicRequest, change: Change) -> dict[str, Any]:
    implant, corrects = change.implant, change.corrects
    heading = _("Correct the program") if corrects else _("Change the program")
    if corrects:
        preview_url = clinic_reverse(request, "program_edit_preview", program_id=corrects.id)
    else:
        preview_url = clinic_reverse(request, "program_preview", ref=implant.ref)
    return {
        "place": "patients",
        "heading": heading,
        "trail": patient_trail(request, implant.patient, (heading, "")),
        "patient": implant.patient,
        "implant": implant,
        "corrects": corrects,
        "running": change.running,
        "running_words": program_words(change.running),
        "program": change.form,
        "steps": change.steps,
        "step_template": template_step(),
        "problems": change.problems() if request.method == "POST" else [],
        "preview_url": preview_url,
        "cancel_url": clinic_reverse(request, "patient", ref=implant.patient.ref),
    }


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.CHANGE_PROGRAM)
def program_void(request: ClinicRequest, program_id: int) -> HttpResponse:
    """Withdraw a program version that never ran."""
    version = _version_or_404(request, program_id)
    implant = version.implant
    form = ReasonForm(request.POST or None)
    preview = preview_without_program(
        clinic_id=request.clinic.id, implant_id=implant.id, start=_start(version), now=request.now
    )
    patient_url = clinic_reverse(request, "patient", ref=implant.patient.ref)
    return form_page(
        request,
        form,
        save=lambda: void_program(
            clinic=request.clinic,
            program_id=program_id,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        then=patient_url,
        done=_("The program is withdrawn; the dates rest on the one before it."),
        template="nurse/fills/void.html",
        context={
            "place": "patients",
            "heading": _("Withdraw the program of %(day)s") % {"day": day_words(version.starts_on)},
            "lead": _("%(program)s. For a program that never ran; if a value is wrong, correct it.")
            % {"program": program_words(version)},
            "trail": patient_trail(request, implant.patient, (_("Withdraw"), "")),
            "patient": implant.patient,
            "implant": implant,
            "lines": comparison(preview),
            "submit_label": _("Withdraw the program"),
            "cancel_url": patient_url,
            "danger": True,
        },
    )


def _version_or_404(request: ClinicRequest, program_id: int) -> ProgramVersion:
    version = get_program(clinic_id=request.clinic.id, program_id=program_id)
    if version is None:
        raise Http404
    saw(request.clinic.id, [version.implant.patient_id])
    return version


urlpatterns = [
    path("implants/<uuid:ref>/program/", program_new, name="program_new"),
    path("implants/<uuid:ref>/program/preview/", program_preview, name="program_preview"),
    path("programs/<int:program_id>/edit/", program_edit, name="program_edit"),
    path("programs/<int:program_id>/edit/preview/", program_edit_preview, name="program_edit_preview"),
    path("programs/<int:program_id>/withdraw/", program_void, name="program_void"),
]
