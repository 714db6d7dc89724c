"""An import that waits for a second person: the same file shown, pumps re-entered unseen, signed as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.import_check import hash_of
from scheduling.domain.second_check import MISMATCHES_UNTIL_MATTER
from scheduling.selectors.import_checks import (
    IMPORT_STEPS,
    WaitingImport,
    asked_pumps,
    get_import_check,
    import_steps_of,
    is_being_imported,
    waiting_import,
    waiting_imports,
)
from scheduling.selectors.rows import RUNNING, CheckState, ImportCheck, ImportedPump
from scheduling.services.import_check_acts.acting import act_alone, re_enter, show_file, sign_import
from scheduling.services.outlook import read_outlook
from scheduling.services.second_check_acts.reentry import asked_of
from web.access import ClinicRequest, clinic_page, confirm_address, is_freshly_authenticated
from web.findings import reasons_words
from web.nurse.forms.import_checks import FileForm
from web.nurse.forms.second_checks import EmergencyForm, ReentryForm
from web.nurse.frame import Trail, clinic_reverse, full_name
from web.nurse.pages import form_page
from web.nurse.uploads import drain, is_too_large
from web.words import moment_words, said


@dataclass(frozen=True, slots=True)
class ShownImport:
    """A check of an import as the pages show it: whose file, how far, what may be done; never what was entered."""

    check: ImportCheck
    waiting: WaitingImport
    is_own: bool
    tries: str

    @property
    def is_running(self) -> bool:
        """Whether something of it still waits for a person."""
        return self.check.state in RUNNING and self.waiting.pumps > 0

    @property
    def is_emergency(self) -> bool:
        return self.check.state == CheckState.EMERGENCY

    @property
    def may_act_alone(self) -> bool:
        return self.is_running and self.check.emergency_until is None


@dataclass(frozen=True, slots=True)
class ShownPump:
    """One pump that is asked about."""

    pump: ImportedPump
    reasons: str
    is_confirmed: bool
    tries: str
    is_disputed: bool


def shown_imports(request: ClinicRequest) -> list[ShownImport]:
    """The clinic's imports of which something waits."""
    return [_shown(request, each) for each in waiting_imports(clinic_id=request.clinic.id)]


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def import_check(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """One import: its file, the pumps that are asked for, how far it is; posted, it is signed."""
    check = _check_or_404(request, ref)
    row = _shown(request, waiting_import(check))
    problem = ""
    if request.method == "POST":
        if row.is_own or not row.is_running:
            return redirect(clinic_reverse(request, "import_check", ref=ref))
        if not is_freshly_authenticated(request):
            return redirect(_confirm_address(request, check))
        try:
            pumps = sign_import(
                clinic=request.clinic, check_ref=ref, signer_id=request.user.id, now=request.now
            )
        except RecordError as error:
            problem = said(error.reason)
        else:
            messages.success(request, _signed_words(pumps))
            return redirect(clinic_reverse(request, "to_check"))
    form = FileForm() if row.is_running and not row.is_own and check.file_shown_at is None else None
    return _page(request, row, form, problem=problem)


@csrf_exempt  # checked by _file, once the size is known: the check itself would read the whole request
@require_POST
@clinic_page(Permission.RECORD_CARE)
def import_check_file(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Compare the file that a second person holds, by its hash. It is not kept."""
    check = _check_or_404(request, ref)
    if is_too_large(request):
        drain(request)
        form = FileForm({}, {})
        form.errors.clear()
        form.refuse_size()
        return _page(request, _shown(request, waiting_import(check)), form, status=413)
    return _file(request, check)


@csrf_protect
def _file(request: ClinicRequest, check: ImportCheck) -> HttpResponse:
    row = _shown(request, waiting_import(check))
    if row.is_own or not row.is_running:
        return redirect(clinic_reverse(request, "import_check", ref=check.ref))
    form = FileForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            show_file(
                clinic=request.clinic,
                check_ref=check.ref,
                sha256=hash_of(file.read()) if file else form.cleaned_data["sha256"],
                person_id=request.user.id,
                now=request.now,
            )
        except RecordError as error:
            at = error.field and ("file" if file else "sha256")
            form.add_error(at or None, said(error.reason))
        else:
            messages.success(request, _("It is the same file."))
            return redirect(clinic_reverse(request, "import_check", ref=check.ref))
    return _page(request, row, form, status=422)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def import_check_pump(request: ClinicRequest, ref: UUID, pump_ref: UUID) -> HttpResponse:
    """One pump of the sample: its values are asked for, none of them is shown."""
    check = _check_or_404(request, ref)
    row = _shown(request, waiting_import(check))
    pump = next((each for each in asked_pumps(row.waiting) if each.ref == pump_ref), None)
    back = clinic_reverse(request, "import_check", ref=ref)
    is_asked = pump is not None and pump.confirmed_at is None and check.file_shown_at is not None
    if row.is_own or not row.is_running or pump is None or not is_asked:
        return redirect(back)
    if not is_freshly_authenticated(request):
        return redirect(_confirm_address(request, check, pump))
    outlook = read_outlook(clinic_id=request.clinic.id, implant_id=pump.implant_id, now=request.now)
    data = request.POST if request.method == "POST" else None
    form = ReentryForm(data, asked=asked_of(outlook.facts, outlook.beside, of_import=True))
    if form.is_valid() and _compare(request, check, pump, form):
        messages.success(request, _("The same. Go on with the next."))
        return redirect(back)
    patient = pump.implant.patient
    trail: Trail = [
        (_("To check"), clinic_reverse(request, "to_check")),
        (check.file_name, back),
        (full_name(patient), ""),
    ]
    context = {
        "place": "to_check",
        "heading": _("Re-enter one pump"),
        "trail": trail,
        "patient": patient,
        "pump": pump,
        "check": check,
        "form": form,
    }
    return render(request, "nurse/import_checks/pump.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def import_check_emergency(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put an import into effect alone, with a reason, for 72 hours."""
    check = _check_or_404(request, ref)
    form = EmergencyForm(request.POST or None)
    then = clinic_reverse(request, "import_check", ref=ref)

    def save() -> None:
        until = act_alone(
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

    context = {
        "place": "to_check",
        "heading": _("Emergency without a second check"),
        "trail": [(_("To check"), clinic_reverse(request, "to_check")), (check.file_name, then)],
        "lead": _(
            "Everything that came by this file is in effect for 72 hours. Unsigned by then, the earlier dates are back and a person is asked to act."
        ),
        "submit_label": _("Put into effect for 72 hours"),
        "danger": True,
        "cancel_url": then,
    }
    return form_page(request, form, save=save, then=then, done="", context=context)


def _page(
    request: ClinicRequest, row: ShownImport, form: FileForm | None, *, problem: str = "", status: int = 200
) -> HttpResponse:
    check = row.check
    trail: Trail = [(_("To check"), clinic_reverse(request, "to_check")), (check.file_name, "")]
    pumps = list(_pumps(asked_pumps(row.waiting))) if row.is_running and not row.is_own else []
    context = {
        "place": "to_check",
        "heading": check.file_name,
        "trail": trail,
        "row": row,
        "check": check,
        "waiting": row.waiting,
        "form": form if row.is_running and not row.is_own else None,
        "problem": problem,
        "pumps": pumps,
        "is_coming": is_being_imported(check),
        "steps": [
            {"step": step, "shows_note": step.what == IMPORT_STEPS.EMERGENCY}
            for step in import_steps_of(check)
        ],
    }
    if problem:
        status = 422
    return render(request, "nurse/import_checks/check.html", context, status=status)


def _pumps(pumps: Iterable[ImportedPump]) -> Iterable[ShownPump]:
    for pump in pumps:
        yield ShownPump(
            pump=pump,
            reasons=reasons_words(pump.reasons) if pump.reasons else "",
            is_confirmed=pump.confirmed_at is not None,
            tries=_tries(pump.mismatches) if pump.confirmed_at is None else "",
            is_disputed=pump.confirmed_at is None and pump.mismatches >= MISMATCHES_UNTIL_MATTER,
        )


def _tries(number: int) -> str:
    if not number:
        return ""
    return ngettext("differed once", "differed %(number)d times", number) % {"number": number}


def _shown(request: ClinicRequest, waiting: WaitingImport) -> ShownImport:
    check, differed = waiting.check, waiting.mismatches
    tries = ngettext("%(number)d pump differs", "%(number)d pumps differ", differed) % {"number": differed}
    return ShownImport(
        check=check,
        waiting=waiting,
        is_own=request.user.id in (*check.author_ids, check.author_id),
        tries=tries if differed else "",
    )


def _compare(request: ClinicRequest, check: ImportCheck, pump: ImportedPump, form: ReentryForm) -> bool:
    try:
        wrong = re_enter(
            clinic=request.clinic,
            check_ref=check.ref,
            pump_ref=pump.ref,
            given=form.given(),
            person_id=request.user.id,
            now=request.now,
        )
    except RecordError as error:
        form.add_error(None, said(error.reason))
        return False
    form.show_differing(wrong)
    return not wrong


def _signed_words(pumps: int) -> str:
    return ngettext(
        "Signed: the date of %(number)d pump is in effect.",
        "Signed: the dates of %(number)d pumps are in effect.",
        pumps,
    ) % {"number": pumps}


def _confirm_address(request: ClinicRequest, check: ImportCheck, pump: ImportedPump | None = None) -> str:
    """Values are typed only afterwards, so none waits in a session."""
    if pump is None:
        return confirm_address(clinic_reverse(request, "import_check", ref=check.ref))
    return confirm_address(clinic_reverse(request, "import_check_pump", ref=check.ref, pump_ref=pump.ref))


def _check_or_404(request: ClinicRequest, ref: UUID) -> ImportCheck:
    check = get_import_check(clinic_id=request.clinic.id, ref=ref)
    if check is None:
        raise Http404
    return check


urlpatterns = [
    path("to-check/import/<uuid:ref>/", import_check, name="import_check"),
    path("to-check/import/<uuid:ref>/file/", import_check_file, name="import_check_file"),
    path("to-check/import/<uuid:ref>/pump/<uuid:pump_ref>/", import_check_pump, name="import_check_pump"),
    path("to-check/import/<uuid:ref>/emergency/", import_check_emergency, name="import_check_emergency"),
]
