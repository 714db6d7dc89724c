"""Of the watch: what the patient answered, and how it was graded."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _t

from notifications.selectors.watch import check_ins_of_patient
from web.access import ClinicRequest
from web.nurse.happenings.lines import Happening
from web.nurse.watch.words import GRADES, answers_in_short, reviews_in_words


def check_in_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """Each check-in with its grade and what was not well."""
    for said in check_ins_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        row = said.check_in
        note = f"“{said.answers.note}”" if said.answers.note else ""
        yield Happening(
            kind="check_in",
            icon="telephone" if row.entered_by else "chat-left-text",
            on=said.on,
            at=row.answered_at,
            noted_at=row.answered_at,
            title=_t("Check-in: %(grade)s") % {"grade": GRADES[said.grade].label},
            detail=" · ".join(filter(None, [*answers_in_short(said.answers), *reviews_in_words(said), note])),
            who=str(row.entered_by) if row.entered_by else _t("the patient"),
        )
