"""Addresses that lists ask for hundreds of times are those that the patterns give, and days are said as one reads."""

from __future__ import annotations

from datetime import date
from uuid import uuid4

from django.test import override_settings
from django.urls import get_resolver, reverse
from django.utils.translation import override

from clinic.writing import dated
from web.navigation import clinic_address


def test_every_kept_address_is_the_one_that_the_patterns_give() -> None:
    _, nurse = get_resolver().namespace_dict["nurse"]
    compared = 0
    for name in filter(lambda key: isinstance(key, str), nurse.reverse_dict):
        for possibilities, _, _, converters in nurse.reverse_dict.getlist(name):
            for _, keys in possibilities:
                refs = {key: uuid4() for key in keys if key != "clinic_slug"}
                if any(type(converters[key]).__name__ != "UUIDConverter" for key in refs):
                    continue
                for slug in ("north", "south-1"):
                    there = reverse(f"nurse:{name}", kwargs={"clinic_slug": slug, **refs})
                    assert clinic_address(name, slug, **refs) == there
                    compared += bool(refs)
    assert compared > 50


def test_an_address_is_not_kept_for_other_patterns() -> None:
    before = clinic_address("worklist", "north")
    with override_settings(FORCE_SCRIPT_NAME="/under", ROOT_URLCONF="bench.feed_urls"):
        assert clinic_address("worklist", "north") == reverse(
            "nurse:worklist", kwargs={"clinic_slug": "north"}
        )
    assert clinic_address("worklist", "north") == before


def test_a_day_is_said_in_the_language_of_the_moment() -> None:
    day = date(2026, 1, 5)
    said = []
    for language in ("en", "es", "fr", "en"):
        with override(language):
            said.append(dated(day, "j M Y"))
    assert said == ["5 Jan 2026", "5 ene 2026", "5 jan 2026", "5 Jan 2026"]
