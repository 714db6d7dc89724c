"""The number to call in an emergency, by country. A country that is not here has none: the words then say "local".

Sources: the European Union's 112 (Directive 2018/1972, article 109); national authorities for the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_EUROPEAN = [
    "AT",
    "BE",
    "BG",
    "CH",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IS",
    "IT",
    "LI",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "RO",
    "SE",
    "SI",
    "SK",
]
NUMBERS: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(_EUROPEAN, "112")
    | {"US": "911", "CA": "911", "MX": "911", "GB": "999", "AU": "000", "NZ": "111"}
)


def emergency_number(country: str) -> str:
    """The number of an ISO 3166-1 country; empty where it is not known: never a guess."""
    return NUMBERS.get(country.upper(), "")
