"""One matter: whose, why, since when, who was asked, what to do, whom to call; and how it ended."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.patients import contact_points, proxies
from notifications.domain.states import NEEDS_A_PERSON
from notifications.selectors.escalations import matter, next_of_mine
from notifications.selectors.messages import messages_of_patient
from notifications.selectors.watch import ABOUT_CHECK_INS, Said, check_ins_of_patient
from notifications.services.escalations import acknowledge, try_without_answer
from scheduling.selectors.calls import calls_of_patient
from scheduling.selectors.refill_visits import NextVisit, next_refill_visits
from web.access import ClinicRequest, clinic_page
from web.nurse.escalations.words import shown, step_line
from web.nurse.forms.escalations import OutcomeForm
from web.nurse.frame import Trail, clinic_reverse
from web.nurse.message_words import STATES, what_it_is
from web.nurse.watch.words import answers_in_short

RECENT = 5


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def escalation(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The matter, with everything needed to deal with it on one page."""
    return _page(request, ref)


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def escalation_acknowledge(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """End it, or write down that nobody answered. What is refused stands at its field."""
    row = _matter_or_404(request, ref)
    form = OutcomeForm(request.POST, has_patient=row.patient_id is not None)
    if not form.is_valid():
        return _page(request, ref, form)
    act = try_without_answer if form.is_try else acknowledge
    values: dict[str, Any] = {"note": form.cleaned_data["note"], "call": form.call()}
    if not form.is_try:
        values["outcome"] = form.cleaned_data["outcome"]
    try:
        after = act(clinic=request.clinic, ref=ref, actor_id=request.user.id, now=request.now, **values)
    except RecordError as error:
        form.add_record_error(error)
        return _page(request, ref, form)
    _tell(request, is_try=form.is_try, is_passed_on=form.is_try and after.again_at is None)
    return redirect(_next(request))


def _tell(request: ClinicRequest, *, is_try: bool, is_passed_on: bool) -> None:
    """What was done, without a name."""
    if is_passed_on:
        messages.info(request, _t("Written down. That was the third try: the next person is asked now."))
    elif is_try:
        messages.info(request, _t("Written down. It stays open and comes back to you."))
    else:
        messages.success(request, _t("Acknowledged."))


def _next(request: ClinicRequest) -> str:
    """Back to the board; with more of mine open the board begins with the gravest of them."""
    board = clinic_reverse(request, "escalations")
    left = next_of_mine(clinic_id=request.clinic.id, user_id=request.user.id, now=request.now)
    return board if left is not None else f"{board}?view=all"


def _matter_or_404(request: ClinicRequest, ref: UUID) -> Any:
    found = matter(clinic_id=request.clinic.id, ref=ref)
    if found is None:
        raise Http404
    return found


def _page(request: ClinicRequest, ref: UUID, form: OutcomeForm | None = None) -> HttpResponse:
    row = _matter_or_404(request, ref)
    board: Trail = [(_("Escalations"), clinic_reverse(request, "escalations"))]
    context = {
        "place": "escalations",
        "trail": [*board, (row.get_cause_display().capitalize(), "")],
        "heading": row.get_cause_display().capitalize(),
        "matter": shown(row, user_id=request.user.id, now=request.now),
        "row": row,
        "steps": [step_line(step) for step in row.steps.all()],
        "refill_visit": _refill_visit(request, row),
        "form": form or OutcomeForm(has_patient=row.patient_id is not None),
        "is_about_check_in": row.cause in ABOUT_CHECK_INS,
        **(_about_patient(request, row.patient) if row.patient else {}),
        "check_ins": _check_ins(request, row),
    }
    return render(request, "nurse/escalations/matter.html", context, status=422 if form else 200)


def _about_patient(request: ClinicRequest, patient: Any) -> dict[str, Any]:
    which = {"clinic_id": request.clinic.id, "patient_id": patient.id}
    may_read = request.may(Permission.VIEW_MESSAGES)
    return {
        "patient": patient,
        "own_numbers": [
            point for point in contact_points(**which) if point.is_active and point.kind == "phone"
        ],
        "helpers": [proxy for proxy in proxies(**which) if proxy.is_active],
        "calls": calls_of_patient(**which)[:RECENT],
        "told": [
            {"message": message, "what": what_it_is(message), "state": STATES[message.state]}
            for message in (_told(which) if may_read else ())
        ],
    }


def _check_ins(request: ClinicRequest, row: Any) -> dict[str, list[dict[str, Any]]]:
    """``own``: the answers that the matter is about, in order; ``others``: the newest besides. None for other causes."""
    if row.cause not in ABOUT_CHECK_INS or row.patient_id is None:
        return {"own": [], "others": []}
    said = check_ins_of_patient(clinic_id=request.clinic.id, patient_id=row.patient_id)
    about = {row.check_in_id, *(step.check_in_id for step in row.steps.all())}
    own = [_said(each) for each in reversed(said) if each.check_in.pk in about]
    return {"own": own, "others": [_said(each) for each in said[:RECENT] if each.check_in.pk not in about]}


def _said(each: Said) -> dict[str, Any]:
    return {
        "at": each.check_in.answered_at,
        "grade": each.check_in.get_grade_display(),
        "answers": answers_in_short(each.answers),
        "note": each.answers.note,
    }


def _refill_visit(request: ClinicRequest, row: Any) -> NextVisit | None:
    """The first refill visit ahead of the pump that runs late."""
    if row.implant_id is None:
        return None
    visits = next_refill_visits(
        clinic_id=request.clinic.id, implant_ids=[row.implant_id], today=request.today
    )
    return visits.get(row.implant_id)


def _told(which: dict[str, int]) -> list[Any]:
    """The newest messages that went out, or were to and could not."""
    rows = [row for row in messages_of_patient(**which) if row.first_sent_at or row.state in NEEDS_A_PERSON]
    return rows[:RECENT]


urlpatterns = [
    path("escalations/<uuid:ref>/", escalation, name="escalation"),
    path("escalations/<uuid:ref>/acknowledge/", escalation_acknowledge, name="escalation_acknowledge"),
]
