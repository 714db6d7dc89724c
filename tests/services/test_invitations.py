"""A visit in the reader's own calendar, from mail to mail: as the wire carries it, and as a calendar takes it in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from pytest_django import Settings

from clinic.audit import recording
from clinic.models import Patient
from notifications.domain.kinds import MessageKind
from notifications.domain.states import State
from notifications.models import Message, MessagingPolicy, PatientLink
from notifications.services.plan import replan_patients
from notifications.services.rules import PolicyEntry, set_policy
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import CalendarEntry, Visit
from scheduling.services import booking
from tests.bookings import book, open_day
from tests.factories import House
from tests.invitations import (
    SOON,
    Client,
    at,
    cancel,
    invited,
    inviting_clinic,
    mails,
    move,
    reader,
    start_of,
    undo,
)
from tests.services.test_visit_messages import NOW, tell

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(settings: Settings) -> House:
    settings.DEFAULT_FROM_EMAIL = "Refillwise <visits@clinic.example>"
    return inviting_clinic()


@pytest.fixture
def patient(house: House) -> Patient:
    return reader(house)


@pytest.fixture
def visit(house: House, patient: Patient) -> Visit:
    return book(house, patient, on=open_day(house, 30))


def test_a_booked_visit_comes_as_an_invitation(house: House, visit: Visit) -> None:
    assert not mails(NOW)
    letter = invited()
    assert letter.types == (
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    )
    event, entry = letter.event, CalendarEntry.objects.get(visit=visit)
    assert letter.calendar is not None
    assert (letter.calendar.method, letter.calendar.name, letter.calendar.components) == (
        "REQUEST",
        None,
        ("vevent",),
    )
    assert (event.uid, event.sequence, event.status) == (str(entry.uid), 0, "CONFIRMED")
    assert (event.start, event.end) == (start_of(visit), visit.ends_at.astimezone(UTC))
    assert event.stamp == NOW + SOON
    assert (event.organizer, event.attendee) == ("mailto:visits@clinic.example", "mailto:ursula@example.org")
    assert (event.summary, event.location) == ("Visit: Riverside Clinic", "Building C; door 2, left")
    assert event.url is None
    assert not mails(NOW + timedelta(hours=2))


def test_the_words_say_that_nobody_reads_answers_and_the_link_asks(house: House, visit: Visit) -> None:
    letter = invited()
    link = PatientLink.objects.get()
    assert (link.purpose, link.visit_id) == ("visit", visit.pk)
    assert "/l/" in letter.text
    assert "Nobody reads answers to this e-mail or from a calendar." in letter.text
    assert "Nobody reads answers from a calendar" in (letter.event.description or "")
    raw = mail.outbox[0].alternatives[1].content
    assert "RSVP=FALSE" in raw.replace("\r\n ", "")
    assert "PARTSTAT=NEEDS-ACTION" in raw.replace("\r\n ", "")
    assert 'ORGANIZER;CN="Riverside Clinic"' in raw


def test_booked_moved_cancelled_and_booked_again_as_a_calendar_sees_it(
    house: House, patient: Patient, visit: Visit
) -> None:
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    assert client.shows == [start_of(visit)]
    uid = next(iter(client.held))

    move(house, visit, now)
    now += SOON
    (letter,) = mails(now)
    client.take([letter])
    assert "new time" in letter.subject
    assert client.shows == [start_of(visit)]
    assert list(client.held) == [uid]

    move(house, visit, now, hour=14)
    now += SOON
    client.take(mails(now))
    assert client.shows == [start_of(visit)]

    cancel(house, visit, now)
    now += SOON
    (letter,) = mails(now)
    client.take([letter])
    assert letter.calendar is not None
    assert (letter.calendar.method, letter.event.status) == ("CANCEL", "CANCELLED")
    assert letter.event.summary.startswith("Cancelled: ")
    assert client.shows == []
    assert client.counted[uid] == [0, 1, 2, 3]

    again = book(house, patient, on=open_day(house, 50))
    now += SOON
    client.take(mails(now))
    assert client.shows == [start_of(again)]
    assert uid not in client.held


def test_a_cancellation_undone_once_it_was_told_is_another_entry(house: House, visit: Visit) -> None:
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    for change in (cancel, undo):
        change(house, visit, now)
        now += SOON
        client.take(mails(now))
    assert client.shows == [start_of(visit)]
    assert len(client.dead) == 1


def test_a_cancellation_undone_before_it_was_told_leaves_the_entry_that_is_there(
    house: House, visit: Visit
) -> None:
    """The feed has another entry by then; the calendar that was invited is to end with one, at the right hour."""
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    cancel(house, visit, now)
    undo(house, visit, now)
    assert not mails(now + SOON)
    move(house, visit, now + SOON)
    client.take(mails(now + SOON * 2))
    assert client.shows == [start_of(visit)]
    assert not client.dead


@pytest.mark.parametrize("before", [timedelta(minutes=5), timedelta(minutes=9)])
def test_what_was_not_sent_yet_is_right_when_it_is(house: House, visit: Visit, before: timedelta) -> None:
    move(house, visit, NOW + before)
    (letter,) = mails(NOW + before + SOON)
    assert (letter.event.start, letter.event.sequence) == (start_of(visit), 1)
    assert "is booked" in letter.text


def test_cancelled_before_it_was_sent_nothing_goes_out(house: House, visit: Visit) -> None:
    cancel(house, visit, NOW + timedelta(minutes=9))
    assert mails(NOW + timedelta(hours=2)) == []
    assert Message.objects.get(kind=MessageKind.INVITATION).state == State.CANCELLED


def test_a_moved_visit_is_one_mail_to_whoever_was_reminded_of_it(house: House, visit: Visit) -> None:
    """Who was told before the clinic invited at all gets the entry with the word of the change."""
    MessagingPolicy.objects.update(is_invitation_on=False)
    replan_patients(house.clinic.id, [visit.patient_id], NOW)
    tell(visit.patient, "d14")
    MessagingPolicy.objects.update(is_invitation_on=True)
    move(house, visit, NOW + SOON)
    (letter,) = mails(NOW + SOON * 2)
    assert "new time" in letter.subject
    assert (letter.event.start, letter.event.sequence) == (start_of(visit), 1)
    assert not mails(NOW + timedelta(hours=2))


@pytest.mark.parametrize("change", [move, cancel])
def test_who_is_told_of_a_change_by_text_has_the_calendar_put_right_as_well(
    house: House, change: Callable[[House, Visit, datetime], None]
) -> None:
    patient = reader(house, phone="+1 312 555 0142")
    visit = book(house, patient, on=open_day(house, 30))
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    told = Message.objects.get(step="d3")
    Message.objects.filter(pk=told.pk).update(state=State.ACCEPTED, first_sent_at=now, due_at=now)
    change(house, visit, now)
    client.take(mails(now + SOON))
    visit.refresh_from_db()
    assert Message.objects.filter(kind=MessageKind.CHANGE, channel="sms", state=State.ACCEPTED).exists()
    assert client.shows == ([start_of(visit)] if change is move else [])
    assert not mails(now + timedelta(hours=2))


def test_another_nurse_at_the_same_hour_is_nothing_to_send(house: House, visit: Visit) -> None:
    invited()
    with recording(actor_id=house.nurse.id, reason="for a test"):
        Visit.objects.filter(pk=visit.pk).update(sequence=5)
    replan_patients(house.clinic.id, [visit.patient_id], NOW + SOON)
    assert not mails(NOW + timedelta(hours=2))


def test_a_visit_that_takes_longer_is_put_right_in_the_calendar(house: House, visit: Visit) -> None:
    """No words say how long a visit takes, so it is no new time; the calendar would end it too early."""
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    entry = MoveEntry(local_on=visit.local_on, local_at=visit.local_at, duration_minutes=90)
    booking.move_visit(visit_ref=visit.ref, entry=entry, **at(house, now))
    (letter,) = mails(now + SOON)
    client.take([letter])
    (event,) = client.held.values()
    assert (event.start, event.end) == (start_of(visit), start_of(visit) + timedelta(minutes=90))
    assert (event.uid, event.sequence) == (str(CalendarEntry.objects.get(visit=visit).uid), 1)
    assert "new time" not in letter.subject + letter.text
    assert not mails(now + timedelta(hours=2))


def test_a_clinic_that_does_not_ask_for_it_sends_none(house: House, patient: Patient) -> None:
    MessagingPolicy.objects.update(is_invitation_on=False)
    visit = book(house, patient, on=open_day(house, 30))
    assert not Message.objects.filter(kind=MessageKind.INVITATION).exists()
    tell(patient, "d14")
    move(house, visit, NOW + SOON)
    (letter,) = mails(NOW + SOON * 2)
    assert letter.calendar is None
    assert letter.types == ("multipart/alternative", "text/plain", "text/html")


def test_switched_on_it_invites_to_what_is_booked_and_off_it_ends_at_once(
    house: House, patient: Patient
) -> None:
    set_invitations(house, is_on=False, now=NOW)
    book(house, patient, on=open_day(house, 30))
    set_invitations(house, is_on=True, now=NOW + SOON)
    replan_patients(house.clinic.id, [patient.pk], NOW + SOON)
    (row,) = Message.objects.filter(kind=MessageKind.INVITATION)
    assert row.state == State.QUEUED
    MessagingPolicy.objects.update(is_invitation_on=False)  # what is due already is not planned anew first
    assert mails(NOW + SOON) == []
    row.refresh_from_db()
    assert (row.state, row.reason) == (State.CANCELLED, "rule_off")


def test_who_was_invited_hears_of_changes_also_once_it_is_switched_off(house: House, visit: Visit) -> None:
    client = Client("ursula@example.org")
    client.take(mails(NOW + SOON))
    set_invitations(house, is_on=False, now=NOW + SOON)
    cancel(house, visit, NOW + SOON)
    client.take(mails(NOW + SOON * 2))
    assert client.shows == []


def set_invitations(house: House, *, is_on: bool, now: datetime) -> None:
    policy = MessagingPolicy.objects.get(clinic=house.clinic)
    kept = {name: getattr(policy, name) for name in PolicyEntry.__slots__}
    set_policy(
        clinic_id=house.clinic.id,
        entry=PolicyEntry(**(kept | {"is_invitation_on": is_on})),
        actor_id=house.nurse.id,
        now=now,
    )


def test_reminders_carry_no_calendar(house: House, visit: Visit) -> None:
    invited()
    reminder = Message.objects.get(step="d14")
    (letter,) = mails(reminder.due_at)
    assert letter.calendar is None
    assert {row.step for row in Message.objects.filter(kind=MessageKind.CHECK_UP)} == {"d14", "d3", "d1"}


def test_an_invitation_stands_alone_beside_a_reminder_of_the_same_day(house: House, patient: Patient) -> None:
    first = book(house, patient, on=open_day(house, 14), at=time(9))
    second = book(house, patient, on=open_day(house, 14), at=time(15))
    letters = mails(NOW + SOON)
    assert sorted(letter.event.start for letter in letters) == [start_of(first), start_of(second)]  # type: ignore[type-var]
