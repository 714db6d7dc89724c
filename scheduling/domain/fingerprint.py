"""A stable mark of a projection's inputs, so that a stored forecast tells whether it is still theirs.

The mark does not depend on ``as_of``, on the order in which programs, events and readings come, or on how a
number is written (2 and 2.00). It depends on everything else, catalogue values and clinic rules included.
"""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Drug
from scheduling.domain.case import ClinicRules, PumpCase
from scheduling.domain.projection import ENGINE_VERSION

_LEFT_OUT = frozenset({"as_of", "fill_on", "fill_instant", "as_of_instant", "shown_in", "facts", "name"})
_IN_ANY_ORDER = frozenset({"programs", "events", "readings"})
_DIGEST_BYTES = 16
_names_of_kind: dict[type, tuple[str, ...]] = {}


def fingerprint(case: PumpCase) -> str:
    """32 hexadecimal digits; equal inputs give equal marks on every machine and in every process."""
    text = f"{ENGINE_VERSION}{_text(case)}"
    return blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()


def _text(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}" if value else "0"
    if isinstance(value, Enum):
        return repr(value.value)
    if isinstance(value, datetime):
        return value.astimezone(ZoneInfo("UTC")).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool | int | str):
        return repr(value)
    if isinstance(value, ZoneInfo):
        return repr(value.key)
    return _composite_text(value)


def _composite_text(value: object) -> str:
    if isinstance(value, Drug | ClinicRules):
        return _shared_text(value)
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(_text, value)))}}}"
    if isinstance(value, tuple):
        return f"[{','.join(map(_text, value))}]"
    return _object_text(value)


@lru_cache(maxsize=1024)
def _shared_text(value: Drug | ClinicRules) -> str:
    return _object_text(value)


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _names_of_kind:
        assert is_dataclass(kind)  # noqa: S101 - a case is made of nothing else
        _names_of_kind[kind] = tuple(each.name for each in fields(kind) if each.name not in _LEFT_OUT)
    return _names_of_kind[kind]


def _object_text(value: object) -> str:
    parts = []
    for name in _names(type(value)):
        member = getattr(value, name)
        if name in _IN_ANY_ORDER and len(member) > 1:
            parts.append(f"[{','.join(sorted(map(_text, member)))}]")
        else:
            parts.append(_text(member))
    return f"{type(value).__name__}({','.join(parts)})"
