"""What happens to a visit: the patient arrives, is seen, does not come; it is cancelled, or was never right."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.roles import Permission
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import purposes
from scheduling.services.booking import (
    cancel_visit,
    check_in,
    enter_in_error,
    fulfil_visit,
    mark_arrived,
    mark_no_show,
    undo_last_status,
)
from web.access import ClinicRequest, clinic_page
from web.forms import ReasonForm, RecordForm
from web.nurse.booking.about import about_visit, visit_or_404
from web.nurse.booking.forms import DoneForm
from web.nurse.frame import clinic_reverse
from web.nurse.pages import act_and_return, form_page

REFILL = "refill"
"""Recording the fill closes the refill that is due; a tick does not."""
OPEN = frozenset({"open", "postponed"})


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_arrive(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The patient is here."""
    return _step(request, ref, mark_arrived, _("The patient has arrived."))


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_check_in(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The patient is being seen."""
    return _step(request, ref, check_in, _("The patient is checked in."))


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_no_show(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The time has come and nobody came: what the visit was for is due again."""
    done = _("Noted: the patient did not come. What the visit was for is due again.")
    return _step(request, ref, mark_no_show, done)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_done(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The visit took place; what is ticked was done at it and is due no longer."""
    visit = visit_or_404(request, ref)
    rows = [
        row
        for row in purposes(clinic_id=request.clinic.id, visit_id=visit.id)
        if row.state in OPEN and row.row_key != REFILL
    ]
    offered = [(str(row.ref), _(row.title)) for row in rows]
    form = DoneForm(
        request.POST if request.method == "POST" else None,
        offered=offered,
        asks_for_fill=visit.is_refill,
        initial={"follow_ups": [ref for ref, _title in offered]},
    )
    return _asked(
        request,
        visit,
        form,
        save=lambda: fulfil_visit(
            clinic=request.clinic,
            visit_ref=ref,
            done_follow_ups=form.refs(),
            is_without_fill=form.cleaned_data.get("is_without_fill", False),
            reason=form.cleaned_data.get("reason", ""),
            actor_id=request.user.id,
            now=request.now,
        ),
        heading=_("The visit took place"),
        done=_("The visit is done."),
        submit=_("Save"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_cancel(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Call the visit off, with the reason; what it was for stays due."""
    return _with_reason(
        request,
        ref,
        cancel_visit,
        heading=_("Cancel the visit"),
        done=_("The visit is cancelled. What it was for is due again."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_entered_in_error(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The visit should never have been entered."""
    return _with_reason(
        request,
        ref,
        enter_in_error,
        heading=_("The visit was entered in error"),
        done=_("The visit is marked as entered in error."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_undo(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take back the last step, with the reason."""
    return _with_reason(
        request,
        ref,
        undo_last_status,
        heading=_("Take back the last step"),
        done=_("The last step is taken back."),
        danger=False,
    )


def _step(request: ClinicRequest, ref: UUID, act: Callable[..., object], done: str) -> HttpResponse:
    visit = visit_or_404(request, ref)
    return act_and_return(
        request,
        lambda: act(clinic=request.clinic, visit_ref=visit.ref, actor_id=request.user.id, now=request.now),
        done=done,
        then=clinic_reverse(request, "visit", ref=ref),
    )


def _with_reason(
    request: ClinicRequest,
    ref: UUID,
    act: Callable[..., object],
    *,
    heading: str,
    done: str,
    danger: bool = True,
) -> HttpResponse:
    visit = visit_or_404(request, ref)
    form = ReasonForm(request.POST or None)
    return _asked(
        request,
        visit,
        form,
        save=lambda: act(
            clinic=request.clinic,
            visit_ref=ref,
            reason=form.cleaned_data["reason"],
            actor_id=request.user.id,
            now=request.now,
        ),
        heading=heading,
        done=done,
        submit=heading,
        danger=danger,
    )


def _asked(
    request: ClinicRequest,
    visit: Visit,
    form: RecordForm,
    *,
    save: Callable[[], object],
    heading: str,
    done: str,
    submit: str,
    danger: bool = False,
) -> HttpResponse:
    page = clinic_reverse(request, "visit", ref=visit.ref)
    return form_page(
        request,
        form,
        save=save,
        then=page,
        done=done,
        template="nurse/booking/act.html",
        context=about_visit(request, visit, heading)
        | {
            "cancel_label": _("Back to the visit"),
            "heading": heading,
            "submit_label": submit,
            "cancel_url": page,
            "danger": danger,
        },
    )
