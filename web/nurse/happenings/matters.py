"""Of matters that waited for somebody: opened, graver, passed on, tried, acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _t

from notifications.selectors.escalations import steps_of_patient
from web.access import ClinicRequest
from web.nurse.escalations.words import step_line
from web.nurse.frame import clinic_reverse
from web.nurse.happenings.lines import Happening


def matter_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """Every step but words that were only repeated; each leads to its matter."""
    zone = ZoneInfo(request.clinic.time_zone)
    for step in steps_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        line = step_line(step)
        matter = step.escalation
        yield Happening(
            kind="escalation",
            icon="bell",
            on=step.at.astimezone(zone).date(),
            at=step.at,
            noted_at=step.at,
            title=f"{matter.get_cause_display().capitalize()}: {line['what'].lower()}",
            detail=str(line["note"]),
            who=str(line["who"]),
            link=clinic_reverse(request, "escalation", ref=matter.ref),
            link_label=_t("open it"),
        )
