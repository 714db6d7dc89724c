"""What follows when a text comes to nothing: a stop that the provider knows of, and what the text was to say besides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic.audit import recording
from clinic.models import Consent, ContactPoint
from notifications.domain.kinds import ChannelName
from notifications.domain.states import Outcome, State
from notifications.domain.transport import Receipt
from notifications.models import Escalation, InAppMail, Message, ReminderRule, StoppedAddress
from notifications.services.delivery import (
    apply_report,
    begin_sending,
    claim_due,
    deliver_batch,
    settle,
)
from notifications.services.plan import replan_patients
from notifications.services.reconciling import reconcile_clinic
from scheduling.models import Visit, VisitStatus
from tests.factories import House, make_clinic
from tests.faults.mail_room import Gateway
from tests.message_rows import make_due_messages

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
SMS = ChannelName.SMS
NUMBER = "+13125550000"
Start = Callable[..., Gateway]
Committed = Callable[..., Any]
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def due(house: House) -> Message:
    """A text that is due, about a visit in three days, by a rule that goes on by e-mail where there is an address."""
    (message_id,) = make_due_messages(house.clinic, number=1, actor_id=house.nurse.id, now=NOW)
    ReminderRule.objects.filter(clinic=house.clinic).update(channels=["sms", "email"])
    return Message.objects.get(pk=message_id)


def refuse(message: Message, error: str) -> None:
    """Have the provider refuse it."""
    (claim,) = claim_due(now=NOW, size=1, channel=SMS)
    assert (claim.message_id, begin_sending(claim, now=NOW) is None) == (message.pk, False)
    assert settle(claim, Receipt(Outcome.REFUSED, error=error), now=NOW)
    message.refresh_from_db()


# --- Stop, said to the provider -----------------------------------------------------------------------


@pytest.mark.parametrize(("error", "is_stop"), [("stopped 21610", True), ("twilio 400 21211", False)])
def test_a_number_that_said_stop_to_the_provider_gets_no_further_text(
    house: House, error: str, is_stop: bool
) -> None:
    message = due(house)
    assert message.recipient is not None
    number = message.recipient.dialable
    rule = ReminderRule.objects.get(clinic=house.clinic)
    rule.pk, rule.step, rule.days, rule.channels = None, "d1", -1, ["sms"]
    rule.save(force_insert=True)
    replan_patients(house.clinic.id, [message.patient_id or 0], NOW)
    later = Message.objects.get(step="d1")
    assert later.state == State.QUEUED
    refuse(message, error)
    later.refresh_from_db()
    stops = list(
        StoppedAddress.objects.for_clinic(house.clinic.id).values_list("channel", "address", "lifted_at")
    )
    agreed = Consent.objects.filter(patient=message.patient, channel="sms").order_by("-id")[0].is_granted
    calls = set(Escalation.objects.filter(patient=message.patient).values_list("cause", flat=True))
    assert message.state == State.FAILED
    if is_stop:
        assert (later.state, later.reason) == (State.SUPPRESSED, "stopped")
        assert stops == [("sms", number, None)]
        assert (agreed, calls) == (False, {"stopped", "not_delivered"})
    else:
        assert (later.state, stops, agreed, calls) == (State.QUEUED, [], True, {"not_delivered"})


def test_a_stop_at_the_provider_holds_in_every_clinic_that_writes_there(house: House) -> None:
    message = due(house)
    assert message.recipient is not None
    elsewhere = make_due_messages(house.elsewhere, number=1, actor_id=house.outsider.id, now=NOW)
    other = Message.objects.get(pk=elsewhere[0])
    with recording(actor_id=house.outsider.id, reason="test"):
        ContactPoint.objects.filter(pk=other.recipient_id).update(
            value=message.recipient.value, dialable=message.recipient.dialable
        )
    Message.objects.filter(pk=other.pk).update(due_at=NOW + timedelta(hours=1))
    refuse(message, "stopped 21610")
    other.refresh_from_db()
    assert (other.state, other.reason) == (State.SUPPRESSED, "stopped")
    assert StoppedAddress.objects.count() == 2


# --- What it was to say besides its own -----------------------------------------------------------------


def digest(house: House, *, has_email: bool) -> tuple[Message, Message]:
    """A text about a visit, and the row of another visit that it says too, as the planner put them together."""
    first = due(house)
    visit = Visit.objects.get(pk=first.visit_id)
    with recording(actor_id=house.nurse.id, reason="test"):
        second = Visit.objects.get(pk=visit.pk)
        second.pk, second.ref = int(f"{visit.pk}1"), uuid4()  # whose name sorts after the first's
        second.starts_at, second.ends_at = (
            visit.starts_at + timedelta(hours=2),
            visit.ends_at + timedelta(hours=2),
        )
        second.local_at = visit.local_at.replace(hour=visit.local_at.hour + 2)
        second.save(force_insert=True)
        VisitStatus.objects.create(clinic=house.clinic, visit=second, status="booked", since=visit.booked_at)
        if has_email:
            ContactPoint.objects.create(
                clinic=house.clinic,
                patient=first.patient,
                kind="email",
                value="ursula@example.org",
                dialable="ursula@example.org",
            )
            Consent.objects.create(
                clinic=house.clinic,
                patient=first.patient,
                channel="email",
                is_granted=True,
                wording="Yes.",
                recorded_at=NOW,
                recorded_by=house.nurse,
            )
    replan_patients(house.clinic.id, [first.patient_id or 0], NOW - timedelta(hours=2))
    carried = Message.objects.get(state=State.SUPPRESSED, reason="digest")
    carrier = Message.objects.get(state=State.QUEUED)
    assert carried.carried_by == carrier
    return carrier, carried


@pytest.mark.parametrize("has_email", [True, False])
def test_what_a_refused_digest_was_to_say_besides_is_said_in_another_way(
    house: House, start_gateway: Start, django_capture_on_commit_callbacks: Committed, has_email: bool
) -> None:
    start_gateway("idempotent", "--rejects=+1312")
    first, carried = digest(house, has_email=has_email)
    for minutes in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            deliver_batch(now=NOW + timedelta(minutes=minutes))
    first.refresh_from_db()
    carried.refresh_from_db()
    assert first.state == State.FAILED
    if has_email:
        letters = InAppMail.objects.filter(message__user=None).values_list("message__visit_id", flat=True)
        assert sorted(letters) == [first.visit_id, carried.visit_id]
    else:
        assert carried.state == State.FAILED, "tried for itself"
        told = Escalation.objects.filter(cause="not_delivered").values_list("message_id", flat=True)
        assert sorted(told) == [first.pk, carried.pk]


def test_what_a_missed_digest_was_to_say_besides_still_goes(
    house: House, start_gateway: Start, django_capture_on_commit_callbacks: Committed
) -> None:
    place = start_gateway("idempotent")
    first, carried = digest(house, has_email=False)
    late = first.not_after + timedelta(minutes=1)
    for minutes in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            deliver_batch(now=late + timedelta(minutes=minutes))
    first.refresh_from_db()
    carried.refresh_from_db()
    assert (first.state, carried.state, carried.carried_by) == (State.MISSED, State.ACCEPTED, None)
    assert place.taken() == {str(carried.ref): 1}


def test_what_a_digest_that_must_not_go_was_to_say_besides_still_goes(
    house: House, start_gateway: Start, django_capture_on_commit_callbacks: Committed
) -> None:
    place = start_gateway("idempotent")
    first, carried = digest(house, has_email=False)
    with recording(actor_id=house.nurse.id, reason="a defect"):  # past every service and planner
        Visit.objects.filter(pk=first.visit_id).update(status="cancelled")
    for minutes in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            deliver_batch(now=NOW + timedelta(minutes=minutes))
    first.refresh_from_db()
    carried.refresh_from_db()
    assert (first.state, carried.state) == (State.CANCELLED, State.ACCEPTED)
    assert place.taken() == {str(carried.ref): 1}


def test_a_digest_that_is_reported_as_failed_lets_go_of_what_it_said(
    house: House, start_gateway: Start, django_capture_on_commit_callbacks: Committed
) -> None:
    start_gateway("idempotent")
    first, carried = digest(house, has_email=True)
    with django_capture_on_commit_callbacks(execute=True):
        deliver_batch(now=NOW)
    carried.refresh_from_db()
    assert (carried.state, carried.carried_by_id) == (State.SUPPRESSED, first.pk), "said"
    with django_capture_on_commit_callbacks(execute=True):
        assert apply_report(provider="gateway", message_ref=first.ref, status=State.FAILED, now=NOW)
    waiting = Message.objects.filter(visit_id=carried.visit_id, state=State.QUEUED, user=None)
    assert waiting.count() == 1
    run = reconcile_clinic(clinic_id=house.clinic.id, now=NOW)
    assert (run.missing, run.surplus) == (0, 0)
