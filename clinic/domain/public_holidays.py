"""Public holidays of countries and regions, from the ``holidays`` package: worked out, never looked up elsewhere.

Countries are ISO 3166-1 codes of two letters, regions the codes of ISO 3166-2 that the package knows.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import cache

import holidays
from holidays.registry import COUNTRIES

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop

LONGEST_REGION = 10
LONGEST_NAME = 120


def public_holidays(*, country: str, region: str, years: Iterable[int], language: str) -> dict[date, str]:
    """The public holidays of these years with their names, days on which they are observed instead included.

    Names are in ``language`` where the package has them, else in English, else in the country's own language.
    No country has none. Raises RecordError for a country or region that is not known.
    """
    check_holiday_place(country=country, region=region)
    if not country:
        return {}
    found = holidays.country_holidays(
        country, subdiv=region or None, years=sorted(years), language=_language(country, language)
    )
    return {day: _short(name) for day, name in sorted(found.items())}


def check_holiday_place(*, country: str, region: str) -> None:
    """Refuse a country that is not known, and a region that is not one of the country's."""
    if not country:
        if region:
            raise RecordError("holiday_region", gettext_noop("a region needs its country"))
        return
    if country not in regions_by_country():
        raise RecordError(
            "holiday_country", gettext_noop("the holidays of %(country)s are not known"), country=country
        )
    if region and region not in regions_by_country()[country]:
        raise RecordError(
            "holiday_region",
            gettext_noop("%(region)s is not a region of %(country)s"),
            region=region,
            country=country,
        )


@cache
def regions_by_country() -> dict[str, tuple[str, ...]]:
    """Every known country with its known regions."""
    known = holidays.list_supported_countries(include_aliases=False)
    return {
        country: tuple(region for region in regions if len(region) <= LONGEST_REGION)
        for country, regions in sorted(known.items())
    }


@cache
def country_names() -> dict[str, str]:
    """The known countries' English names by code, in the order of the names."""
    named = {
        codes[1]: " ".join(word if word in {"and", "of", "the"} else word.title() for word in key.split("_"))
        for key, codes in COUNTRIES.items()
    }
    return {
        code: name
        for code, name in sorted(named.items(), key=lambda each: each[1])
        if code in regions_by_country()
    }


@cache
def _language(country: str, wanted: str) -> str | None:
    known = holidays.list_localized_countries(include_aliases=False).get(country, [])
    for language in (wanted, "en"):
        fitting = [each for each in known if each == language or each.startswith(f"{language}_")]
        if fitting:
            return fitting[0]
    return None


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
