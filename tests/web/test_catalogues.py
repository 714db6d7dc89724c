"""The catalogues of words: every text translated, none left over, the same values and marks, compiled as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.template import engines
from django.utils import translation
from django.utils.dates import MONTHS_3, WEEKDAYS_ABBR
from django.utils.translation import gettext, ngettext

from tests import catalogues
from tests.catalogues import ALL, LANGUAGES, PATIENTS, PLURALS, Words

EACH = [(words, language) for words in ALL for language in LANGUAGES]
_VALUES = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|%[sd]\b")
_TAGS = re.compile(r"</?[a-z][^>]*>")
_BEGINS_WITH_A_MARK = re.compile(r" [?!:;»]|« ")


def _forms(words: Words, language: str) -> Iterator[tuple[str, str]]:
    for message in words.read(language):
        if message.id:
            yield from catalogues.said_of(message)


@pytest.mark.parametrize(("words", "language"), EACH, ids=lambda each: getattr(each, "name", each))
def test_every_text_is_translated_and_none_is_left_over(words: Words, language: str) -> None:
    catalogue = words.read(language)
    wanted = words.wanted()
    found = {catalogues.key_of(message): message for message in catalogue if message.id}
    assert found.keys() == wanted.keys(), "run `make fix` and translate what is new"
    assert {
        key for key, message in found.items() if message.pluralizable != bool(wanted[key].plural)
    } == set()
    assert [said for said, meant in _forms(words, language) if not meant.strip()] == []
    assert [str(message.id) for message in catalogue if message.fuzzy] == []


def test_a_template_asks_for_a_text_that_the_catalogue_has() -> None:
    """Django asks for a percent sign twice written, so the catalogue must have it so."""
    page = engines["django"].from_string(
        "{% load i18n %}{% translate 'Held for you for another %time%.' %}"
        "{% blocktranslate %}Held for you for another %time%.{% endblocktranslate %}"
    )
    with translation.override("es"):
        assert page.render() == "Reservada temporalmente para usted durante %time% más." * 2


@pytest.mark.parametrize(("words", "language"), EACH, ids=lambda each: getattr(each, "name", each))
def test_a_translation_has_the_same_values_tags_and_edges(words: Words, language: str) -> None:
    wrong = []
    for message in words.read(language):
        forms = catalogues.said_of(message) if message.id else []
        every = {value for said, _ in forms for value in _VALUES.findall(said)}
        for said, meant in forms:
            may_leave_out_the_number = len(forms) > 1 and set(_VALUES.findall(meant)) <= every
            if (
                sorted(_VALUES.findall(said)) != sorted(_VALUES.findall(meant))
                and not may_leave_out_the_number
            ):
                wrong.append((said, meant))
            if sorted(_TAGS.findall(said)) != sorted(_TAGS.findall(meant)):
                wrong.append((said, meant))
            if said[0].isspace() != meant[0].isspace() or said[-1].isspace() != meant[-1].isspace():
                wrong.append((said, meant))
    assert wrong == []


@pytest.mark.parametrize(("words", "language"), EACH, ids=lambda each: getattr(each, "name", each))
def test_the_compiled_catalogue_is_that_of_the_words(words: Words, language: str) -> None:
    compiled = words.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogues.as_mo(words.read(language)), "run `make fix`"
    assert f'"Plural-Forms: {PLURALS[language]}\\n"' in words.po_path(language).read_text()


@pytest.mark.parametrize("words", ALL, ids=lambda each: each.name)
def test_no_french_line_begins_with_a_mark(words: Words) -> None:
    said = [meant for _, meant in _forms(words, "fr")]
    assert [text for text in said if _BEGINS_WITH_A_MARK.search(text)] == []


def test_spanish_questions_are_opened() -> None:
    said = [meant for words in ALL for _, meant in _forms(words, "es")]
    assert [text for text in said if text.count("?") != text.count("¿")] == []
    assert [text for text in said if text.replace("(!)", "").count("!") != text.count("¡")] == []


def test_no_text_for_patients_names_a_device_a_drug_or_an_illness() -> None:
    said = [text for _, text in PATIENTS.wanted()]
    said += [meant for language in LANGUAGES for _, meant in _forms(PATIENTS, language)]
    words = re.compile(r"pump|bomba|pompe|refill|recarga|remplissage|baclof|morphin|spastic|pain\b", re.I)
    assert [text for text in said if words.search(text)] == []


@pytest.mark.parametrize(
    ("language", "none", "one", "several"),
    [("es", "0 días", "1 día", "2 días"), ("fr", "0 jour", "1 jour", "2 jours")],
)
def test_a_number_takes_the_form_of_its_language(language: str, none: str, one: str, several: str) -> None:
    with translation.override(language):
        said = [ngettext("%(number)d day", "%(number)d days", each) % {"number": each} for each in (0, 1, 2)]
    assert said == [none, one, several]


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_no_two_months_or_weekdays_are_shortened_alike(language: str) -> None:
    with translation.override(language):
        assert len({str(month) for month in MONTHS_3.values()}) == 12
        assert len({str(day) for day in WEEKDAYS_ABBR.values()}) == 7


def test_django_s_own_words_are_still_found() -> None:
    with translation.override("fr"):
        assert gettext("This field is required.") == "Ce champ est obligatoire."
        assert ngettext("%(num)d day", "%(num)d days", 2) % {"num": 2} in ("2 jours", "2\xa0jours")
