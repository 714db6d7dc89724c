"""What a search may ask for, in FHIR's way of asking: references, days with a prefix, words of a list."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from rest_framework.exceptions import ValidationError

_DAY: Final = re.compile(r"(eq|ge|le|gt|lt)?(\d{4})-(\d{2})-(\d{2})")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A search parameter: its name and type in FHIR, and the rows that a value stands for."""

    name: str
    type: str
    words: str
    rows: Callable[[str], Q]


def by_reference(name: str, kind: str, column: str, words: str) -> Parameter:
    """``patient=Patient/<id>`` or ``patient=<id>``."""

    def rows(value: str) -> Q:
        return Q(**{column: _reference(name, value.removeprefix(f"{kind}/"))})

    return Parameter(name, "reference", words, rows)


def by_id(column: str = "ref") -> Parameter:
    """``_id=<id>``."""
    return Parameter(
        "_id", "token", "the resource's id", lambda value: Q(**{column: _reference("_id", value)})
    )


def by_day(name: str, column: str, words: str, *, of: Callable[[date], Any] = lambda day: day) -> Parameter:
    """``date=ge2026-12-01``; two of them bound a span. ``of`` turns a day into what the column holds."""

    def rows(value: str) -> Q:
        found = _DAY.fullmatch(value)
        try:
            day = date(*(int(part) for part in found.groups()[1:])) if found else None
        except ValueError:
            day = None
        if found is None or day is None:
            raise ValidationError({name: ["A day, such as ge2026-12-01."]})
        return _span(column, found[1] or "eq", of(day), of(_after(day)))

    return Parameter(name, "date", words, rows)


def by_word(name: str, column: str, known: Mapping[str, tuple[str, ...]], words: str) -> Parameter:
    """``status=booked,arrived``: any of them."""

    def rows(value: str) -> Q:
        asked = value.split(",")
        if unknown := [word for word in asked if word not in known]:
            raise ValidationError({name: [f"{unknown[0][:40]} is none of {', '.join(sorted(known))}."]})
        return Q(**{f"{column}__in": [stored for word in asked for stored in known[word]]})

    return Parameter(name, "token", words, rows)


def by_value(name: str, column: str, system: str, words: str) -> Parameter:
    """``identifier=<system>|<value>`` or ``identifier=<value>``."""

    def rows(value: str) -> Q:
        space, bar, inner = value.rpartition("|")
        return Q(pk__in=[]) if bar and space != system else Q(**{column: inner})

    return Parameter(name, "token", words, rows)


def rows_for(parameters: Mapping[str, Parameter], asked: Mapping[str, list[str]]) -> Q:
    """The rows that every part of the question asks for. A word that nobody knows is refused, not passed over."""
    found, wrong = Q(), {}
    for name, values in asked.items():
        if name not in parameters:
            wrong[name[:60]] = ["There is no such search parameter."]
            continue
        for value in values:
            found &= parameters[name].rows(value)
    if wrong:
        raise ValidationError(wrong)
    return found


def _reference(name: str, value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        raise ValidationError({name: ["This is no id."]}) from None


def _span(column: str, prefix: str, first: Any, after: Any) -> Q:
    match prefix:
        case "ge":
            return Q(**{f"{column}__gte": first})
        case "le":
            return Q(**{f"{column}__lt": after})
        case "gt":
            return Q(**{f"{column}__gte": after})
        case "lt":
            return Q(**{f"{column}__lt": first})
    return Q(**{f"{column}__gte": first, f"{column}__lt": after})


def midnight(day: date) -> datetime:
    """When the day begins on the clock that is in force."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _after(day: date) -> date:
    return day + timedelta(days=1) if day < date.max else day


def asked_in(query: Any) -> dict[str, list[str]]:
    """Every word of an address or a form with all its values."""
    return {name: query.getlist(name) for name in query}
