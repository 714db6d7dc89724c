"""The tab of the care plan: what the patient is due for, what was done about it, and when the plan has ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import implants_of
from clinic.selectors.rows import Implant, Patient
from clinic.selectors.surgeries import surgeries_of
from scheduling.selectors.calls import last_calls
from scheduling.selectors.due_list import booked_for
from scheduling.selectors.follow_ups import follow_ups_of_patient
from scheduling.selectors.rows import FollowUp
from web.access import ClinicRequest, clinic_page
from web.nurse.follow_ups.rows import lines_of, shown_line
from web.nurse.follow_ups.words import counted_from
from web.nurse.frame import patient_frame, patient_or_404
from web.nurse.surgeries import operations_of
from web.words import day_words

OPEN_STATES = frozenset({"open", "postponed"})
CLOSED: dict[str, tuple[str | Promise, str]] = {
    "done": (_("Done"), "check2-circle"),
    "not_needed": (_("Not needed"), "slash-circle"),
    "ended": (_("Ended"), "dash-circle"),
}


@dataclass(frozen=True, slots=True)
class Ending:
    """Why there is no plan any more, or none for one pump."""

    text: str
    is_whole: bool


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient_care(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """What is open with its dates and acts; what is closed below it, by whom, when and why."""
    patient = patient_or_404(request, ref)
    implants = implants_of(clinic_id=request.clinic.id, patient_id=patient.id)
    rows = follow_ups_of_patient(clinic_id=request.clinic.id, patient_id=patient.id)
    unfinished = [row for row in rows if row.state in OPEN_STATES]
    visits = booked_for(
        clinic_id=request.clinic.id, follow_up_ids=[row.pk for row in unfinished], today=request.today
    )
    call = last_calls(clinic_id=request.clinic.id, patient_ids=[patient.id]).get(patient.id)
    lines = lines_of(unfinished, visits, request.today)
    context = patient_frame(request, patient, tab="patient_care") | {
        "rows": [shown_line(request, line, None) for line in lines],
        "is_patient_page": True,
        "last_call": call,
        "closed": _closed(rows),
        "endings": _endings(patient, implants, rows),
        "operations": operations_of(
            surgeries_of(clinic_id=request.clinic.id, patient_id=patient.id), request.today
        ),
        "has_several_pumps": sum(1 for implant in implants if implant.explanted_on is None) > 1,
    }
    return render(request, "nurse/care_plan/page.html", context)


def _closed(rows: Sequence[FollowUp]) -> list[dict[str, Any]]:
    """What is closed, by how, the latest first."""
    found = []
    for state, (label, icon) in CLOSED.items():
        closed = [row for row in rows if row.state == state]
        closed.sort(key=lambda row: (row.closed_at, row.pk), reverse=True)
        if closed:
            shown = [
                {"follow_up": row, "counted_from": counted_from(row), "why": _why(row)} for row in closed
            ]
            found.append({"state": state, "label": label, "icon": icon, "rows": shown})
    return found


def _why(row: FollowUp) -> str:
    """How it came to be closed, in words: the reason of a person, or what the record says."""
    if row.ended_because:
        return str(row.get_ended_because_display())
    return _t(row.closing_reason) if row.closing_reason else ""


def _endings(patient: Patient, implants: Sequence[Implant], rows: Sequence[FollowUp]) -> list[Ending]:
    if patient.died_on is not None:
        text = _t("The care plan has ended: the patient died on %(day)s.") % {
            "day": day_words(patient.died_on)
        }
        return [Ending(text, is_whole=True)]
    is_left = any(implant.explanted_on is None for implant in implants)
    return [
        _explanted(implant, implant.explanted_on, rows, is_left)
        for implant in implants
        if implant.explanted_on
    ]


def _explanted(implant: Implant, on: date, rows: Sequence[FollowUp], is_left: bool) -> Ending:
    values = {"pump": implant.serial, "day": day_words(on)}
    is_followed = any(row.implant_id == implant.id and row.state in OPEN_STATES for row in rows)
    if is_followed:
        text = _t(
            "The plan for pump %(pump)s has ended: it was taken out on %(day)s. What is due after that is below."
        )
    else:
        text = _t("The plan for pump %(pump)s has ended: it was taken out on %(day)s.")
    return Ending(text % values, is_whole=not is_left and not is_followed)


urlpatterns = [path("patients/<uuid:ref>/care/", patient_care, name="patient_care")]
