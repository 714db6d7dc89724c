"""What a patient wrote by text, as it came."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _t

from notifications.selectors.inbound import texts_of_patient, what_was_done
from web.access import ClinicRequest
from web.nurse.frame import clinic_reverse
from web.nurse.happenings.lines import Happening
from web.nurse.texts import MEANINGS


def text_happenings(request: ClinicRequest, patient_id: int) -> Iterator[Happening]:
    """Texts of a number that is this patient's alone."""
    zone = ZoneInfo(request.clinic.time_zone)
    for text in texts_of_patient(clinic_id=request.clinic.id, patient_id=patient_id):
        label, icon, _look = MEANINGS[what_was_done(text)]
        yield Happening(
            kind="message",
            icon=icon,
            on=text.received_at.astimezone(zone).date(),
            at=text.received_at,
            noted_at=text.received_at,
            title=_t("The patient wrote: “%(words)s”") % {"words": text.body or "–"},
            detail=str(label),
            who=_t("the patient, by text"),
            link="" if text.handled_at else clinic_reverse(request, "texts"),
            link_label="" if text.handled_at else _t("Not dealt with yet"),
        )
