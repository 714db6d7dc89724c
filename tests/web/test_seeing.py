"""Every view of patient data is written down, by whom and from where; what cannot be written down is not shown."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from clinic.models import AccessRecord, Patient
from clinic.seeing import Seen, saw, watching
from scheduling.models import FeedDetail
from tests.factories import House, make_patient, make_running_pump
from tests.feeds import reader
from tests.visits import make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(house: House) -> Patient:
    return make_patient(house, last_name="Canary", first_name="Clara")


def newest() -> AccessRecord:
    return AccessRecord.objects.order_by("-id")[0]


def test_a_page_names_who_saw_whom_from_where(
    house: House, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    nurse.get(url("patient", ref=patient.ref), REMOTE_ADDR="10.1.2.3")
    row = newest()
    assert (row.clinic, row.user, row.kind, row.patient_ids) == (
        house.clinic,
        house.nurse,
        "page",
        [patient.pk],
    )
    assert (row.route, row.method, row.address) == ("nurse:patient", "GET", "10.1.2.3")


def test_a_header_that_anybody_can_send_is_not_believed(
    nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    nurse.get(url("patient", ref=patient.ref), REMOTE_ADDR="10.1.2.3", HTTP_X_FORWARDED_FOR="6.6.6.6")
    assert newest().address == "10.1.2.3"


def test_a_list_names_those_it_shows_and_no_others(
    house: House, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    other = make_patient(house, last_name="Other")
    nurse.post(url("patients"), {"text": "Canary"})
    assert newest().patient_ids == [patient.pk]
    nurse.get(url("patients"), {"status": "all"})
    assert newest().patient_ids == [patient.pk, other.pk]


def test_a_page_about_nobody_and_an_answer_that_leads_elsewhere_are_not_views(
    nurse: Client, administrator: Client, patient: Patient, url: Callable[..., str]
) -> None:
    administrator.get(url("settings"))
    nurse.get(url("patient", ref="00000000-0000-0000-0000-000000000000"))
    nurse.post(url("contact_new", ref=patient.ref), {"kind": "email", "value": "c@example.org"})
    assert list(AccessRecord.objects.values_list("route", flat=True)) == []


def test_an_export_a_part_of_a_page_a_program_and_a_print(
    house: House, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    implant = make_running_pump(house, patient)
    desk = make_desk(house)
    visit = desk.book(patient, at="10:00")

    def seen(address: str, **headers: str) -> tuple[str, list[int]]:
        before = AccessRecord.objects.count()
        assert nurse.get(address, **headers).status_code == 200  # type: ignore[arg-type]
        assert AccessRecord.objects.count() == before + 1, address
        return newest().kind, newest().patient_ids

    assert seen(url("worklist_csv")) == ("export", [patient.pk])
    assert seen(url("worklist"), HTTP_HX_REQUEST="true") == ("page", [patient.pk])
    assert seen(url("calendar_print") + f"?date={visit.local_on}") == ("print", [patient.pk])
    assert seen(f"/api/v1/clinics/{house.clinic.slug}/forecasts") == ("api", [patient.pk])
    assert seen(f"/api/v1/clinics/{house.clinic.slug}/visits/{visit.ref}") == ("api", [patient.pk])
    assert implant.patient_id == patient.pk


def test_a_calendar_names_its_link_and_once_for_what_is_the_same(house: House, patient: Patient) -> None:
    desk = make_desk(house)
    desk.book(patient, at="10:00")
    program = reader(house, detail=FeedDetail.INITIALS)
    program.fetch()
    row = newest()
    assert (row.kind, row.user, row.patient_ids) == ("feed", None, [patient.pk])
    assert len(row.link_ref) == 36
    assert program.again().status_code == 304
    assert newest() == row
    busy = reader(house, detail=FeedDetail.BUSY)
    busy.fetch()
    assert newest() == row  # that a time is taken names nobody


def test_what_cannot_be_written_down_is_not_shown(
    nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    with patch("web.seeing.record_access", side_effect=DatabaseError):
        response = nurse.get(url("patient", ref=patient.ref))
    assert response.status_code == 503
    assert b"Canary" not in response.content


def test_it_costs_one_statement(
    house: House, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    with CaptureQueriesContext(connection) as queries:
        nurse.get(url("patient", ref=patient.ref))
    assert sum("clinic_accessrecord" in query["sql"] for query in queries) == 1


def test_outside_a_request_nothing_is_noted(patient: Patient) -> None:
    saw(1, [2])
    assert patient.last_name == "Canary"
    with watching() as seen:
        assert seen == Seen()
        assert patient.last_name == "Canary"
    assert seen.patients == {patient.clinic_id: {patient.pk}}


def test_the_canary_itself_would_sing(
    house: House, nurse: Client, patient: Patient, url: Callable[..., str]
) -> None:
    """That the tests of the pages would notice a page that says nothing."""
    with (
        patch("web.seeing.watching", _blind),
        pytest.raises(AssertionError, match="no row says so"),
    ):
        nurse.get(url("patient", ref=patient.ref))


def _blind() -> nullcontext[Seen]:
    return nullcontext(Seen())
