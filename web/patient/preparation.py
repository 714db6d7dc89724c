"""What a patient does before an operation, step by step: in words that name no drug and no device."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from notifications.selectors.patient_pages import operation_on, preparation_steps
from scheduling.selectors.rows import FollowUp
from web.patient.access import PatientRequest, show
from web.patient.words import Writing

WORDS: dict[str, str | Promise] = {
    "medical_evaluation": _("Come to your medical examination. We agree on the time with you."),
    "psychological_assessment": _("Come to a talk with our team. We agree on the time with you."),
    "drug_trial": _("Come to a test visit before the operation. We agree on the time with you."),
    "blood_thinner_plan": _(
        "Tell us which medicines you take. We say which to pause, and when. Do not stop any on your own."
    ),
    "ride_and_helper": _("Arrange who drives you home, and who stays with you for the first 24 hours."),
    "ride_and_helper_recheck": _("Ask your driver and your helper once more whether they can come."),
    "fasting": _("Eat nothing for 6 to 8 hours before the operation. We tell you from when on."),
}
"""The steps of the protocol that every clinic begins with. What a clinic calls its own steps may say too much."""
ANOTHER: str | Promise = _("One more step: we explain it to you by telephone.")


@dataclass(frozen=True, slots=True)
class Step:
    """``day`` is the last one; empty: as soon as can be."""

    words: str | Promise
    day: str


def preparation(request: PatientRequest) -> HttpResponse:
    """The day of the operation and the steps that are still to be done, by their days."""
    planned_on = operation_on(link=request.link, today=request.today)
    context = {
        "steps": steps_shown(preparation_steps(link=request.link), writing=request.writing),
        "operation": request.writing.day(planned_on) if planned_on else "",
    }
    return show(request, "patient/preparation.html", context)


def steps_shown(rows: Iterable[FollowUp], *, writing: Writing) -> list[Step]:
    """The follow-ups as steps with the last day of each; several that only the clinic names are one."""
    found: dict[tuple[str, date | None], Step] = {}
    for row in rows:
        key = (row.row_key if row.row_key in WORDS else "", row.latest_on)
        words = WORDS.get(row.row_key, ANOTHER)
        ahead = row.latest_on if row.latest_on and row.latest_on >= writing.today else None
        found.setdefault(key, Step(words, writing.day(ahead) if ahead else ""))
    return list(found.values())
