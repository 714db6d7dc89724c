"""What comes next for a patient, on the overview: the visits ahead and what is due now, with the acts."""

from __future__ import annotations

from typing import Any

from clinic.selectors.rows import Patient
from clinic.together import Answers
from scheduling.domain.visit_conflicts import LIVE
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.selectors.due_list import booked_for_from, booked_rows
from scheduling.selectors.follow_ups import open_of_patient
from scheduling.selectors.rows import Status
from scheduling.selectors.visits import visits_of_patient
from web.access import ClinicRequest
from web.conflicts import conflict_words
from web.nurse.answers import answer_marks
from web.nurse.follow_ups.rows import lines_of, shown_line

MOST_VISITS = 3
MOST_DUE = 5


def step_questions(given: Any) -> dict[str, Any]:
    """What ``next_steps`` needs the answers to; asked of ``patient_id`` and ``today``."""
    visits = visits_of_patient(clinic_id=given.clinic_id, patient_id=given.patient_id)
    return {
        "ahead": visits.filter(status__in=sorted(LIVE)).order_by("starts_at")[: MOST_VISITS + 1],
        "due": open_of_patient(clinic_id=given.clinic_id, patient_id=given.patient_id),
        "booked": booked_rows(given.clinic_id, given.found("due", "id"), given.today),
    }


def next_steps(request: ClinicRequest, patient: Patient, found: Answers) -> dict[str, Any]:
    """The next visits (and those of past days that nobody has closed), the first things due, how many more there are.

    What is wrong with a visit stands with it. ``found`` answers ``step_questions``; the number of further queries does
    not grow.
    """
    ahead, booked = found["ahead"], booked_for_from(found["booked"])
    lines = [shown_line(request, line, None) for line in lines_of(found["due"], booked, request.today)]
    due = [line for line in lines if line["has_begun"] and not line["is_refill"]]
    soon = due or [line for line in lines if not line["is_refill"]][:1]
    wrong = visit_conflicts(request.clinic.id, request.now, patient_id=patient.id) if ahead else []
    answers = answer_marks(request, [visit.pk for visit in ahead if visit.status == Status.BOOKED])
    problems = {each.visit_id: conflict_words(each) for each in wrong}
    return {
        "visits": [
            {"visit": visit, "problem": problems.get(visit.pk, ""), "answer": answers.get(visit.pk)}
            for visit in ahead[:MOST_VISITS]
        ],
        "has_more_visits": len(ahead) > MOST_VISITS,
        "rows": soon[:MOST_DUE],
        "more": max(len(lines) - len(soon[:MOST_DUE]), 0),
        "is_due_now": bool(due),
    }
