"""A second person's pages: whose, who and when, never what; the same re-entered is in effect at once."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from clinic.domain.roles import Role
from clinic.models import Implant
from scheduling.models import Forecast, SecondCheck
from tests.factories import House
from tests.second_checks import waiting_pump

SAME = {
    "drug_1": "baclofen",
    "concentration_1": "2",
    "unit_1": "mg/mL",
    "fill_volume_ml": "40.0",
    "is_stopped": "no",
    "dose": "0.4",
    "dose_unit": "mg/day",
}


@pytest.fixture
def implant(house: House) -> Implant:
    return waiting_pump(house)


@pytest.fixture
def check(implant: Implant) -> SecondCheck:
    return SecondCheck.objects.get(implant=implant)


def confirmed(client: Client, *, ago: int = 0, by_signing_in: bool = False) -> Client:
    """Who has proved a moment ago to be who is signed in."""
    session = client.session
    again = {} if by_signing_in else {"reauthenticated": True}
    session["account_authentication_methods"] = [{"method": "password", "at": time.time() - ago} | again]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()
    return client


@pytest.fixture
def colleague(house: House, signed_in: Callable[..., Client]) -> Client:
    return confirmed(signed_in(house.person(Role.PRESCRIBER)))


def test_the_author_is_told_what_waits_and_until_when(
    house: House, nurse: Client, implant: Implant, check: SecondCheck, url: Callable[..., str]
) -> None:
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "The dates wait for a second check." in page
    assert "stays." in page
    listed = nurse.get(url("to_check")).content.decode()
    assert "Entered by you" in listed
    own = nurse.get(url("second_check", ref=check.ref)).content.decode()
    assert "somebody else must check it" in own
    assert 'name="dose"' not in own


def test_the_work_list_marks_the_pump(house: House, nurse: Client, implant: Implant, url: Any) -> None:
    assert "Second check" in nurse.get(url("worklist")).content.decode()


def test_the_check_shows_two_identifiers_and_no_value(
    colleague: Client, implant: Implant, check: SecondCheck, url: Callable[..., str]
) -> None:
    page = colleague.get(url("second_check", ref=check.ref))
    text = page.content.decode()
    assert implant.patient.mrn in text
    assert "Nora Nurse" in text
    form = page.context["form"]
    assert not any(form[name].value() for name in form.fields)
    for value in ("400", "2000", "0.4"):
        assert f">{value}" not in text
        assert f'value="{value}' not in text
    assert check.would_be is not None
    assert f"{check.would_be:%-d %b}" not in text


def test_the_same_in_other_units_is_signed_and_in_effect(
    colleague: Client, implant: Implant, check: SecondCheck, url: Callable[..., str]
) -> None:
    answer = colleague.post(url("second_check", ref=check.ref), SAME)
    assert answer.status_code == 302
    assert Forecast.objects.get(implant=implant).must_refill_by == check.would_be
    page = colleague.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "Signed: the dates are in effect." in page
    assert "wait for a second check" not in page


def test_what_differs_is_said_at_its_field_and_not_what_was_entered(
    colleague: Client, check: SecondCheck, url: Callable[..., str]
) -> None:
    answer = colleague.post(url("second_check", ref=check.ref), SAME | {"dose": "4"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["dose"]
    text = answer.content.decode()
    assert "This differs from what was entered." in text
    assert "0.4" not in text
    assert "400" not in text


def test_the_try_that_makes_it_disputed_says_so(
    colleague: Client, check: SecondCheck, url: Callable[..., str]
) -> None:
    address, warning = url("second_check", ref=check.ref), "The values differed more than once."
    first = colleague.post(address, SAME | {"dose": "4"}).content.decode()
    assert warning not in first
    assert first.count("Re-entered, differs") == 1
    second = colleague.post(address, SAME | {"dose": "5"}).content.decode()
    assert warning in second
    assert second.count("Re-entered, differs") == 2


def test_nobody_signs_without_confirming_who_they_are(
    house: House, signed_in: Any, check: SecondCheck, url: Callable[..., str]
) -> None:
    client = signed_in(house.person(Role.PRESCRIBER))
    page = client.get(url("second_check", ref=check.ref)).content.decode()
    assert "Confirm that it is you" in page
    assert 'name="dose"' not in page
    confirmed(client, ago=3600)
    answer = client.post(url("second_check", ref=check.ref), SAME)
    assert answer.status_code == 302
    assert "reauthenticate" in answer["Location"]
    check.refresh_from_db()
    assert check.state == "open"
    assert "0.4" not in str(dict(client.session))


def test_who_signed_in_a_moment_ago_is_not_asked_again_as_on_every_page(
    house: House, signed_in: Any, check: SecondCheck, url: Callable[..., str]
) -> None:
    client, address = signed_in(house.person(Role.PRESCRIBER)), url("second_check", ref=check.ref)
    assert 'name="dose"' in confirmed(client, by_signing_in=True).get(address).content.decode()
    assert 'name="dose"' not in confirmed(client, by_signing_in=True, ago=301).get(address).content.decode()


def test_the_author_cannot_sign_by_posting(
    house: House, nurse: Client, check: SecondCheck, url: Callable[..., str]
) -> None:
    confirmed(nurse).post(url("second_check", ref=check.ref), SAME)
    check.refresh_from_db()
    assert check.state == "open"


def test_one_nurse_acts_in_an_emergency_with_a_reason(
    house: House, nurse: Client, implant: Implant, check: SecondCheck, url: Callable[..., str]
) -> None:
    address = url("second_check_emergency", ref=check.ref)
    assert nurse.post(address, {"reason": "hurry"}).status_code == 422
    assert nurse.post(address, {"reason": "no second nurse before Monday"}).status_code == 302
    check.refresh_from_db()
    assert check.state == "emergency"
    assert check.emergency_until is not None
    assert check.emergency_until - check.opened_at > timedelta(hours=71)
    page = nurse.get(url("patient", ref=implant.patient.ref)).content.decode()
    assert "In effect in an emergency, unchecked, until" in page
    assert Forecast.objects.get(implant=implant).must_refill_by == check.would_be


def test_the_navigation_counts_what_waits_for_this_person(
    nurse: Client, colleague: Client, check: SecondCheck, url: Callable[..., str]
) -> None:
    assert nurse.get(url("worklist")).context["to_check"] == 0
    assert colleague.get(url("worklist")).context["to_check"] == 1


def test_the_preview_says_that_it_needs_a_second_check(
    house: House, nurse: Client, implant: Implant, url: Callable[..., str]
) -> None:
    answer = nurse.post(
        url("program_preview", ref=implant.ref),
        {
            "program-starts_on": (house.today - timedelta(days=1)).isoformat(),
            "program-mode": "dose",
            "program-dose": "300",
            "program-dose_unit": "mcg/day",
            "steps-TOTAL_FORMS": "0",
            "steps-INITIAL_FORMS": "0",
        },
    )
    assert "Needs a second check." in answer.content.decode()
