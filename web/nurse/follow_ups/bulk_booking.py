"""Booking for many at once: a time is proposed for each, any can be changed or left out, one press books the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.visit_entries import VisitEntry
from scheduling.selectors.bulk_slots import MOST_AT_ONCE, Proposal, Proposals, propose_visits
from scheduling.selectors.calendar import Choices, calendar_choices
from scheduling.selectors.rows import Status
from scheduling.services.booking import book_visit
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.booking.ask import zone_of
from web.nurse.booking.slots import FITS, OfferedTime, Pick, offer, read_pick
from web.nurse.follow_ups.chosen import addressed_refs
from web.nurse.frame import clinic_reverse
from web.words import said

LEAVE_OUT = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A proposed visit as the page shows it. ``field`` names the choice of its time; ``problem``: it was refused."""

    proposal: Proposal
    times: list[tuple[OfferedTime, str]]
    field: str
    chosen: str
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def follow_ups_book(request: ClinicRequest) -> HttpResponse:
    """Propose times for what the address names; book those that were left in, and say which could not be had."""
    back = back_to(request, clinic_reverse(request, "follow_ups"))
    refs = addressed_refs(request)
    if not refs:
        messages.warning(request, _("Tick the lines first."))
        return redirect(back)
    is_sent = request.method == "POST"
    proposals = propose_visits(
        clinic_id=request.clinic.id, refs=refs, now=request.now, even_if_booked=is_sent
    )
    if not is_sent:
        return _page(request, proposals, back, booked=0, problems={})
    booked, problems = _book(request, proposals)
    missed = _missed(request, proposals)
    if not problems and not missed:
        _tell(request, booked)
        return redirect(back)
    if missed:
        messages.warning(request, _("What some of these visits were for has changed meanwhile: look again."))
    # What was booked is open no more for booking: the rest is proposed anew, around it.
    left = [ref for ref in refs if ref in problems or missed]
    anew = propose_visits(clinic_id=request.clinic.id, refs=left, now=request.now)
    return _page(request, anew, back, booked=booked, problems=problems, status=422)


def _book(request: ClinicRequest, proposals: Proposals) -> tuple[int, dict[UUID, str]]:
    """Book each visit that was left in, most pressing first: how many, and why others could not be."""
    token = request.POST.get("token", "")[:40]
    booked = 0
    problems: dict[UUID, str] = {}
    for proposal in proposals.visits:
        field = _field(proposal)
        pick = read_pick(request.POST.get(field, LEAVE_OUT))
        if pick is None:
            continue
        try:
            visit = book_visit(
                clinic=request.clinic,
                entry=_entry(proposal, pick),
                actor_id=request.user.id,
                now=request.now,
                idempotency_key=f"{token}:{field}" if token.isascii() and token.isprintable() else None,
            )
        except RecordError as refusal:
            problems |= {item.ref: said(refusal.reason) for item in proposal.plan.items}
        else:
            if visit.status == Status.BOOKED:
                booked += 1
            else:  # sent again, and the visit that the first time booked has ended since
                ended = _("The visit that was booked has ended since: book it again from the list.")
                problems |= {item.ref: ended for item in proposal.plan.items}
    return booked, problems


def _missed(request: ClinicRequest, proposals: Proposals) -> bool:
    """Whether a time was chosen for a visit that would be another one by now."""
    known = {_field(proposal) for proposal in proposals.visits}
    return any(name.startswith("at-") and value and name not in known for name, value in request.POST.items())


def _field(proposal: Proposal) -> str:
    """One choice a visit: named by its first follow-up."""
    return f"at-{proposal.plan.items[0].ref.hex}"


def _entry(proposal: Proposal, pick: Pick) -> VisitEntry:
    return VisitEntry(
        patient_ref=proposal.patient.ref,
        kind_ref=proposal.plan.kinds[0].ref,
        local_on=pick.local_on,
        local_at=pick.local_at,
        is_later=pick.is_later,
        nurse_ref=pick.nurse_ref,
        room_ref=pick.room_ref,
        implant_ref=proposal.implant_ref,
        duration_minutes=proposal.plan.minutes,
        follow_up_refs=tuple(item.ref for item in proposal.plan.items),
    )


def _page(
    request: ClinicRequest,
    proposals: Proposals,
    back: str,
    *,
    booked: int,
    problems: dict[UUID, str],
    status: int = 200,
) -> HttpResponse:
    choices = calendar_choices(clinic_id=request.clinic.id)
    rows = [_row(request, proposal, choices, problems) for proposal in proposals.visits]
    context: dict[str, Any] = {
        "place": "worklist",
        "heading": _("Book visits"),
        "lead": _("A free time each, the most pressing first. Change or leave out what does not suit."),
        "trail": [(_("Work list"), back), (_("Book visits"), "")],
        "rows": rows,
        "left_out": proposals.left_out,
        "bookable": sum(1 for row in rows if row.times),
        "booked": booked,
        "problems": len({row.proposal.patient.pk for row in rows if row.problem}),
        "token": str(uuid4()),
        "most": MOST_AT_ONCE,
        "is_cut": len(addressed_refs(request)) > MOST_AT_ONCE,
        "cancel_url": back,
    }
    return render(request, "nurse/follow_ups/book.html", context, status=status)


def _row(request: ClinicRequest, proposal: Proposal, choices: Choices, problems: dict[UUID, str]) -> Row:
    offered = offer(proposal.slots, choices=choices, zone=zone_of(request))
    times = [(time, str(FITS[slot.fit])) for time, slot in zip(offered, proposal.slots, strict=True)]
    chosen = times[0][0].pick.value if times else LEAVE_OUT
    problem = problems.get(proposal.plan.items[0].ref, "")
    return Row(proposal, times, _field(proposal), chosen, problem)


def _tell(request: ClinicRequest, booked: int) -> None:
    if booked:
        text = ngettext("%(number)d visit is booked.", "%(number)d visits are booked.", booked)
        messages.success(request, text % {"number": booked})
    else:
        messages.info(request, _("Nothing was booked."))
