"""Days and hours as people write them, by language and country (names and orders: Unicode CLDR).

French writes the first of a month *1er*, and *14 h 30*; see the Lexique des règles typographiques. Spanish counts 24
hours in every country: *2:30* without its *p. m.*, lost on a small screen, would be the middle of the night.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

FAR_OFF = timedelta(days=180)
"""From so far on a date names its year."""

_WEEKDAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
}
_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
        "November", "December",
    ),
    "es": (
        "enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre",
        "noviembre", "diciembre",
    ),
    "fr": (
        "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre",
        "novembre", "décembre",
    ),
}  # fmt: skip
_SHORT_MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "es": ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    "fr": ("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"),
}
_MONTH_FIRST = frozenset({"", "US", "CA", "PH", "PR", "VI", "GU", "AS", "MP", "UM"})
_ENGLISH_24_HOURS = frozenset(
    {"GB", "IE", "ZA", "KE", "NG", "IL", "MT", "ZW", "AT", "BE", "CH", "DE", "NL", "SE"}
)
_ZONE = {"en": "{} time", "es": "hora de {}", "fr": "heure de {}"}


@dataclass(frozen=True, slots=True)
class Manner:
    """How dates are written: a language of ours, a country ("" where unknown), long or short as a text needs it."""

    language: str
    country: str = ""
    is_short: bool = False


def weekday_date(day: date, manner: Manner, *, today: date) -> str:
    """``Monday, November 30``; with the year where the day is half a year away or gone by."""
    language, short = manner.language, manner.is_short
    weekday = _WEEKDAYS[language][day.weekday()]
    month = (_SHORT_MONTHS if short else _MONTHS)[language][day.month - 1]
    weekday = weekday[:3] if short else weekday
    has_year = not timedelta() <= day - today < FAR_OFF
    if language == "en" and manner.country in _MONTH_FIRST:
        comma = "" if short else ","
        return f"{weekday}{comma} {month} {day.day}" + (f", {day.year}" if has_year else "")
    if language == "es" and not short:
        return f"{weekday} {day.day} de {month}" + (f" de {day.year}" if has_year else "")
    number = "1er" if language == "fr" and day.day == 1 else str(day.day)
    return f"{weekday} {number} {month}" + (f" {day.year}" if has_year else "")


def clock(moment: datetime, manner: Manner, *, reader_zone: ZoneInfo | None = None) -> str:
    """The hour of a local moment; with its zone's city where the reader's clock shows another."""
    said = _hour(moment, manner)
    if reader_zone is None or moment.astimezone(reader_zone).utcoffset() == moment.utcoffset():
        return said
    city = city_of(str(moment.tzinfo))
    return f"{said} {city}" if manner.is_short else f"{said} ({_ZONE[manner.language].format(city)})"


def city_of(zone: str) -> str:
    """The place an IANA zone is named for."""
    return zone.rsplit("/", 1)[-1].replace("_", " ")


def _hour(moment: datetime, manner: Manner) -> str:
    language, short = manner.language, manner.is_short
    if language == "en" and manner.country not in _ENGLISH_24_HOURS:
        half = "am" if moment.hour < 12 else "pm"
        return f"{moment.hour % 12 or 12}:{moment.minute:02} {half}"
    if language == "fr" and short:
        return f"{moment.hour}h{moment.minute:02}"
    if language == "fr":
        return f"{moment.hour} h" + (f" {moment.minute:02}" if moment.minute else "")
    return f"{moment.hour:02}:{moment.minute:02}"
