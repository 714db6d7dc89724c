"""The page of the audit: who saw and changed what, found by who, when, what and whose; and that it is itself seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import PatientEntry
from clinic.domain.roles import Role
from clinic.models import AccessRecord, Patient, User
from clinic.selectors.audit_log import Asked, Place, What, audit_log
from clinic.services.patients import update_patient
from tests.factories import House, make_fill, make_implant, make_patient

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(house: House, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(house.person(Role.AUDITOR))


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, last_name="Canary", first_name="Clara", mrn="C-000017")


def change_name(house: House, patient: Patient, last_name: str) -> None:
    update_patient(
        clinic=house.clinic,
        patient_ref=patient.ref,
        entry=PatientEntry(
            mrn=patient.mrn, last_name=last_name, first_name=patient.first_name, birth_date=patient.birth_date
        ),
        actor_id=house.nurse.id,
        now=house.now,
    )


def test_views_and_changes_stand_together_in_words(
    house: House, nurse: Client, auditor: Client, patient: Patient, url: Callable[..., str]
) -> None:
    nurse.get(url("patient", ref=patient.ref))
    change_name(house, patient, "Finch")
    page = auditor.get(url("audit"), {"patient": patient.ref}).content.decode()
    assert "Nora Nurse</strong> saw" in page
    assert "Nora Nurse</strong> changed" in page
    assert "<s>Canary</s>" in page
    assert "Finch, Clara" in page
    assert "127.0.0.1" in page


def test_a_fill_is_found_by_its_patient(
    house: House, auditor: Client, patient: Patient, url: Callable[..., str]
) -> None:
    make_fill(house, make_implant(house, patient), volume_ml="18")
    make_fill(house, make_implant(house), volume_ml="19")
    page = auditor.get(url("audit"), {"patient": patient.ref, "what": "changes"}).content.decode()
    assert "fill entered" in page
    assert "</span> 18</span>" in page
    assert "</span> 19</span>" not in page


def test_what_is_looked_for_narrows(
    house: House, nurse: Client, auditor: Client, patient: Patient, url: Callable[..., str]
) -> None:
    nurse.get(url("patient", ref=patient.ref))
    nurse.get(url("worklist_csv"))

    def found(**asked: object) -> list[str]:
        entries, _ = audit_log(clinic_id=house.clinic.id, asked=Asked(**asked), most=100)  # type: ignore[arg-type]
        return [entry.view.kind if entry.view else "change" for entry in entries]

    assert set(found(what=What.VIEWS)) == {"page"}
    assert set(found(what=What.CHANGES)) == {"change"}
    assert found(what=What.VIEWS, user_id=house.administrator.id) == []
    assert found(what=What.VIEWS, user_id=house.nurse.id) == ["page"]
    assert "change" in found(user_id=house.nurse.id)
    assert found(until=house.now - timedelta(days=30)) == []
    assert found(since=house.now + timedelta(days=1)) == []
    page = auditor.get(url("audit"), {"who": house.administrator.id, "what": "views"}).content.decode()
    assert "Nobody saw or changed anything" in page


@pytest.mark.django_db(transaction=True)  # in one transaction everything has one time
def test_pages_follow_each_other_without_gap_and_without_the_new(house: House, patient: Patient) -> None:
    for number in range(7):
        change_name(house, patient, f"Name{number}")
        AccessRecord.objects.create(
            clinic=house.clinic,
            user=house.nurse,
            kind="page",
            patient_ids=[patient.pk],
            route="x",
            method="GET",
        )
    asked = Asked(patient_id=patient.pk)
    everything, none = audit_log(clinic_id=house.clinic.id, asked=asked, most=100)
    assert none is None
    places: list[Place] = []
    after: Place | None = None
    while True:
        entries, after = audit_log(clinic_id=house.clinic.id, asked=asked, after=after, most=4)
        places += [entry.place for entry in entries]
        change_name(house, patient, "New")
        if after is None:
            break
        assert Place.read(str(after)) == after
    assert places == [entry.place for entry in everything]


def test_nobody_sees_another_clinics(
    house: House, signed_in: Callable[[User], Client], patient: Patient, url: Callable[..., str]
) -> None:
    there = signed_in(house.elsewhere_administrator)
    address = url("audit").replace(house.clinic.slug, house.elsewhere.slug)
    assert there.get(address, {"patient": patient.ref}).status_code == 404
    page = there.get(address).content.decode()
    assert "Canary" not in page


def test_taking_it_away_is_recorded(
    house: House, auditor: Client, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    nurse.get(url("patient", ref=patient.ref))
    table = auditor.get(url("audit_csv"), {"patient": patient.ref}).content.decode("utf-8-sig")
    assert "Canary, Clara" in table
    assert "C-000017" in table
    row = AccessRecord.objects.order_by("-id")[0]
    assert (row.kind, row.route, row.user) == ("export", "nurse:audit_csv", house.person(Role.AUDITOR))
    assert patient.pk in row.patient_ids


def test_the_auditor_is_led_there(auditor: Client, url: Callable[..., str], patient: Patient) -> None:
    assert url("audit") in auditor.get(url("patients")).content.decode()
    history = auditor.get(url("patient_history", ref=patient.ref)).content.decode()
    assert f"{url('audit')}?patient={patient.ref}" in history


def test_a_wrong_address_shows_the_newest(auditor: Client, url: Callable[..., str], patient: Patient) -> None:
    for after in ("x", "20260101T000000.0-clinic_fillhistory-9x", "\x00", "9" * 500):
        assert auditor.get(url("audit"), {"after": after}).status_code == 200
    assert auditor.get(url("audit"), {"who": "x"}).status_code == 422
    assert auditor.get(url("audit"), {"since": "yesterday"}).status_code == 422


def test_a_page_costs_the_same_queries_however_many_rows(
    house: House, auditor: Client, url: Callable[..., str]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            auditor.get(url("audit"))
        return len(seen)

    make_fill(house, make_implant(house))
    queries()
    few = queries()
    for _ in range(5):
        make_fill(house, make_implant(house), volume_ml=str(Decimal(20)))
    assert queries() <= few
