"""How a language writes numbers and weeks in a country, by Unicode CLDR."""

from __future__ import annotations

from functools import lru_cache

import phonenumbers

MONDAY, SATURDAY, SUNDAY = 0, 5, 6
POINT_IN_SPANISH = frozenset(["BR", "BZ", "CU", "DO", "GT", "HN", "MX", "NI", "PA", "PE", "PR", "SV", "US"])
SUNDAY_FIRST = frozenset(
    [
        "AG",
        "AS",
        "BD",
        "BR",
        "BS",
        "BT",
        "BW",
        "BZ",
        "CA",
        "CO",
        "DM",
        "DO",
        "ET",
        "GT",
        "GU",
        "HK",
        "HN",
        "ID",
        "IL",
        "IN",
        "IS",
        "JM",
        "JP",
        "KE",
        "KH",
        "KR",
        "LA",
        "MH",
        "MM",
        "MO",
        "MT",
        "MX",
        "MZ",
        "NI",
        "NP",
        "PA",
        "PE",
        "PH",
        "PK",
        "PR",
        "PT",
        "PY",
        "SA",
        "SG",
        "ST",
        "SV",
        "TH",
        "TL",
        "TT",
        "TW",
        "UM",
        "US",
        "VE",
        "VI",
        "WS",
        "YE",
        "ZA",
        "ZW",
    ]
)
SATURDAY_FIRST = frozenset(
    ["AF", "BH", "DJ", "DZ", "EG", "IQ", "IR", "JO", "KW", "LY", "OM", "QA", "SD", "SY"]
)


def country_of(chosen: str, phone: str) -> str:
    """The country in whose manner a clinic writes: the one it has chosen, or its telephone's; "" where neither is known."""
    return chosen or _country_of_phone(phone)


@lru_cache(maxsize=1024)
def _country_of_phone(phone: str) -> str:
    try:
        number = phonenumbers.parse(phone, None)
    except phonenumbers.NumberParseException:
        return ""
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    return "" if region in (None, "ZZ", "001") else str(region)


def decimal_sign(language: str, country: str) -> str:
    """What stands between a number's whole part and its fraction; in English a point wherever it is spoken."""
    is_point = language == "en" or (language == "es" and country in POINT_IN_SPANISH)
    return "." if is_point else ","


def first_weekday(language: str, country: str) -> int:
    """On which weekday the week begins: 0 is Monday. Where the country is not known, as in the language's largest clinics."""
    if country in SUNDAY_FIRST or (not country and language == "en"):
        return SUNDAY
    return SATURDAY if country in SATURDAY_FIRST else MONDAY
