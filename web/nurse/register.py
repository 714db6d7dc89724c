"""Bringing a register in: upload, report, confirm, progress. For the clinic's administrators only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.register import COLUMNS, Reason, RegisterUnusable
from clinic.domain.roles import Permission
from scheduling.selectors.import_checks import waiting_of_file
from scheduling.selectors.register_imports import (
    RESULTS,
    ImportRow,
    Progress,
    RegisterImport,
    get_import,
    import_progress,
    recent_imports,
    report_rows,
)
from scheduling.services.doorbell import REGISTER_TASK, ring_aside
from scheduling.services.register_import import confirm_import, discard_import, upload_register
from web.access import ClinicRequest, clinic_page
from web.navigation import clinic_path
from web.nurse.forms.register import RegisterForm, too_large
from web.nurse.frame import clinic_reverse
from web.nurse.uploads import drain, is_too_large
from web.tables import csv_download
from web.words import said

ROWS_A_PAGE = 100
LABELS: dict[str, str | Promise] = {
    "created": gettext_lazy("new"),
    "updated": gettext_lazy("changed"),
    "unchanged": gettext_lazy("unchanged"),
    "refused": gettext_lazy("refused"),
}


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A row of the report as the page and the file show it."""

    line: int
    result: str
    label: str | Promise
    column: str
    text: str
    needs_review: bool
    patient: str = ""
    patient_url: str = ""


@csrf_exempt  # checked by _upload, once the size is known: the check itself would read the whole request
@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.IMPORT_REGISTER)
def register(request: ClinicRequest) -> HttpResponse:
    """The form and the imports so far. A request that is too large is refused before any of it is kept."""
    if is_too_large(request):
        drain(request)
        form = RegisterForm({}, {})
        form.errors.clear()
        form.add_error("file", too_large())
        return _page(request, form, status=413)
    return _upload(request)


@csrf_protect
def _upload(request: ClinicRequest) -> HttpResponse:
    form = RegisterForm(request.POST, request.FILES) if request.method == "POST" else RegisterForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            run = upload_register(
                clinic=request.clinic,
                file_name=file.name,
                content=file.read(),
                uploaded_by_id=request.user.id,
                now=request.now,
                consent_channels=form.consent_channels(),
            )
        except RegisterUnusable as error:
            form.refuse_file(error.reason)
        else:
            _ring(run.id)
            return redirect(clinic_reverse(request, "register_import", ref=run.ref))
    return _page(request, form, status=422 if form.errors else 200)


def _page(request: ClinicRequest, form: RegisterForm, *, status: int) -> HttpResponse:
    context = {
        "place": "register",
        "form": form,
        "columns": COLUMNS,
        "imports": recent_imports(clinic_id=request.clinic.id),
    }
    return render(request, "nurse/register/page.html", context, status=status)


@require_safe
@clinic_page(Permission.IMPORT_REGISTER)
def register_template(request: ClinicRequest) -> HttpResponse:
    """An empty register to fill in: its header."""
    return csv_download("register.csv", COLUMNS, ())


@require_safe
@clinic_page(Permission.IMPORT_REGISTER)
def register_import(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """One import: how far it is, its report, and the confirmation. Asked again each second while it runs."""
    run = _import_or_404(request, ref)
    progress = import_progress(run)
    context: dict[str, object] = {
        "place": "register",
        "heading": run.file_name,
        "trail": [(_("Import"), clinic_reverse(request, "register")), (run.file_name, "")],
        "run": run,
        "progress": progress,
    }
    if run.state == "unusable":
        context["problem"] = said(Reason(run.problem_message, run.problem_values))
    elif not progress.is_running:
        context |= _report(request, run, progress)
    if run.state == "finished":
        context["waiting"] = waiting_of_file(
            clinic_id=request.clinic.id, sha256=run.sha256, author_id=run.confirmed_by_id
        )
    template = "nurse/register/_import.html" if request.htmx else "nurse/register/import.html"
    return render(request, template, context)


def _report(request: ClinicRequest, run: RegisterImport, progress: Progress) -> dict[str, object]:
    result = request.GET.get("result", "")
    result = result if result in RESULTS else ""
    page = Paginator(report_rows(run, result=result), ROWS_A_PAGE).get_page(request.GET.get("page"))
    filters = [("", _("all"), progress.rows)]
    filters += [(name, str(LABELS[name]), progress.by_result[name]) for name in ("refused", *RESULTS[:-1])]
    return {
        "page": page,
        "lines": _lines(request, page.object_list),
        "filters": filters,
        "result": result,
        "query": urlencode({"result": result}) if result else "",
    }


def _lines(request: ClinicRequest, rows: Iterable[ImportRow]) -> list[ReportLine]:
    return [_line(request, row) for row in rows]


def _line(request: ClinicRequest, row: ImportRow) -> ReportLine:
    result = row.result or row.foreseen
    patient = row.implant.patient if row.implant else None
    return ReportLine(
        line=row.line,
        result=result,
        label=LABELS[result],
        column=row.column,
        text=said(Reason(row.message, row.values)) if row.message else ", ".join(row.columns),
        needs_review=row.needs_review and result != "refused",
        patient=f"{patient.last_name}, {patient.first_name}" if patient else "",
        patient_url=clinic_path("patient", request.clinic.slug, ref=patient.ref) if patient else "",
    )


@require_POST
@clinic_page(Permission.IMPORT_REGISTER)
def register_confirm(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Begin the import that the report announced. Pressed twice, it begins once."""
    run = _import_or_404(request, ref)
    if confirm_import(clinic=request.clinic, import_ref=ref, actor_id=request.user.id, now=request.now):
        _ring(run.id)
    return redirect(clinic_reverse(request, "register_import", ref=ref))


@require_POST
@clinic_page(Permission.IMPORT_REGISTER)
def register_discard(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Throw the file away; nothing of it comes in."""
    _import_or_404(request, ref)
    if discard_import(clinic=request.clinic, import_ref=ref, now=request.now):
        messages.success(request, _("The file is thrown away. Nothing was imported."))
        return redirect(clinic_reverse(request, "register"))
    messages.error(request, _("This import has begun or ended already."))
    return redirect(clinic_reverse(request, "register_import", ref=ref))


@require_safe
@clinic_page(Permission.IMPORT_REGISTER)
def register_report(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The report as a CSV file, to work through beside the spreadsheet it is about."""
    run = _import_or_404(request, ref)
    header = (_("line"), _("result"), _("column"), _("reason"), _("needs review"))
    rows = (
        (line.line, line.label, line.column, line.text, _("yes") if line.needs_review else "")
        for line in _lines(request, report_rows(run).iterator(chunk_size=1000))
    )
    return csv_download(f"register-report-{run.uploaded_at:%Y-%m-%d}.csv", header, rows)


def _import_or_404(request: ClinicRequest, ref: UUID) -> RegisterImport:
    run = get_import(clinic_id=request.clinic.id, import_ref=ref)
    if run is None:
        raise Http404
    return run


def _ring(import_id: int) -> None:
    transaction.on_commit(partial(ring_aside, [import_id], REGISTER_TASK))


urlpatterns = [
    path("register/", register, name="register"),
    path("register/empty.csv", register_template, name="register_template"),
    path("register/<uuid:ref>/", register_import, name="register_import"),
    path("register/<uuid:ref>/confirm/", register_confirm, name="register_confirm"),
    path("register/<uuid:ref>/discard/", register_discard, name="register_discard"),
    path("register/<uuid:ref>/report.csv", register_report, name="register_report"),
]
