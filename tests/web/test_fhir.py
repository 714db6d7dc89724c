"""The FHIR face: resources that FHIR's own models take, found by patient and day, and nothing of another clinic."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.models import Fill, Implant, User
from clinic.services.fills import void_fill
from clinic.services.patients import add_contact_point
from scheduling.models import Visit
from tests.bookings import book, open_day
from tests.factories import House, make_patient, make_running_pump
from tests.web.table_rows import message_to
from web.api.fhir.urls import KINDS

pytestmark = pytest.mark.django_db

NAMES = [kind.name for kind in KINDS]


@pytest.fixture
def address(house: House) -> str:
    return f"/api/v1/clinics/{house.clinic.slug}/fhir"


@pytest.fixture
def implant(house: House) -> Implant:
    """A patient with a pump, a refill, a visit, follow-ups and a message."""
    made = make_running_pump(house)
    contact = add_contact_point(
        clinic=house.clinic,
        patient_ref=made.patient.ref,
        kind="email",
        value="ada@example.org",
        actor_id=house.nurse.pk,
        now=house.now,
    )
    message_to(house, contact.pk, made.patient_id)
    book(house, made, on=open_day(house))
    return made


def found(client: Client, address: str, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def search(client: Client, address: str, asked: dict[str, str]) -> Any:
    """By POST, as FHIR's clients send it."""
    return client.post(
        f"{address}/_search", urlencode(asked), content_type="application/x-www-form-urlencoded"
    )


def model(name: str) -> Any:
    return getattr(importlib.import_module(f"fhir.resources.R4B.{name.lower()}"), name)


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_found_by_patient_and_read_by_id(
    nurse: Client, address: str, implant: Implant, house: House, name: str
) -> None:
    make_running_pump(house)  # somebody else's must not be found
    asked = (
        {"_id": implant.patient.ref} if name == "Patient" else {"patient": f"Patient/{implant.patient.ref}"}
    )
    rows = found(nurse, f"{address}/{name}", **asked)
    assert rows
    for row in rows:
        assert row["resourceType"] == name
        model(name).model_validate(row)
        assert str(implant.patient.ref) in str(row)
        answer = nurse.get(f"{address}/{name}/{row['id']}")
        assert answer["Content-Type"].startswith("application/fhir+json")
        assert answer.json() == row


def test_a_refill_says_its_mixture_exactly(nurse: Client, address: str, implant: Implant) -> None:
    (row,) = found(nurse, f"{address}/MedicationAdministration", device=implant.ref)
    fill = Fill.objects.get()
    drug = fill.drugs.get()
    (ingredient,) = row["contained"][0]["ingredient"]
    strength = ingredient["strength"]["numerator"]
    assert (strength["value"], strength["code"]) == (drug.concentration, "ug")
    assert row["dosage"]["dose"]["value"] == fill.fill_volume_ml
    assert row["effectiveDateTime"].startswith(fill.filled_on.isoformat())


def test_a_withdrawn_refill_is_told_as_an_error(
    nurse: Client, address: str, implant: Implant, house: House
) -> None:
    void_fill(
        clinic=house.clinic,
        fill_ref=Fill.objects.get().ref,
        reason="other patient",
        actor_id=house.nurse.pk,
        now=house.now,
    )
    (row,) = found(nurse, f"{address}/MedicationAdministration", patient=implant.patient.ref)
    assert row["status"] == "entered-in-error"


@pytest.mark.parametrize(
    ("prefix", "days", "is_found"),
    [
        ("", 0, True),
        ("", 1, False),
        ("ge", 0, True),
        ("ge", 1, False),
        ("le", 0, True),
        ("le", -1, False),
        ("gt", -1, True),
        ("gt", 0, False),
        ("lt", 1, True),
        ("lt", 0, False),
    ],
)
def test_visits_are_found_by_the_clinic_s_day(
    nurse: Client, address: str, implant: Implant, prefix: str, days: int, is_found: bool
) -> None:
    day = Visit.objects.get().local_on + timedelta(days=days)
    assert bool(found(nurse, f"{address}/Appointment", date=f"{prefix}{day}")) == is_found


def test_a_span_and_a_state_narrow_it_down(nurse: Client, address: str, implant: Implant) -> None:
    day = Visit.objects.get().local_on
    place = f"{address}/Appointment"
    assert found(nurse, place, date=[f"ge{day}", f"le{day}"], status="booked,arrived")
    assert not found(nurse, place, date=[f"ge{day}", f"lt{day}"])
    assert not found(nurse, place, status="cancelled")
    assert found(nurse, f"{address}/Communication", status="preparation,not-done")
    assert not found(nurse, f"{address}/Communication", status="in-progress")
    assert not found(nurse, f"{address}/Communication", sent=f"ge{day}")


def test_a_record_number_is_asked_for_in_the_body_only(
    nurse: Client, address: str, implant: Implant, house: House
) -> None:
    mrn = implant.patient.mrn
    assert nurse.get(f"{address}/Patient", {"identifier": mrn}).status_code == 400
    for value, number in (
        (mrn, 1),
        (f"urn:refillwise:clinic:{house.clinic.slug}:mrn|{mrn}", 1),
        (f"urn:other|{mrn}", 0),
    ):
        answer = search(nurse, f"{address}/Patient", {"identifier": value})
        assert len(answer.json().get("entry", [])) == number, value


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ({"colour": "blue"}, "colour"),
        ({"patient": "Ada"}, "patient"),
        ({"date": "2026-13-01"}, "date"),
        ({"date": "ne2026-12-01"}, "date"),
        ({"status": "booked;drop"}, "status"),
    ],
)
def test_what_it_does_not_know_is_refused_as_fhir_says_it(
    nurse: Client, address: str, query: dict[str, str], where: str
) -> None:
    answer = nurse.get(f"{address}/Appointment", query)
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/fhir+json")
    outcome = answer.json()
    model("OperationOutcome").model_validate(outcome)
    assert outcome["issue"][0]["diagnostics"].startswith(where)


def test_pages_lead_to_all(nurse: Client, address: str, house: House) -> None:
    made = {str(make_patient(house, mrn=f"P-{number}").ref) for number in range(5)}
    seen: list[str] = []
    place: str | None = f"{address}/Patient?_count=2"
    while place:
        bundle = nurse.get(place).json()
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        place = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), None)
    assert (len(seen), set(seen)) == (5, made)


def test_what_it_can_do_is_what_it_does(nurse: Client, address: str, implant: Implant) -> None:
    statement = nurse.get(f"{address}/metadata").json()
    model("CapabilityStatement").model_validate(statement)
    resources = {each["type"]: each for each in statement["rest"][0]["resource"]}
    assert sorted(resources) == sorted(NAMES)
    for name, resource in resources.items():
        for parameter in resource["searchParam"]:
            answer = search(nurse, f"{address}/{name}", {parameter["name"]: "x"})
            assert answer.status_code in (200, 400), (name, parameter["name"])
            assert "There is no such" not in answer.content.decode(), (name, parameter["name"])


@pytest.mark.parametrize("role", list(Role), ids=str)
def test_each_role_reads_what_it_may(
    house: House, signed_in: Callable[[User], Client], address: str, role: Role
) -> None:
    client = signed_in(house.person(role))
    for kind in KINDS:
        wanted = 200 if kind.needs in PERMISSIONS[role] else 403
        assert client.get(f"{address}/{kind.name}").status_code == wanted, kind.name
    assert Permission.VIEW_MESSAGES in {kind.needs for kind in KINDS}


@pytest.mark.parametrize("name", NAMES)
def test_another_clinic_finds_nothing(
    house: House, signed_in: Callable[[User], Client], address: str, implant: Implant, name: str
) -> None:
    outsider = signed_in(house.elsewhere_administrator)
    assert outsider.get(f"{address}/{name}").status_code == 404
    theirs = f"/api/v1/clinics/{house.elsewhere.slug}/fhir/{name}"
    assert found(outsider, theirs) == []
    ids = [row["id"] for row in found(signed_in(house.administrator), f"{address}/{name}")]
    assert all(outsider.get(f"{theirs}/{each}").status_code == 404 for each in [*ids, uuid4()])


@pytest.mark.parametrize("name", NAMES)
def test_a_page_costs_the_same_however_long(
    nurse: Client, address: str, house: House, implant: Implant, name: str
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            nurse.get(f"{address}/{name}")
        return len(queries)

    before = cost()
    for _ in range(3):
        make_running_pump(house)
    assert cost() == before
