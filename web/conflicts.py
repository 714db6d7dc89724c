"""How the pages say what is wrong with a booked visit: a short name, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scheduling.domain.visit_conflicts import Conflict, Remedy
from scheduling.selectors.conflicts import VisitConflict
from web.words import day_words

CONFLICTS: Mapping[Conflict, str | Promise] = {
    Conflict.TOO_LATE: _("Too late for the refill"),
    Conflict.TO_BE_PLACED: _("Has no time any more"),
    Conflict.NO_CERTAIN_DATE: _("The refill date is in doubt"),
    Conflict.NOT_CLOSED: _("Nobody has said how it ended"),
    Conflict.CLINIC_CLOSED: _("The clinic is closed"),
    Conflict.NURSE_GONE: _("The nurse is not in use any more"),
    Conflict.NURSE_AWAY: _("The nurse is not there"),
    Conflict.ROOM_GONE: _("The room is not in use any more"),
    Conflict.ROOM_AWAY: _("The room is not free at that time"),
    Conflict.FOLLOW_UP_TOO_LATE: _("Too late for a follow-up"),
    Conflict.PATIENT_DIED: _("The patient has died"),
    Conflict.PUMP_OUT: _("The pump is no longer in place"),
    Conflict.OLDER_REFILL: _("The pump was filled meanwhile"),
}
REMEDIES: Mapping[Remedy, str | Promise] = {
    Remedy.MOVE: _("Move the visit."),
    Remedy.REVIEW: _("Settle the pump's date, then see whether the visit can stay."),
    Remedy.CLOSE: _("Say how the visit ended."),
    Remedy.CANCEL: _("Cancel the visit, unless it is for something else."),
}


def conflict_words(found: VisitConflict) -> str:
    """Everything that is wrong with a visit, the gravest first, with the day that binds it."""
    said = "; ".join(str(CONFLICTS[reason]) for reason in found.reasons)
    is_late = {Conflict.TOO_LATE, Conflict.FOLLOW_UP_TOO_LATE} & set(found.reasons)
    if not is_late or found.latest_on is None:
        return said
    latest = _t("the latest day is %(day)s") % {"day": day_words(found.latest_on)}
    if found.follow_up:
        latest = _t("%(follow_up)s: the latest day is %(day)s") % {
            "follow_up": found.follow_up,
            "day": day_words(found.latest_on),
        }
    return f"{said} ({latest})"
