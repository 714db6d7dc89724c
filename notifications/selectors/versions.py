"""The rows beside the record that a plan of messages rests on; see ``clinic.selectors.versions``."""

from __future__ import annotations

from clinic.selectors.rows import ContactPoint
from clinic.selectors.versions import Source, of_clinic, of_patients
from notifications.domain.states import OPEN
from notifications.models import Message, MessagingPolicy, PatientAnswer, ReminderRule, StoppedAddress

_OPEN = ", ".join(f"'{state.value}'" for state in sorted(OPEN))

ABOUT_PUMPS = (
    # As the plan reads them: one that has become too old to be read is gone here as well.
    of_patients(
        Message,
        f"(t.state IN ({_OPEN}) OR t.not_after > %(recent)s OR t.first_sent_at > %(recent)s)",
    ),
    of_patients(PatientAnswer),
    Source(
        f"pumps JOIN {ContactPoint._meta.db_table} AS o ON o.patient_id = pumps.patient_id"
        f" JOIN {StoppedAddress._meta.db_table} AS t ON t.clinic_id = o.clinic_id"
        " AND t.address = coalesce(nullif(o.dialable, ''), lower(btrim(o.value)))"
        " WHERE o.clinic_id = %(clinic)s",
        "pumps.id",
    ),
)
"""Of one patient."""

SHARED = (of_clinic(ReminderRule), of_clinic(MessagingPolicy))
"""Of a clinic."""
