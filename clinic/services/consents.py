"""What patients say themselves about messages, by text or by link: nobody of the clinic recorded it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from clinic.audit import recording
from clinic.changes import announce_people
from clinic.models import Consent, Patient, Topic

LONGEST_WORDING = 1_000


def record_patients_word(
    *,
    clinic_id: int,
    patient_ids: Collection[int],
    channel: str,
    is_granted: bool,
    wording: str,
    now: datetime,
    reason: str,
) -> int:
    """Write down that the patients agree, or do not any more, in every topic of the channel where that is new.

    Whoever was never asked agrees to nothing by saying so about messages that they get: agreement is only given
    back to who once gave it. How many rows were written; what rests on them is brought up to date in the same
    transaction.
    """
    with recording(actor_id=None, reason=reason):
        locked = Patient.objects.for_clinic(clinic_id).filter(pk__any_of=patient_ids).order_by("pk")
        ids = [patient.pk for patient in locked.select_for_update(no_key=True)]
        newest = {
            (row.patient_id, row.topic): row.is_granted
            for row in Consent.objects.for_clinic(clinic_id)
            .filter(patient_id__any_of=ids, channel=channel)
            .order_by("pk")
        }
        if not is_granted:  # never asked: what was said counts all the same
            newest |= {key: True for each in ids if (key := (each, Topic.REMINDERS.value)) not in newest}
        rows = [
            Consent(
                clinic_id=clinic_id,
                patient_id=patient_id,
                channel=channel,
                topic=topic,
                is_granted=is_granted,
                wording=wording.strip()[:LONGEST_WORDING] or "–",
                recorded_at=now,
                recorded_by=None,
            )
            for (patient_id, topic), was_granted in sorted(newest.items())
            if was_granted is not is_granted
        ]
        Consent.objects.bulk_create(rows)
        announce_people(clinic_id=clinic_id, patient_ids=ids, now=now)
        return len(rows)
