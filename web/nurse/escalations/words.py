"""How the pages say a matter: its rung with a sign, whom it is with, and how much time is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from notifications.domain.escalation.causes import MESSAGE_CAUSES, Cause, what_to_do
from notifications.domain.escalation.ladder import confirms
from notifications.selectors.escalations import STEPS
from scheduling.domain.care.rungs import NAMES, Rung
from web.context import RUNG_NAMES
from web.words import moment_words

LOOKS: Mapping[Rung, tuple[str, str]] = MappingProxyType(
    {
        Rung.EMERGENCY: ("exclamation-octagon-fill", "matter-emergency"),
        Rung.PHYSICIAN: ("exclamation-triangle-fill", "tag-danger"),
        Rung.NURSE_CALLS_DAILY: ("telephone-forward-fill", "tag-warn"),
        Rung.STAFF_CALLS: ("telephone-fill", "tag-warn"),
        Rung.RESCHEDULE: ("calendar-plus", ""),
    }
)
GONE: Mapping[str, str | Promise] = MappingProxyType(
    {
        "booked": _("A visit is booked in time."),
        "ended": _("The pump is out, the visit has moved or is off, or the patient has died."),
        "answered": _("The patient has answered since."),
        "settled": _("It was signed, or what it was about was taken back."),
        "reached": _("Somebody was told of the visit, or can be."),
        "later": _("The pump was refilled, or its date has moved: there is time again."),
    }
)
SHORT_ENOUGH_FOR_MINUTES = timedelta(hours=2)
SHORT_ENOUGH_FOR_HOURS = timedelta(hours=36)
WHAT_HAPPENED: Mapping[str, str | Promise] = MappingProxyType(
    {
        STEPS.OPENED: _("Opened"),
        STEPS.GRAVER: _("Graver"),
        STEPS.ADDED: _("More answers"),
        STEPS.TOLD: _("Asked again"),
        STEPS.PASSED_ON: _("Passed on"),
        STEPS.TRIED: _("Tried, no answer"),
        STEPS.GONE: _("Resolved by itself"),
        STEPS.BACK: _("Not resolved after all"),
        STEPS.ACKNOWLEDGED: _("Acknowledged"),
    }
)


@dataclass(frozen=True, slots=True)
class Left:
    """How much time is left, in words; ``is_over``: none."""

    words: str
    is_over: bool = False


def rung_name(cause: str, rung: int) -> str:
    """What the rung is called for this cause."""
    if cause == Cause.RUNNING_LATE:
        return _t(NAMES[Rung(rung)])
    return str(RUNG_NAMES[Rung(rung)])


def time_left(row: Any, now: datetime) -> Left:
    """Until the matter goes on to the next person, as a person says it."""
    if row.acknowledged_at is not None:
        return Left("")
    if row.gone_at is not None:
        return Left(_t("resolved by itself: please confirm"))
    left = row.respond_by - now
    if row.again_at is not None and left > timedelta(0):
        return Left(_t("nobody answered; again from %(when)s") % {"when": moment_words(row.again_at)})
    if left <= timedelta(0):
        return Left(_t("time is up"), is_over=True)
    if left < SHORT_ENOUGH_FOR_MINUTES:
        minutes = max(left // timedelta(minutes=1), 1)
        return Left(
            ngettext("%(number)d minute left", "%(number)d minutes left", minutes) % {"number": minutes}
        )
    if left < SHORT_ENOUGH_FOR_HOURS:
        hours = left // timedelta(hours=1)
        return Left(ngettext("%(number)d hour left", "%(number)d hours left", hours) % {"number": hours})
    return Left(_t("until %(when)s") % {"when": moment_words(row.respond_by)})


def shown(row: Any, *, user_id: int, now: datetime) -> dict[str, Any]:
    """A matter as the templates show it."""
    icon, look = LOOKS[Rung(row.rung)]
    return {
        "row": row,
        "patient": row.patient,
        "rung": rung_name(row.cause, row.rung),
        "icon": icon,
        "look": look,
        "what_to_do": _t(
            what_to_do(Cause(row.cause), Rung(row.rung), is_about_staff=row.key.startswith("staff:"))
        ),
        "left": time_left(row, now),
        "is_mine": row.responsible_id == user_id,
        "is_gone": row.gone_at is not None,
        "gone": GONE.get(row.gone_because, ""),
        "confirm_as": confirms(row.gone_because).value,
        "may_bulk": row.cause in MESSAGE_CAUSES and row.acknowledged_at is None and row.gone_at is None,
    }


def step_line(step: Any) -> dict[str, Any]:
    """One thing that happened, with who it was or who was asked."""
    is_act = step.what in (STEPS.TRIED, STEPS.ACKNOWLEDGED)
    who = str(step.user) if step.user else ""
    if not who and step.what in (STEPS.OPENED, STEPS.GRAVER, STEPS.ADDED, STEPS.PASSED_ON):
        who = _t("everybody")
    note = "" if step.what == STEPS.GONE else step.note
    if step.check_in is not None:
        note = step.check_in.get_grade_display().capitalize()
    return {
        "at": step.at,
        "what": WHAT_HAPPENED[step.what],
        "who": who if is_act or not who else _t("asked: %(who)s") % {"who": who},
        "note": note or GONE.get(step.note, ""),
    }
