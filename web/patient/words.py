"""Days, times and numbers as a patient reads them, in the reader's language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from notifications.domain.words.moments import Manner, clock, weekday_date
from notifications.domain.words.purposes import LANGUAGES

_NOT_DIALLED = re.compile(r"[^0-9+]")


@dataclass(frozen=True, slots=True)
class Writing:
    """Days and hours as a clinic's messages write them, in the reader's language."""

    country: str
    today: date

    def day(self, day: date) -> str:
        """Tuesday, January 12; in Spanish and French with a small letter, as inside a sentence."""
        return weekday_date(day, Manner(_language(), self.country), today=self.today)

    def time(self, moment: datetime) -> str:
        """The hour on the clinic's clock."""
        return clock(timezone.localtime(moment), Manner(_language(), self.country))


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
    return language if language in LANGUAGES else "en"
