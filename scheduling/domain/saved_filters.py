"""What a saved filter may hold: the choices of a list's filter form, never words that were searched for.

A choice is a short word of the product's own (a drug's key, a number of weeks, a random reference). Free text has
no place among the fields and would not pass as a value either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

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


def clean_query(page: str, query: str) -> str:
    """The query with only what the page's form knows, each pair once, in a fixed order.

    Two queries that choose the same give the same text. Raises KeyError for a page that there is not.
    """
    known = FIELDS[page]
    pairs = {
        (name, value)
        for name, value in parse_qsl(query[:2000], max_num_fields=50)
        if name in known and _CHOICE.fullmatch(value)
    }
    return fit(sorted(pairs))


def fit(pairs: Iterable[tuple[str, str]]) -> str:
    """As many of the pairs as a stored query can hold."""
    kept: list[tuple[str, str]] = []
    for pair in pairs:
        if len(urlencode([*kept, pair])) <= LONGEST_QUERY:
            kept.append(pair)
    return urlencode(kept)
