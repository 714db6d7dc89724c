"""The board of everybody under watch, one patient's check-ins, and asking by telephone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import ProxyEntry
from clinic.models import Patient
from clinic.services.patients import add_contact_point, add_proxy
from notifications.domain.check_in.questions import DRY, WELL
from notifications.models import CheckIn, Escalation
from scheduling.models import FollowUp
from tests.care_rows import make_visit
from tests.check_ins import answer, at, make_check_in_due, make_operated, said
from tests.factories import House, make_patient

Url = Callable[..., str]


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def names_of(client: Client, address: str) -> list[str]:
    """Last names on the board, in order."""
    return [item["patient"].last_name for item in client.get(address).context["rows"]]


def call_it_missed(house: House, patient: Patient) -> None:
    Escalation.objects.create(
        clinic=house.clinic,
        cause="check_in_missed",
        key=f"follow_up:{patient.pk}",
        patient=patient,
        rung=3,
        opened_at=house.now,
        respond_by=house.now + timedelta(hours=4),
    )


def test_a_board_without_anybody_says_when_somebody_comes(nurse: Client, url: Url) -> None:
    assert "Nobody is under watch" in text_of(nurse, url("watch"))


def test_who_was_operated_on_lately_or_has_an_open_check_in_is_under_watch(
    house: House, nurse: Client, url: Url
) -> None:
    make_operated(house, days_ago=5, last_name="Fresh")
    settled, _ = make_operated(house, days_ago=200, last_name="Settled")
    FollowUp.objects.filter(patient=settled, state="open").exclude(row_key="refill").update(
        state="done", closed_at=house.now
    )
    make_check_in_due(house, make_patient(house, last_name="Asked"))
    make_patient(house, last_name="Other")

    assert sorted(names_of(nurse, url("watch"))) == ["Asked", "Fresh"]


def test_who_needs_somebody_stands_first(house: House, nurse: Client, url: Url) -> None:
    well, mild, silent, grave = (
        make_operated(house, days_ago=20, last_name=name)[0] for name in ("Well", "Mild", "Silent", "Grave")
    )
    answer(house, well)
    answer(house, mild, said(headache="mild"))
    call_it_missed(house, silent)
    answer(house, grave, said(alarm="double"))

    assert names_of(nurse, url("watch")) == ["Grave", "Silent", "Mild", "Well"]
    assert names_of(nurse, url("watch") + "?show=needs") == ["Grave", "Silent", "Mild"]
    assert names_of(nurse, url("watch") + "?show=first") == []
    assert names_of(nurse, url("watch") + "?show=nonsense") == ["Grave", "Silent", "Mild", "Well"]


def test_a_line_says_the_day_the_answers_the_silence_and_the_wound_visit(
    house: House, nurse: Client, url: Url
) -> None:
    patient, implant = make_operated(house, days_ago=12)
    make_check_in_due(house, patient, target_in=-2, latest_in=-1)
    answer(
        house,
        patient,
        said(wound=["redness"], fever="yes", temperature="101", temperature_unit="F"),
        now=at(house, days=-5),
    )
    make_visit(
        house, patient, on=house.today + timedelta(days=1), at=time(10), kind="wound_check", implant=implant
    )

    line = text_of(nurse, url("watch"))

    for words in (
        "Day 12",
        "Redness · Fever 101 °F",
        "5 days ago",
        "1 check-in without an answer",
        "Wound check",
    ):
        assert words in line


def test_the_board_costs_the_same_whoever_is_on_it(house: House, nurse: Client, url: Url) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert nurse.get(url("watch")).status_code == 200
        return len(found)

    answer(house, make_operated(house)[0], said(headache="mild"))
    few = queries()
    for number in range(3):
        patient, _ = make_operated(house, last_name=f"More{number}")
        answer(house, patient, said(alarm="single"))
    assert queries() == few


def test_another_clinics_patients_are_not_on_the_board(
    house: House, nurse: Client, url: Url, signed_in: Callable[..., Client]
) -> None:
    make_operated(house, last_name="Ours")
    theirs = signed_in(house.outsider).get(url("watch").replace(house.clinic.slug, house.elsewhere.slug))

    assert theirs.context["rows"] == []
    assert names_of(nurse, url("watch")) == ["Ours"]


def test_a_patients_page_shows_every_check_in_with_the_rows_that_graded_it(
    house: House, nurse: Client, url: Url
) -> None:
    patient, _ = make_operated(house)
    answer(house, patient, said(wound=["fluid"], note="It began last night."), now=at(house, hours=-3))
    answer(house, patient, said(), actor_id=house.nurse.pk)

    page = text_of(nurse, url("patient_check_ins", ref=patient.ref))

    for words in (
        "Same day",
        "Clear fluid from the wound",
        "“It began last night.”",
        "all well",
        str(house.nurse),
    ):
        assert words in page
    timeline = text_of(nurse, url("patient_timeline", ref=patient.ref) + "?kind=check_in")
    assert "Check-in: Same day" in timeline
    assert "Check-in: Well" in timeline


def test_a_patient_who_was_never_asked_has_an_empty_page(house: House, nurse: Client, url: Url) -> None:
    assert "No check-in yet" in text_of(nurse, url("patient_check_ins", ref=make_patient(house).ref))


def posted(**worse: object) -> dict[str, object]:
    return {question.value: value for question, value in WELL.items()} | {"wound": [DRY]} | worse


def test_a_nurse_asks_by_telephone(house: House, nurse: Client, url: Url) -> None:
    patient, _ = make_operated(house)
    address = url("check_in_new", ref=patient.ref)

    asked = nurse.get(address)
    assert "checked" not in asked.content.decode()
    once = str(asked.context["form"].once)
    response = nurse.post(f"{address}?next={url('watch')}", posted(alarm="single", once=once))
    nurse.post(address, posted(alarm="single", once=once))

    assert response.url == url("watch")
    (made,) = CheckIn.objects.filter(patient=patient)
    assert (made.grade, made.entered_by) == ("same_day", house.nurse)
    assert Escalation.objects.filter(check_in=made).count() == 1


@pytest.mark.parametrize(
    ("worse", "look", "words"),
    [
        ({"alarm": "double"}, "danger", "Emergency: tell the patient"),
        ({"alarm": "single"}, "warning", "Same day:"),
        ({"headache": "mild"}, "warning", "within one working day"),
    ],
)
def test_alarming_answers_by_telephone_are_told_at_once_with_the_way_to_the_matter(
    house: House, nurse: Client, url: Url, worse: dict[str, object], look: str, words: str
) -> None:
    patient, _ = make_operated(house)
    call_it_missed(house, patient)
    address = f"{url('check_in_new', ref=patient.ref)}?next={url('watch')}"
    page = nurse.post(address, posted(**worse), follow=True).content.decode()
    note = page.split('id="messages"')[1].split("</main>")[0].split('class="page-header"')[0]
    matter = Escalation.objects.get(cause="red_flag")
    assert f"alert-{look}" in note
    assert words in note
    assert f'href="{url("escalation", ref=matter.ref)}"' in note
    assert patient.last_name not in note


def test_what_is_well_by_telephone_leads_nowhere(house: House, nurse: Client, url: Url) -> None:
    patient, _ = make_operated(house)
    page = nurse.post(url("check_in_new", ref=patient.ref), posted(), follow=True).content.decode()
    assert "all is well" in page
    assert "Open the matter" not in page


def test_whoever_asks_has_the_numbers_to_press(house: House, nurse: Client, url: Url) -> None:
    patient, _ = make_operated(house)
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.id, "now": house.now}
    add_contact_point(kind="phone", value="+1 312 555 0142", **by)
    proxy = add_proxy(entry=ProxyEntry(name="Paul", relationship="son"), **by)
    add_contact_point(kind="phone", value="+1 312 555 0143", proxy_id=proxy.id, **by)
    page = nurse.get(url("check_in_new", ref=patient.ref)).content.decode()
    assert 'href="tel:+13125550142"' in page
    assert 'href="tel:+13125550143"' in page
    assert "Paul, son" in page


def test_what_was_not_asked_is_pointed_at_once_and_then_marked_for_review(
    house: House, nurse: Client, url: Url
) -> None:
    patient, _ = make_operated(house)
    address = url("check_in_new", ref=patient.ref)
    half = posted()
    del half["neck"]

    first = nurse.post(address, half)
    assert first.status_code == 422
    assert first.content.decode().count("Please choose an answer.") == 1
    assert not CheckIn.objects.exists()

    nurse.post(address, {**half, "again": "1"})
    (made,) = CheckIn.objects.all()
    assert (made.grade, made.matched) == ("working_day", ["review:unanswered"])


def test_a_temperature_needs_its_unit_and_what_cannot_be_read_goes_to_a_person(
    house: House, nurse: Client, url: Url
) -> None:
    patient, _ = make_operated(house)
    address = url("check_in_new", ref=patient.ref)

    for bad, words in (("38.2", "°C or °F"), ("hot", "as a number"), ("140", "cannot be a body temperature")):
        unit = "" if bad == "38.2" else "C"
        answered = nurse.post(address, posted(temperature=bad, temperature_unit=unit))
        assert answered.status_code == 422
        assert words in answered.content.decode()
    nurse.post(address, posted(temperature="hot", temperature_unit="C", again="1"))

    (made,) = CheckIn.objects.all()
    assert made.grade == "working_day"
    assert "hot" in made.answers["note"]
