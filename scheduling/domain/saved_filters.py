"""What a saved filter may hold: the choices of a list's filter form, never words that were searched for.

A choice is a short word of the product's own (a drug's key, a number of weeks, a random reference). Free text has
no place among the fields and would not pass as a value either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "worklist": frozenset(
            {"group", "owner", "visit", "drug", "pump", "limit", "hazard", "weeks", "sort"}
        ),
        "followups": frozenset({"part", "owner", "how", "what", "weeks"}),
        "calendar": frozenset({"view", "by", "nurse", "room", "kind", "status"}),
    }
)
"""The fields of each page's filter form, by the page's name."""

LONGEST_QUERY = 300
_CHOICE = re.compile(r"[A-Za-z0-9_-]{1,40}")


def known_choices(page: str, pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pairs of field and value that the page's form knows, each once, in a fixed order.

    As many as a query of LONGEST_QUERY characters holds (a choice needs no escaping). Raises KeyError for a page
    that there is not.
    """
    known = FIELDS[page]
    kept: list[tuple[str, str]] = []
    length = 0
    for name, value in sorted({pair for pair in pairs if pair[0] in known and _CHOICE.fullmatch(pair[1])}):
        length += len(name) + len(value) + 2
        if length - 1 <= LONGEST_QUERY:
            kept.append((name, value))
    return kept
