"""Texts from patients, as nurses read them and put them away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import ContactPoint
from notifications.models import InboundMessage
from tests.factories import House
from tests.texts import NUMBER, stops, text, texter

Url = Callable[..., str]


def test_a_new_text_waits_for_somebody_and_stays_readable_when_it_is_dealt_with(
    house: House, nurse: Client, url: Url
) -> None:
    patient = texter(house, last_name="Writer")
    row = text(house, "My wound is red <b>").one
    page = nurse.get(url("messages")).content.decode()
    assert "1 new text from patients" in page
    page = nurse.get(url("texts")).content.decode()
    assert "Writer, Ursula" in page
    assert "My wound is red &lt;b&gt;" in page
    assert "to be read" in page
    done = url("text_handled", ref=row.ref)
    answer = nurse.post(done, {"next": url("texts") + "?show=all"})
    assert answer["Location"] == url("texts") + "?show=all"
    row.refresh_from_db()
    assert row.handled_at is not None
    assert "Nothing new" in nurse.get(url("texts")).content.decode()
    page = nurse.get(url("texts") + "?show=all").content.decode()
    assert "My wound is red" in page
    nurse.post(done, {"undo": "1"})
    assert InboundMessage.objects.get().handled_at is None
    timeline = nurse.get(url("patient_timeline", ref=patient.ref) + "?kind=message").content.decode()
    assert "The patient wrote: “My wound is red &lt;b&gt;”" in timeline
    assert "Not dealt with yet" in timeline


def test_of_a_shared_number_everybody_is_named(house: House, nurse: Client, url: Url) -> None:
    first, second = texter(house, last_name="First"), texter(house, last_name="Second")
    text(house, "C")
    page = nurse.get(url("texts")).content.decode()
    assert url("patient", ref=first.ref) in page
    assert url("patient", ref=second.ref) in page
    assert "several people’s" in page
    assert "is coming" not in page, "nobody is said to be coming who may not be meant"
    assert "to be read" in page
    assert "The patient wrote" not in nurse.get(url("patient_timeline", ref=first.ref)).content.decode()


def test_a_clinic_sees_its_own_texts_only(house: House, signed_in: Callable[..., Client], url: Url) -> None:
    texter(house)
    text(house, "canary of one clinic")
    text(house, "canary of nobody", number="+13125550177")
    address = f"/c/{house.elsewhere.slug}/messages/texts/?show=all"
    assert "canary" not in signed_in(house.outsider).get(address).content.decode()
    assert "canary of nobody" not in signed_in(house.nurse).get(url("texts") + "?show=all").content.decode()


@pytest.mark.parametrize("number", [1, 6])
def test_more_texts_cost_no_more_queries(house: House, nurse: Client, url: Url, number: int) -> None:
    for each in range(number):
        there = f"{NUMBER[:-1]}{each}"
        texter(house, number=there)
        text(house, "hello", number=there)
    nurse.get(url("texts"))
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert nurse.get(url("texts")).status_code == 200
    assert len(queries) <= 15  # one of them says who saw whom, one counts what is to be checked


def test_a_stop_stands_at_the_number_until_a_person_lifts_it_and_says_why(
    house: House, nurse: Client, url: Url
) -> None:
    patient = texter(house)
    text(house, "stop")
    details = nurse.get(url("patient_details", ref=patient.ref)).content.decode()
    assert "said stop," in details
    assert "said by the patient" in details
    assert "None" not in details
    point = ContactPoint.objects.get(patient=patient)
    lift = url("stop_lift", ref=patient.ref, contact_id=point.id)
    assert nurse.post(lift, {"reason": " "}).status_code == 422
    assert stops(house).get().lifted_at is None
    page = nurse.post(lift, {"reason": "It was a mistake"}, follow=True).content.decode()
    assert "said stop," not in page
    assert stops(house).get().lifted_because == "Nora Nurse: It was a mistake"
    assert nurse.post(lift, {"reason": "again"}).status_code == 422
