"""The care protocol: its rows by phase, changed in a draft, put in force as a new version with what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.care.protocol_entry import LONGEST_KEY, RowEntry, RowFault, read_rows
from scheduling.selectors.resources import visit_kinds
from scheduling.selectors.rows import Anchor
from scheduling.services.protocol_preview import preview_protocol
from scheduling.services.protocols import ProtocolRefused, ensure_protocol, save_protocol
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.protocol import RowForm, VersionForm
from web.nurse.frame import clinic_reverse
from web.nurse.settings.draft import DEFAULT_ROWS, Draft, discard_draft, keep_draft, read_draft
from web.nurse.settings.frame import below_tab, recalculate, settings_frame
from web.nurse.settings.protocol_words import by_phase, change_words, kind_names, phase_of
from web.undo import Undo, say_done
from web.words import said


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def protocol(request: ClinicRequest) -> HttpResponse:
    """Every row under its phase, as the draft has it."""
    draft = read_draft(request)
    names = kind_names(visit_kinds(clinic_id=request.clinic.id))
    changed = {row.key for change in draft.changes if (row := change.after) is not None}
    context: dict[str, Any] = {
        **settings_frame(request, tab="protocol"),
        "draft": draft,
        "changes": len(draft.changes),
        "changed": changed,
        "phases": by_phase(draft.rows, names),
    }
    return render(request, "nurse/settings/protocol.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_row_new(request: ClinicRequest) -> HttpResponse:
    """Add a row; ``?anchor=`` says what it is counted from."""
    draft = read_draft(request)
    wanted = request.GET.get("anchor", "")
    anchor = wanted if wanted in Anchor.values else Anchor.SURGERY.value
    form = _row_form(request, None, initial={"anchor": anchor, "mode": "call"})
    if form.is_valid():
        row = form.entry(key=_free_key(draft, form.cleaned_data["title"]), is_active=True)
        if _keep_row(request, draft, form, row):
            messages.success(request, _("The row is in the draft."))
            return redirect(_row_place(request, row))
    return _row_page(request, form, heading=_("Add a row"))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_row(request: ClinicRequest, key: str) -> HttpResponse:
    """Change a row."""
    draft = read_draft(request)
    row = _row_or_404(draft, key)
    form = _row_form(request, row)
    if form.is_valid():
        changed = form.entry(key=key, is_active=row.is_active)
        if _keep_row(request, draft, form, changed):
            messages.success(request, _("The change is in the draft."))
            return redirect(_row_place(request, changed))
    default = next((each for each in DEFAULT_ROWS if each.key == key), None)
    may_restore = default is not None and replace(default, is_active=row.is_active) != row
    return _row_page(request, form, heading=_(row.title), row=row, may_restore=may_restore)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_row_move(request: ClinicRequest, key: str) -> HttpResponse:
    """Move a row up or down among those of its phase (``to=up``, ``to=down``)."""
    draft = read_draft(request)
    row = _row_or_404(draft, key)
    beside = [each.key for each in draft.rows if phase_of(each) == phase_of(row)]
    place = beside.index(key) + (-1 if request.POST.get("to") == "up" else 1)
    if 0 <= place < len(beside):
        keep_draft(request, draft, draft.swapped(key, beside[place]))
    return redirect(_row_place(request, row))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_row_use(request: ClinicRequest, key: str) -> HttpResponse:
    """Put a row out of use or back into use; one that is only in the draft is taken out of it."""
    draft = read_draft(request)
    row = _row_or_404(draft, key)
    if all(each.key != key for each in draft.in_force):
        keep_draft(request, draft, [each for each in draft.rows if each.key != key])
        messages.success(request, _("“%(title)s” is out of the draft.") % {"title": _(row.title)})
        return redirect(_row_place(request, row))
    keep_draft(request, draft, draft.with_row(replace(row, is_active=not row.is_active)))
    words = (
        _("“%(title)s” is out of use in the draft.")
        if row.is_active
        else _("“%(title)s” is in use in the draft.")
    )
    undo = Undo(clinic_reverse(request, "protocol_row_use", key=key))
    say_done(request, words % {"title": _(row.title)}, undo=undo)
    return redirect(_row_place(request, row))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_row_default(request: ClinicRequest, key: str) -> HttpResponse:
    """Give a row back what the default protocol says."""
    draft = read_draft(request)
    row = _row_or_404(draft, key)
    for default in DEFAULT_ROWS:
        if default.key == key:
            keep_draft(request, draft, draft.with_row(replace(default, is_active=row.is_active)))
            messages.success(request, _("The row is as in the default protocol again."))
    return redirect(_row_place(request, row))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_default(request: ClinicRequest) -> HttpResponse:
    """Make the draft the default protocol; rows of the clinic's own are out of use in it."""
    draft = read_draft(request)
    keep_draft(request, draft, draft.with_default())
    messages.success(
        request, _("The draft is the default protocol. It is not in force before you put it in force.")
    )
    return redirect(clinic_reverse(request, "protocol"))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_discard(request: ClinicRequest) -> HttpResponse:
    """Throw the draft away."""
    discard_draft(request)
    messages.success(request, _("The draft is discarded; the protocol in force stays as it is."))
    return redirect(clinic_reverse(request, "protocol"))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_review(request: ClinicRequest) -> HttpResponse:
    """What the draft changes and what that would do; putting it in force starts a run over all patients."""
    draft = read_draft(request)
    if not draft.changes:
        messages.info(request, _("The draft changes nothing."))
        return redirect(clinic_reverse(request, "protocol"))
    form = VersionForm(request.POST or None)
    if form.is_valid():
        try:
            page = _put_in_force(request, draft, form.cleaned_data["note"])
        except ProtocolRefused as error:
            for fault in error.faults:
                form.add_error(None, _fault_words(draft, fault))
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _("The protocol is in force. Open follow-ups follow it now."))
            return redirect(page)
    context = {
        **below_tab(request, "protocol", (_("What changes"), "")),
        "heading": _("Put the protocol in force"),
        "draft": draft,
        "form": form,
        "changes": change_words(draft.changes, kind_names(visit_kinds(clinic_id=request.clinic.id))),
        "preview": preview_protocol(clinic_id=request.clinic.id, entries=draft.rows, now=request.now),
    }
    return render(request, "nurse/settings/protocol_review.html", context, status=422 if form.errors else 200)


def _put_in_force(request: ClinicRequest, draft: Draft, note: str) -> str:
    """Save the version and begin its run, in one transaction; the page of the run's progress."""
    with transaction.atomic():
        ensure_protocol(request.clinic.id, request.now)
        save_protocol(
            clinic_id=request.clinic.id,
            entries=draft.rows,
            note=note,
            expected_version=draft.base,
            actor_id=request.user.id,
            now=request.now,
        )
        page = recalculate(request)
    discard_draft(request)
    return page


def _fault_words(draft: Draft, fault: RowFault) -> str:
    return f"{_(draft.rows[fault.position].title)}: {said(fault.reason)}"


def _row_form(request: ClinicRequest, row: RowEntry | None, **kwargs: Any) -> RowForm:
    kinds: Sequence[Any] = visit_kinds(clinic_id=request.clinic.id)
    return RowForm(request.POST or None, kinds=kinds, row=row, **kwargs)


def _keep_row(request: ClinicRequest, draft: Draft, form: RowForm, row: RowEntry) -> bool:
    """Keep the row in the draft, unless the protocol refuses it: then the form says why."""
    rows = draft.with_row(row)
    place = next(number for number, each in enumerate(rows) if each.key == row.key)
    kinds = {kind.key for kind in visit_kinds(clinic_id=request.clinic.id)}
    _read, faults = read_rows(rows, visit_kind_keys=kinds)
    own = [fault for fault in faults if fault.position == place]
    for fault in own:
        form.add_fault(fault.field, fault.reason)
    if not own:
        keep_draft(request, draft, rows)
    return not own


def _row_page(
    request: ClinicRequest,
    form: RowForm,
    *,
    heading: str,
    row: RowEntry | None = None,
    may_restore: bool = False,
) -> HttpResponse:
    context = {
        **below_tab(request, "protocol", (heading, "")),
        "heading": heading,
        "form": form,
        "row": row,
        "may_restore": may_restore,
    }
    return render(request, "nurse/settings/protocol_row.html", context, status=422 if form.errors else 200)


def _row_or_404(draft: Draft, key: str) -> RowEntry:
    row = draft.row(key)
    if row is None:
        raise Http404
    return row


def _row_place(request: ClinicRequest, row: RowEntry) -> str:
    """The protocol, at the phase of the row."""
    return f"{clinic_reverse(request, 'protocol')}#phase-{phase_of(row)}"


def _free_key(draft: Draft, title: str) -> str:
    stem = slugify(title).replace("-", "_")[: LONGEST_KEY - 5].strip("_") or "row"
    if not stem[0].isalpha():
        stem = f"row_{stem}"[: LONGEST_KEY - 5]
    taken = {row.key for row in (*draft.rows, *draft.in_force)} | {"refill"}
    return next(key for key in (stem, *(f"{stem}_{number}" for number in range(2, 200))) if key not in taken)


urlpatterns = [
    path("settings/protocol/", protocol, name="protocol"),
    path("settings/protocol/rows/new/", protocol_row_new, name="protocol_row_new"),
    path("settings/protocol/rows/<slug:key>/", protocol_row, name="protocol_row"),
    path("settings/protocol/rows/<slug:key>/move/", protocol_row_move, name="protocol_row_move"),
    path("settings/protocol/rows/<slug:key>/use/", protocol_row_use, name="protocol_row_use"),
    path("settings/protocol/rows/<slug:key>/default/", protocol_row_default, name="protocol_row_default"),
    path("settings/protocol/default/", protocol_default, name="protocol_default"),
    path("settings/protocol/discard/", protocol_discard, name="protocol_discard"),
    path("settings/protocol/review/", protocol_review, name="protocol_review"),
]
