"""The page that shows what patients were told."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from clinic.domain.roles import Role
from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.kinds import MessageKind
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.domain.words.purposes import Purpose
from notifications.models import Message, PatientLink
from notifications.models.escalations import Cause
from notifications.services.delivery import deliver_batch
from notifications.services.escalations import open_escalation
from tests.bookings import book, open_day
from tests.factories import House, make_patient, make_running_pump
from tests.invitations import SOON, cancel, inviting_clinic, reader
from web.nurse.message_words import KINDS, PURPOSES, REASONS, STATES

NOON = datetime.now(UTC).replace(hour=18, minute=0)  # noon in Chicago, near enough
pytestmark = pytest.mark.django_db


def plan_message(house: House, last_name: str = "Ode") -> Message:
    patient = make_patient(house, last_name=last_name)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now, "patient_ref": patient.ref}
    add_contact_point(kind="email", value=f"{last_name.lower()}@example.org", **by)
    record_consent(channel="email", is_granted=True, wording="May we? Yes.", **by)
    return Message.objects.get(implant=make_running_pump(house, patient))


def page(client: Client, house: House, person: object, more: str = "") -> str:
    client.force_login(person)  # type: ignore[arg-type]
    answer = client.get(f"/c/{house.clinic.slug}/messages/{more}")
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
    alone = page(client, house, house.nurse, f"{Message.objects.get().ref}/")
    assert "Dear Ursula" in alone
    assert "as it was kept here" in alone
    assert ">taken<" in alone


def test_a_message_nobody_can_tell_about_asks_for_a_person(client: Client, house: House) -> None:
    message = plan_message(house)
    Message.objects.filter(pk=message.pk).update(state=State.UNKNOWN, first_sent_at=house.now)
    assert "1 message needs a person" in page(client, house, house.nurse)
    shown = page(client, house, house.nurse, "?group=attention")
    assert "May not have arrived" in shown
    assert "Call the patient" in shown
    alone = page(client, house, house.nurse, f"{message.ref}/")
    assert "Call the patient" in alone
    assert not re.search(r"resend|send again", alone, re.IGNORECASE)
    assert "<form" not in alone.split("<main")[1]


def test_filters_by_kind_channel_and_patient_narrow_the_list_and_its_counts(
    client: Client, house: House
) -> None:
    messages = [plan_message(house, name) for name in ("Ode", "Poe", "Roe")]
    Message.objects.filter(pk=messages[1].pk).update(channel="sms")
    Message.objects.filter(pk=messages[2].pk).update(kind="check_in", step="chase1")
    for query, names in (
        ("?channel=sms", ["Poe"]),
        ("?kind=check_in&group=planned", ["Roe"]),
        ("?kind=check_in&channel=sms", []),
        (f"?patient={messages[0].patient.ref}", ["Ode"]),  # type: ignore[union-attr]
        ("?kind=nonsense&channel=fax&patient=nobody", ["Ode", "Poe", "Roe"]),
    ):
        shown = page(client, house, house.nurse, query)
        table = shown.split("<tbody>")[1] if names else ""
        assert [name for name in ("Ode", "Poe", "Roe") if name in table] == names
        assert f"All {len(names)}" in shown
        assert bool(names) is not ("No message here" in shown)


def test_a_message_that_waits_shows_what_it_would_say_and_opens_nothing(client: Client, house: House) -> None:
    message = plan_message(house)
    alone = page(client, house, house.nurse, f"{message.ref}/")
    assert "as it would read now" in alone
    assert "It is time to arrange your next visit" in alone
    assert "/l/…" in alone
    assert "Nobody has tried to send it." in alone
    assert not PatientLink.objects.exists()


@override_settings(EMAIL_BACKEND="notifications.backends.InAppBackend")
def test_a_message_names_what_went_with_it_for_the_calendar(client: Client) -> None:
    house = inviting_clinic()
    visit = book(house, reader(house), on=open_day(house, 30))
    invitation = Message.objects.get(kind=MessageKind.INVITATION)
    assert "For the calendar" not in page(client, house, house.nurse, f"{invitation.ref}/")
    deliver_batch(now=house.now + SOON)
    shown = page(client, house, house.nurse, f"{invitation.ref}/")
    assert "the visit, as an invitation" in shown
    assert "invite.ics" in shown
    cancel(house, visit, house.now + SOON)
    deliver_batch(now=house.now + SOON * 2)
    off = Message.objects.get(kind=MessageKind.CHANGE)
    assert "that the visit is to be taken out" in page(client, house, house.nurse, f"{off.ref}/")


def test_a_message_that_was_held_back_says_why(client: Client, house: House) -> None:
    message = plan_message(house)
    Message.objects.filter(pk=message.pk).update(
        state=State.CANCELLED, reason=WhyNot.STOPPED, settled_at=house.now
    )
    for more in ("?group=not_sent", f"{message.ref}/"):
        assert "The number or address said stop." in page(client, house, house.nurse, more)


def test_every_state_reason_kind_and_purpose_has_words() -> None:
    assert set(STATES) == set(State)
    assert set(REASONS) == set(WhyNot)
    assert set(KINDS) == set(MessageKind)
    assert set(PURPOSES) == set(Purpose)


def test_whoever_looks_after_a_message_is_named_with_what_came_of_it(client: Client, house: House) -> None:
    message = plan_message(house)
    opened = open_escalation(
        clinic_id=house.clinic.id, cause=Cause.MAY_BE_LOST, key=f"message:{message.pk}", now=house.now,
        patient_id=message.patient_id, message_id=message.pk,
    )  # fmt: skip
    alone = page(client, house, house.nurse, f"{message.ref}/")
    assert f"/escalations/{opened.ref}/" in alone
    assert "Handed to a person" in alone


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
    message = Message.objects.get()
    for more in (f"{message.ref}/", f"?patient={message.patient.ref}"):  # type: ignore[union-attr]
        answer = client.get(f"/c/{house.elsewhere.slug}/messages/{more}")
        assert "Ode" not in answer.content.decode()
    assert client.get(f"/c/{house.elsewhere.slug}/messages/{message.ref}/").status_code == 404


def test_a_word_to_staff_is_no_message_of_this_page(client: Client, house: House) -> None:
    message = plan_message(house)
    Message.objects.filter(pk=message.pk).update(recipient=None, user=house.nurse, kind="escalation")
    client.force_login(house.nurse)
    assert client.get(f"/c/{house.clinic.slug}/messages/{message.ref}/").status_code == 404
    assert "No messages yet" in page(client, house, house.nurse)


@pytest.mark.parametrize(
    ("role", "status"), [(Role.SCHEDULER, 200), (Role.PRESCRIBER, 200), (Role.AUDITOR, 403)]
)
def test_who_may_see_messages(client: Client, house: House, role: Role, status: int) -> None:
    client.force_login(house.person(role))
    assert client.get(f"/c/{house.clinic.slug}/messages/").status_code == status
