"""The on-call roster, as an administrator sets it."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from notifications.domain.escalation.causes import Duty
from notifications.models import RosterEntry
from notifications.selectors.roster import on_call

WEEKDAYS = range(7)
ROSTER_DUTIES = (Duty.NURSE, Duty.SECOND, Duty.PHYSICIAN)


def save_roster(*, clinic: Clinic, cells: Mapping[tuple[int, Duty], int | None]) -> None:
    """Give the cells their people; None empties one, a cell that is not named stays as it is.

    Raises RecordError for somebody who may not act here.
    """
    with transaction.atomic():
        eligible = on_call(clinic.id).setting.roster.eligible
        for (weekday, duty), user_id in cells.items():
            if weekday not in WEEKDAYS or duty not in ROSTER_DUTIES:
                raise RecordError("", gettext_noop("choose one of the list"))
            rows = RosterEntry.objects.for_clinic(clinic.id).filter(weekday=weekday, duty=duty.value)
            if user_id is None:
                rows.delete()
            elif user_id not in eligible:
                raise RecordError(f"{duty.value}_{weekday}", gettext_noop("does not work on follow-ups here"))
            else:
                RosterEntry.objects.update_or_create(
                    clinic=clinic, weekday=weekday, duty=duty.value, defaults={"user_id": user_id}
                )
