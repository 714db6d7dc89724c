"""A time that is held while somebody decides: the confirmation, and letting it go."""

from __future__ import annotations

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.visit_entries import VisitEntry
from scheduling.selectors.rows import FollowUp, Status, Visit
from scheduling.selectors.visits import purposes as purposes_of_visit
from scheduling.selectors.visits import visit_by_ref
from scheduling.services.booking import book_visit, release_hold
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.booking.about import about_visit
from web.nurse.booking.alternatives import next_free_times
from web.nurse.booking.ask import may_overbook
from web.nurse.booking.forms import NoteForm
from web.nurse.booking.slots import OfferedTime, pick_of
from web.nurse.frame import clinic_reverse
from web.words import day_words, moment_words


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_held(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """What is about to be booked, and for how long it is still held. Booked already: its page."""
    visit = visit_by_ref(clinic_id=request.clinic.id, ref=ref)
    if visit is None:
        if request.method == "POST" or "next" in request.GET:
            return _gone(request)
        raise Http404
    if visit.status != Status.PROPOSED:
        return redirect(clinic_reverse(request, "visit", ref=ref))
    if visit.override_reason and not may_overbook(request):
        raise PermissionDenied  # held by somebody who may: whoever books it signs for it
    form = NoteForm(request.POST or None)
    times: list[OfferedTime] = []
    purposes = purposes_of_visit(clinic_id=request.clinic.id, visit_id=visit.id)
    if form.is_valid():
        try:
            booked = book_visit(
                clinic=request.clinic,
                entry=_entry(visit, purposes, form.cleaned_data["note"]),
                actor_id=request.user.id,
                now=request.now,
                hold_ref=ref,
                idempotency_key=f"hold {ref}",
            )
        except RecordError as error:
            form.add_record_error(error)
            times = next_free_times(request, error)
        else:
            messages.success(request, _booked(booked))
            return redirect(_after(request, booked))
    return render(
        request,
        "nurse/booking/held.html",
        _context(request, visit, purposes, form) | {"alternatives": times},
        status=422 if form.errors else 200,
    )


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_release(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Let a held time go: somebody else can have it at once."""
    visit = visit_by_ref(clinic_id=request.clinic.id, ref=ref)
    if visit is None:
        raise Http404
    if release_hold(clinic=request.clinic, hold_ref=ref, actor_id=request.user.id):
        messages.info(request, _("The time is free again. Nothing was booked."))
    else:
        messages.error(request, _("This is not a time that is held."))
    otherwise = f"{clinic_reverse(request, 'visit_new')}?patient={visit.patient.ref}"
    return redirect(back_to(request, otherwise))


def _entry(visit: Visit, purposes: list[FollowUp], note: str) -> VisitEntry:
    """What was held, to be booked as it stands."""
    zone = ZoneInfo(visit.time_zone)
    pick = pick_of(visit.starts_at, visit.nurse, visit.room, zone)
    return VisitEntry(
        patient_ref=visit.patient.ref,
        kind_ref=visit.kind.ref,
        local_on=pick.local_on,
        local_at=pick.local_at,
        is_later=pick.is_later,
        nurse_ref=pick.nurse_ref,
        room_ref=pick.room_ref,
        implant_ref=visit.implant.ref if visit.implant else None,
        duration_minutes=int((visit.ends_at - visit.starts_at).total_seconds()) // 60,
        follow_up_refs=tuple(follow_up.ref for follow_up in purposes),
        note=note,
        override_reason=visit.override_reason,
    )


def _context(
    request: ClinicRequest, visit: Visit, purposes: list[FollowUp], form: NoteForm
) -> dict[str, Any]:
    assert visit.hold_expires_at is not None  # noqa: S101 - a held slot has one
    latest = [
        row.latest_on for row in purposes if row.latest_on is not None and row.latest_on < visit.local_on
    ]
    late = _("This is after the last safe day, %(day)s.") % {"day": day_words(min(latest))} if latest else ""
    return about_visit(request, visit, _("Confirm")) | {
        "heading": _("Book this visit?"),
        "purposes": purposes,
        "form": form,
        "late": late,
        "held_until": visit.hold_expires_at,
        "seconds_left": max(0, int((visit.hold_expires_at - request.now).total_seconds())),
        "next": back_to(request, ""),
    }


def _after(request: ClinicRequest, booked: Visit) -> str:
    """Back to the list that one works through; else the visit's page."""
    back = back_to(request, "")
    is_list = back and not back.startswith(clinic_reverse(request, "visit_new"))
    return back if is_list else clinic_reverse(request, "visit", ref=booked.ref)


def _booked(visit: Visit) -> str:
    values = {"kind": _(visit.kind.name), "when": moment_words(visit.starts_at)}
    return _("Booked: %(kind)s on %(when)s.") % values


def _gone(request: ClinicRequest) -> HttpResponse:
    """The held time was swept away: nothing is booked, and where one came from offers times again."""
    messages.error(request, _("The time is no longer held and nothing was booked. Choose a time again."))
    return redirect(back_to(request, clinic_reverse(request, "visit_new")))
