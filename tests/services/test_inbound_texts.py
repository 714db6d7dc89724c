"""What a patient's text does: little by itself, nothing twice, and everything doubtful goes to a person."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest

from clinic.domain.entries import ProxyEntry
from clinic.models import Consent, ContactPoint, Patient
from clinic.services.patients import add_contact_point, add_proxy, record_consent, retire_contact_point
from notifications.domain.escalation.keys import visit_key
from notifications.domain.states import State
from notifications.models import (
    Escalation,
    InboundMessage,
    Message,
    PatientAnswer,
    StoppedAddress,
    WebhookEvent,
)
from notifications.services.delivery import deliver_batch
from notifications.services.inbound import acts, take_up_left
from scheduling.models import FollowUp, Visit
from scheduling.selectors.lapse import lapsed_counts
from tests.factories import House, make_patient, make_running_pump
from tests.texts import NUMBER, asked, stops, text, texter
from tests.visits import Desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(house: House, desk: Desk) -> Visit:
    """A booked visit about which a text asked."""
    visit = desk.book(texter(house))
    asked(house, visit)
    return visit


def causes() -> list[str]:
    return sorted(Escalation.objects.values_list("cause", flat=True))


def answers() -> list[str]:
    return list(PatientAnswer.objects.order_by("id").values_list("answer", flat=True))


def agrees(patient: Patient) -> bool:
    newest = Consent.objects.filter(patient=patient, channel="sms", topic="reminders").order_by("-id").first()
    return newest is not None and newest.is_granted


# --- Stop and start -----------------------------------------------------------------------------------


def test_stop_ends_texts_takes_the_agreement_back_and_asks_a_person_to_call(house: House, desk: Desk) -> None:
    patient = texter(house)
    make_running_pump(house, patient)
    visit = desk.book(patient)
    waiting = Message.objects.filter(patient=patient, channel="sms", state=State.QUEUED)
    assert waiting.exists()
    follow_ups = FollowUp.objects.filter(patient=patient).count()
    came = text(house, "STOP ALL!")
    assert came.one.meaning == "stop"
    assert came.replies == ["stop"]
    assert not waiting.exclude(kind="reply").exists(), "in the same transaction"
    stop = stops(house).get()
    assert (stop.address, stop.words, stop.lifted_at) == (NUMBER, "STOP ALL!", None)
    consent = Consent.objects.filter(patient=patient).order_by("-id")[0]
    assert (consent.is_granted, consent.recorded_by, consent.wording) == (False, None, "STOP ALL!")
    escalation = Escalation.objects.get(cause="stopped")
    assert (escalation.patient, escalation.inbound) == (patient, came.one)
    visit.refresh_from_db()
    assert visit.status == "booked", "a stop stops texts and nothing else"
    assert FollowUp.objects.filter(patient=patient).count() == follow_ups
    assert not any(lapsed_counts(house.now).values())
    newest = Consent.objects.filter(patient=patient).order_by("-id")[0].history.order_by("-pgh_id").first()
    assert newest.pgh_context.metadata["reason"] == acts.BY_TEXT


def test_stop_said_again_is_one_stop_one_withdrawal_and_one_open_matter(house: House) -> None:
    patient = texter(house)
    text(house, "stop", event_id="SM-a")
    text(house, "stop", event_id="SM-a")
    assert Message.objects.filter(kind="reply").count() == 1, "a repeat of the same text is no text"
    assert text(house, "arrêt").replies == [], "one confirmation, however often"
    assert stops(house).count() == 1
    assert Consent.objects.filter(patient=patient, is_granted=False).count() == 1
    assert causes() == ["stopped"]


def test_a_stop_that_the_provider_confirmed_is_not_confirmed_again(house: House) -> None:
    texter(house)
    assert text(house, "stop", has_provider_answered=True).replies == []


def test_a_stop_is_confirmed_although_nothing_else_may_go_there(house: House) -> None:
    texter(house)
    text(house, "stop")
    deliver_batch(now=house.now + timedelta(minutes=2))
    assert Message.objects.get(kind="reply").state == State.ACCEPTED


def test_start_gives_back_what_stop_took_and_nothing_more(house: House) -> None:
    patient = texter(house)
    text(house, "stop")
    assert not agrees(patient)
    assert text(house, "START").replies == ["start"]
    assert agrees(patient)
    assert stops(house).get().lifted_at is not None
    text(house, "stop")
    assert stops(house).filter(lifted_at=None).count() == 1
    never_asked = make_patient(house)
    by = {
        "clinic": house.clinic,
        "patient_ref": never_asked.ref,
        "actor_id": house.nurse.id,
        "now": house.now,
    }
    add_contact_point(kind="phone", value="+1 312 555 0143", **by)
    text(house, "start", number="+13125550143")
    assert not agrees(never_asked)


def test_a_shared_number_stops_for_everybody_and_is_confirmed_once(house: House) -> None:
    first, second = texter(house), texter(house)
    by = {"clinic": house.elsewhere, "actor_id": house.outsider.id, "now": house.now}
    there = House(**{**vars(house), "clinic": house.elsewhere, "nurse": house.outsider})
    third = texter(there)
    record_consent(
        patient_ref=third.ref, channel="sms", is_granted=True, wording="Yes", topic="check_ins", **by
    )
    came = text(house, "stop")
    assert len(came.texts) == 2, "one for each clinic"
    assert {each.patient_id for each in came.texts} == {None}
    assert came.replies == ["stop"]
    assert [agrees(each) for each in (first, second, third)] == [False, False, False]
    assert Consent.objects.filter(patient=third, is_granted=False).count() == 2, "both topics"
    assert set(StoppedAddress.objects.values_list("clinic_id", flat=True)) == {
        house.clinic.id,
        there.clinic.id,
    }
    assert causes() == ["stopped"] * 3


def test_a_helpers_stop_is_no_word_of_the_patients(house: House) -> None:
    patient = texter(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    proxy = add_proxy(entry=ProxyEntry(name="Paul", may_receive_reminders=True), **by)
    add_contact_point(kind="phone", value="+1 312 555 0143", proxy_id=proxy.id, **by)
    text(house, "stop", number="+13125550143")
    assert agrees(patient)
    assert stops(house).get().address == "+13125550143"
    assert causes() == ["stopped"]


def test_a_number_that_is_used_no_more_stops_all_the_same(house: House) -> None:
    patient = texter(house)
    point = ContactPoint.objects.get(patient=patient)
    retire_contact_point(clinic=house.clinic, contact_id=point.id, actor_id=house.nurse.id, now=house.now)
    text(house, "stop")
    assert stops(house).exists()


# --- Answers ------------------------------------------------------------------------------------------


def test_c_confirms_the_one_visit_that_was_asked_about(house: House, visit: Visit) -> None:
    came = text(house, "C.")
    assert answers() == ["confirmed"]
    answer = PatientAnswer.objects.get()
    assert (answer.visit, answer.visit_sequence, answer.inbound) == (visit, visit.sequence, came.one)
    assert came.replies == ["confirm"]
    assert InboundMessage.objects.get().handled_at is not None
    assert causes() == []
    text(house, "Sí")
    assert answers() == ["confirmed"], "said again it is not written again"


@pytest.mark.parametrize(
    ("body", "answer", "cause", "step"),
    [
        ("R", "wants_other_time", "wants_other_time", "reschedule"),
        ("No puedo ir", "cannot_come", "cannot_come", "decline"),
    ],
)
def test_who_cannot_or_wants_another_time_is_called(
    house: House, visit: Visit, body: str, answer: str, cause: str, step: str
) -> None:
    came = text(house, body)
    assert answers() == [answer]
    escalation = Escalation.objects.get()
    assert (escalation.cause, escalation.visit, escalation.key) == (
        cause,
        visit,
        visit_key(visit.pk, visit.starts_at),
    )
    assert came.replies == [step]
    assert Message.objects.get(kind="reply").visit == visit
    visit.refresh_from_db()
    assert visit.status == "booked", "nothing is cancelled by a text"
    assert came.one.handled_at is None


def test_a_word_of_which_nobody_knows_what_it_is_about_goes_to_a_person(house: House, desk: Desk) -> None:
    patient = texter(house)
    text(house, "C")
    assert (answers(), causes()) == ([], ["not_understood"]), "nothing was asked"
    visit = desk.book(patient)
    message = asked(house, visit)
    desk.move(visit, at="11:00")
    text(house, "C")
    assert answers() == [], "asked about a time that is no more"
    visit.refresh_from_db()
    message.delete()
    asked(house, visit)
    other = desk.book(patient, at="14:00")
    asked(house, other)
    text(house, "C")
    assert answers() == [], "two were asked about"
    text(house, "no")
    assert answers() == ["cannot_come"], "which one, a person asks; that one cannot is known"
    assert PatientAnswer.objects.get().visit is None


def test_of_a_text_that_named_two_visits_nobody_guesses_which_is_meant(house: House, desk: Desk) -> None:
    patient = texter(house)
    carrier = asked(house, desk.book(patient))
    carried = {"state": "suppressed", "reason": "digest", "first_sent_at": None, "carried_by": carrier}
    asked(house, desk.book(patient, at="14:00"), **carried)
    text(house, "C")
    assert (answers(), causes()) == ([], ["not_understood"])


@pytest.mark.parametrize("values", [{"wants_answer": False}, {"state": "queued", "first_sent_at": None}])
def test_a_text_that_did_not_ask_is_not_answered(house: House, desk: Desk, values: dict[str, Any]) -> None:
    asked(house, desk.book(texter(house)), **values)
    text(house, "C")
    assert answers() == []


def test_from_a_shared_number_nobody_confirms(house: House, desk: Desk) -> None:
    visit = desk.book(texter(house))
    asked(house, visit)
    texter(house)
    came = text(house, "C")
    assert (answers(), came.replies, causes()) == ([], ["unclear"], ["not_understood"])
    assert came.one.patient is None


def test_help_is_answered_and_what_is_not_understood_is_read(house: House) -> None:
    texter(house)
    assert text(house, "ayuda").replies == ["help"]
    assert causes() == []
    came = text(house, "My pump is beeping")
    assert (came.replies, causes()) == (["unclear"], ["not_understood"])
    assert came.one.handled_at is None
    assert text(house, "Auto-reply: I am away").replies == [], "two machines do not answer each other"
    assert causes() == ["not_understood"] * 2
    text(house, "stop")
    assert text(house, "hello?", at=house.now + timedelta(days=1)).replies == [], (
        "who wants no texts gets none"
    )


def test_a_text_that_cannot_be_acted_on_is_not_lost(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.services.inbound.take.act_on", _breaks)
    text(house, "C")
    assert (answers(), causes()) == ([], ["not_understood"])


@pytest.mark.parametrize(
    ("body", "then", "opened"),
    [("STOP", "", ["stopped"]), ("C", "", ["not_understood"]), ("STOP", "start", ["not_understood"])],
)
def test_a_text_whose_process_ended_before_it_acted_is_taken_up(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch, body: str, then: str, opened: list[str]
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("notifications.services.inbound.take.act_on", _ends)
        with pytest.raises(SystemExit):
            text(house, body)
    if then:
        text(house, then, at=house.now + timedelta(minutes=2))
    assert take_up_left(house.now + timedelta(minutes=4)) == 0, "somebody may be at it"
    assert take_up_left(house.now + timedelta(minutes=10)) == 1
    assert causes() == opened
    is_stopped = opened == ["stopped"]
    assert (stops(house).exists(), agrees(visit.patient)) == (is_stopped, not is_stopped)
    assert take_up_left(house.now + timedelta(minutes=11)) == 0


def test_a_text_that_was_acted_on_is_not_taken_up_again(house: House, visit: Visit) -> None:
    for minute, body in enumerate(["C", "R", "stop", "STOP", "start", "stop", "start", "help", "hello?"]):
        text(house, body, at=house.now + timedelta(minutes=minute), has_provider_answered=True)
    assert take_up_left(house.now + timedelta(hours=1)) == 0


def _ends(*args: object, **kwargs: object) -> None:
    raise SystemExit


def _breaks(*args: object, **kwargs: object) -> None:
    raise RuntimeError("canary +13125550142")


def test_nothing_of_a_text_reaches_the_logs_or_the_report_of_it(
    house: House, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        text(house, "canary words of mine")
        text(house, "stop")
    assert "canary" not in caplog.text
    assert "5550142" not in caplog.text
    assert "canary" not in str([vars(event) for event in WebhookEvent.objects.all()])
