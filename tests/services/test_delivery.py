"""Messages on their way through a real gateway: what holds them back, what follows them, who hears when they fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clinic.audit import recording
from clinic.models import Consent, ContactPoint, Patient
from clinic.services.patients import record_consent, record_death
from notifications.domain.breaker import TRIPS_AFTER
from notifications.domain.kinds import ChannelName
from notifications.domain.plan import WhyNot
from notifications.domain.states import MOST_CLAIMS, State
from notifications.models import Escalation, InAppMail, Message, ReminderRule, WebhookEvent
from notifications.models.escalations import Cause
from notifications.services.delivery import (
    Dispatcher,
    apply_report,
    begin_sending,
    claim_due,
    deliver_batch,
    settle,
    sweep,
)
from notifications.services.delivery.dispatch import hand_over
from notifications.services.plan import replan_patients
from scheduling.models import Visit
from scheduling.services.booking import cancel_visit
from tests.factories import House, make_clinic
from tests.faults.mail_room import PROMISES, Gateway
from tests.message_rows import make_due_messages

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
SMS = ChannelName.SMS
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def due(house: House, number: int = 1, **values: Any) -> list[Message]:
    ids = make_due_messages(house.clinic, number=number, actor_id=house.nurse.id, now=NOW, **values)
    return list(Message.objects.filter(pk__in=ids).order_by("id"))


Start = Callable[..., Gateway]


def test_the_planner_wants_the_messages_of_these_tests_as_they_are(house: House) -> None:
    messages = due(house, 3)
    before = list(Message.objects.order_by("id").values())
    replan_patients(house.clinic.id, [message.patient_id for message in messages], NOW)  # type: ignore[misc]
    assert list(Message.objects.order_by("id").values()) == before


def cancel(house: House, message: Message) -> None:
    assert message.visit is not None
    cancel_visit(
        clinic=house.clinic,
        visit_ref=message.visit.ref,
        actor_id=house.nurse.id,
        now=NOW,
        reason="the nurse is ill",
    )


def opt_out(house: House, message: Message) -> None:
    assert message.patient is not None
    record_consent(
        clinic=house.clinic,
        patient_ref=message.patient.ref,
        channel="sms",
        is_granted=False,
        wording="No more.",
        actor_id=house.nurse.id,
        now=NOW,
    )


def die(house: House, message: Message) -> None:
    assert message.patient is not None
    record_death(
        clinic=house.clinic,
        patient_ref=message.patient.ref,
        died_on=house.today,
        actor_id=house.nurse.id,
        now=NOW,
    )


CHANGES: dict[str, Callable[[House, Message], None]] = {"cancel": cancel, "opt out": opt_out, "die": die}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_between_claim_and_sending_keeps_the_message(
    house: House, start_gateway: Start, change: str
) -> None:
    place = start_gateway("idempotent")
    (message,) = due(house)
    (claim,) = claim_due(now=NOW, size=5, channel=SMS)
    CHANGES[change](house, message)
    assert begin_sending(claim, now=NOW) is None
    message.refresh_from_db()
    assert message.state in (State.CANCELLED, State.SUPPRESSED)
    assert not place.taken()


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_while_it_is_being_sent_is_followed_by_a_correction_where_there_is_one(
    house: House, start_gateway: Start, change: str
) -> None:
    place = start_gateway("idempotent")
    (message,) = due(house)
    (claim,) = claim_due(now=NOW, size=5, channel=SMS)
    letter = begin_sending(claim, now=NOW)
    assert letter is not None
    CHANGES[change](house, message)
    assert settle(claim, hand_over(letter), now=NOW)
    assert place.taken() == {str(message.ref): 1}
    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    corrections = Message.objects.filter(kind="change", state=State.QUEUED)
    assert [(row.step, row.visit_id) for row in corrections] == (
        [("cancelled", message.visit_id)] if change == "cancel" else []
    )


def spoil(message: Message, change: str) -> None:
    """Change the record past every service and planner, as a defect would."""
    with recording(actor_id=None, reason="a defect"):
        match change:
            case "visit off":
                Visit.objects.filter(pk=message.visit_id).update(status="cancelled")
            case "visit moved":
                Visit.objects.filter(pk=message.visit_id).update(sequence=1)
            case "died":
                Patient.objects.filter(pk=message.patient_id).update(died_on="2026-11-20")
            case "address retired":
                ContactPoint.objects.filter(pk=message.recipient_id).update(is_active=False)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("visit off", WhyNot.CANCELLED),
        ("visit moved", WhyNot.MOVED),
        ("died", WhyNot.ENDED),
        ("address retired", WhyNot.NO_ADDRESS),
    ],
)
def test_the_last_look_asks_the_record_itself(
    house: House, start_gateway: Start, change: str, reason: WhyNot
) -> None:
    place = start_gateway("idempotent")
    (message,) = due(house)
    spoil(message, change)
    deliver_batch(now=NOW)
    message.refresh_from_db()
    assert (message.reason, place.taken()) == (reason, {})


def test_a_refused_number_goes_to_a_person_and_by_the_rules_next_channel(
    house: House, start_gateway: Start
) -> None:
    start_gateway("idempotent", "--rejects=+1312")
    (message,) = due(house)
    ReminderRule.objects.update(channels=["sms", "email"])
    with recording(actor_id=house.nurse.id, reason="test"):
        address = ContactPoint.objects.create(
            clinic=house.clinic, patient=message.patient, kind="email", value="ursula@example.org"
        )
    deliver_batch(now=NOW)
    message.refresh_from_db()
    assert message.state == State.FAILED
    escalation = Escalation.objects.get(message=message)
    assert (escalation.cause, escalation.key) == (Cause.NOT_DELIVERED, f"message:{message.pk}")
    instead = Message.objects.get(channel="email", user=None)
    assert (instead.recipient_id, instead.step, instead.state) == (address.pk, "d3", State.QUEUED)


@pytest.mark.parametrize("is_critical", [True, False])
def test_where_nobody_can_tell_a_person_is_asked_and_nothing_is_sent_again(
    house: House, start_gateway: Start, is_critical: bool
) -> None:
    place = start_gateway("neither", "--faults-by-number")
    message = due(house, 4, is_critical=is_critical)[3]  # its answer is lost
    ReminderRule.objects.update(channels=["sms", "email"])
    with recording(actor_id=house.nurse.id, reason="test"):
        ContactPoint.objects.create(
            clinic=house.clinic, patient=message.patient, kind="email", value="ursula@example.org"
        )
    for minutes in range(3):
        deliver_batch(now=NOW + timedelta(minutes=minutes))
    message.refresh_from_db()
    assert (message.state, message.look_again_at) == (State.UNKNOWN, None)
    assert place.taken()[str(message.ref)] == 1
    assert Escalation.objects.get(message=message).cause == Cause.MAY_BE_LOST
    # Where a loss is worse than a second word, the same is said by the rule's next channel.
    assert Message.objects.filter(channel="email", user=None, step="d3").exists() is is_critical


def test_one_broken_row_and_one_dead_number_stop_nobody(house: House, start_gateway: Start) -> None:
    place = start_gateway("idempotent", "--rejects=5550001")
    messages = due(house, 6)
    Message.objects.filter(pk=messages[2].pk).update(visit=None)  # words about a visit without a visit
    assert deliver_batch(now=NOW) == 6
    states = [Message.objects.get(pk=message.pk).state for message in messages]
    assert states == [
        State.ACCEPTED,
        State.FAILED,
        State.QUEUED,
        State.ACCEPTED,
        State.ACCEPTED,
        State.ACCEPTED,
    ]
    broken = Message.objects.get(pk=messages[2].pk)
    assert broken.due_at > NOW, "pushed forward"
    assert sum(place.taken().values()) == 4
    Message.objects.filter(pk=broken.pk).update(due_at=NOW, fence=MOST_CLAIMS - 1)
    deliver_batch(now=NOW)
    assert Message.objects.get(pk=broken.pk).state == State.DEAD
    assert Escalation.objects.filter(message=broken).exists()


def test_one_failing_channel_does_not_hold_up_the_other(house: House, start_gateway: Start) -> None:
    start_gateway("idempotent", "--is-down")
    messages = due(house, 30)
    letters = due(house, 3, channel="email", kind="other_visit")
    with recording(actor_id=house.nurse.id, reason="test"):
        for letter in letters:
            address = f"p{letter.pk}@example.org"
            ContactPoint.objects.filter(pk=letter.recipient_id).update(
                kind="email", value=address, dialable=address
            )
            Consent.objects.create(
                clinic=house.clinic,
                patient=letter.patient,
                channel="email",
                is_granted=True,
                wording="Yes.",
                recorded_at=NOW,
                recorded_by=house.nurse,
            )
    dispatcher = Dispatcher()
    for _ in range(5):
        deliver_batch(now=NOW, dispatcher=dispatcher)
    assert {Message.objects.get(pk=letter.pk).state for letter in letters} == {State.ACCEPTED}
    assert InAppMail.objects.filter(message__user=None).count() == 3
    tried = Message.objects.filter(pk__in=[message.pk for message in messages], attempts_made__gt=0)
    assert tried.count() == TRIPS_AFTER, "then it is left alone"


def test_a_report_that_outruns_our_own_commit_is_kept_and_applied(house: House, start_gateway: Start) -> None:
    start_gateway("idempotent")
    (message,) = due(house)
    (claim,) = claim_due(now=NOW, size=1, channel=SMS)
    letter = begin_sending(claim, now=NOW)
    assert letter is not None
    receipt = hand_over(letter)
    told = {"provider": "gateway", "provider_message_id": receipt.provider_message_id or "", "now": NOW}
    assert not apply_report(status=State.DELIVERED, **told)
    WebhookEvent.objects.create(
        provider="gateway",
        event_id="e1",
        payload_sha256="0",
        provider_message_id=receipt.provider_message_id or "",
        status=State.DELIVERED,
        received_at=NOW,
    )
    settle(claim, receipt, now=NOW)
    sweep(now=NOW)
    message.refresh_from_db()
    assert message.state == State.DELIVERED
    assert WebhookEvent.objects.get().applied_at == NOW
    assert apply_report(status=State.FAILED, **told), "known, and nothing new"
    message.refresh_from_db()
    assert message.state == State.DELIVERED


def test_a_failure_that_is_reported_later_opens_its_escalation(house: House, start_gateway: Start) -> None:
    start_gateway("idempotent")
    (message,) = due(house)
    deliver_batch(now=NOW)
    assert apply_report(provider="gateway", message_ref=message.ref, status=State.FAILED, now=NOW)
    assert Escalation.objects.get(message=message).cause == Cause.NOT_DELIVERED


@pytest.mark.parametrize("promise", ["idempotent", "can be asked"])
@pytest.mark.parametrize("stood", [State.UNKNOWN, State.SENDING])
def test_what_another_provider_may_have_sent_is_not_sent_by_this_one(
    house: House, start_gateway: Start, promise: str, stood: State
) -> None:
    place = start_gateway(promise)
    (message,) = due(house)
    is_in_hand = stood is State.SENDING
    Message.objects.filter(pk=message.pk).update(
        state=stood,
        provider="twilio",
        attempts_made=1,
        first_sent_at=NOW - timedelta(minutes=1),
        lease_until=LONG_AGO if is_in_hand else None,
        look_again_at=None if is_in_hand else NOW,
    )
    for minutes in range(0, 60, 10):
        deliver_batch(now=NOW + timedelta(minutes=minutes))
    message.refresh_from_db()
    assert (message.state, message.look_again_at) == (State.UNKNOWN, None)
    assert not place.taken()
    assert Escalation.objects.get(message=message).cause == Cause.MAY_BE_LOST


POINTS = ("claimed", "sending begun", "handed over", "written down")
ACTS = ("nothing", "cancelled before", "cancelled while sent", "opted out before")
DIGITS = 7  # without a fault, and each of the gateway's


@pytest.mark.parametrize("promise", PROMISES)
def test_every_crash_point_with_every_outcome_and_every_act(
    house: House, start_gateway: Start, promise: str
) -> None:
    """84 and more cases a promise: where the sender dies, what the gateway does, what a nurse does meanwhile."""
    place = start_gateway(promise, "--faults-by-number", "--stall-seconds=0.1")
    cases = [(point, act, digit) for point in POINTS for act in ACTS for digit in range(DIGITS)]
    by_digit: dict[int, list[Message]] = {n: [] for n in range(10)}
    for n, message in enumerate(due(house, len(POINTS) * len(ACTS) * 10)):
        by_digit[n % 10].append(message)
    chosen = {by_digit[digit].pop().pk: (point, act) for point, act, digit in cases}
    Message.objects.exclude(pk__in=chosen).update(state=State.CANCELLED, reason=WhyNot.OVER)
    before: dict[str, str] = {}
    for claim in claim_due(now=NOW, size=len(chosen), channel=SMS):
        message = Message.objects.get(pk=claim.message_id)
        point, act = chosen[message.pk]
        before[str(message.ref)] = act
        if act == "cancelled before":
            cancel(house, message)
        if act == "opted out before":
            opt_out(house, message)
        letter = None if point == "claimed" else begin_sending(claim, now=NOW)
        if act == "cancelled while sent":
            cancel(house, message)
        if letter is not None and point != "sending begun":
            receipt = hand_over(letter)
            if point == "written down":
                settle(claim, receipt, now=NOW)
    Message.objects.filter(lease_until__isnull=False).update(lease_until=LONG_AGO)
    for minutes in range(1, 240, 4):
        deliver_batch(now=NOW + timedelta(minutes=minutes), size=200)
    taken = place.taken()
    assert max(taken.values()) == 1, "nothing is doubled"
    assert not [ref for ref, act in before.items() if act.endswith("before") and ref in taken]
    for message in Message.objects.filter(pk__in=chosen):
        _judge(message, str(message.ref) in taken, promise)


def _judge(message: Message, is_taken: bool, promise: str) -> None:
    assert message.state not in (State.QUEUED, State.CLAIMED, State.SENDING)
    if message.state in (State.ACCEPTED, State.DELIVERED):
        assert is_taken
    elif message.state == State.UNKNOWN:
        assert message.look_again_at is None
        assert Escalation.objects.filter(message=message, cause=Cause.MAY_BE_LOST).exists()
        assert promise == "neither" or message.is_cancel_requested
    else:
        assert (message.state in (State.CANCELLED, State.SUPPRESSED), is_taken) == (True, False)
    if is_taken and message.is_cancel_requested:
        assert Message.objects.filter(kind="change", visit=message.visit, step="cancelled").exists()
