"""The questions after an operation as a patient meets them behind a link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.models import Clinic, Patient
from notifications.domain.check_in.questions import DRY, WELL, Question
from notifications.models import CheckIn, Escalation
from scheduling.domain.care.rungs import Rung
from scheduling.models import FollowUp
from tests.check_ins import answer, at, make_check_in_due, said
from tests.factories import House, make_fill, make_implant, make_patient
from tests.patient_links import BORN_DAY, SentLink, send_link

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(house: House, patient: Patient) -> FollowUp:
    return make_check_in_due(house, patient)


@pytest.fixture
def sent(house: House, due: FollowUp) -> SentLink:
    return send_link(house, due, purpose="check_in", lasts=timedelta(days=2))


def filled(**worse: Any) -> dict[str, Any]:
    """Every question answered well, by a person, but for what is named; None leaves a question out."""
    values = {question.value: value for question, value in WELL.items()} | {
        "wound": [DRY],
        "born_day": BORN_DAY,
    }
    return {name: value for name, value in (values | worse).items() if value is not None}


def text_of(browser: Client, sent: SentLink, query: str = "") -> str:
    return browser.get(sent.page() + query).content.decode()


def grades() -> list[str]:
    return list(CheckIn.objects.order_by("id").values_list("grade", flat=True))


def test_nothing_is_chosen_beforehand_and_nothing_gives_away_what_it_is_about(
    house: House, patient: Patient, sent: SentLink
) -> None:
    make_fill(house, make_implant(house, patient))

    page = text_of(sent.open(), sent)

    assert "Hello Ursula" in page
    assert "checked" not in page
    for word in (" Ode", patient.mrn, sent.token):
        assert word not in page
    for word in ("pump", "drug", "baclofen", "dose", "refill"):
        assert word not in page.replace(house.clinic.name, "").lower()


def test_all_is_well_is_one_press(house: House, due: FollowUp, sent: SentLink) -> None:
    browser = sent.open()

    assert browser.post(sent.page(), {"send": "well", "born_day": BORN_DAY}).status_code == 302

    due.refresh_from_db()
    made = CheckIn.objects.get()
    assert (made.grade, made.follow_up_id, made.link_id, due.state) == ("fine", due.pk, sent.row.pk, "done")
    assert "That is all for now." in text_of(browser, sent)


def test_a_program_that_presses_buttons_cannot_say_that_all_is_well(sent: SentLink) -> None:
    answered = sent.open().post(sent.page(), {"send": "well"})

    assert answered.status_code == 422
    assert b"born-error" in answered.content
    assert not CheckIn.objects.exists()


@pytest.mark.parametrize(
    ("worse", "grade", "words"),
    [
        ({"alarm": "double"}, "emergency", "Get help now"),
        ({"weakness": "yes"}, "emergency", "We have been told"),
        ({"wound": ["fluid"]}, "same_day", "Call us today"),
        ({"headache": "mild"}, "working_day", "by the end of the next working day"),
        ({}, "fine", "That is all for now."),
    ],
)
def test_the_answer_says_at_once_what_to_do_and_whom_to_call(
    sent: SentLink, worse: dict[str, Any], grade: str, words: str
) -> None:
    browser = sent.open()

    answered = browser.post(sent.page(), filled(**worse), follow=True).content.decode()

    assert grades() == [grade]
    assert words in answered
    assert 'href="tel:+13125550100"' in answered
    assert Escalation.objects.filter(cause="red_flag").count() == (grade != "fine")


def test_an_alarming_answer_is_held_up_by_nothing(sent: SentLink) -> None:
    answered = sent.open().post(sent.page(), {"alarm": "double"}, follow=True)

    assert "Get help now" in answered.content.decode()
    assert grades() == ["emergency"]


def test_the_emergency_number_is_the_country_s_or_is_not_guessed(house: House, sent: SentLink) -> None:
    browser = sent.open()
    browser.post(sent.page(), {"alarm": "double"})
    assert "Call your local emergency number now." in text_of(browser, sent)

    from clinic.audit import recording

    with recording(actor_id=house.nurse.pk, reason="moved"):
        Clinic.objects.filter(pk=house.clinic.pk).update(holiday_country="FR")

    assert 'href="tel:112"' in text_of(browser, sent)


def test_what_is_missing_is_asked_for_once_and_sent_again_goes_to_a_person(sent: SentLink) -> None:
    browser = sent.open()
    half = filled(neck=None, feeling=None)

    first = browser.post(sent.page(), half)
    assert first.status_code == 422
    assert first.content.decode().count("Please choose an answer.") == 2
    assert not CheckIn.objects.exists()

    browser.post(sent.page(), {**half, "again": "1"})
    made = CheckIn.objects.get()
    assert (made.grade, made.matched) == ("working_day", ["review:unanswered"])


def test_a_temperature_without_its_unit_is_asked_about(sent: SentLink) -> None:
    answered = sent.open().post(sent.page(), filled(temperature="37.2"))

    assert answered.status_code == 422
    assert "°C or °F" in answered.content.decode()


def test_a_second_press_is_one_answer_and_one_matter(sent: SentLink) -> None:
    browser = sent.open()
    once = str(browser.get(sent.page()).context["check_in"].once)

    for _again in range(2):
        browser.post(sent.page(), filled(wound=["pus"], once=once))

    assert grades() == ["same_day"]
    assert Escalation.objects.count() == 1


def test_after_a_crash_before_the_answer_came_the_page_says_what_to_do(
    house: House, patient: Patient, due: FollowUp, sent: SentLink
) -> None:
    browser = sent.open()
    once = browser.get(sent.page()).context["check_in"].once
    values = filled(alarm="double", once=str(once))
    browser.post(sent.page(), values)  # committed; suppose that its answer never arrived

    assert "Get help now" in text_of(browser, sent)
    browser.post(sent.page(), values)
    assert grades() == ["emergency"]


def test_answering_again_is_allowed_and_a_better_answer_takes_no_warning_back(sent: SentLink) -> None:
    browser = sent.open()
    browser.post(sent.page(), filled(wound=["open"]))
    assert "How are you today?" in text_of(browser, sent, "?again=1")

    browser.post(sent.page(), filled())
    assert grades() == ["same_day", "fine"]
    assert "Call us today" in text_of(browser, sent)

    browser.post(sent.page(), filled(weakness="yes"))
    assert "Get help now" in text_of(browser, sent)
    matter = Escalation.objects.get(acknowledged_at__isnull=True)  # both answers are one nurse's
    assert matter.rung == Rung.EMERGENCY
    assert matter.steps.filter(check_in__isnull=False).count() == 1


def test_the_short_way_remembers_that_the_last_time_was_well(
    house: House, patient: Patient, sent: SentLink
) -> None:
    browser = sent.open()
    assert "as last time" not in text_of(browser, sent)
    answer(house, patient, now=at(house, days=-1))
    assert "as last time" in text_of(browser, sent)
    answer(house, patient, said(headache="mild"))
    assert "as last time" not in text_of(browser, sent)


def test_all_is_well_beside_an_alarming_answer_is_an_alarm(sent: SentLink) -> None:
    sent.open().post(sent.page(), {"send": "well", "born_day": BORN_DAY, "alarm": "double"})

    made = CheckIn.objects.get()
    assert made.grade == "emergency"
    assert "review:contradicts" in made.matched


@pytest.mark.parametrize("case", ["expired", "revoked", "another patient's"])
def test_a_link_that_is_not_good_takes_no_answer(house: House, sent: SentLink, case: str) -> None:
    browser = sent.open()
    row = sent.fresh()
    if case == "expired":
        row.created_at, row.expires_at = at(house, days=-3), at(house, days=-1)
    elif case == "revoked":
        row.revoked_at = house.now
    row.save()
    if case == "another patient's":
        other = send_link(house, make_check_in_due(house, make_patient(house)), purpose="check_in")
        answered = browser.post(other.page(), filled(alarm="double"))
        assert answered.status_code == 403
    else:
        assert browser.post(sent.page(), filled(alarm="double")).status_code == 404
    assert not CheckIn.objects.exists()


def test_only_what_the_record_does_not_rule_out_is_asked(
    house: House, patient: Patient, sent: SentLink
) -> None:
    implant = make_implant(house, patient)
    make_fill(house, implant)

    asked = {field.name for field in sent.open().get(sent.page()).context["check_in"].fields}

    assert asked == {question.value for question in Question} - {"headache", "breathing", "mood"}


@pytest.mark.parametrize(
    ("language", "asked", "told", "number"),
    [
        (
            "es",
            "¿Cómo se encuentra hoy?",
            "Pida ayuda ahora",
            "Llame ahora al número de emergencias de su zona.",
        ),
        (
            "fr",
            "Comment allez-vous aujourd’hui\xa0?",
            "Demandez de l’aide maintenant",
            "numéro d’urgence local",
        ),
    ],
)
def test_questions_and_advice_speak_the_patients_language(
    house: House, language: str, asked: str, told: str, number: str
) -> None:
    sent = send_link(
        house, make_check_in_due(house, make_patient(house, language=language)), purpose="check_in"
    )
    browser = sent.open()

    assert asked in text_of(browser, sent)
    answered = browser.post(sent.page(), {"alarm": "double"}, follow=True).content.decode()

    assert told in answered
    assert number in answered
    for english in ("Hello", "Get help", "Questions?"):
        assert english not in answered
