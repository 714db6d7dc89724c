"""How visits look wherever they are listed: a sign and a word for each status, so that no colour stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from scheduling.selectors.calendar import Entry
from scheduling.selectors.rows import Status
from web.nurse.answers import AnswerLook
from web.words import day_words


@dataclass(frozen=True, slots=True)
class StatusLook:
    """``key`` names the style class; ``icon`` a Bootstrap icon."""

    key: str
    label: str | Promise
    icon: str


STATUSES: Mapping[str, StatusLook] = {
    look.key: look
    for look in (
        StatusLook(Status.PROPOSED.value, _("held"), "hourglass-split"),
        StatusLook(Status.PENDING.value, _("to be placed anew"), "question-diamond-fill"),
        StatusLook(Status.BOOKED.value, _("booked"), "calendar-check"),
        StatusLook(Status.ARRIVED.value, _("arrived"), "person-check-fill"),
        StatusLook(Status.CHECKED_IN.value, _("checked in"), "clipboard2-pulse-fill"),
        StatusLook(Status.FULFILLED.value, _("done"), "check-circle-fill"),
        StatusLook(Status.NOSHOW.value, _("did not come"), "person-x-fill"),
        StatusLook(Status.CANCELLED.value, _("cancelled"), "x-circle"),
        StatusLook(Status.ENTERED_IN_ERROR.value, _("entered in error"), "eraser"),
        StatusLook(Status.WAITLIST.value, _("waiting list"), "list-ol"),
    )
}
MOVABLE = frozenset({Status.PENDING.value, Status.BOOKED.value})
"""A visit that has begun or is over stands where it was."""


def name_of(entry: Entry) -> str:
    """The patient's name as lists write it."""
    return f"{entry.last_name}, {entry.first_name}"


def kind_of(entry: Entry) -> str:
    """The kind of visit: the product's own in the reader's language, a clinic's as it was written."""
    return _t(entry.kind)


def sentence(entry: Entry, conflict: str = "", answer: AnswerLook | None = None) -> str:
    """All that a calendar's entry shows, in words, for whoever does not see it."""
    said = _t("%(time)s, %(minutes)d minutes: %(kind)s, %(patient)s, %(status)s") % {
        "time": entry.local_at.strftime("%H:%M"),
        "minutes": entry.minutes,
        "kind": kind_of(entry),
        "patient": name_of(entry),
        "status": STATUSES[entry.status].label,
    }
    with_whom = ", ".join(each for each in (entry.nurse, entry.room) if each)
    parts = [f"{day_words(entry.local_on)}, {said}", with_whom, conflict]
    if answer is not None:
        parts.append(_t("the patient: %(answer)s") % {"answer": answer.label})
    if entry.is_overbooked:
        parts.append(_t("overbooked"))
    return ". ".join(part for part in parts if part)


def wall(entry: Entry) -> tuple[datetime, datetime]:
    """From when to when on the clinic's clock; the end counts the minutes from the start, so it is never before it."""
    begin = datetime.combine(entry.local_on, entry.local_at)
    return begin, begin + (entry.ends_at - entry.starts_at)


def shown(entry: Entry, conflict: str = "", answer: AnswerLook | None = None) -> dict[str, Any]:
    """What a list's row needs."""
    return {
        "entry": entry,
        "look": STATUSES[entry.status],
        "name": name_of(entry),
        "conflict": conflict,
        "answer": answer,
        "until": wall(entry)[1].time(),
    }
