"""A stable mark of a projection's inputs, so that a stored forecast tells whether it is still theirs.

The mark does not depend on ``as_of``, on the order in which programs, events and readings come, or on how a
number is written (2 and 2.00). It depends on everything else, catalogue values and clinic rules included.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Drug
from scheduling.domain.case import ClinicRules, PumpCase
from scheduling.domain.projection import ENGINE_VERSION

_LEFT_OUT = frozenset({"as_of", "fill_on", "fill_instant", "as_of_instant", "shown_in", "facts", "name"})
_IN_ANY_ORDER = frozenset({"programs", "events", "readings"})
_SHARED = (Drug, ClinicRules)
_MOST_SHARED = 1024
_DIGEST_BYTES = 16

_Writer = Callable[[Any], str]


def fingerprint(case: PumpCase) -> str:
    """32 hexadecimal digits; equal inputs give equal marks on every machine and in every process."""
    text = f"{ENGINE_VERSION}{_text(case)}"
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _text(value: object) -> str:
    kind = type(value)
    writer = _writers.get(kind)
    if writer is None:
        writer = _writers[kind] = _writer_of(kind)
    return writer(value)


@lru_cache(maxsize=8192)
def _decimal(value: Decimal) -> str:
    return f"{value.normalize():f}" if value else "0"


def _tuple(value: tuple[object, ...]) -> str:
    return f"[{','.join(map(_text, value))}]"


def _set(value: frozenset[object]) -> str:
    return f"{{{','.join(sorted(map(_text, value)))}}}"


_writers: dict[type, _Writer] = {
    type(None): lambda _: "-",
    Decimal: _decimal,
    datetime: lambda value: value.astimezone(UTC).isoformat(),
    date: date.isoformat,
    bool: repr,
    int: repr,
    str: repr,
    ZoneInfo: lambda value: repr(value.key),
    tuple: _tuple,
    frozenset: _set,
}


def _writer_of(kind: type) -> _Writer:
    """How values of a kind that was not met before are written; looked up once per kind."""
    if issubclass(kind, Enum):
        return lambda value: repr(value.value)
    assert is_dataclass(kind)  # noqa: S101 - a case is made of nothing else
    writer = _writer_of_fields(kind)
    return _remembering(writer) if issubclass(kind, _SHARED) else writer


def _writer_of_fields(kind: type) -> _Writer:
    names = [each.name for each in fields(kind) if each.name not in _LEFT_OUT]
    members_of = attrgetter(*names) if len(names) > 1 else None
    loose = frozenset(place for place, name in enumerate(names) if name in _IN_ANY_ORDER)

    def write(value: object) -> str:
        if members_of is None:
            parts = [_text(getattr(value, name)) for name in names]
        else:
            parts = list(map(_text, members_of(value)))
        for place in loose:
            members = getattr(value, names[place])
            if len(members) > 1:
                parts[place] = f"[{','.join(sorted(map(_text, members)))}]"
        return f"{kind.__name__}({','.join(parts)})"

    return write


def _remembering(writer: _Writer) -> _Writer:
    """Write an object that many cases share once. It is kept beside its text, so its ``id`` stays its own."""
    known: dict[int, tuple[object, str]] = {}

    def write(value: object) -> str:
        found = known.get(id(value))
        if found is None:
            if len(known) >= _MOST_SHARED:
                known.clear()
            found = known[id(value)] = (value, writer(value))
        return found[1]

    return write
