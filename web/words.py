"""How the pages say what the record holds: refusals, days with their weekday, numbers without idle zeros."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext

from clinic.domain.register.reasons import Reason, gettext_noop
from clinic.writing import dated, in_figures, with_figures
from scheduling.domain.figures import VOLUME_PLACES, plain

SHORT_MONTHS = (gettext_noop("jun"), gettext_noop("jul"), gettext_noop("aug"))
"""Of Django's own words for dates those that its French shortens as nobody does: jui, jul, aoû."""
DAY_FORMAT = "D j M Y"
MOMENT_FORMAT = "D j M Y, H:i"
_DAY_AS_STORED = re.compile(r"(?<![\w-])\d{4}-\d{2}-\d{2}(?![\w-])")


def said(reason: Reason) -> str:
    """The reason as a sentence in the reader's language."""
    text = gettext(reason.message) if reason.message else ""
    values = {name: with_figures(with_days(value)) for name, value in reason.values.items()}
    return str(capfirst(text % values if values else text.replace("%%", "%")))


def with_days(text: str) -> str:
    """The text with every day that stands in it as 2026-11-21 in the clinic's words."""
    return _DAY_AS_STORED.sub(_in_words, text)


def _in_words(found: re.Match[str]) -> str:
    try:
        return day_words(date.fromisoformat(found[0]))
    except ValueError:
        return found[0]  # looks like a day, is none


def day_words(day: date | None) -> str:
    """A day with its weekday (Sat 21 Nov 2026); empty for None."""
    return "" if day is None else dated(day, DAY_FORMAT)


def moment_words(moment: datetime | None) -> str:
    """An instant in the clinic's zone, with the weekday; empty for None."""
    return "" if moment is None else dated(timezone.localtime(moment), MOMENT_FORMAT)


def quantity_words(value: Decimal | None) -> str:
    """A quantity as the reader writes it: 40, 0.35 or 0,35; never 40.000000000000 or 4E+1; empty for None."""
    return in_figures(quantity_typed(value))


def quantity_typed(value: Decimal | None) -> str:
    """A quantity for a field, where it stands with a point in every language: so it is read back as it was."""
    return "" if value is None else f"{value.normalize():f}"


def figure_words(value: Decimal | Fraction, *, places: int = VOLUME_PLACES, is_signed: bool = False) -> str:
    """What was worked out, to so many places, as the reader writes it."""
    return in_figures(plain(value, places=places, is_signed=is_signed))


def plain_words(value: object) -> str:
    """Any value of the record: days with their weekday, quantities without idle zeros, yes and no."""
    match value:
        case None:
            return "–"
        case bool():
            return gettext("yes") if value else gettext("no")
        case datetime():
            return moment_words(value)
        case date():
            return day_words(value)
        case Decimal():
            return quantity_words(value)
        case _:
            return str(value)


def age_in_years(birth_date: date, *, on: date) -> int:
    """Completed years on a day; somebody born on 29 February is a year older on 1 March of a common year."""
    had_birthday = (on.month, on.day) >= (birth_date.month, birth_date.day)
    return on.year - birth_date.year - (0 if had_birthday else 1)
