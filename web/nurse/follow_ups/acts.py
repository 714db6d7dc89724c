"""What a person decides about follow-ups: done, postponed, not needed, given away; and taking it back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.selectors.follow_ups import follow_ups_by_refs
from scheduling.selectors.rows import FollowUp
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_ups,
    reopen_follow_up,
)
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.colleagues import colleagues
from web.nurse.follow_ups.chosen import address, chosen, pressed_refs, refs_in
from web.nurse.forms.follow_ups import DoneForm, GiveForm, NotNeededForm, PostponeForm
from web.nurse.frame import about_patient, clinic_reverse
from web.nurse.pages import form_page
from web.undo import Undo, say_done
from web.words import day_words, said

UNDONE = gettext_noop("taken back at once")


def _here(request: ClinicRequest) -> str:
    return back_to(request, clinic_reverse(request, "follow_ups"))


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_done(request: ClinicRequest) -> HttpResponse:
    """Mark what was pressed or ticked as done, at once; the note on the next page takes it back."""
    refs = pressed_refs(request)
    if not refs:
        messages.warning(request, _("Tick what is done first."))
        return redirect(_here(request))
    try:
        complete_follow_ups(clinic=request.clinic, refs=refs, actor_id=request.user.id, now=request.now)
    except (RecordError, FollowUp.DoesNotExist) as refusal:
        messages.error(request, _refused(refusal))
    else:
        _say_done(request, refs)
    return redirect(_here(request))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_done_with_note(request: ClinicRequest) -> HttpResponse:
    """The same with a note."""
    found = chosen(request)
    if not found:
        return _nothing(request)
    refs = [row.ref for row in found]
    form = DoneForm(request.POST or None)

    def save() -> None:
        complete_follow_ups(
            clinic=request.clinic,
            refs=refs,
            actor_id=request.user.id,
            now=request.now,
            note=form.cleaned_data["note"],
        )
        _say_done(request, refs)

    if request.method == "POST" and not form.is_bound:
        form = DoneForm({})
    return _form(request, form, found, save=save, heading=_("Done"), label=_("Mark as done"))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_postpone(request: ClinicRequest) -> HttpResponse:
    """Put it off until a day no later than the last one, with the reason. What is late already takes any day."""
    found = chosen(request)
    if not found:
        return _nothing(request)
    refs = [row.ref for row in found]
    tomorrow = request.today + timedelta(days=1)
    latest = min(
        (row.latest_on for row in found if row.latest_on and row.latest_on >= tomorrow), default=None
    )
    form = PostponeForm(request.POST or None, earliest=tomorrow, latest=latest)

    def save() -> None:
        values = form.cleaned_data
        postpone_follow_ups(
            clinic=request.clinic, refs=refs, actor_id=request.user.id, now=request.now, **values
        )
        text = _("Postponed until %(day)s.") % {"day": day_words(values["until"])}
        say_done(request, text, undo=_undo(request, refs))

    lead = _("At the latest until %(day)s.") % {"day": day_words(latest)} if latest else ""
    return _form(request, form, found, save=save, heading=_("Postpone"), label=_("Postpone"), lead=lead)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_not_needed(request: ClinicRequest) -> HttpResponse:
    """Say that it need not be done, and why."""
    found = chosen(request)
    if not found:
        return _nothing(request)
    refs = [row.ref for row in found]
    form = NotNeededForm(request.POST or None)

    def save() -> None:
        mark_not_needed(
            clinic=request.clinic, refs=refs, actor_id=request.user.id, now=request.now, **form.cleaned_data
        )
        say_done(request, _("Marked as not needed."), undo=_undo(request, refs))

    return _form(request, form, found, save=save, heading=_("Not needed"), label=_("Mark as not needed"))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_give(request: ClinicRequest) -> HttpResponse:
    """Give what the address names to somebody else."""
    found = chosen(request)
    if not found:
        return _nothing(request)
    refs = [row.ref for row in found]
    form = GiveForm(request.POST or None, people=colleagues(request), initial={"owner": found[0].owner_id})

    def save() -> None:
        owner_id = form.cleaned_data["owner"]
        assign_follow_ups(
            clinic=request.clinic, refs=refs, owner_id=owner_id, actor_id=request.user.id, now=request.now
        )
        name = dict(colleagues(request)).get(owner_id, "")
        before: dict[int, list[str]] = {}
        for row in found:
            before.setdefault(row.owner_id or owner_id, []).append(str(row.ref))
        fields = [(f"owner-{owner}", ",".join(refs_before)) for owner, refs_before in before.items()]
        undo = Undo(clinic_reverse(request, "follow_ups_give_back"), fields)
        say_done(request, _("Given to %(name)s.") % {"name": name}, undo=undo)

    return _form(request, form, found, save=save, heading=_("Give to…"), label=_("Give"))


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_give_back(request: ClinicRequest) -> HttpResponse:
    """Give each back to whom it was with before."""
    before = {
        int(owner): refs_in(request.POST.getlist(name))
        for name in request.POST
        if name.startswith("owner-") and (owner := name.removeprefix("owner-")).isdecimal()
    }
    try:
        with transaction.atomic():
            for owner_id, refs in sorted(before.items()):
                assign_follow_ups(
                    clinic=request.clinic,
                    refs=refs,
                    owner_id=owner_id,
                    actor_id=request.user.id,
                    now=request.now,
                )
    except (RecordError, FollowUp.DoesNotExist) as refusal:
        messages.error(request, _refused(refusal))
    else:
        messages.success(request, _("Given back."))
    return redirect(_here(request))


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_reopen(request: ClinicRequest) -> HttpResponse:
    """Take back what was decided: it is open again, all of it or nothing."""
    refs = pressed_refs(request)
    rows = sorted(follow_ups_by_refs(clinic_id=request.clinic.id, refs=refs), key=lambda row: row.pk)
    try:
        with transaction.atomic():
            for row in rows:
                reopen_follow_up(
                    clinic=request.clinic,
                    ref=row.ref,
                    reason=UNDONE,
                    actor_id=request.user.id,
                    now=request.now,
                )
    except RecordError as refusal:
        messages.error(request, _refused(refusal))
    else:
        if rows:
            messages.success(request, _("It is open again."))
    return redirect(_here(request))


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def follow_ups_ticked(request: ClinicRequest) -> HttpResponse:
    """From the ticked lines to the page that their button leads to: giving away, or booking."""
    refs = pressed_refs(request)
    back = _here(request)
    if not refs:
        messages.warning(request, _("Tick the lines first."))
        return redirect(back)
    leads_to = {"give": "follow_ups_give", "book": "follow_ups_book", "not_needed": "follow_ups_not_needed"}
    name = leads_to.get(request.POST.get("to", ""), "follow_ups_give")
    return redirect(address(request, name, refs, next=back))


def _nothing(request: ClinicRequest) -> HttpResponse:
    messages.warning(request, _("Tick the lines first."))
    return redirect(_here(request))


def _undo(request: ClinicRequest, refs: Sequence[UUID]) -> Undo:
    return Undo(clinic_reverse(request, "follow_ups_reopen"), [("only", ",".join(map(str, refs)))])


def _say_done(request: ClinicRequest, refs: Sequence[UUID]) -> None:
    text = ngettext("%(number)d follow-up is done.", "%(number)d follow-ups are done.", len(refs))
    say_done(request, text % {"number": len(refs)}, undo=_undo(request, refs))


def _refused(refusal: Exception) -> str:
    if isinstance(refusal, RecordError):
        return said(refusal.reason)
    return _("Somebody else has changed this meanwhile.")


def _form(
    request: ClinicRequest,
    form: Any,
    found: Sequence[FollowUp],
    *,
    save: Any,
    heading: str,
    label: str,
    lead: str = "",
) -> HttpResponse:
    """The page of one decision: whose it is and what, the form, the way back."""
    back = _here(request)
    patients = {row.patient_id for row in found}
    context: dict[str, Any] = {
        "place": "worklist",
        "trail": [(_("Follow-ups"), clinic_reverse(request, "follow_ups")), (heading, "")],
    }
    if len(patients) == 1:
        context = about_patient(request, found[0].patient, (heading, ""))
    return form_page(
        request,
        form,
        save=save,
        then=back,
        done="",
        template="nurse/follow_ups/form.html",
        context=context
        | {
            "heading": heading,
            "lead": lead,
            "submit_label": label,
            "cancel_url": back,
            "found": found,
            "is_of_many": len(patients) > 1,
        },
    )
