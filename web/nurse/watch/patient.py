"""One patient's check-ins: how the days went, every answer, and asking the questions by telephone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.patients import contact_points, proxies
from clinic.selectors.rows import Patient
from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import GRADE_OF, Grade
from notifications.domain.escalation.causes import Cause
from notifications.selectors.check_in_rules import Table, table_version
from notifications.selectors.escalations import open_matters_of_patient
from notifications.selectors.watch import Said, check_ins_of_patient, watched_patient
from notifications.services.check_ins import answer_check_in
from web.access import ClinicRequest, clinic_page
from web.check_in_form import empty_form, posted_form
from web.nurse.back import back_to
from web.nurse.frame import about_patient, clinic_reverse, patient_frame, patient_or_404
from web.nurse.watch.board import shown_row
from web.nurse.watch.words import GRADES, answers_in_short, day_in_words, reviews_in_words, rules_in_words
from web.undo import Way, say_with_way

CHECK_INS_PER_PAGE = 30
SAY = {
    Grade.EMERGENCY: gettext_lazy(
        "Emergency: tell the patient to call the emergency number now, and stay on the line."
    ),
    Grade.SAME_DAY: gettext_lazy("Same day: the patient is to be seen or advised today. A matter is open."),
    Grade.WORKING_DAY: gettext_lazy("To be answered within one working day. A matter is open."),
    Grade.FINE: gettext_lazy("The check-in is kept: all is well."),
}
LEVELS = {
    Grade.EMERGENCY: messages.ERROR,
    Grade.SAME_DAY: messages.WARNING,
    Grade.WORKING_DAY: messages.WARNING,
    Grade.FINE: messages.SUCCESS,
}


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient_check_ins(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The last fortnight as a drawing and a list, and every check-in, newest first."""
    patient = patient_or_404(request, ref)
    found = watched_patient(clinic_id=request.clinic.id, patient_id=patient.id, now=request.now)
    rows = check_ins_of_patient(clinic_id=request.clinic.id, patient_id=patient.id)
    page = Paginator(rows, CHECK_INS_PER_PAGE).get_page(request.GET.get("page"))
    tables: dict[int, Table | None] = {
        version: table_version(clinic_id=request.clinic.id, version=version)
        for version in {said.check_in.rules_version for said in page.object_list}
    }
    context = patient_frame(request, patient, tab="patient_check_ins") | {
        "watched": shown_row(request, found),
        "days": [(day.on, day_in_words(day)) for day in reversed(found.trend) if day.kind != "none"],
        "page": page,
        "rows": [_shown(said, tables[said.check_in.rules_version]) for said in page.object_list],
    }
    return render(request, "nurse/watch/patient.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.RECORD_CARE)
def check_in_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Ask the questions by telephone: graded as if the patient had answered."""
    patient = patient_or_404(request, ref)
    asked = tuple(Question)
    back = back_to(request, clinic_reverse(request, "patient_check_ins", ref=ref))
    form = posted_form(asked, request.POST) if request.method == "POST" else empty_form(asked)
    if request.method == "POST" and (form.is_second or not form.errors):
        made = answer_check_in(
            clinic=request.clinic,
            patient_id=patient.id,
            answers=form.answers,
            asked=asked,
            once=form.once,
            now=request.now,
            actor_id=request.user.id,
        )
        _tell(request, patient, GRADE_OF[made.grade])
        return redirect(back)
    context = _asking(request, patient) | {"form": form, "cancel_url": back}
    return render(request, "nurse/watch/ask.html", context, status=422 if form.errors else 200)


def _tell(request: ClinicRequest, patient: Patient, grade: Grade) -> None:
    """What the answers come to, without a name, and the way to the matter where somebody must act."""
    way = None
    if grade is not Grade.FINE:
        open_ones = open_matters_of_patient(clinic_id=request.clinic.id, patient_id=patient.id)
        way = next(
            (
                Way(clinic_reverse(request, "escalation", ref=row.ref), _("Open the matter"))
                for row in open_ones
                if row.cause == Cause.RED_FLAG
            ),
            None,
        )
    say_with_way(request, LEVELS[grade], str(SAY[grade]), way=way)


def _asking(request: ClinicRequest, patient: Patient) -> dict[str, Any]:
    own = contact_points(clinic_id=request.clinic.id, patient_id=patient.id)
    helpers = proxies(clinic_id=request.clinic.id, patient_id=patient.id)
    return about_patient(request, patient, (_("Check-in by telephone"), "")) | {
        "heading": _("Check-in by telephone"),
        "own_numbers": [point for point in own if point.is_active and point.kind == "phone"],
        "helpers": [helper for helper in helpers if helper.is_active],
    }


def _shown(said: Said, table: Table | None) -> dict[str, Any]:
    return {
        "said": said,
        "look": GRADES[said.grade],
        "answers": answers_in_short(said.answers),
        "because": rules_in_words(said, table),
        "reviews": reviews_in_words(said),
        "note": said.answers.note,
    }


_PATIENT = "patients/<uuid:ref>/check-ins/"
urlpatterns = [
    path(_PATIENT, patient_check_ins, name="patient_check_ins"),
    path(_PATIENT + "new/", check_in_new, name="check_in_new"),
]
