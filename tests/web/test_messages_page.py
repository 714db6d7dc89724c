"""The page that shows what patients were told."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.states import State
from notifications.models import Message
from notifications.services.delivery import deliver_batch
from tests.factories import House, make_clinic, make_patient, make_running_pump

NOON = datetime.now(UTC).replace(hour=18, minute=0)  # noon in Chicago, near enough
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic()


def plan_message(house: House, last_name: str = "Ode") -> Message:
    patient = make_patient(house, last_name=last_name)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now, "patient_ref": patient.ref}
    add_contact_point(kind="email", value=f"{last_name.lower()}@example.org", **by)
    record_consent(channel="email", is_granted=True, wording="May we? Yes.", **by)
    return Message.objects.get(implant=make_running_pump(house, patient))


def page(client: Client, house: House, person: object, query: str = "") -> str:
    client.force_login(person)  # type: ignore[arg-type]
    answer = client.get(f"/c/{house.clinic.slug}/messages/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_empty_page_says_when_messages_are_planned(client: Client, house: House) -> None:
    assert "A message is planned for every patient who agreed" in page(client, house, house.nurse)


@override_settings(EMAIL_BACKEND="notifications.backends.InAppBackend")
def test_a_planned_message_goes_out_and_its_letter_can_be_read(client: Client, house: House) -> None:
    plan_message(house)
    shown = page(client, house, house.nurse)
    assert "Planned" in shown
    assert "nothing leaves this installation" in shown
    assert "Dear Ursula" not in shown
    Message.objects.update(due_at=NOON - timedelta(hours=1))
    deliver_batch(now=NOON)
    shown = page(client, house, house.nurse, "?group=sent")
    assert "Dear Ursula" in shown
    assert "ode@example.org" in shown


def test_a_message_nobody_can_tell_about_asks_for_a_person(client: Client, house: House) -> None:
    message = plan_message(house)
    Message.objects.filter(pk=message.pk).update(state=State.UNKNOWN, first_sent_at=house.now)
    assert "1 message needs a person" in page(client, house, house.nurse)
    shown = page(client, house, house.nurse, "?group=attention")
    assert "May not have arrived" in shown
    assert "Call the patient" in shown


def test_filters_and_pages_that_are_none_show_what_there_is(client: Client, house: House) -> None:
    plan_message(house)
    for query in ("?group=nonsense", "?page=99", "?page=-1", "?group=planned&page=x"):
        assert "Ode" in page(client, house, house.nurse, query)
    assert "No message here" in page(client, house, house.nurse, "?group=sent")


def test_the_page_costs_the_same_number_of_queries_whatever_it_shows(client: Client, house: House) -> None:
    counts = []
    for names in (["Ode"], ["Poe", "Roe", "Soe"]):
        for name in names:
            plan_message(house, name)
        page(client, house, house.nurse)
        with CaptureQueriesContext(connection) as queries:
            page(client, house, house.nurse)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_another_clinics_messages_are_not_shown(client: Client, house: House) -> None:
    plan_message(house)
    client.force_login(house.outsider)
    assert client.get(f"/c/{house.clinic.slug}/messages/").status_code == 404
    assert "Ode" not in client.get(f"/c/{house.elsewhere.slug}/messages/").content.decode()


@pytest.mark.parametrize(
    ("role", "status"), [(Role.SCHEDULER, 200), (Role.PRESCRIBER, 200), (Role.AUDITOR, 403)]
)
def test_who_may_see_messages(client: Client, house: House, role: Role, status: int) -> None:
    client.force_login(house.person(role))
    assert client.get(f"/c/{house.clinic.slug}/messages/").status_code == status
