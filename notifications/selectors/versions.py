"""The rows beside the record that a plan of messages rests on; see ``clinic.selectors.versions``."""

from __future__ import annotations

from clinic.selectors.rows import ContactPoint
from clinic.selectors.versions import Source, of_clinic, of_patients
from notifications.domain.states import OPEN
from notifications.models import Message, MessagingPolicy, PatientAnswer, ReminderRule, StoppedAddress

_OPEN = ", ".join(f"'{state.value}'" for state in sorted(OPEN))
_KNOWN = f"""
    SELECT DISTINCT p.patient_id, coalesce(nullif(o.dialable, ''), lower(btrim(o.value))) AS address
    FROM pumps AS p JOIN {ContactPoint._meta.db_table} AS o ON o.patient_id = p.patient_id
    WHERE o.clinic_id = %(clinic)s
"""  # noqa: S608 - the name of a table; the value is a parameter

ABOUT_PUMPS = (
    # As the plan reads them: one that has become too old to be read is gone here as well.
    of_patients(
        Message,
        f"(t.state IN ({_OPEN}) OR t.not_after > %(recent)s OR t.first_sent_at > %(recent)s)",
    ),
    of_patients(PatientAnswer),
    Source(
        # An address that the record has twice, say as the patient's and as a helper's, counts once: a row that came
        # twice would cancel itself out.
        f"pumps JOIN ({_KNOWN}) AS known ON known.patient_id = pumps.patient_id"
        f" JOIN {StoppedAddress._meta.db_table} AS t ON t.clinic_id = %(clinic)s AND t.address = known.address",
        "pumps.id",
    ),
)
"""Of one patient."""

SHARED = (of_clinic(ReminderRule), of_clinic(MessagingPolicy))
"""Of a clinic."""
