"""The one table of escalation: for each cause and rung how long a person has, whom it goes to first, when it is back.

All figures are our own choice (D), to be weighed by a clinician; docs/reference/escalation.md shows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from clinic.domain.register.reasons import gettext_noop
from notifications.domain.escalation.hours import DAYTIME, WORKING_DAY, Hours, Limit
from scheduling.domain.care.rungs import WHAT_TO_DO, Rung


class Cause(StrEnum):
    """Why somebody must act; ``notifications.models.Cause`` has the labels."""

    RUNNING_LATE = "running_late"
    RED_FLAG = "red_flag"
    CHECK_IN_MISSED = "check_in_missed"
    UNANSWERED = "unanswered"
    MAY_BE_LOST = "may_be_lost"
    NOT_DELIVERED = "not_delivered"
    MISSED = "missed"
    UNREACHABLE = "unreachable"
    STOPPED = "stopped"
    CANNOT_COME = "cannot_come"
    WANTS_OTHER_TIME = "wants_other_time"
    NOT_UNDERSTOOD = "not_understood"
    NOT_ME = "not_me"
    WEBHOOK_REFUSED = "webhook_refused"
    SECOND_CHECK = "second_check"


class Duty(StrEnum):
    """In which order people are asked; who has none on a day is passed over."""

    NURSE = "nurse"
    SECOND = "second"
    PHYSICIAN = "physician"
    ADMINISTRATOR = "administrator"


ORDER = tuple(Duty)
MESSAGE_CAUSES = frozenset(
    {
        Cause.MAY_BE_LOST,
        Cause.NOT_DELIVERED,
        Cause.MISSED,
        Cause.UNREACHABLE,
        Cause.STOPPED,
        Cause.NOT_ME,
        Cause.NOT_UNDERSTOOD,
        Cause.WEBHOOK_REFUSED,
    }
)
"""About a message and its way, not about a body: these climb slowly, and many may be acknowledged together."""
TRIES = 3
"""So many attempts without an answer, and the next person is asked."""


def _work(days: float) -> Limit:
    return Limit(WORKING_DAY * days, Hours.WORK)


def _day(hours: float) -> Limit:
    return Limit(timedelta(hours=hours), Hours.DAY)


def _any(minutes: float) -> Limit:
    return Limit(timedelta(minutes=minutes))


_Limits = Mapping[Rung, Limit]
_R = Rung
_LATE: _Limits = MappingProxyType(
    {
        _R.RESCHEDULE: _work(3),
        _R.STAFF_CALLS: _work(1),
        _R.NURSE_CALLS_DAILY: Limit(DAYTIME, Hours.DAY),
        _R.PHYSICIAN: _day(4),
        _R.EMERGENCY: _any(30),
    }
)
_RED_FLAG: _Limits = MappingProxyType(
    {
        _R.RESCHEDULE: _work(1),
        _R.STAFF_CALLS: _work(1),
        _R.NURSE_CALLS_DAILY: _any(120),
        _R.PHYSICIAN: _any(120),
        _R.EMERGENCY: _any(15),
    }
)
_MESSAGE: _Limits = MappingProxyType(dict(_LATE) | {_R.STAFF_CALLS: _work(2)})
_COMES_BACK: _Limits = MappingProxyType(
    {
        _R.RESCHEDULE: _work(5),
        _R.STAFF_CALLS: _work(2),
        _R.NURSE_CALLS_DAILY: Limit(DAYTIME, Hours.DAY),
        _R.PHYSICIAN: Limit(DAYTIME, Hours.DAY),
        _R.EMERGENCY: _any(240),
    }
)
_TRY_AGAIN: _Limits = MappingProxyType(
    {
        _R.RESCHEDULE: _work(1),
        _R.STAFF_CALLS: _work(0.5),
        _R.NURSE_CALLS_DAILY: _day(4),
        _R.PHYSICIAN: _day(1),
        _R.EMERGENCY: _any(15),
    }
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What holds for one cause at one rung.

    ``limit``: how long each person has. ``first``: whom it goes to first. ``try_again``: when somebody who got no
    answer tries again. ``comes_back``: how long an acknowledged matter whose cause still holds stays away.
    """

    limit: Limit
    first: Duty
    try_again: Limit
    comes_back: Limit


def rule_for(cause: Cause, rung: Rung) -> Rule:
    """The line of the table; a higher rung never gives more time."""
    limits = _RED_FLAG if cause is Cause.RED_FLAG else _MESSAGE if cause in MESSAGE_CAUSES else _LATE
    return Rule(limits[rung], _first(cause, rung), _TRY_AGAIN[rung], _COMES_BACK[rung])


def _first(cause: Cause, rung: Rung) -> Duty:
    if cause is Cause.WEBHOOK_REFUSED:
        return Duty.ADMINISTRATOR
    if cause is Cause.RUNNING_LATE and rung >= Rung.PHYSICIAN:
        return Duty.PHYSICIAN
    # The nurse on call is nearest to a patient who has answered: the physician is next but one.
    return Duty.NURSE


_TO_DO: Mapping[Cause, str] = MappingProxyType(
    {
        Cause.CHECK_IN_MISSED: gettext_noop("Call the patient and ask the questions of the check-in."),
        Cause.UNANSWERED: gettext_noop("Call the patient: is the visit clear, and is there a way to come?"),
        Cause.MAY_BE_LOST: gettext_noop("Call the patient: nobody can tell whether the message arrived."),
        Cause.NOT_DELIVERED: gettext_noop("Call the patient, and ask for an address or number that works."),
        Cause.MISSED: gettext_noop("Call the patient: the message was not sent in time."),
        Cause.UNREACHABLE: gettext_noop("Find a way to reach the patient: a number, an address, a relative."),
        Cause.STOPPED: gettext_noop("Call the patient: messages have stopped, the care goes on."),
        Cause.CANNOT_COME: gettext_noop("Call the patient and book another time."),
        Cause.WANTS_OTHER_TIME: gettext_noop("Call the patient and book another time."),
        Cause.NOT_UNDERSTOOD: gettext_noop("Read what was answered, and call if it is not clear."),
        Cause.NOT_ME: gettext_noop("Correct the address or number: the message reached somebody else."),
        Cause.SECOND_CHECK: gettext_noop(
            "Look at label, programmer and printout together: correct the entry, or have somebody else sign it."
        ),
        Cause.WEBHOOK_REFUSED: gettext_noop(
            "Check the provider's keys and addresses; reports are not taken."
        ),
    }
)
_RED_FLAG_TO_DO: tuple[tuple[Rung, str], ...] = (
    (Rung.EMERGENCY, gettext_noop("Call now. The patient was told to seek emergency care: make sure of it.")),
    (
        Rung.NURSE_CALLS_DAILY,
        gettext_noop("Call today; if it is as the answers say, have the patient seen today."),
    ),
    (Rung.RESCHEDULE, gettext_noop("Call within one working day.")),
)


_STAFF_NOT_TOLD = gettext_noop(
    "A message to a colleague did not arrive: tell them what waits, and have their e-mail address checked."
)


def what_to_do(cause: Cause, rung: Rung, *, is_about_staff: bool = False) -> str:
    """One line for whoever is asked, to be translated when shown; ``is_about_staff``: the message was to one of them."""
    if is_about_staff:
        return _STAFF_NOT_TOLD
    if cause is Cause.RED_FLAG:
        return next(text for least, text in _RED_FLAG_TO_DO if rung >= least)
    return _TO_DO.get(cause) or WHAT_TO_DO[rung]
