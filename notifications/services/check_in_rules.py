"""Changing the table by which check-ins are read: a new version each time, none ever changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from notifications.domain.check_in.rules import Rule
from notifications.domain.check_in.table import faults_of, lowered, stored_table
from notifications.models import CheckInRules
from notifications.selectors.check_in_rules import Table, table_in_force

LONGEST_NOTE = 200


def save_check_in_rules(
    *, clinic: Clinic, rules: Sequence[Rule], note: str, expected_version: int, actor_id: int, now: datetime
) -> Table:
    """Put a table in force; the one in force comes back where nothing changes.

    Raises RecordError for a table with a fault, at ``note`` where an emergency row may catch less and nobody says
    why, and at ``version`` when somebody saved another since ``expected_version`` was shown.
    """
    fault = next(faults_of(rules), None)
    if fault is not None:
        raise RecordError(fault.field, fault.reason.message, **fault.reason.values)
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise RecordError("note", gettext_noop("at most 200 characters"))
    changed = gettext_noop("the table was changed in the meantime: look at it again first")
    found = table_in_force(clinic_id=clinic.id)
    if found.version != expected_version:
        raise RecordError("version", changed)
    if found.rules == tuple(rules) and found.is_readable:
        return found
    if not note and lowered(found.rules, rules):
        raise RecordError("note", gettext_noop("an emergency row may catch less: say why"))
    try:
        with transaction.atomic():
            row = CheckInRules.objects.create(
                clinic_id=clinic.id,
                version=found.version + 1,
                rows=stored_table(rules),
                note=note,
                created_at=now,
                created_by_id=actor_id,
            )
    except IntegrityError:
        raise RecordError("version", changed) from None
    return Table(row.version, tuple(rules))
