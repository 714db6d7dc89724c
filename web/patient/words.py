"""Days, times and numbers as a patient reads them, in the reader's language."""

from __future__ import annotations

import re
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications.domain.words.moments import Manner, clock

DAYS = {"en": "l j F Y", "es": r"l j \d\e F \d\e Y", "fr": "l j F Y"}
"""Weekday, day, month in words: no two countries read 3/4 alike."""
_NOT_DIALLED = re.compile(r"[^0-9+]")


def day_words(day: date) -> str:
    """Tuesday 12 January 2027; in Spanish and French with a small letter, as inside a sentence."""
    return date_format(day, DAYS[_language()])


def time_words(moment: datetime, *, country: str) -> str:
    """The hour on the clinic's clock, written as the messages write it in the clinic's country."""
    return clock(timezone.localtime(moment), Manner(_language(), country))


def clock_words(time_zone: str) -> str:
    """Whose clock it is: the city that names the clinic's zone."""
    city = time_zone.rpartition("/")[2].replace("_", " ")
    return _("%(city)s time") % {"city": city}


def minutes_words(minutes: int) -> str:
    """About how long."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("about %(minutes)d minutes") % {"minutes": rest}
    if not rest:
        return _("about 1 hour") if hours == 1 else _("about %(hours)d hours") % {"hours": hours}
    return _("about %(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def phone_link(phone: str) -> str:
    """The number as a telephone dials it."""
    return _NOT_DIALLED.sub("", phone)


def _language() -> str:
    language = get_language() or "en"
    return language if language in DAYS else "en"
