"""What waits for a second person: the list, the blind re-entry that signs it, and acting alone in an emergency."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.second_check import MISMATCHES_UNTIL_MATTER
from scheduling.selectors.rows import RUNNING, CheckState, SecondCheck
from scheduling.selectors.second_checks import STEPS, get_check, running_checks, steps_of
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.second_check_acts.acting import act_in_emergency, sign
from scheduling.services.second_check_acts.reentry import asked_of
from web.access import ClinicRequest, clinic_page, confirm_address, is_freshly_authenticated
from web.findings import reasons_words
from web.nurse.forms.second_checks import EmergencyForm, ReentryForm
from web.nurse.frame import Trail, clinic_reverse, full_name
from web.nurse.import_checks import shown_imports
from web.nurse.pages import form_page
from web.words import moment_words, said


@require_safe
@clinic_page(Permission.RECORD_CARE)
def to_check(request: ClinicRequest) -> HttpResponse:
    """What others entered and this person can check, and what waits of this person's own."""
    rows = [shown(check, request) for check in running_checks(clinic_id=request.clinic.id)]
    imports = shown_imports(request)
    context = {
        "place": "to_check",
        "others": [row for row in rows if not row["is_own"]],
        "own": [row for row in rows if row["is_own"]],
        "imports": [row for row in imports if not row.is_own],
        "own_imports": [row for row in imports if row.is_own],
    }
    return render(request, "nurse/second_checks/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def second_check(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """One check: whose, who entered it and when, never what; the same re-entered is signed and in effect at once."""
    check = _check_or_404(request, ref)
    row = shown(check, request)
    form = None
    if row["is_running"] and not row["is_own"]:
        is_confirmed = is_freshly_authenticated(request)
        if request.method == "POST" and not is_confirmed:
            return redirect(_confirm_address(request, check))
        outlook = _outlook(request, check)
        if outlook.facts.fills and is_confirmed:
            data = request.POST if request.method == "POST" else None
            form = ReentryForm(data, asked=asked_of(outlook.facts, outlook.beside))
    elif request.method == "POST":
        return redirect(clinic_reverse(request, "second_check", ref=ref))
    if form is not None and form.is_valid() and _sign(request, check, form):
        messages.success(request, _("Signed: the dates are in effect."))
        return redirect(clinic_reverse(request, "patient", ref=check.implant.patient.ref))
    if form is not None and form.errors:
        check = _check_or_404(request, ref)  # as the try just made has left it
        row = shown(check, request)
    context = _frame(request, check, _("Second check")) | {
        "check": check,
        "row": row,
        "form": form,
        "confirm_address": _confirm_address(request, check),
        "steps": [{"step": step, "is_try": step.what == STEPS.DIFFERED} for step in steps_of(check)],
        "disputed": check.mismatches >= MISMATCHES_UNTIL_MATTER,
    }
    status = 422 if form is not None and form.errors else 200
    return render(request, "nurse/second_checks/check.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def second_check_emergency(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put into effect alone what waits, with a reason, for 72 hours."""
    check = _check_or_404(request, ref)
    form = EmergencyForm(request.POST or None)

    def save() -> None:
        until = act_in_emergency(
            clinic=request.clinic,
            check_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        )
        messages.success(
            request,
            _("In effect until %(until)s. By then a second person must have checked it.")
            % {"until": moment_words(until)},
        )

    context = _frame(request, check, _("Emergency without a second check")) | {
        "lead": _(
            "What was entered is in effect for 72 hours. Unsigned by then, the earlier date is back and a person is asked to act."
        ),
        "submit_label": _("Put into effect for 72 hours"),
        "danger": True,
        "cancel_url": clinic_reverse(request, "patient", ref=check.implant.patient.ref),
    }
    then = clinic_reverse(request, "patient", ref=check.implant.patient.ref)
    return form_page(request, form, save=save, then=then, done="", context=context)


def shown(check: SecondCheck, request: ClinicRequest) -> dict[str, Any]:
    """A check as the pages show it: why, by whom, what stays until then; never what was entered."""
    return {
        "check": check,
        "patient": check.implant.patient,
        "reasons": reasons_words(check.reasons),
        "is_own": request.user.id in (*check.author_ids, check.author_id),
        "is_running": check.state in RUNNING,
        "is_emergency": check.state == CheckState.EMERGENCY,
        "may_act_alone": check.state == CheckState.OPEN and check.emergency_until is None,
        "tries": ngettext("differed once", "differed %(number)d times", check.mismatches)
        % {"number": check.mismatches}
        if check.mismatches
        else "",
    }


def _sign(request: ClinicRequest, check: SecondCheck, form: ReentryForm) -> bool:
    try:
        wrong = sign(
            clinic=request.clinic,
            check_ref=check.ref,
            given=form.given(),
            signer_id=request.user.id,
            now=request.now,
        )
    except RecordError as error:
        form.add_error(None, said(error.reason))
        return False
    form.show_differing(wrong)
    return not wrong


def _outlook(request: ClinicRequest, check: SecondCheck) -> Outlook:
    return read_outlook(clinic_id=request.clinic.id, implant_id=check.implant_id, now=request.now)


def _confirm_address(request: ClinicRequest, check: SecondCheck) -> str:
    """Values are typed only afterwards, so none waits in a session."""
    return confirm_address(clinic_reverse(request, "second_check", ref=check.ref))


def _check_or_404(request: ClinicRequest, ref: UUID) -> SecondCheck:
    check = get_check(clinic_id=request.clinic.id, ref=ref)
    if check is None:
        raise Http404
    return check


def _frame(request: ClinicRequest, check: SecondCheck, heading: str) -> dict[str, Any]:
    patient = check.implant.patient
    trail: Trail = [
        (_("To check"), clinic_reverse(request, "to_check")),
        (full_name(patient), ""),
    ]
    return {"place": "to_check", "heading": heading, "patient": patient, "trail": trail}


urlpatterns = [
    path("to-check/", to_check, name="to_check"),
    path("to-check/<uuid:ref>/", second_check, name="second_check"),
    path("to-check/<uuid:ref>/emergency/", second_check_emergency, name="second_check_emergency"),
]
