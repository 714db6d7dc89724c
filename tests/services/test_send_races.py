"""Somebody changes the world while two dispatchers send through a gateway that takes its time.

The changes meet messages that wait, that a dispatcher holds, and that are on their way. After a change's commit no
send begins; one that was on its way is followed by a correction where it said something that holds no longer.
"""

from __future__ import annotations

import os
import threading
import time as clocks
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import partial
from itertools import count

import pytest
from django.db import connections
from django.db.models import QuerySet
from django.test.utils import override_settings

from clinic.audit import recording
from clinic.services.implants import record_explant
from clinic.services.patients import record_consent, record_death, retire_contact_point
from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.states import State
from notifications.models import Attempt, Message, MessagingPolicy, ReminderRule
from notifications.services.delivery import Dispatcher, deliver_batch
from notifications.services.inbound import CameIn, take_text
from notifications.services.rules import PolicyEntry, set_policy, set_rules
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import Visit
from scheduling.services.booking import cancel_visit, move_visit
from scheduling.services.sweeps import run_everything
from tests.bookings import open_day
from tests.factories import House, make_clinic, make_implant
from tests.faults.crowd import deadlocks
from tests.faults.mail_room import Gateway, say
from tests.faults.waiting import wait_until
from tests.message_rows import make_due_messages

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
SMS = ChannelName.SMS
ROUNDS = 20 if os.environ.get("SOAK") else 1
MET = (State.QUEUED, State.CLAIMED, State.SENDING)
DISPATCHERS = 2
BATCH = 2
IN_HAND = BATCH * DISPATCHERS
HOURS = (9, 10, 11, 13, 14, 15)
pytestmark = pytest.mark.django_db(transaction=True)
Start = Callable[..., Gateway]
Clock = Callable[[], datetime]
_slots = count()


@pytest.fixture
def clock() -> Clock:
    """10:00 in Chicago and running on."""
    began = clocks.monotonic()
    return lambda: NOW + timedelta(seconds=clocks.monotonic() - began)


# --- What becomes of one patient ----------------------------------------------------------------------


def by(house: House, at: datetime) -> dict[str, object]:
    return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": at}


def cancel(house: House, message: Message, at: datetime) -> None:
    cancel_visit(visit_ref=message.visit.ref, reason="the nurse is ill", **by(house, at))


def move(house: House, message: Message, at: datetime) -> None:
    day, hour = divmod(next(_slots), 6)
    entry = MoveEntry(local_on=open_day(house, 30 + 7 * day), local_at=time(HOURS[hour]))
    move_visit(visit_ref=message.visit.ref, entry=entry, **by(house, at))


def withdraw_consent(house: House, message: Message, at: datetime) -> None:
    record_consent(
        patient_ref=message.patient.ref,
        channel="sms",
        is_granted=False,
        wording="No more.",
        **by(house, at),
    )


def say_stop(house: House, message: Message, at: datetime) -> None:
    number = message.recipient.dialable
    came = CameIn(
        provider="gateway",
        event_id=f"in:{number}",
        payload_sha256="0" * 64,
        from_address=number,
        body="STOP",
    )
    assert take_text(came, now=at)


def die(house: House, message: Message, at: datetime) -> None:
    record_death(patient_ref=message.patient.ref, died_on=house.today, **by(house, at))


def retire_number(house: House, message: Message, at: datetime) -> None:
    retire_contact_point(contact_id=message.recipient_id, **by(house, at))


def explant(house: House, message: Message, at: datetime) -> None:
    record_explant(
        implant_ref=message.visit.implant.ref, explanted_on=house.today, why="infection", **by(house, at)
    )


CHANGES: dict[str, tuple[Callable[[House, Message, datetime], None], set[str]]] = {
    "explant": (explant, {"cancelled"}),
    "cancelled": (cancel, {"cancelled"}),
    "moved": (move, {"moved"}),
    "consent withdrawn": (withdraw_consent, {"no_consent"}),
    "stop": (say_stop, {"stopped", "no_consent"}),
    "death": (die, {"ended"}),
    "number retired": (retire_number, {"no_address"}),
}
"""Each with the reasons for which a message that it came before is held back."""
CORRECTED = {"explant": "cancelled", "cancelled": "cancelled", "moved": "moved"}
"""The others make nothing that was said wrong."""


@dataclass
class Met:
    """One message that a change met, and how it stood a moment before."""

    message: Message
    change: str
    stood: State
    begun: datetime
    committed: datetime


@dataclass
class Office:
    """Two dispatchers that send, in step with somebody who changes what the outbox is about."""

    house: House
    place: Gateway
    clock: Clock
    rows_made: int = 0
    met: list[Met] = field(default_factory=list)
    batches: threading.Semaphore = field(default_factory=partial(threading.Semaphore, DISPATCHERS))

    def fill(self) -> None:
        """More due texts than the dispatchers have in hand. Some are about refills: an explant meets those."""
        ids = make_due_messages(
            self.house.clinic,
            number=3 * IN_HAND,
            actor_id=self.house.nurse.id,
            now=NOW,
            first=self.rows_made,
        )
        self.rows_made += len(ids)
        about_refills = Message.objects.filter(pk__in=ids[::3])
        for message in about_refills.select_related("patient"):
            pump = make_implant(self.house, message.patient)
            with recording(actor_id=None, reason="rows for a test"):
                Visit.objects.filter(pk=message.visit_id).update(implant=pump, is_refill=True)
        about_refills.update(kind=MessageKind.REFILL.value)

    @contextmanager
    def sending(self) -> Iterator[None]:
        """Both send a batch each time that they are let, and all the rest at the end."""
        is_over = threading.Event()

        def send() -> None:
            try:
                dispatcher = Dispatcher()
                while not is_over.is_set():
                    if self.batches.acquire(timeout=0.02):
                        dispatcher.deliver(SMS, clock=self.clock, size=BATCH)
                while dispatcher.deliver(SMS, clock=self.clock, size=BATCH):
                    pass
            finally:
                connections.close_all()

        threads = [threading.Thread(target=send) for _ in range(DISPATCHERS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            is_over.set()
            for thread in threads:
                thread.join(timeout=120)
        assert not any(thread.is_alive() for thread in threads)

    def change(self, change: str, stood: State) -> None:
        """Make the change about a message that stands so. One that is on its way arrives after the commit."""
        message = self._one_that(stood, is_about_refill=change == "explant")
        if stood is not State.SENDING:
            self.place.let_go()  # now they run: who is first?
        begun = self.clock()
        CHANGES[change][0](self.house, message, begun)
        self.met.append(Met(message, change, stood, begun, self.clock()))
        self.place.let_go()

    def _one_that(self, stood: State, *, is_about_refill: bool) -> Message:
        """The newest, which is not the next to go; the gateway keeps the dispatchers waiting when this returns."""
        met = [met.message.pk for met in self.met]
        rows = due_texts(state=stood, visit__is_refill=is_about_refill).exclude(pk__in=met).order_by("-id")
        rows = rows.select_related("visit__implant", "patient", "recipient")
        for _ in range(100):
            if due_texts(state=State.QUEUED).count() < 2 * IN_HAND:
                self.fill()
            self.place.hold()
            held = {"attempts__started_at__gt": self.clock()} if stood is State.SENDING else {}
            self.batches.release(DISPATCHERS)
            until = clocks.monotonic() + 0.5
            while clocks.monotonic() < until:
                if (found := rows.filter(**held).first()) is not None:
                    return found
            self.place.let_go()
        raise AssertionError(f"nothing is {stood}")


def due_texts(**values: object) -> QuerySet[Message]:
    return Message.objects.filter(channel="sms", kind__in=VISIT_KINDS, due_at__lte=NOW, **values)


@pytest.fixture
def office(clock: Clock, start_gateway: Start) -> Iterator[Office]:
    made = Office(make_clinic(now=NOW), start_gateway("idempotent"), clock)
    ReminderRule.objects.filter(kind="refill", step="d3").update(channels=["sms"])
    made.fill()
    with override_settings(SMS_TIMEOUT=30.0):
        yield made


def test_after_a_change_no_send_begins_and_what_was_on_its_way_is_corrected(office: Office) -> None:
    before = deadlocks()
    with office.sending():
        for _ in range(ROUNDS):
            for change in CHANGES:
                for stood in MET:
                    office.change(change, stood)
    for minutes in range(0, 60, 15):
        deliver_batch(now=office.clock() + timedelta(minutes=minutes), size=100)
    taken = office.place.taken()
    assert max(taken.values()) == 1
    orders = Counter((met.change, judge(met, taken)) for met in office.met)
    assert set(orders) == {(change, was_sent) for change in CHANGES for was_sent in (True, False)}
    in_flight = [met for met in office.met if is_in_flight(met)]
    assert {met.change for met in in_flight} == set(CHANGES), "on their way when the change was committed"
    unmet = due_texts().exclude(pk__in=[met.message.pk for met in office.met])
    assert {State(message.state) for message in unmet} == {State.ACCEPTED}
    assert deadlocks() == before
    say(f"{len(office.met)} changes met {dict(orders)}; {len(in_flight)} while it was on its way")


def judge(met: Met, taken: Counter[str]) -> bool:
    """Whether it was sent; that it was right to be, and that nobody was left with what is wrong."""
    message = Message.objects.get(pk=met.message.pk)
    attempts = list(message.attempts.values_list("started_at", flat=True))
    assert all(started < met.committed for started in attempts), (met.change, "began after the commit")
    assert taken[str(message.ref)] == len(attempts)
    corrections = Message.objects.filter(patient=message.patient, kind="change", attempts_made__gt=0)
    said = [(row.step, row.state, taken[str(row.ref)]) for row in corrections]
    if attempts:
        assert message.state == State.ACCEPTED
        step = CORRECTED.get(met.change)
        assert said == ([(step, State.ACCEPTED, 1)] if step else [])
    else:
        assert met.stood is not State.SENDING
        assert message.state in (State.CANCELLED, State.SUPPRESSED)
        assert message.reason in CHANGES[met.change][1]
        assert said == [], "nobody was told what would have to be corrected"
    return bool(attempts)


def is_in_flight(met: Met) -> bool:
    return Attempt.objects.filter(
        message=met.message, started_at__lt=met.begun, finished_at__gt=met.committed
    ).exists()


# --- What a clinic sets -------------------------------------------------------------------------------


def set_quiet(house: House, at: datetime) -> None:
    change_policy(house, at, quiet_from=time(10), quiet_until=time(14))


def turn_texts_off(house: House, at: datetime) -> None:
    change_policy(house, at, is_text_on=False)


def change_policy(house: House, at: datetime, **values: object) -> None:
    policy = MessagingPolicy.objects.get(clinic=house.clinic)
    kept = {name: getattr(policy, name) for name in PolicyEntry.__slots__}
    set_policy(
        clinic_id=house.clinic.id, entry=PolicyEntry(**(kept | values)), actor_id=house.nurse.id, now=at
    )


def end_reminders(house: House, at: datetime) -> None:
    for kind in (MessageKind.CHECK_UP, MessageKind.REFILL):
        set_rules(clinic_id=house.clinic.id, kind=kind, entries=[], actor_id=house.nurse.id, now=at)


SETTINGS: dict[str, tuple[Callable[[House, datetime], None], tuple[str, str]]] = {
    "quiet hours": (set_quiet, (State.QUEUED, "")),
    "texts off": (turn_texts_off, (State.SUPPRESSED, "channel_off")),
    "rule off": (end_reminders, (State.CANCELLED, "rule_off")),
}
"""Each with how it leaves what was not sent yet."""


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_a_clinic_sets_holds_for_messages_that_are_due_already(office: Office, setting: str) -> None:
    change, kept = SETTINGS[setting]
    place = office.place
    with office.sending():
        wait_until(lambda: place.taken().total() >= 2, pause=0.002)
        place.hold()
        office.batches.release(DISPATCHERS)
        wait_until(due_texts(state=State.SENDING).exists, pause=0.002)
        change(office.house, office.clock())
        committed = office.clock()
        place.let_go()
    texts = Message.objects.filter(channel="sms")
    held = texts.filter(attempts_made=0)
    assert not Attempt.objects.filter(started_at__gt=committed).exists(), "no send begins after it"
    assert 0 < held.count() < texts.count(), "it came in the middle"
    assert set(held.values_list("state", "reason")) == {kept}
    assert set(texts.exclude(attempts_made=0).values_list("state", flat=True)) == {State.ACCEPTED}
    before = list(texts.order_by("id").values_list("id", "state", "reason"))
    run_everything(now=office.clock())
    assert list(texts.order_by("id").values_list("id", "state", "reason")) == before, "as the plan has it"
    if setting == "quiet hours":
        assert {text.due_at for text in held} == {NOW + timedelta(hours=4)}
        deliver_batch(now=NOW + timedelta(hours=4, minutes=1), size=100)
        assert place.taken() == {str(text.ref): 1 for text in texts}
