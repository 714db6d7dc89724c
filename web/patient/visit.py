"""One visit as its patient sees it: when and where, and what the patient may say about it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.domain.patient_acts import PatientAct, Said
from notifications.selectors.patient_pages import Behind, behind_link, preparation_steps
from notifications.selectors.rows import LinkPurpose
from notifications.services.answers import confirm_visit, decline_visit
from scheduling.selectors.rows import Status, Visit
from web.patient.access import PatientRequest, back_to_page, link_page, remember_known, show
from web.patient.forms import PatientForm
from web.patient.preparation import steps_shown
from web.patient.times import offer_times
from web.patient.words import minutes_words

OF_A_VISIT = (LinkPurpose.VISIT.value, LinkPurpose.BOOK.value)
_MINUTE = timedelta(minutes=1)
OVER: dict[str, str | Promise] = {
    Status.CANCELLED.value: _("This visit is cancelled. You do not need to come."),
    Status.ENTERED_IN_ERROR.value: _("This visit is cancelled. You do not need to come."),
    Status.NOSHOW.value: _("We missed you at this visit. Please phone us, so that we find a new time."),
}
"""What is said of a visit that is not to come."""


def visit(request: PatientRequest) -> HttpResponse:
    """The visit, or the times to choose from where none is booked yet."""
    behind = behind_link(link=request.link, now=request.now)
    if behind.visit is None and behind.plan is not None:
        return offer_times(request, behind)
    return show_visit(request, behind, PatientForm())


def show_visit(
    request: PatientRequest, behind: Behind, form: PatientForm, *, status: int = 200
) -> HttpResponse:
    """The visit with what may be said about it; without one, that nothing is booked."""
    if behind.visit is None:
        return show(request, "patient/nothing.html", {})
    context = about(request, behind.visit) | {
        "form": form,
        "visit": behind.visit,
        "can": {act.value: True for act in behind.acts},
        "said": behind.said.value,
        "is_coming": behind.said is Said.COMING,
        "is_to_be_placed": behind.visit.status == Status.PENDING,
        "over": _over(request, behind.visit),
        "has_moved": _has_moved(request, behind),
        "notice": request.GET.get("now", ""),
        "steps": steps_shown(preparation_steps(link=request.link), writing=request.writing),
    }
    return show(request, "patient/visit.html", context, status=status)


def about(request: PatientRequest, found: Visit) -> dict[str, Any]:
    """When the visit is, in words."""
    return {
        "day": request.writing.day(found.local_on),
        "time": request.writing.time(found.starts_at),
        "duration": minutes_words((found.ends_at - found.starts_at) // _MINUTE),
    }


@link_page(*OF_A_VISIT)
def confirm(request: PatientRequest) -> HttpResponse:
    """The patient is coming."""
    if request.method != "POST":
        return back_to_page(request)
    form = PatientForm(request.POST)
    if not form.is_from_a_person(request):
        return show_visit(request, behind_link(link=request.link, now=request.now), form, status=422)
    remember_known(request)
    confirm_visit(link_id=request.link.pk, sequence=form.cleaned_data["sequence"] or 0, now=request.now)
    return back_to_page(request)


@link_page(*OF_A_VISIT)
def cannot_come(request: PatientRequest) -> HttpResponse:
    """The patient cannot come: why, if it is to be said, and that a nurse will call."""
    behind = behind_link(link=request.link, now=request.now)
    if behind.visit is None or PatientAct.DECLINE not in behind.acts:
        return back_to_page(request)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_from_a_person(request):
        context = about(request, behind.visit) | {
            "visit": behind.visit,
            "form": form,
            "can": {act.value: True for act in behind.acts},
        }
        return show(request, "patient/cannot_come.html", context, status=422 if form.is_bound else 200)
    remember_known(request)
    decline_visit(
        link_id=request.link.pk,
        sequence=form.cleaned_data["sequence"] or 0,
        note=form.cleaned_data["note"],
        now=request.now,
    )
    return back_to_page(request)


def _over(request: PatientRequest, found: Visit) -> str | Promise:
    if found.status in OVER:
        return OVER[found.status]
    if found.status == Status.PENDING or request.now < found.starts_at:
        return ""
    return _("The time of this visit has passed.") if request.now >= found.ends_at else ""


def _has_moved(request: PatientRequest, behind: Behind) -> bool:
    """Whether the clinic has moved the visit since the message that brought the link."""
    told = request.link.message.planned_version if request.link.message else ""
    is_of_visit = request.link.purpose == LinkPurpose.VISIT and told.isdecimal()
    found = behind.visit
    if found is None or not is_of_visit or behind.said is Said.COMING:
        return False
    return found.status == Status.BOOKED and int(told) < found.sequence
