"""Public holidays by place: observed days, regions, names in the clinic's language, refusals."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.domain.checks import RecordError
from clinic.domain.public_holidays import (
    check_holiday_place,
    country_names,
    public_holidays,
    regions_by_country,
)

KNOWN = [
    ("US", "", "en", date(2027, 7, 5), "Independence Day (observed)"),
    ("US", "IL", "en", date(2027, 3, 1), "Casimir Pulaski Day"),
    ("DE", "BY", "en", date(2027, 1, 6), "Epiphany"),
    ("DE", "BY", "de", date(2027, 1, 6), "Heilige Drei Könige"),
    ("ES", "MD", "es", date(2027, 12, 25), "Natividad del Señor"),
    ("US", "", "de", date(2027, 12, 25), "Christmas Day"),  # no German names: English ones
]


@pytest.mark.parametrize(("country", "region", "language", "day", "name"), KNOWN)
def test_a_holiday_is_known_by_its_place_and_named_in_the_language(
    country: str, region: str, language: str, day: date, name: str
) -> None:
    assert public_holidays(country=country, region=region, years=[2027], language=language)[day] == name


def test_a_region_has_holidays_that_its_country_has_not() -> None:
    country = public_holidays(country="DE", region="", years=[2027], language="de")
    region = public_holidays(country="DE", region="BY", years=[2027], language="de")

    assert date(2027, 1, 6) not in country
    assert set(country) < set(region)


def test_no_country_has_no_holidays() -> None:
    assert public_holidays(country="", region="", years=[2027], language="en") == {}


@pytest.mark.parametrize(
    ("country", "region", "field"),
    [("ZZ", "", "holiday_country"), ("us", "", "holiday_country"), ("US", "BY", "holiday_region"), ("", "IL", "holiday_region")],
)  # fmt: skip
def test_a_place_that_is_not_known_is_refused_by_its_field(country: str, region: str, field: str) -> None:
    with pytest.raises(RecordError) as refused:
        check_holiday_place(country=country, region=region)

    assert refused.value.field == field


def test_every_country_has_a_name_and_a_year_of_holidays_that_fits_its_column() -> None:
    assert set(country_names()) == set(regions_by_country())
    assert country_names()["US"] == "United States"
    for country in regions_by_country():
        found = public_holidays(country=country, region="", years=[2027], language="en")
        assert all(1 <= len(name) <= 120 and day.year == 2027 for day, name in found.items())
