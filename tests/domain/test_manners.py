"""How numbers and weeks are written: the tables are those of CLDR."""

from __future__ import annotations

import pytest
from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers

from clinic.domain.manners import country_of, decimal_sign, first_weekday


def _known() -> list[Locale]:
    """Every locale of a country's own."""
    found = []
    for name in locale_identifiers():
        try:
            locale = Locale.parse(name)
        except (UnknownLocaleError, ValueError):
            continue
        if locale.territory and len(locale.territory) == 2:
            found.append(locale)
    return found


def test_the_decimal_sign_is_that_of_the_country() -> None:
    signs = {
        (each.language, each.territory): each.number_symbols["latn"]["decimal"]
        for each in _known()
        if each.language in ("es", "fr") and each.territory != "RW"
    }
    assert {place: decimal_sign(*place) for place in signs} == signs
    assert len(signs) > 60


def test_the_week_begins_as_in_the_country() -> None:
    days: dict[str, set[int]] = {}
    for each in _known():
        days.setdefault(str(each.territory), set()).add(each.first_week_day)
    wrong = {
        country: found
        for country, found in days.items()
        if first_weekday("en", country) not in found and country != "MV"  # Friday: no calendar here begins so
    }
    assert wrong == {}
    assert len(days) > 200


@pytest.mark.parametrize(
    ("language", "country", "sign", "first"),
    [
        ("en", "", ".", 6),
        ("en", "ZA", ".", 6),
        ("en", "GB", ".", 0),
        ("es", "", ",", 0),
        ("es", "MX", ".", 6),
        ("es", "US", ".", 6),
        ("es", "AR", ",", 0),
        ("fr", "", ",", 0),
        ("fr", "CA", ",", 6),
        ("fr", "US", ",", 6),
    ],
)
def test_where_they_differ(language: str, country: str, sign: str, first: int) -> None:
    assert decimal_sign(language, country) == sign
    assert first_weekday(language, country) == first


def test_a_clinic_writes_as_its_country_or_as_its_telephone_s() -> None:
    assert country_of("MX", "+33 1 44 00 00 00") == "MX"
    assert country_of("", "+33 1 44 00 00 00") == "FR"
    assert country_of("", "") == ""
