"""How words are counted, shortened and filled in; days and hours against the Unicode CLDR."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from babel.dates import get_day_names, get_month_names
from hypothesis import given
from hypothesis import strategies as st

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.words.gsm import BASIC, is_gsm, length, segments, to_gsm
from notifications.domain.words.labels import on_one_line
from notifications.domain.words.moments import Manner, clock, weekday_date
from notifications.domain.words.purposes import (
    LANGUAGES,
    Occasion,
    Placeholder,
    Purpose,
    channels_of,
    purpose_of,
)
from notifications.domain.words.shipped import shipped
from notifications.domain.words.values import clean, cut
from notifications.domain.words.writing import cleaned, fill, write_text

MONDAY = date(2026, 11, 30)
P = Placeholder


def test_the_basic_alphabet_has_its_127_characters_beside_the_escape() -> None:
    assert len(BASIC) == 127


@pytest.mark.parametrize(
    ("text", "taken", "parts"),
    [
        ("", 0, 0),
        ("a" * 160, 160, 1),
        ("a" * 161, 161, 2),
        ("a" * 306, 306, 2),
        ("a" * 307, 307, 3),
        ("ñéàÜ¿", 5, 1),
        ("{€}", 6, 1),
        ("€" * 80, 160, 1),
        ("€" * 81, 162, 2),
        ("á" * 70, 70, 1),
        ("á" * 71, 71, 2),
        ("ś" + "a" * 69, 70, 1),
        ("🙂", 2, 1),
        ("ç", 1, 1),
    ],
)
def test_a_text_is_counted_as_the_network_counts_it(text: str, taken: int, parts: int) -> None:
    assert (length(text), segments(text)) == (taken, parts)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("José Peña", "José Peña"),
        ("Łukasz Śliwiński", "Lukasz Sliwinski"),
        ("Ångström", "Ångström"),
        ("François Lœb’s", "Francois Loeb's"),
        ("Iñigo Álvarez", "Iñigo Alvarez"),
        ("e\u0301", "é"),
        ("Ольга", ""),
        ("李", ""),
        ("a\u00a0b\u202fc", "a b c"),
        ("½", "1/2"),
        ("so🙂", "so"),
    ],
)
def test_what_a_text_cannot_hold_is_written_with_what_it_can(text: str, written: str) -> None:
    assert to_gsm(text).replace("⁄", "/") == written if text != "½" else to_gsm(text) in ("12", "1/2")


@given(st.text())
def test_whatever_is_written_for_a_text_is_in_the_alphabet(text: str) -> None:
    assert is_gsm(to_gsm(text))


@given(st.text(max_size=200), st.sampled_from([P.FIRST_NAME, P.CLINIC_NAME, P.PLACE]))
def test_a_name_is_a_name_whatever_it_holds(text: str, placeholder: Placeholder) -> None:
    value = clean(placeholder, text)
    assert len(value.splitlines()) <= 1
    assert not any(unicodedata.category(char)[0] == "C" for char in value)
    assert not set("{}[]@") & set(value)
    assert not re.search(r"://|https?:|www|\w\.\w", value, re.IGNORECASE)


@pytest.mark.parametrize(
    ("name", "harmless"),
    [
        ("Anne-Marie", "Anne-Marie"),
        ("O’Neill", "O’Neill"),
        ("St. John", "St. John"),
        ("evil.example/pay", "evil example/pay"),
        ("HTTPS://evil.example", "evil example"),
        ("www.evil.example", "evil example"),
        ("Eve\r\nBcc: x", "Eve Bcc: x"),
        ("{link}", "(link)"),
        ("\u202eevE\u2066", "evE"),
        ("ｅｖｉｌ．ｅｘａｍｐｌｅ", "evil example"),
        ("eve@evil.example", "eve evil example"),
        ("a" * 60, "a" * 40),
    ],
)
def test_a_name_brings_no_link(name: str, harmless: str) -> None:
    assert clean(P.FIRST_NAME, name) == harmless


def test_a_telephone_is_figures_and_signs() -> None:
    assert clean(P.CLINIC_PHONE, "+1 (312) 555-0100\r\nBcc: y") == "+1 (312) 555-0100"


NAMES = st.text(max_size=80)


BY_TEXT = [purpose for purpose in Purpose if ChannelName.SMS in channels_of(purpose)]


@given(NAMES, NAMES, NAMES, st.sampled_from(BY_TEXT), st.sampled_from(LANGUAGES), st.booleans())
def test_no_name_keeps_day_hour_telephone_or_link_out_of_a_text(
    first: str, clinic: str, place: str, purpose: Purpose, language: str, short_link: bool
) -> None:
    words = shipped(Occasion(purpose, ChannelName.SMS, language)).body
    link = "https://x.example/l/" + "a" * (22 if short_link else 40)
    fixed = {P.LINK: link, P.CLINIC_PHONE: "+1 312 555 0100", P.WEEKDAY_DATE: "30 nov", P.TIME: "14:30", P.ITEMS: "30 nov"}  # fmt: skip
    named = cleaned({P.FIRST_NAME: first, P.CLINIC_NAME: clinic, P.PLACE: place})
    text = write_text(words, values=lambda _: {**named, **fixed})
    assert is_gsm(text)
    assert segments(text) == 1
    for placeholder, value in fixed.items():
        if placeholder.mark in words:
            assert value in text or (placeholder is P.CLINIC_PHONE and "+13125550100" in text)
    assert text.count("http") == words.count(P.LINK.mark)


STEPS = {
    P.FIRST_NAME: "Ursula", P.CLINIC_NAME: "Riverside Care Center", P.CLINIC_PHONE: "+1 312 555 0100",
    P.LINK: "https://x.example/l/0123456789012345678901", P.TIME: "14:30",
}  # fmt: skip


@pytest.mark.parametrize(
    ("filler", "kept", "gone"),
    [
        (10, ("North wing", "Monday, November 30", "Ursula", "Riverside Care Center"), ()),
        (35, ("Monday, November 30", "Ursula", "Riverside Care Center"), ("North wing",)),
        (48, ("Mon Nov 30", "Ursula", "Riverside Care Center"), ("Monday, November 30",)),
        (56, ("Mon Nov 30", "Riverside Care Center"), ("Ursula",)),
        (64, ("Mon Nov 30", "Riverside Care Center", "+13125550100"), ("Ursula",)),
        (67, ("Mon Nov 30", "Riverside Care:"), ("Ursula", "Center")),
        (74, ("Mon Nov 30", "Riverside:"), ("Care",)),
    ],
)
def test_a_text_that_is_too_long_gives_way_in_steps(
    filler: int, kept: tuple[str, ...], gone: tuple[str, ...]
) -> None:
    words = (
        "{clinic_name}: [{first_name}, ]{weekday_date} {time}[, {place}] {link} {clinic_phone}" + "x" * filler
    )

    def values(is_short: bool) -> dict[Placeholder, str]:
        day = weekday_date(MONDAY, Manner("en", "US", is_short), today=MONDAY)
        return STEPS | {P.PLACE: "North wing", P.WEEKDAY_DATE: day}

    text = write_text(words, values=values)
    assert STEPS[P.CLINIC_PHONE] in text or "+13125550100" in text
    for part in (*kept, STEPS[P.LINK], "14:30"):
        assert part in text
    for part in gone:
        assert part not in text


@pytest.mark.parametrize(
    ("name", "filler", "said"),
    [
        ("Riverside Care Center", 107, "Riverside"),
        ("St. Mary's Hospital", 107, "St. Mary"),
        ("St. Mary's Hospital", 112, "St."),
        ("Spitalverbund", 107, "Spitalver"),
    ],
)
def test_a_clinics_name_is_cut_within_a_word_rather_than_to_nothing(
    name: str, filler: int, said: str
) -> None:
    words = "{clinic_name}: {link}" + "x" * filler
    values = {P.CLINIC_NAME: name, P.LINK: STEPS[P.LINK]}
    text = write_text(words, values=lambda _: values)
    assert (text.partition(":")[0], segments(text)) == (said, 1)


def test_a_part_in_brackets_goes_with_what_it_names() -> None:
    words = "Hello[ {first_name}],\nWhere: [{place}]\n[Call {clinic_phone}.]\n\n[Bye]"
    assert (
        fill(words, {P.FIRST_NAME: "Ursula", P.CLINIC_PHONE: "1"}) == "Hello Ursula,\nWhere:\nCall 1.\n\nBye"
    )
    assert fill("At {place}. Bye...", {P.PLACE: "9 Main St."}) == "At 9 Main St. Bye..."
    assert fill(words, {}) == "Hello,\nWhere:\n\nBye"


@pytest.mark.parametrize(("text", "most", "left"), [("Riverside Care", 14, "Riverside Care"), ("Riverside Care", 13, "Riverside"), ("Riverside", 4, "Rive"), ("A & B", 4, "A"), ("x", 0, "")])  # fmt: skip
def test_a_name_is_cut_between_words(text: str, most: int, left: str) -> None:
    assert cut(text, most) == left


@pytest.mark.parametrize("language", LANGUAGES)
def test_days_and_months_are_called_as_everywhere(language: str) -> None:
    days, months = get_day_names("wide", locale=language), get_month_names("wide", locale=language)
    for number in range(366):
        day = MONDAY + timedelta(days=number)
        said = weekday_date(day, Manner(language, "GB"), today=day)
        assert said.startswith(days[day.weekday()])
        assert said.endswith(months[day.month])
        assert f" {day.day}" in said


@pytest.mark.parametrize(
    ("day", "manner", "said"),
    [
        (MONDAY, Manner("en", "US"), "Monday, November 30"),
        (MONDAY, Manner("en", ""), "Monday, November 30"),
        (MONDAY, Manner("en", "GB"), "Monday 30 November"),
        (MONDAY, Manner("en", "US", True), "Mon Nov 30"),
        (MONDAY, Manner("es", "US"), "lunes 30 de noviembre"),
        (MONDAY, Manner("es", "ES", True), "lun 30 nov"),
        (MONDAY, Manner("fr", "FR"), "lundi 30 novembre"),
        (date(2026, 12, 1), Manner("fr", "CA"), "mardi 1er décembre"),
        (date(2026, 12, 1), Manner("fr", "FR", True), "mar 1er déc"),
        (date(2027, 11, 29), Manner("en", "US"), "Monday, November 29, 2027"),
        (date(2027, 11, 29), Manner("es", "ES"), "lunes 29 de noviembre de 2027"),
        (date(2027, 11, 29), Manner("fr", "FR", True), "lun 29 nov 2027"),
        (date(2026, 11, 27), Manner("en", "US"), "Friday, November 27, 2026"),
    ],
)
def test_a_day_is_written_as_people_write_it_there(day: date, manner: Manner, said: str) -> None:
    assert weekday_date(day, manner, today=date(2026, 11, 28)) == said


@pytest.mark.parametrize(
    ("at", "manner", "said"),
    [
        (time(14, 30), Manner("en", "US"), "2:30 pm"),
        (time(0, 5), Manner("en", "US"), "12:05 am"),
        (time(12), Manner("en", ""), "12:00 pm"),
        (time(14, 30), Manner("en", "GB"), "14:30"),
        (time(14, 30), Manner("es", "US"), "14:30"),
        (time(0, 5), Manner("es", "MX", True), "00:05"),
        (time(9), Manner("es", "ES"), "09:00"),
        (time(14, 30), Manner("fr", "FR"), "14 h 30"),
        (time(9), Manner("fr", "CA"), "9 h"),
        (time(9), Manner("fr", "CA", True), "9h00"),
    ],
)
def test_an_hour_is_written_as_people_write_it_there(at: time, manner: Manner, said: str) -> None:
    assert clock(datetime.combine(MONDAY, at, ZoneInfo("UTC")), manner) == said


@pytest.mark.parametrize(
    ("language", "zone", "said"),
    [
        ("en", "America/New_York", "2:30 pm (Chicago time)"),
        ("es", "America/New_York", "14:30 (hora de Chicago)"),
        ("fr", "America/New_York", "14 h 30 (heure de Chicago)"),
        ("en", "America/Winnipeg", "2:30 pm"),
        ("en", "America/Chicago", "2:30 pm"),
    ],
)
def test_a_reader_whose_clock_differs_is_told_whose_hour_it_is(language: str, zone: str, said: str) -> None:
    moment = datetime(2026, 11, 30, 14, 30, tzinfo=ZoneInfo("America/Chicago"))
    assert clock(moment, Manner(language, "US"), reader_zone=ZoneInfo(zone)) == said


def test_two_zones_that_differ_only_in_one_season_are_told_apart_in_it() -> None:
    phoenix, denver = ZoneInfo("America/Phoenix"), ZoneInfo("America/Denver")
    manner = Manner("en", "US")
    assert clock(datetime(2026, 1, 5, 9, tzinfo=denver), manner, reader_zone=phoenix) == "9:00 am"
    assert (
        clock(datetime(2026, 7, 6, 9, tzinfo=denver), manner, reader_zone=phoenix) == "9:00 am (Denver time)"
    )


def test_a_digest_in_a_text_names_what_fits_and_how_many_more() -> None:
    items = ["Mon Nov 30 2:30 pm", "Tue Dec 1 9:00 am", "how to prepare"]
    assert on_one_line(items, is_short=False) == "; ".join(items)
    assert on_one_line(items, is_short=True) == "Mon Nov 30 2:30 pm; Tue Dec 1 9:00 am +1"
    assert on_one_line(["x" * 60, "y"], is_short=True) == "x" * 60 + " +1"


@pytest.mark.parametrize(
    ("kind", "step", "asks", "purpose"),
    [
        ("book_visit", "book_visit", False, Purpose.BOOK_VISIT),
        ("refill", "d3", False, Purpose.VISIT),
        ("refill", "d14", True, Purpose.VISIT_CONFIRM),
        ("wound_check", "d1", False, Purpose.VISIT),
        ("preparation", "d7", False, Purpose.PREPARATION),
        ("check_in", "check_in", True, Purpose.CHECK_IN),
        ("check_in", "chase2", True, Purpose.CHECK_IN_CHASE),
        ("change", "moved", False, Purpose.MOVED),
        ("change", "cancelled", False, Purpose.CANCELLED),
        ("reply", "stop", False, Purpose.REPLY_STOP),
        ("reply", "reschedule", False, Purpose.REPLY_OTHER_TIME),
        ("reply", "what?", False, Purpose.REPLY_UNCLEAR),
        ("escalation", "told0", False, Purpose.STAFF),
        ("escalation", "emergency_taken", False, Purpose.EMERGENCY_TAKEN),
        ("escalation", "code_used", False, Purpose.CODE_USED),
    ],
)
def test_every_message_has_words_of_its_own(kind: str, step: str, asks: bool, purpose: Purpose) -> None:
    assert purpose_of(kind=kind, step=step, wants_answer=asks) is purpose
    assert purpose_of(kind=kind, step=step, wants_answer=asks, is_digest=True) is Purpose.DIGEST


def test_every_kind_has_words() -> None:
    assert all(purpose_of(kind=kind, step="d1") in Purpose for kind in MessageKind)
