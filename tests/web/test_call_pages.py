"""Logging a call: numbers at hand, refusals at the field, a wrong number retired, back where one came from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

from django.test import Client

from clinic.domain.roles import Role
from clinic.models import ContactPoint, Patient
from clinic.services.patients import add_contact_point
from scheduling.models import CallAttempt
from tests.care_rows import make_follow_up
from tests.factories import House, make_patient

Url = Callable[..., str]


def number(house: House, patient: Patient, value: str = "+1 312 555 0142") -> ContactPoint:
    return add_contact_point(
        clinic=house.clinic,
        patient_ref=patient.ref,
        kind="phone",
        value=value,
        actor_id=house.nurse.id,
        now=house.now,
    )


def test_a_call_is_logged_about_a_follow_up_and_one_is_back_on_the_list(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    about = make_follow_up(house, patient, "Wound check call")
    number(house, patient)
    back = url("worklist") + "?group=due"
    here = url("call_new", ref=patient.ref) + f"?follow_up={about.ref}&next={back.replace('?', '%3F')}"
    page = nurse.get(here).content.decode()
    assert "+1 312 555 0142" in page
    assert "Wound check call" in page
    response = nurse.post(here, {"outcome": "reached", "whom": "patient", "note": "fine"})
    assert response.url == back
    made = CallAttempt.objects.get()
    assert (made.follow_up, made.note, made.called_by) == (about, "fine", house.nurse)
    assert "fine" in nurse.get(here).content.decode()


def test_a_day_to_call_back_is_asked_for_at_its_field(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    here = url("call_new", ref=patient.ref)
    refused = nurse.post(here, {"outcome": "call_back", "whom": "patient"})
    assert refused.status_code == 422
    assert refused.context["form"].errors["call_back_on"] == ["Say on which day to call back"]
    tomorrow = (house.today + timedelta(days=1)).isoformat()
    told = nurse.post(
        here, {"outcome": "call_back", "whom": "patient", "call_back_on": tomorrow}, follow=True
    ).content.decode()
    assert "on the call list for" in told
    assert CallAttempt.objects.count() == 1


def test_a_wrong_number_is_retired_when_asked_and_used_again_by_one_press(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    wrong, right = number(house, patient), number(house, patient, "+1 312 555 0199")
    here = url("call_new", ref=patient.ref)
    posted = {"outcome": "wrong_number", "whom": "other", "wrong_number": str(wrong.id)}
    page = nurse.post(here, posted, follow=True)
    wrong.refresh_from_db()
    assert not wrong.is_active
    button = next(iter(page.context["messages"]), None)
    assert button is None or "no longer used" in str(button)
    assert "Use the number again" in page.content.decode()
    nurse.post(url("contact_restore", ref=patient.ref, contact_id=wrong.id), {"next": url("worklist")})
    wrong.refresh_from_db()
    right.refresh_from_db()
    assert wrong.is_active
    assert right.is_active


def test_a_number_is_retired_only_with_that_outcome_and_only_the_patients(
    house: House, nurse: Client, url: Url
) -> None:
    patient, other = make_patient(house), make_patient(house)
    mine, theirs = number(house, patient), number(house, other)
    here = url("call_new", ref=patient.ref)
    nurse.post(here, {"outcome": "no_answer", "whom": "patient", "wrong_number": str(mine.id)})
    assert (
        nurse.post(
            here, {"outcome": "wrong_number", "whom": "patient", "wrong_number": str(theirs.id)}
        ).status_code
        == 422
    )
    assert ContactPoint.objects.filter(is_active=True).count() == 2
    assert CallAttempt.objects.count() == 1


def test_an_address_that_names_another_patients_follow_up_is_not_there(
    house: House, nurse: Client, url: Url
) -> None:
    patient = make_patient(house)
    other = make_follow_up(house, make_patient(house))
    for wanted in (other.ref, uuid4(), "x"):
        assert nurse.get(url("call_new", ref=patient.ref) + f"?follow_up={wanted}").status_code == 404


def test_nobody_is_sent_elsewhere(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house)
    for address in ("https://evil.example/", "//evil.example", f"/c/{house.elsewhere.slug}/", "javascript:1"):
        here = url("call_new", ref=patient.ref) + f"?next={address}"
        response = nurse.post(here, {"outcome": "no_answer", "whom": "patient"})
        assert response.url == url("patient", ref=patient.ref)


def test_a_scheduler_logs_calls_an_auditor_does_not(
    house: House, signed_in: Callable[..., Client], url: Url
) -> None:
    here = url("call_new", ref=make_patient(house).ref)
    assert signed_in(house.person(Role.SCHEDULER)).get(here).status_code == 200
    assert signed_in(house.person(Role.AUDITOR)).get(here).status_code == 403
