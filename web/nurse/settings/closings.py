"""Closing days: who is affected, the new times that are proposed, one confirmation, one undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.selectors.closings import affected_visits, closing_by_ref, moves_of
from scheduling.selectors.resources import resources
from scheduling.selectors.rows import ClosingState, DayClosing, DayClosingMove, Resource, Status
from scheduling.selectors.sweeps import run_progress
from scheduling.services.closing_days import (
    confirm_closing,
    propose_closing,
    undo_closing,
    withdraw_proposal,
)
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.closings import ClosingForm
from web.nurse.frame import clinic_reverse
from web.nurse.pages import form_page
from web.nurse.settings.frame import below_tab
from web.words import day_words, said


@dataclass(frozen=True, slots=True)
class MoveLine:
    """One affected visit as the page shows it. ``days_late`` counts from its last safe day; ``why`` it stayed."""

    move: DayClosingMove
    days_late: int
    why: str | Promise = ""

    @property
    def is_placed(self) -> bool:
        """Whether there is a new time for it."""
        return self.move.to_starts_at is not None


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.CLOSE_DAYS)
def closing_new(request: ClinicRequest) -> HttpResponse:
    """Say which days and who (``?resource=``); the proposal comes next, and nothing is closed before it."""
    listed = resources(clinic_id=request.clinic.id, today=request.today)
    form = ClosingForm(
        request.POST or None,
        resources=[each for each in listed if each.is_active],
        initial={"resource": request.GET.get("resource", "")},
    )
    return form_page(
        request,
        form,
        save=lambda: propose_closing(
            clinic=request.clinic, actor_id=request.user.id, now=request.now, **form.closing()
        ),
        then=lambda closing: clinic_reverse(request, "closing", ref=closing.ref),
        done="",
        context={
            **_place(request),
            "heading": _("Close days"),
            "lead": _("You see who is affected and where their visits would go before anything is closed."),
            "submit_label": _("Show who is affected"),
            "cancel_url": _home(request),
        },
    )


@require_safe
@clinic_page(Permission.CLOSE_DAYS)
def closing(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The proposal with its new times, or what became of it."""
    found = _closing_or_404(request, ref)
    lines = [_line(found, move) for move in moves_of(found)]
    heading = closing_words(found)
    context: dict[str, Any] = {
        **_place(request),
        "home_url": _home(request),
        "heading": heading,
        "closing": found,
        "is_proposed": found.state == ClosingState.PROPOSED,
        "is_confirmed": found.state == ClosingState.CONFIRMED,
        "is_undone": found.state == ClosingState.UNDONE,
        "is_over": found.last_on < request.today,
        "lines": lines,
        "sections": _sections(found, lines),
        "said": summary_words(found, lines),
        "progress": _progress(request),
    }
    return render(request, "nurse/settings/closing.html", context)


@require_POST
@clinic_page(Permission.CLOSE_DAYS)
def closing_confirm(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Close the days and move the visits as proposed; a proposal that no longer holds is shown anew."""
    _closing_or_404(request, ref)
    page = clinic_reverse(request, "closing", ref=ref)
    try:
        done = confirm_closing(
            clinic=request.clinic, closing_ref=ref, actor_id=request.user.id, now=request.now
        )
    except RecordError as error:
        messages.error(request, said(error.reason))
        return redirect(page)
    if not done.is_confirmed:
        messages.warning(
            request,
            _(
                "The calendar has changed since you saw the proposal: nothing is closed yet. Look at the new one."
            ),
        )
        return redirect(page)
    messages.success(request, _("The days are closed and the visits are moved."))
    return redirect(f"{page}?run={done.run.pk}" if done.run else page)


@require_POST
@clinic_page(Permission.CLOSE_DAYS)
def closing_undo(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Open the days again and put the visits back; the page then says which could not go back."""
    _closing_or_404(request, ref)
    page = clinic_reverse(request, "closing", ref=ref)
    try:
        undone = undo_closing(
            clinic=request.clinic, closing_ref=ref, actor_id=request.user.id, now=request.now
        )
    except RecordError as error:
        messages.error(request, said(error.reason))
        return redirect(page)
    messages.success(request, _("The days are open again."))
    return redirect(f"{page}?run={undone.run.pk}" if undone.run else page)


@require_POST
@clinic_page(Permission.CLOSE_DAYS)
def closing_withdraw(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Forget a proposal; the days stay open and every visit where it is."""
    _closing_or_404(request, ref)
    if withdraw_proposal(clinic=request.clinic, closing_ref=ref):
        messages.success(request, _("Nothing was closed and no visit was moved."))
    return redirect(_home(request))


def propose_instead(
    request: ClinicRequest, *, first_on: date, last_on: date, reason: str, resource: Resource | None = None
) -> str:
    """The page of a proposal, where visits are booked on days that somebody is about to close; else nothing.

    Nobody closes days over booked visits by accident: the new times are looked at first.
    """
    affected = affected_visits(
        clinic_id=request.clinic.id,
        first_on=first_on,
        last_on=last_on,
        resource_id=None if resource is None else resource.id,
        now=request.now,
    )
    if not affected.exists():
        return ""
    found = propose_closing(
        clinic=request.clinic,
        first_on=first_on,
        last_on=last_on,
        resource_ref=None if resource is None else resource.ref,
        reason=reason or (_("closed") if resource is None else _("away")),
        actor_id=request.user.id,
        now=request.now,
    )
    messages.info(request, _("Visits are booked then: look at their new times first. Nothing is closed yet."))
    return clinic_reverse(request, "closing", ref=found.ref)


def closing_words(found: DayClosing) -> str:
    """Who is closed or away, and when: Clinic closed, Mon 3 Mar 2027 to Fri 14 Mar 2027."""
    who = _("Clinic closed") if found.resource is None else _("%(name)s away") % {"name": found.resource}
    days = day_words(found.first_on)
    if found.last_on != found.first_on:
        days = _("%(first)s to %(last)s") % {"first": days, "last": day_words(found.last_on)}
    return f"{who}, {days}"


def summary_words(found: DayClosing, lines: Sequence[MoveLine]) -> list[str]:
    """What the closing means for the visits, in sentences, the gravest first."""
    unplaced = sum(1 for line in lines if not line.is_placed)
    late = sum(1 for line in lines if line.is_placed and line.move.is_past_latest)
    if not lines:
        return [_("No visit is booked on these days.")]
    words = [
        ngettext("%(number)d visit is affected.", "%(number)d visits are affected.", len(lines))
        % {"number": len(lines)}
    ]
    if unplaced:
        words.append(
            ngettext(
                "For %(number)d there is no free time: it stays at the top of the work list.",
                "For %(number)d there is no free time: they stay at the top of the work list.",
                unplaced,
            )
            % {"number": unplaced}
        )
    if late:
        words.append(
            ngettext(
                "%(number)d would come after its last safe day.",
                "%(number)d would come after their last safe day.",
                late,
            )
            % {"number": late}
        )
    if not unplaced and not late:
        words.append(_("Each has a new time, none after its last safe day."))
    return words


@dataclass(frozen=True, slots=True)
class Section:
    """Affected visits under one heading."""

    key: str
    title: str | Promise
    lines: list[MoveLine]
    is_grave: bool = False


def _sections(found: DayClosing, lines: Sequence[MoveLine]) -> list[Section]:
    """Those without a time first, then those past their last safe day, then the others; none that is empty."""
    if found.state == ClosingState.UNDONE:
        sections = [
            Section("left", gettext_lazy("Stay where they are"), [line for line in lines if line.why], True),
            Section("back", gettext_lazy("Back where they were"), [line for line in lines if not line.why]),
        ]
    else:
        placed = [line for line in lines if line.is_placed]
        sections = [
            Section(
                "none",
                gettext_lazy("No free time found"),
                [line for line in lines if not line.is_placed],
                True,
            ),
            Section(
                "late",
                gettext_lazy("After the last safe day"),
                [line for line in placed if line.move.is_past_latest],
                True,
            ),
            Section(
                "moved", gettext_lazy("New times"), [line for line in placed if not line.move.is_past_latest]
            ),
        ]
    return [section for section in sections if section.lines]


def _line(found: DayClosing, move: DayClosingMove) -> MoveLine:
    return MoveLine(move, _days_late(move), _why_left(found, move))


def _days_late(move: DayClosingMove) -> int:
    """By how many days the new time is past the last safe day."""
    if move.latest_on is None or move.to_starts_at is None:
        return 0
    return max((timezone.localtime(move.to_starts_at).date() - move.latest_on).days, 0)


def _why_left(found: DayClosing, move: DayClosingMove) -> str | Promise:
    """Why a visit did not go back when the closing was undone; empty for one that did."""
    visit = move.visit
    if found.state != ClosingState.UNDONE or found.undone_at is None:
        return ""
    if visit.starts_at == move.from_starts_at and visit.status != Status.PENDING:
        return ""
    if visit.sequence != move.sequence_after or visit.status not in (Status.BOOKED, Status.PENDING):
        return gettext_lazy("somebody has changed this visit since")
    if move.from_starts_at < found.undone_at:
        return gettext_lazy("its old time has passed")
    return gettext_lazy("its old time is no longer free")


def _progress(request: ClinicRequest) -> Any:
    """The run that working the dates out anew takes, where the address names one of this clinic."""
    run_id = request.GET.get("run", "")
    if not (run_id.isascii() and run_id.isdigit() and len(run_id) < 18):
        return None
    return run_progress(clinic_id=request.clinic.id, run_id=int(run_id))


def _home(request: ClinicRequest) -> str:
    """Where closing days begins: the settings for who may open them, the calendar for a nurse."""
    is_settings = request.may(Permission.MANAGE_CLINIC)
    return clinic_reverse(request, "closed_days" if is_settings else "calendar")


def _place(request: ClinicRequest) -> dict[str, Any]:
    here = (_("Close days"), "")
    if request.may(Permission.MANAGE_CLINIC):
        return below_tab(request, "closed_days", here)
    return {"place": "calendar", "trail": [(_("Calendar"), clinic_reverse(request, "calendar")), here]}


def _closing_or_404(request: ClinicRequest, ref: UUID) -> DayClosing:
    found = closing_by_ref(clinic_id=request.clinic.id, ref=ref)
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("settings/closings/new/", closing_new, name="closing_new"),
    path("settings/closings/<uuid:ref>/", closing, name="closing"),
    path("settings/closings/<uuid:ref>/confirm/", closing_confirm, name="closing_confirm"),
    path("settings/closings/<uuid:ref>/undo/", closing_undo, name="closing_undo"),
    path("settings/closings/<uuid:ref>/withdraw/", closing_withdraw, name="closing_withdraw"),
]
