"""The shipped words: whole, in their alphabet, short enough whatever the names, and right in every language."""

import re
from collections.abc import Callable
from datetime import date, datetime
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.kinds import ChannelName
from notifications.domain.words.gsm import ONE_TEXT, is_gsm, length, segments
from notifications.domain.words.labels import on_one_line
from notifications.domain.words.moments import Manner, clock, weekday_date
from notifications.domain.words.purposes import (
    LANGUAGES,
    REQUIRED,
    Occasion,
    Placeholder,
    Purpose,
    channels_of,
)
from notifications.domain.words.shipped import shipped
from notifications.domain.words.writing import Values, fill, write_text

EVERY = [
    (purpose, channel, language)
    for purpose, language in product(Purpose, LANGUAGES)
    for channel in channels_of(purpose)
]
CHICAGO, BUENOS_AIRES = ZoneInfo("America/Chicago"), ZoneInfo("America/Argentina/Buenos_Aires")
LONGEST = {
    Placeholder.FIRST_NAME: "Maximiliana-Ernestina Konstantina Wilhel",
    Placeholder.CLINIC_NAME: "St. Mary's Hospital Center for Rehabilitation and Spasticity",
    Placeholder.CLINIC_PHONE: "+1 (312) 555-0100",
    Placeholder.PLACE: "Building C, second floor, to the left of the lifts",
    Placeholder.LINK: "https://refillwise.stmarys-hospital.example/l/0123456789abcdefghijkl",
}
LONGEST_DAY = date(2026, 9, 30)


ASKS_AHEAD = {Purpose.VISIT, Purpose.VISIT_CONFIRM, Purpose.DIGEST}
"""What a rule sends, at most 120 days before: its date never names a year."""
TEXTS = [
    (purpose, language, other_zone, is_far)
    for purpose, language, other_zone, is_far in product(Purpose, LANGUAGES, (False, True), (False, True))
    if not (is_far and purpose in ASKS_AHEAD) and ChannelName.SMS in channels_of(purpose)
]


def longest_values(language: str, *, other_zone: bool, is_far: bool) -> Callable[[bool], Values]:
    today = date(2026, 1, 1) if is_far else date(2026, 9, 1)
    moment = datetime(2026, 9, 30, 12, 30, tzinfo=BUENOS_AIRES if other_zone else CHICAGO)

    def values(is_short: bool) -> Values:
        manner = Manner(language, "US", is_short)
        day = weekday_date(LONGEST_DAY, manner, today=today)
        hour = clock(moment, manner, reader_zone=CHICAGO)
        items = on_one_line([f"{day} {hour}"] * 3, is_short=is_short)
        return LONGEST | {Placeholder.WEEKDAY_DATE: day, Placeholder.TIME: hour, Placeholder.ITEMS: items}

    return values


def test_the_longest_values_are_as_long_as_the_promise_says() -> None:
    sizes = {key.value: len(value) for key, value in LONGEST.items()}
    assert sizes == {"first_name": 40, "clinic_name": 60, "clinic_phone": 17, "place": 50, "link": 68}


@pytest.mark.parametrize(("purpose", "channel", "language"), EVERY)
def test_words_are_there_with_a_subject_for_e_mails_alone(
    purpose: Purpose, channel: ChannelName, language: str
) -> None:
    words = shipped(Occasion(purpose, channel, language))
    assert words.body.strip()
    assert bool(words.subject) is (channel is ChannelName.EMAIL)


@pytest.mark.parametrize(("purpose", "language", "other_zone", "is_far"), TEXTS)
def test_a_text_stays_one_text_for_the_longest_values(
    purpose: Purpose, language: str, other_zone: bool, is_far: bool
) -> None:
    words = shipped(Occasion(purpose, ChannelName.SMS, language)).body
    text = write_text(words, values=longest_values(language, other_zone=other_zone, is_far=is_far))
    assert is_gsm(text)
    assert length(text) <= ONE_TEXT, text
    assert segments(text) == 1
    assert Placeholder.LINK.mark not in words or LONGEST[Placeholder.LINK] in text
    assert Placeholder.CLINIC_PHONE.mark not in words or "+13125550100" in re.sub("[ ()-]", "", text)
    assert Placeholder.CLINIC_NAME.mark not in words or text.startswith("St.")
    if Placeholder.TIME.mark in words:
        assert any(hour in text for hour in ("12:30 pm", "12:30", "12h30", "12 h 30"))
        assert "30" in text
    assert ("STOP" in words) is ("STOP" in text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("purpose", [each for each in Purpose if ChannelName.SMS in channels_of(each)])
def test_shipped_texts_are_written_in_the_networks_own_alphabet(purpose: Purpose, language: str) -> None:
    assert is_gsm(shipped(Occasion(purpose, ChannelName.SMS, language)).body)


@pytest.mark.parametrize(("purpose", "channel", "language"), EVERY)
def test_words_read_well_without_what_may_be_missing(
    purpose: Purpose, channel: ChannelName, language: str
) -> None:
    words = shipped(Occasion(purpose, channel, language))
    said = fill(words.body, {**dict.fromkeys(REQUIRED[purpose], "Zz"), Placeholder.CLINIC_PHONE: ""})
    for rest in ("{", "[", "]", " ,", " .", "\n\n\n", "  ", "()", ",,", "..\n"):
        assert rest not in said
