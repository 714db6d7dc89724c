"""What a clinic's own words may not say, and what the shipped ones never do."""

from itertools import product

import pytest

from clinic.domain.seed import SEED
from notifications.domain.kinds import ChannelName
from notifications.domain.words.checks import Fault, check, tidy
from notifications.domain.words.forbidden import forbidden_in, names_of_catalogue
from notifications.domain.words.labels import button, item
from notifications.domain.words.purposes import LANGUAGES, Occasion, Purpose, channels_of
from notifications.domain.words.shipped import shipped
from notifications.domain.words.writing import Words

NAMES = names_of_catalogue(
    [
        *(drug.name for drug in SEED.drugs.values()),
        *(f"{model.manufacturer} {model.name}" for model in SEED.pump_models.values()),
        "Fictitiocaine 40 mg",
    ]
)
EMAIL, SMS = ChannelName.EMAIL, ChannelName.SMS
GOOD = Words(
    "Hello[ {first_name}], see you at {clinic_name} on {weekday_date}, {time}. [Tel {clinic_phone}]",
    "{clinic_name}: your visit",
)


def faults(body: str, *, subject: str = GOOD.subject, purpose: Purpose = Purpose.VISIT, channel: ChannelName = EMAIL) -> list[tuple[Fault, str]]:  # fmt: skip
    problems = check(Words(body, subject), purpose=purpose, channel=channel, names=NAMES)
    return [(problem.fault, problem.found) for problem in problems]


EVERY = [
    (purpose, channel, language)
    for purpose, language in product(Purpose, LANGUAGES)
    for channel in channels_of(purpose)
]


@pytest.mark.parametrize(("purpose", "channel", "language"), EVERY)
def test_the_shipped_words_pass_the_check(purpose: Purpose, channel: ChannelName, language: str) -> None:
    words = shipped(Occasion(purpose, channel, language))
    assert check(words, purpose=purpose, channel=channel, names=NAMES) == []
    assert tidy(words).subject == words.subject
    for label in [button(purpose, language), *(item(kind, language) for kind in ("book_visit", "preparation", "check_in"))]:  # fmt: skip
        assert forbidden_in(label, names=NAMES) == []


def test_good_words_pass() -> None:
    assert faults(GOOD.body) == []


@pytest.mark.parametrize(
    ("more", "fault", "found"),
    [
        ("Your Baclofen visit", Fault.FORBIDDEN_DRUG, "baclofen"),
        ("Su baclofeno", Fault.FORBIDDEN_DRUG, "baclofeno"),
        ("votre BACLOFÈNE", Fault.FORBIDDEN_DRUG, "baclofene"),
        ("Prialt", Fault.FORBIDDEN_DRUG, "prialt"),
        ("fictitiocaine", Fault.FORBIDDEN_DRUG, "fictitiocaine"),
        ("your médicaments", Fault.FORBIDDEN_DRUG, "medicaments"),
        ("300mcg", Fault.FORBIDDEN_DOSE, "mcg"),
        ("300 µg", Fault.FORBIDDEN_DOSE, "μg"),
        ("2,5 mL", Fault.FORBIDDEN_DOSE, "ml"),
        ("la dosis", Fault.FORBIDDEN_DOSE, "dosis"),
        ("your re-fill", Fault.FORBIDDEN_DEVICE, "refill"),
        ("your pu\u00admp", Fault.FORBIDDEN_DEVICE, "pump"),
        ("SynchroMed", Fault.FORBIDDEN_DEVICE, "synchromed"),
        ("su bomba", Fault.FORBIDDEN_DEVICE, "bomba"),
        ("le réservoir", Fault.FORBIDDEN_DEVICE, "reservoir"),
        ("la douleur", Fault.FORBIDDEN_DIAGNOSIS, "douleur"),
        ("su espasticidad", Fault.FORBIDDEN_DIAGNOSIS, "espasticidad"),
        ("cancer", Fault.FORBIDDEN_DIAGNOSIS, "cancer"),
        ("after your surgery", Fault.FORBIDDEN_DIAGNOSIS, "surgery"),
        ("see http://example.org/x", Fault.FOREIGN_LINK, "http://example.org/x"),
        ("see example.org", Fault.FOREIGN_LINK, "example.org"),
        ("write to us@example.org", Fault.FOREIGN_LINK, "us@example.org"),
        ("{last_name}", Fault.UNKNOWN_PLACEHOLDER, "{last_name}"),
        ("{drug}", Fault.UNKNOWN_PLACEHOLDER, "{drug}"),
        ("{first_name.__class__}", Fault.UNKNOWN_PLACEHOLDER, "{first_name.__class__}"),
        ("{items}", Fault.NOT_OFFERED, "{items}"),
        ("{first_name", Fault.STRAY_BRACE, ""),
        ("{{ patient }}", Fault.STRAY_BRACE, ""),
        ("[at {place}", Fault.STRAY_BRACKET, ""),
        ("[[at] {place}]", Fault.STRAY_BRACKET, ""),
    ],
)
def test_words_are_refused_for(more: str, fault: Fault, found: str) -> None:
    assert (fault, found) in faults(f"{GOOD.body} {more}")
    assert faults(GOOD.body) == []


@pytest.mark.parametrize(
    "more",
    [
        "We are painters and pumpkins.",
        "Bring your medical card.",
        "Park on level 2, 300 m away.",
        "Deposit",
        "See you in September. Bring a friend.",
        "Call at 9 a.m. or 5 p.m.",
    ],
)
def test_everyday_words_are_none_of_these(more: str) -> None:
    assert faults(f"{GOOD.body} {more}") == []


def test_what_must_be_named_is_asked_for() -> None:
    assert faults("See you on {weekday_date}") == [
        (Fault.MISSING_PLACEHOLDER, "{clinic_name}"),
        (Fault.MISSING_PLACEHOLDER, "{clinic_phone}"),
        (Fault.MISSING_PLACEHOLDER, "{time}"),
    ]
    assert faults("  ") == [(Fault.EMPTY, "")]


def test_what_must_be_named_may_not_vanish_with_something_else() -> None:
    body = "{clinic_name}: {weekday_date} [at {time} in {place}]. {clinic_phone}"
    assert faults(body) == [(Fault.MAY_VANISH, "{time}")]
    assert faults(body + " {time}") == []


def test_a_text_that_may_come_first_says_how_to_end_texts() -> None:
    body = "{clinic_name}: {weekday_date}, {time}. [{clinic_phone}]"
    assert faults(body, subject="", channel=SMS) == [(Fault.NO_STOP_WORD, "STOP")]
    assert faults(body + "[ {place} STOP]", subject="", channel=SMS) == [(Fault.NO_STOP_WORD, "STOP")]
    assert faults(body + " STOP to end", subject="", channel=SMS) == []
    assert faults(body, subject="", channel=SMS, purpose=Purpose.MOVED) == []


@pytest.mark.parametrize(
    ("subject", "channel", "fault"),
    [
        ("Your visit\nBcc: x", EMAIL, Fault.LINE_IN_SUBJECT),
        ("Your visit\r\nBcc: x", EMAIL, Fault.LINE_IN_SUBJECT),
        ("", EMAIL, Fault.SUBJECT_MISSING),
        ("{link}", EMAIL, Fault.NOT_OFFERED),
        ("Ask {first_name}", EMAIL, Fault.NOT_OFFERED),
        ("x" * 151, EMAIL, Fault.TOO_LONG),
        ("Your refill", EMAIL, Fault.FORBIDDEN_DEVICE),
        ("A subject", SMS, Fault.SUBJECT_OF_TEXT),
    ],
)
def test_a_subject_is_refused_for(subject: str, channel: ChannelName, fault: Fault) -> None:
    found = [each for each, _ in faults(f"{GOOD.body} STOP", subject=subject, channel=channel)]
    assert fault in found


def test_unseen_characters_are_taken_out_before_the_check() -> None:
    words = tidy(Words("Hello\u202e \r\nwor\u200bld\x00  ", "Sub\u2066ject"))
    assert words == Words("Hello\nworld", "Subject")
