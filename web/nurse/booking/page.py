"""The page of a visit: what, when, with whom, what it is for, what happened to it, and what may happen next."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.visit_states import BLOCKING, VisitEvent, VisitState
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.selectors.rows import FollowUp, Status, Visit
from scheduling.selectors.visits import possible_events, purposes, status_history
from web.access import ClinicRequest, clinic_page
from web.conflicts import REMEDIES, conflict_words
from web.nurse.answers import answer_lines, answer_marks
from web.nurse.booking.about import about_visit, visit_or_404
from web.nurse.calendar.looks import STATUSES
from web.nurse.frame import clinic_reverse, full_name

FINISHED = frozenset({"done", "not_needed", "ended"})


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def visit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Everything about one visit. A slot that is only held leads to its confirmation."""
    found = visit_or_404(request, ref)
    if found.status == Status.PROPOSED and request.may(Permission.BOOK_VISITS):
        return redirect(clinic_reverse(request, "visit_held", ref=ref))
    conflicts = visit_conflicts(request.clinic.id, request.now, visit_ids=[found.id])
    served = purposes(clinic_id=request.clinic.id, visit_id=found.id)
    context = about_visit(request, found) | {
        "heading": full_name(found.patient),
        "purposes": served,
        "still_open": [row for row in served if row.state not in FINISHED],
        "history": [
            {"row": row, "look": STATUSES[row.status]}
            for row in status_history(clinic_id=request.clinic.id, visit_id=found.id)
        ],
        "can": possible(request, found),
        "answer": answer_marks(request, [found.id]).get(found.id) if found.status == Status.BOOKED else None,
        "answers": answer_lines(request, found),
        "conflict": conflict_words(conflicts[0]) if conflicts else "",
        "remedy": REMEDIES[conflicts[0].remedy] if conflicts else "",
        "is_standing": VisitState(found.status) in BLOCKING,
        "is_missed": found.status == Status.NOSHOW,
        "book_again": _book_again(request, found, served),
    }
    return render(request, "nurse/booking/visit.html", context)


def possible(request: ClinicRequest, visit: Visit) -> dict[str, bool]:
    """What this person may do to the visit now, by the table of states; the template asks by name."""
    if not request.may(Permission.BOOK_VISITS):
        return {}
    return {event.name.lower(): True for event in possible_events(visit, now=request.now) & _OFFERED}


_OFFERED = frozenset(
    {
        VisitEvent.MOVE,
        VisitEvent.ARRIVE,
        VisitEvent.CHECK_IN,
        VisitEvent.FULFIL,
        VisitEvent.MISS,
        VisitEvent.CANCEL,
        VisitEvent.ENTER_IN_ERROR,
        VisitEvent.UNDO,
    }
)


def _book_again(request: ClinicRequest, visit: Visit, served: list[FollowUp]) -> str:
    """Where the same is booked anew: what the visit was for and is still open."""
    still_open = [row for row in served if row.state not in FINISHED]
    query = [f"patient={visit.patient.ref}", *(f"follow_up={row.ref}" for row in still_open)]
    if not still_open:
        query.append(f"kind={visit.kind.key}")
    return f"{clinic_reverse(request, 'visit_new')}?{'&'.join(query)}"
