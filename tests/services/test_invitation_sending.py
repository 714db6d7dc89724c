"""An invitation on its way: attempts, failures, hostile names, and what it costs."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Clinic, Patient
from clinic.services.patients import retire_contact_point
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.states import Outcome, State
from notifications.domain.transport import Receipt
from notifications.models import Escalation, Message, MessagingPolicy
from notifications.services.delivery import (
    begin_sending,
    claim_due,
    settle,
)
from notifications.services.plan import replan_patients
from scheduling.models import CalendarEntry, Visit
from tests.bookings import book, open_day
from tests.factories import House, make_clinic
from tests.invitations import (
    SOON,
    at,
    inviting_clinic,
    mails,
    move,
    reader,
    start_of,
)
from tests.services.test_visit_messages import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return inviting_clinic()


@pytest.fixture
def patient(house: House) -> Patient:
    return reader(house)


@pytest.fixture
def visit(house: House, patient: Patient) -> Visit:
    return book(house, patient, on=open_day(house, 30))


def test_the_same_message_is_the_same_letter_at_every_attempt_that_may_have_been_one(
    house: House, visit: Visit
) -> None:
    (claim,) = claim_due(now=NOW + SOON, size=5)
    first = begin_sending(claim, now=NOW + SOON)
    assert first is not None
    claim = replace(claim, fence=claim.fence + 1)
    Message.objects.filter(pk=claim.message_id).update(state=State.CLAIMED, fence=claim.fence)
    CalendarEntry.objects.update(sequence=9)
    again = begin_sending(claim, now=NOW + timedelta(hours=1))
    assert again is not None
    assert again.outgoing == first.outgoing


def test_what_certainly_went_nowhere_is_dated_when_it_goes(house: House, visit: Visit) -> None:
    (claim,) = claim_due(now=NOW + SOON, size=5)
    assert begin_sending(claim, now=NOW + SOON) is not None
    assert settle(claim, Receipt(Outcome.POSTPONED), now=NOW + SOON)
    (letter,) = mails(NOW + timedelta(hours=2))
    assert letter.event.stamp == NOW + timedelta(hours=2)
    assert letter.event.sequence == 0


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_what_was_on_its_way_when_the_visit_moved_is_corrected_once_it_is_known(
    house: House, visit: Visit, state: State
) -> None:
    (claim,) = claim_due(now=NOW + SOON, size=5)
    begun = begin_sending(claim, now=NOW + SOON)
    assert begun is not None
    move(house, visit, NOW + SOON)
    outcome = Outcome.ACCEPTED if state is State.SENDING else Outcome.UNKNOWN
    assert settle(claim, Receipt(outcome), now=NOW + SOON)
    (letter,) = mails(NOW + SOON * 2)
    assert (letter.event.uid, letter.event.start) == (str(begun.outgoing.invite.uid), start_of(visit))  # type: ignore[union-attr]
    assert letter.event.sequence == 1


HOSTILE = 'Evil\r\nBcc: x@example.org\r\nATTENDEE:mailto:y@example.org;"\\N^n,:\u202e' + "ö" * 60


@pytest.fixture
def hostile() -> House:
    house = make_clinic(name="Riverside", now=NOW)
    MessagingPolicy.objects.update_or_create(
        clinic=house.clinic, defaults={"is_invitation_on": True, "place": HOSTILE[:120]}
    )
    with recording(actor_id=house.nurse.id, reason="for a test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(name=HOSTILE[:80], phone="1\r\nX: 2")
    return house


def test_no_name_breaks_out_of_a_header_or_a_property(hostile: House) -> None:
    patient = reader(hostile, email="o'hara+x@example.org")
    with recording(actor_id=hostile.nurse.id, reason="for a test"):
        Patient.objects.filter(pk=patient.pk).update(first_name=HOSTILE[:80])
    book(hostile, patient, on=open_day(hostile, 30))
    (letter,) = mails(NOW + SOON)
    wire = mail.outbox[0].message()
    assert {"Bcc", "ATTENDEE", "X"} & set(wire.keys()) == set()
    assert mail.outbox[0].recipients() == ["o'hara+x@example.org"]
    assert letter.event.attendee == "mailto:o'hara+x@example.org"
    assert [name for name in letter.event.properties if name == "attendee"] == ["attendee"]


HOURS = (9, 10, 11, 14)


def test_planning_costs_the_same_for_any_number_of_readers(house: House) -> None:
    counts = []
    for number in (1, 4):
        patients = [reader(house, email=f"u{number}.{n}@example.org") for n in range(number)]
        for n, one in enumerate(patients):
            book(house, one, on=open_day(house, 30 + number), at=time(HOURS[n]))
        mails(NOW + SOON)
        for one in patients:
            retire_contact_point(contact_id=one.contact_points.get().id, **at(house, NOW + SOON))
        with CaptureQueriesContext(connection) as queries:
            replan_patients(house.clinic.id, [one.pk for one in patients], NOW + SOON)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_writing_an_invitation_costs_the_same_for_any_history(house: House, visit: Visit) -> None:
    counts, now = [], NOW
    for hour in (11, 14, 15):
        now += SOON
        (claim,) = [each for each in claim_due(now=now, size=5) if each.channel is ChannelName.EMAIL]
        with CaptureQueriesContext(connection) as queries:
            begun = begin_sending(claim, now=now)
        assert begun is not None
        assert begun.outgoing.invite is not None
        counts.append(len(queries))
        Message.objects.filter(pk=claim.message_id).update(state=State.ACCEPTED, lease_until=None)
        move(house, visit, now, hour=hour)
    assert len(set(counts)) == 1, counts


def test_a_refused_invitation_goes_to_a_person_and_to_no_other_channel(house: House, visit: Visit) -> None:
    (claim,) = claim_due(now=NOW + SOON, size=5)
    assert begin_sending(claim, now=NOW + SOON) is not None
    settle(claim, Receipt(Outcome.REFUSED), now=NOW + SOON)
    assert Escalation.objects.get().message_id == claim.message_id
    assert not Message.objects.filter(kind=MessageKind.INVITATION).exclude(pk=claim.message_id).exists()
