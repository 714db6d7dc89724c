"""What a message says when it is sent: in the patient's language, on the clinic's clock, from the record as it is."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import ContactPoint, Patient
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.transport import Outgoing
from notifications.domain.words.purposes import LANGUAGES
from notifications.models import Message, MessageTemplate, MessagingPolicy, PatientLink
from notifications.selectors.world import see
from notifications.services.links import open_link
from notifications.services.words import as_it_would_read, compose
from notifications.services.words.compose import VisitMissing
from scheduling.models import Visit
from tests.bookings import book
from tests.factories import House, make_clinic, make_patient

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
MONDAY = date(2026, 11, 30)
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    house = make_clinic(name="Riverside Clinic", now=NOW)
    MessagingPolicy.objects.update_or_create(clinic=house.clinic, defaults={"place": "Building C"})
    return house


def patient_of(house: House, **values: Any) -> Patient:
    return make_patient(house, **values)


def contact_of(
    house: House, patient: Patient, *, channel: str = "email", time_zone: str = ""
) -> ContactPoint:
    """An address or a number, as the channels write it down."""
    is_mail = channel == "email"
    with recording(actor_id=house.nurse.id, reason="for a test"):
        return ContactPoint.objects.create(
            clinic=house.clinic,
            patient=patient,
            kind="email" if is_mail else "phone",
            value="Ursula@Example.org" if is_mail else "(312) 555-0199",
            dialable="ursula@example.org" if is_mail else "+13125550199",
            time_zone=time_zone,
        )


def message(house: House, patient: Patient, *, channel: str = "email", **values: Any) -> Message:
    fields: dict[str, Any] = {
        "clinic": house.clinic,
        "patient": patient,
        "kind": MessageKind.CHECK_UP,
        "occurrence": "visit:1",
        "step": "d3",
        "channel": channel,
        "planned_version": "0",
        "due_at": NOW,
        "not_after": NOW + timedelta(days=1),
        "planned_at": NOW,
    } | values
    if not {"recipient", "user"} & values.keys():
        fields["recipient"] = contact_of(house, patient, channel=channel)
    return Message.objects.create(**fields)


def said(of: Message) -> Outgoing:
    outgoing = compose(see(of.pk, clinic_id=of.clinic_id, now=NOW), now=NOW)
    assert outgoing is not None
    return outgoing


@pytest.mark.parametrize(
    ("language", "subject", "parts"),
    [
        ("en", "your visit on Monday, November 30", ("Dear Ursula,", "When: Monday, November 30, 2:30 pm", "Where:")),
        ("es", "su cita del lunes 30 de noviembre", ("Hola, Ursula:", "Hora: 14:30", "Lugar: Building C")),
        ("fr", "votre rendez-vous du lundi 30 novembre", ("Bonjour Ursula,", "Heure : 14 h 30", "Lieu :")),
    ],
)  # fmt: skip
def test_a_reminder_names_the_day_and_hour_in_the_patients_language(
    house: House, language: str, subject: str, parts: tuple[str, ...]
) -> None:
    patient = patient_of(house, language=language)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    letter = said(message(house, patient, visit=visit))
    assert subject in letter.subject
    for part in parts:
        assert part in letter.text
    assert (letter.address, letter.sender_name) == ("ursula@example.org", "Riverside Clinic")
    assert f'<html lang="{language}">' in letter.html


def test_the_words_tell_of_the_visit_as_it_is_when_they_are_written(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    planned = message(house, patient, visit=visit)
    with recording(actor_id=house.nurse.id, reason="for a test"):
        Visit.objects.filter(pk=visit.pk).update(local_at=time(9, 15))
    assert "9:15 am" in said(planned).text


def test_a_reader_in_another_zone_is_told_whose_hour_it_is(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    for zone, hour in (("America/Los_Angeles", "2:30 pm (Chicago time)"), ("America/Winnipeg", "2:30 pm\n")):
        there = contact_of(house, patient, channel="email", time_zone=zone)
        assert hour in said(message(house, patient, visit=visit, recipient=there)).text
        with recording(actor_id=house.nurse.id, reason="for a test"):
            ContactPoint.objects.filter(pk=there.pk).update(is_active=False)


def test_a_text_goes_to_the_number_as_machines_dial_it_and_ends_with_how_to_stop(house: House) -> None:
    patient = patient_of(house, first_name="Wanda-Małgorzata")
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    text = said(message(house, patient, channel="sms", visit=visit, wants_answer=True))
    assert text.address == "+13125550199"
    assert text.text.startswith("Riverside Clinic: Wanda-Malgorzata, your visit: Mon Nov 30, 2:30 pm")
    assert text.text.endswith("STOP to end")
    assert (text.subject, text.html) == ("", "")


def test_the_link_opens_the_visit_until_a_day_after_it_and_stays_the_same(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    asking = message(house, patient, visit=visit, wants_answer=True)
    first, again = said(asking), said(asking)
    assert first == again
    (link,) = PatientLink.objects.all()
    assert (link.purpose, link.visit_id) == ("visit", visit.id)
    assert link.expires_at == visit.ends_at + timedelta(days=1)
    token = first.text.split("/l/")[1].split()[0]
    opened = open_link(token=token, now=NOW)
    assert opened is not None
    assert opened.pk == link.pk


def test_reading_a_message_before_it_goes_makes_no_link(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    shown = as_it_would_read(message(house, patient, visit=visit), now=NOW)
    assert shown is not None
    assert "/l/…" in shown.text
    assert not PatientLink.objects.exists()


@pytest.mark.parametrize(
    ("kind", "step", "purpose", "words"),
    [
        (MessageKind.BOOK_VISIT, "book_visit", "book", "It is time to arrange your next visit"),
        (MessageKind.CHECK_IN, "check_in", "check_in", "How are you?"),
        (MessageKind.CHECK_IN, "chase1", "check_in", "We have not heard from you yet"),
        (MessageKind.PREPARATION, "d3", "preparation", "read how to prepare"),
    ],
)
def test_each_kind_has_its_words_and_the_link_to_what_it_asks(
    house: House, kind: MessageKind, step: str, purpose: str, words: str
) -> None:
    letter = said(message(house, patient_of(house), kind=kind, step=step, occurrence="fill:1"))
    assert words in letter.text
    assert PatientLink.objects.get().purpose == purpose
    assert "/l/" in letter.html


@pytest.mark.parametrize(
    ("kind", "step", "words"),
    [
        (MessageKind.CHANGE, "moved", "has a new time"),
        (MessageKind.CHANGE, "cancelled", "is cancelled"),
        (MessageKind.REPLY, "confirm", "We look forward to seeing you on Monday, November 30"),
        (MessageKind.REPLY, "stop", "no more messages like these"),
        (MessageKind.REPLY, "anything else", "A person will read it"),
    ],
)
def test_changes_and_replies_say_what_became_of_the_visit(
    house: House, kind: MessageKind, step: str, words: str
) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY, at=time(14, 30))
    assert words in said(message(house, patient, kind=kind, step=step, visit=visit)).text


def test_a_digest_lists_what_still_stands_each_with_its_link(house: House) -> None:
    patient = patient_of(house)
    visits = [book(house, patient, on=MONDAY + timedelta(days=day), at=time(14, 30)) for day in range(3)]
    main = message(house, patient, visit=visits[0])
    for number, visit in enumerate(visits[1:], start=2):
        message(
            house, patient, visit=visit, recipient=main.recipient, carried_by=main, occurrence=f"visit:{number}",
            state="suppressed", reason="digest",
        )  # fmt: skip
    letter = said(main)
    assert [day in letter.text for day in ("November 30", "December 1", "December 2")] == [True] * 3
    assert PatientLink.objects.count() == letter.text.count("/l/") == 3
    message(
        house, patient, visit=visits[2], recipient=main.recipient, carried_by=main, occurrence="visit:9",
        state="cancelled", reason="moved",
    )  # fmt: skip
    assert said(main) == letter
    with recording(actor_id=house.nurse.id, reason="for a test"):
        Visit.objects.filter(pk=visits[1].pk).update(status="cancelled")
    assert "December 1" not in said(main).text


def test_staff_are_told_that_something_needs_them_and_nothing_about_whom(house: House) -> None:
    patient = patient_of(house, first_name="Canaryfirst", last_name="Canarylast")
    letter = said(message(house, patient, user=house.nurse, kind=MessageKind.ESCALATION, step="told"))
    assert letter.address == house.nurse.email
    assert "Something needs you in Refillwise" in letter.subject
    assert f"/c/{house.clinic.slug}/" in letter.text
    for side in (letter.subject, letter.text, letter.html):
        assert "Canary" not in side


def test_no_message_is_written_for_an_address_that_is_not_in_use(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY)
    late = message(house, patient, channel="sms", visit=visit)
    for change in ({"dialable": ""}, {"dialable": "+13125550199", "is_active": False}):
        with recording(actor_id=house.nurse.id, reason="for a test"):
            ContactPoint.objects.filter(pk=late.recipient_id).update(**change)
        assert compose(see(late.pk, clinic_id=late.clinic_id, now=NOW), now=NOW) is None
    assert not PatientLink.objects.exists()


def test_words_about_a_visit_without_one_are_a_defect_and_read_as_nothing(house: House) -> None:
    astray = message(house, patient_of(house))
    with pytest.raises(VisitMissing):
        compose(see(astray.pk, clinic_id=astray.clinic_id, now=NOW), now=NOW)
    assert as_it_would_read(astray, now=NOW) is None


def test_a_name_can_bring_neither_a_link_nor_a_line_nor_markup(house: House) -> None:
    patient = patient_of(house, first_name="<b>Eve</b>\r\nBcc: x@evil.example http://evil.example {link}")
    visit = book(house, patient, on=MONDAY)
    letter = said(message(house, patient, visit=visit))
    assert "evil.example" not in letter.text
    assert letter.text.count("http") == letter.text.count("/l/") == 1
    assert "\n" not in letter.subject
    assert "<b>" not in letter.html


def test_a_clinics_own_words_count_until_the_shipped_ones_are_restored(house: House) -> None:
    patient = patient_of(house)
    visit = book(house, patient, on=MONDAY)
    planned = message(house, patient, visit=visit)
    own = {
        "clinic": house.clinic, "purpose": "visit", "channel": "email", "language": "en",
        "created_at": NOW, "created_by": house.administrator,
    }  # fmt: skip
    MessageTemplate.objects.create(
        subject="Soon at {clinic_name}", body="See you {weekday_date}, {time}.", **own
    )
    assert said(planned).subject == "Soon at Riverside Clinic"
    MessageTemplate.objects.create(**own)
    assert "your visit on" in said(planned).subject


@pytest.mark.parametrize("channel", ChannelName)
@pytest.mark.parametrize("language", LANGUAGES)
def test_writing_costs_a_handful_of_queries(house: House, channel: ChannelName, language: str) -> None:
    patient = patient_of(house, language=language)
    visit = book(house, patient, on=MONDAY)
    planned = message(house, patient, channel=channel.value, visit=visit)
    with CaptureQueriesContext(connection) as queries:
        said(planned)
    assert len(queries) <= 5
