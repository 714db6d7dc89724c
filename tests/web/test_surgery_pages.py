"""Operations on a patient's page: planned, moved, called off, found again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient, Surgery
from tests.factories import House, make_implant, make_patient

Url = Callable[..., str]


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, last_name="Waiting")


@pytest.fixture
def planned(house: House, patient: Patient, nurse: Client, url: Url) -> Surgery:
    day = house.today + timedelta(days=20)
    posted = {"planned_on": str(day), "purpose": "implant", "note": "Left side."}
    response = nurse.post(url("surgery_new", ref=patient.ref), posted)
    assert response.url == url("patient", ref=patient.ref)
    return Surgery.objects.get(patient=patient)


def test_an_operation_is_planned_and_shown_on_the_patients_page(
    house: House, patient: Patient, nurse: Client, url: Url
) -> None:
    address = url("patient", ref=patient.ref)
    assert "Plan an operation" in nurse.get(address).content.decode()
    form = nurse.get(url("surgery_new", ref=patient.ref)).context["form"]
    assert form.initial["purpose"] == "implant"
    posted = {"planned_on": str(house.today + timedelta(days=9)), "purpose": "implant", "note": "Left side."}
    nurse.post(url("surgery_new", ref=patient.ref), posted)
    page = nurse.get(address).content.decode()
    assert "Operation planned" in page
    assert "Left side." in page
    assert "Plan an operation" not in page


def test_somebody_with_a_pump_gets_a_replacement_offered(
    house: House, patient: Patient, nurse: Client, url: Url
) -> None:
    make_implant(house, patient)
    form = nurse.get(url("surgery_new", ref=patient.ref)).context["form"]
    assert form.initial["purpose"] == "replacement"


def test_what_cannot_be_planned_is_told_at_the_field(
    house: House, patient: Patient, nurse: Client, url: Url, planned: Surgery
) -> None:
    for address, day in [
        (url("surgery_new", ref=patient.ref), house.today + timedelta(days=30)),
        (url("surgery_edit", ref=planned.ref), house.today - timedelta(days=1)),
        (url("surgery_edit", ref=planned.ref), house.today + timedelta(days=800)),
    ]:
        response = nurse.post(address, {"planned_on": str(day), "purpose": "implant"})
        assert response.status_code == 422
        assert "planned_on" in response.context["form"].errors


def test_an_operation_is_moved_and_called_off_with_a_reason(
    house: House, patient: Patient, nurse: Client, url: Url, planned: Surgery
) -> None:
    day = house.today + timedelta(days=40)
    nurse.post(url("surgery_edit", ref=planned.ref), {"planned_on": str(day), "purpose": "implant"})
    planned.refresh_from_db()
    assert planned.planned_on == day
    assert nurse.post(url("surgery_cancel", ref=planned.ref), {"reason": ""}).status_code == 422
    nurse.post(url("surgery_cancel", ref=planned.ref), {"reason": "has an infection"})
    page = nurse.get(url("patient", ref=patient.ref)).content.decode()
    assert "has an infection" in page
    assert "Plan an operation" in page
    again = nurse.post(url("surgery_cancel", ref=planned.ref), {"reason": "once more"})
    assert "no longer open" in again.content.decode()


def test_the_pump_that_is_entered_ends_the_plan(
    house: House, patient: Patient, nurse: Client, url: Url, planned: Surgery
) -> None:
    implant = make_implant(house, patient)
    page = nurse.get(url("patient", ref=patient.ref)).content.decode()
    assert f"done, pump {implant.serial}" in page


def test_a_day_that_has_passed_asks_what_became_of_it(
    house: House, patient: Patient, nurse: Client, url: Url, planned: Surgery
) -> None:
    from clinic.audit import recording

    with recording(actor_id=house.nurse.id, reason="time passes"):
        planned.planned_on = house.today - timedelta(days=1)
        planned.save()
    assert "Enter the pump that was put in" in nurse.get(url("patient", ref=patient.ref)).content.decode()


def test_somebody_without_a_pump_but_with_an_operation_is_found(
    house: House, nurse: Client, url: Url, planned: Surgery
) -> None:
    make_patient(house, last_name="Nobody")
    make_implant(house, make_patient(house, last_name="Pumped"))
    page = nurse.get(url("patients") + "?status=planned")
    assert [patient.last_name for patient in page.context["page"]] == ["Waiting"]
    assert "operation" in page.content.decode()


def test_the_list_costs_the_same_however_many_operations(
    house: House, nurse: Client, url: Url, planned: Surgery
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            nurse.get(url("patients") + "?status=planned")
        return len(queries)

    before = cost()
    for number in range(4):
        patient = make_patient(house, last_name=f"W{number}")
        day = str(house.today + timedelta(days=20))
        nurse.post(url("surgery_new", ref=patient.ref), {"planned_on": day, "purpose": "implant"})
    assert cost() == before
