"""The questions after an operation, and what to do at once: one page, no account, no script.

An alarming answer is taken as it comes. Only what would be graded as harmless must be whole, and must come from a
person: a program that opens the links of a mailbox must not be able to say that all is well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from notifications.domain.check_in.emergency_numbers import emergency_number
from notifications.domain.check_in.questions import ASKED, WELL_MEANS, Question, questions_for
from notifications.domain.check_in.rules import Grade
from notifications.selectors.check_in_facts import check_in_context
from notifications.selectors.watch import check_ins_of_patient, gravest_of_link
from notifications.services.check_ins import answer_check_in, would_be
from web.check_in_form import CheckInForm, empty_form, posted_form
from web.patient.access import PatientRequest, back_to_page, remember_known, show
from web.patient.forms import PatientForm

AS_LAST_TIME = timedelta(days=2)


def check_in(request: PatientRequest) -> HttpResponse:
    """The questions; once answered, what to do now. ``?again=1`` asks once more."""
    link = request.link
    if request.method == "POST":
        return _take(request)
    reached = gravest_of_link(clinic_id=link.clinic_id, link_id=link.pk)
    if reached is not None and request.GET.get("again") != "1":
        return _advice(request, reached)
    return _ask(request, empty_form(_asked(request)), PatientForm())


def _take(request: PatientRequest) -> HttpResponse:
    link, asked = request.link, _asked(request)
    form, person = posted_form(asked, request.POST), PatientForm(request.POST)
    about: dict[str, Any] = {
        "patient_id": link.patient_id,
        "answers": form.answers,
        "asked": asked,
        "now": request.now,
    }
    if would_be(clinic_id=link.clinic_id, **about) < Grade.SAME_DAY:
        if form.errors and not form.is_second:
            return _ask(request, form, PatientForm(), status=422)
        if not person.is_from_a_person(request):
            return _ask(request, form, person, status=422)
        remember_known(request)
    answer_check_in(
        clinic=link.clinic, once=form.once, link_id=link.pk, follow_up_id=link.follow_up_id, **about
    )
    return back_to_page(request)


def _asked(request: PatientRequest) -> tuple[Question, ...]:
    link = request.link
    return questions_for(
        check_in_context(clinic_id=link.clinic_id, patient_id=link.patient_id, now=request.now)
    )


def _ask(
    request: PatientRequest, form: CheckInForm, person: PatientForm, *, status: int = 200
) -> HttpResponse:
    labels = {question.value: _(ASKED[question]) for question in form.asked}
    context = {
        "form": person,
        "check_in": form,
        "well_means": [_(WELL_MEANS[question]) for question in form.asked],
        "is_as_last_time": _was_well(request),
        "to_mend": [(name, labels.get(name, error)) for name, error in form.errors.items()],
    }
    return show(request, "patient/check_in.html", context, status=status)


def _was_well(request: PatientRequest) -> bool:
    """Whether the last check-in, not long ago, was well."""
    link = request.link
    last = check_ins_of_patient(clinic_id=link.clinic_id, patient_id=link.patient_id, limit=1)
    return any(
        said.grade is Grade.FINE and request.now - said.check_in.answered_at <= AS_LAST_TIME for said in last
    )


def _advice(request: PatientRequest, reached: Grade) -> HttpResponse:
    context = {"grade": reached.key, "emergency": emergency_number(request.link.clinic.holiday_country)}
    return show(request, "patient/check_in_advice.html", context)
