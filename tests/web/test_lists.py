"""Lists and searches: found what is there, nothing personal in an address, a constant number of queries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import Implant
from clinic.services.fills import void_fill
from clinic.services.patients import record_death
from tests.factories import (
    House,
    make_event,
    make_fill,
    make_implant,
    make_patient,
    make_program,
    make_reading,
    make_running_pump,
)
from web.tables import harmless

Url = Callable[..., str]


def shown(client: Client, address: str, **posted: str) -> list[str]:
    """The last names on the list."""
    response = client.post(address, posted) if posted else client.get(address)
    return [patient.last_name for patient in response.context["page"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ode", ["Ode"]),
        ("ODE ursula", ["Ode"]),
        ("ursula ode", ["Ode"]),
        ("M-17", ["Ode"]),
        ("ngv-9", ["Ode"]),
        ("ursula nobody", []),
        ("", ["Ode", "Zed"]),
        ("%", []),
        ("_", []),
        ("'; drop table", []),
    ],
)
def test_a_search_looks_at_name_mrn_and_serial(
    house: House, nurse: Client, url: Url, text: str, found: list[str]
) -> None:
    make_implant(house, make_patient(house, last_name="Ode", mrn="M-17"), serial="NGV-9H")
    make_implant(house, make_patient(house, last_name="Zed", first_name="Zoë"))
    assert shown(nurse, url("patients"), text=text) == found


def test_a_search_also_finds_who_died_or_has_no_pump(house: House, nurse: Client, url: Url) -> None:
    patient = make_patient(house, last_name="Gone")
    record_death(
        clinic=house.clinic,
        patient_ref=patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=house.now,
    )
    make_patient(house, last_name="Pumpless")
    make_implant(house, make_patient(house, last_name="Active"))
    assert shown(nurse, url("patients")) == ["Active"]
    assert shown(nurse, url("patients") + "?status=died") == ["Gone"]
    assert shown(nurse, url("patients") + "?status=none") == ["Pumpless"]
    assert shown(nurse, url("patients") + "?status=all") == ["Active", "Gone", "Pumpless"]
    assert shown(nurse, url("patients") + "?status=nonsense") == ["Active"]
    assert shown(nurse, url("patients"), text="gone") == ["Gone"]


def test_words_in_the_address_are_not_a_search(house: House, nurse: Client, url: Url) -> None:
    make_implant(house, make_patient(house, last_name="Ode"))
    assert shown(nurse, url("patients") + "?text=zzz") == ["Ode"]


def test_another_clinics_patients_are_never_found(
    house: House, signed_in: Callable[..., Client], url: Url
) -> None:
    make_implant(house, make_patient(house, last_name="Ode"))
    outsider = signed_in(house.outsider)
    assert shown(outsider, f"/c/{house.elsewhere.slug}/patients/", text="ode") == []


def test_htmx_gets_the_rows_alone(house: House, nurse: Client, url: Url) -> None:
    make_implant(house, make_patient(house, last_name="Ode"))
    part = nurse.post(url("patients"), {"text": "ode"}, headers={"HX-Request": "true"}).content.decode()
    assert "Ode" in part
    assert "<html" not in part


def test_pages_beyond_the_last_show_the_last(house: House, nurse: Client, url: Url) -> None:
    make_implant(house, make_patient(house, last_name="Ode"))
    for page in ("2", "999999999999", "-1", "x"):
        assert shown(nurse, url("patients") + f"?page={page}") == ["Ode"]


def queries(client: Client, address: str, **posted: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        response = client.post(address, posted) if posted else client.get(address)
    assert response.status_code == 200
    return len(captured)


def fill_the_record(house: House, implant: Implant) -> None:
    for days in (10, 20, 40):
        make_reading(house, implant, read_on=house.today - timedelta(days=days))
        make_event(house, implant, occurred_on=house.today - timedelta(days=days))
        make_fill(house, implant, filled_on=house.today - timedelta(days=days + 1), lot="L-1")
        make_program(house, implant, starts_on=house.today - timedelta(days=days + 2))


def test_what_a_page_asks_of_the_database_does_not_grow_with_what_it_shows(
    house: House, administrator: Client, url: Url
) -> None:
    patient = make_patient(house)
    implant = make_running_pump(house, patient, lot="L-1")
    make_reading(house, implant)
    make_event(house, implant)
    pages = {
        "patients": {},
        "lots": {"lot": "L-1"},
        "patient_record": {},
        "patient_details": {},
        "patient_history": {},
        "members": {},
    }
    address = {
        name: url(name, **({"ref": patient.ref} if name.startswith("patient_") else {})) for name in pages
    }
    before = {name: queries(administrator, address[name], **posted) for name, posted in pages.items()}
    fill_the_record(house, implant)
    for _ in range(3):
        make_running_pump(house, lot="L-1")
    after = {name: queries(administrator, address[name], **posted) for name, posted in pages.items()}
    assert after == before
    assert max(after.values()) <= 23  # one of them says who saw whom


def test_a_recall_finds_every_fill_with_the_lot_and_says_which_were_withdrawn(
    house: House, nurse: Client, url: Url
) -> None:
    kept = make_running_pump(house, make_patient(house, last_name="Kept"), lot="B7731")
    withdrawn = make_running_pump(house, make_patient(house, last_name="Withdrawn"), lot="b7731")
    make_running_pump(house, make_patient(house, last_name="Other"), lot="B77310")
    void_fill(
        clinic=house.clinic,
        fill_ref=withdrawn.fills.get().ref,
        reason="never given",
        actor_id=house.nurse.id,
        now=house.now,
    )
    response = nurse.post(url("lots"), {"lot": "B7731"})
    found = {row.fill.implant.patient.last_name for row in response.context["found"]}
    assert found == {"Kept", "Withdrawn"}
    page = response.content.decode()
    assert "never given" in page
    assert str(kept.patient.ref) in page


def test_a_mistyped_lot_is_answered_with_those_like_it(house: House, nurse: Client, url: Url) -> None:
    make_running_pump(house, lot="B77310")
    response = nurse.post(url("lots"), {"lot": "7731"})
    assert response.context["found"] == []
    assert response.context["similar"] == ["B77310"]


def test_the_list_of_a_recall_is_harmless_in_a_spreadsheet(house: House, nurse: Client, url: Url) -> None:
    make_running_pump(house, make_patient(house, last_name="=cmd|'/c calc'!A1"), lot="B7731")
    response = nurse.post(url("lots_download"), {"lot": "B7731"})
    text = response.content.decode("utf-8-sig")
    assert "'=cmd|" in text
    assert "\n=cmd" not in text
    assert ",=cmd" not in text
    assert "B7731" not in response["Content-Disposition"]
    assert len(text.strip().splitlines()) == 2


def test_no_lot_is_no_search(house: House, nurse: Client, url: Url) -> None:
    assert nurse.post(url("lots"), {"lot": " "}).status_code == 200
    assert nurse.post(url("lots_download"), {"lot": ""}).url == url("lots")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_looks_like_a_formula_is_taken_as_text(start: str) -> None:
    assert harmless(start + "1") == "'" + start + "1"
    assert harmless("1" + start) == "1" + start
