"""Numbers and days as whoever reads them writes them: the decimal sign of the language in the clinic's country.

A number so written is never in what a program reads, and never in a field that somebody fills in: there stands a point.
Nothing ever stands between thousands, so that no comma can be taken for another.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import lru_cache

from django.utils.formats import date_format
from django.utils.translation import get_language

from clinic.domain.manners import country_of, decimal_sign
from clinic.models import Clinic

_FIGURE = re.compile(r"[+-]?\d+\.\d+( (mL|mcg|mg|mL/day|(mcg|mg|units?|IU)(/(mL|day|h|d))?))?")
_COUNTRY: ContextVar[str] = ContextVar("country", default="")


@contextmanager
def written_in(country: str) -> Iterator[None]:
    """What is written inside is written as in that country (ISO 3166-1; "" where none is known)."""
    token = _COUNTRY.set(country)
    try:
        yield
    finally:
        _COUNTRY.reset(token)


def write_as_in(country: str) -> None:
    """The same for what follows inside ``written_in``."""
    _COUNTRY.set(country)


def country_of_clinic(clinic: Clinic) -> str:
    """In whose manner the clinic writes."""
    return country_of(clinic.holiday_country, clinic.phone)


def country_here() -> str:
    """In whose manner is written now."""
    return _COUNTRY.get()


def in_figures(number: str) -> str:
    """A number written with a point, with the reader's decimal sign."""
    return number.replace(".", decimal_sign((get_language() or "en")[:2], _COUNTRY.get()))


def with_figures(text: str) -> str:
    """A text that is a number, alone or before its unit, as the reader writes it; any other as it is."""
    return in_figures(text) if _FIGURE.fullmatch(text) else text


def dated(value: date | datetime, pattern: str) -> str:
    """A day by one of Django's patterns; a shortened month begins small but in English."""
    language = get_language() or "en"
    pattern = pattern if language.startswith("en") else pattern.replace("M", "b")
    return date_format(value, pattern) if isinstance(value, datetime) else _of_day(value, pattern, language)


@lru_cache(maxsize=4_096)
def _of_day(day: date, pattern: str, language: str) -> str:
    """A list says the same few days hundreds of times, always in the one ``language`` that is spoken."""
    return date_format(day, pattern)
