"""A reminder, whole way: planned from the facts, moved with them, sent once, in words that say nothing."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.mail import get_connection
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext, override_settings

from clinic.models import Implant, Patient
from clinic.services.implants import record_explant
from clinic.services.patients import (
    add_contact_point,
    record_consent,
    record_death,
    retire_contact_point,
    withdraw_death,
)
from notifications.domain.plan import BOOKING_NOTICE, WhyNot
from notifications.domain.quiet_hours import first_allowed
from notifications.domain.states import BACKOFF, TRANSITIONS, Outcome, State, after_attempt
from notifications.domain.transport import Receipt
from notifications.models import Attempt, InAppMail, Message
from notifications.services.delivery import begin_sending, claim_due, deliver_batch, recover_expired, settle
from notifications.services.plan import replan
from scheduling.models import Forecast
from tests.factories import (
    House,
    make_clinic,
    make_event,
    make_fill,
    make_patient,
    make_program,
    make_running_pump,
)

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
CHICAGO = ZoneInfo("America/Chicago")
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def reachable(house: House, **values: object) -> Patient:
    """A patient who agreed to reminders by e-mail and gave an address."""
    patient = make_patient(house, **values)
    agree(house, patient)
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    add_contact_point(patient_ref=patient.ref, kind="email", value="ursula@example.org", **by)
    return patient


def agree(house: House, patient: Patient, *, is_granted: bool = True) -> None:
    record_consent(
        clinic=house.clinic,
        patient_ref=patient.ref,
        channel="email",
        is_granted=is_granted,
        wording="May we write? Yes." if is_granted else "No more, please.",
        actor_id=house.nurse.id,
        now=house.now,
    )


@pytest.fixture
def implant(house: House) -> Implant:
    return make_running_pump(house, reachable(house))


def message_of(implant: Implant) -> Message:
    return Message.objects.get(implant=implant)


def make_due(implant: Implant) -> Message:
    """Bring the implant's message into its hour without touching the facts."""
    Message.objects.filter(implant=implant).update(due_at=NOW - timedelta(minutes=1))
    return message_of(implant)


def test_a_fill_plans_one_message_for_a_fortnight_before_the_target_visit(implant: Implant) -> None:
    message = message_of(implant)
    target = Forecast.objects.get(implant=implant).target_visit_on
    assert message.state == State.QUEUED
    assert message.due_at == datetime.combine(target - BOOKING_NOTICE, datetime.min.time(), CHICAGO).replace(
        hour=9
    )
    assert message.planned_version == target.isoformat()


def test_planning_again_changes_nothing(house: House, implant: Implant) -> None:
    before = list(Message.objects.values())
    for _ in range(3):
        replan(house.clinic.id, [implant.id], NOW + timedelta(hours=1))
    assert list(Message.objects.values()) == before


def test_planning_costs_the_same_number_of_queries_whatever_the_number_of_pumps(house: House) -> None:
    counts = []
    for more in (1, 5):
        implants = [make_running_pump(house, reachable(house)) for _ in range(more)]
        Message.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            replan(house.clinic.id, [implant.id for implant in implants], NOW)
        counts.append(len(queries))
        assert Message.objects.count() == more
    assert counts[0] == counts[1]


def test_a_moved_date_moves_the_message_in_the_same_transaction(house: House, implant: Implant) -> None:
    old = message_of(implant)
    make_program(house, implant, starts_on=house.today - timedelta(days=1), dose="600")
    old.refresh_from_db()
    assert (old.state, old.reason) == (State.CANCELLED, WhyNot.MOVED)
    new = Message.objects.get(implant=implant, state=State.QUEUED)
    assert new.due_at < old.due_at
    assert new.occurrence == old.occurrence


def test_a_date_that_moves_there_and_back_brings_its_message_back(house: House, implant: Implant) -> None:
    old = message_of(implant)
    forecast = Forecast.objects.filter(implant=implant)
    dates = forecast.values("target_visit_on", "latest_visit_on").get()
    forecast.update(target_visit_on=dates["target_visit_on"] - timedelta(days=3))
    replan(house.clinic.id, [implant.id], NOW)
    forecast.update(**dates)
    replan(house.clinic.id, [implant.id], NOW)
    old.refresh_from_db()
    assert (old.state, old.reason) == (State.QUEUED, "")
    assert Message.objects.filter(implant=implant, state=State.QUEUED).count() == 1


def test_a_date_that_cannot_be_reckoned_with_stops_no_other_plan(house: House, implant: Implant) -> None:
    other = make_running_pump(house, reachable(house))
    Message.objects.filter(implant=other).delete()
    first_days = {"target_visit_on": date(1, 1, 2), "latest_visit_on": date(1, 1, 3)}
    Forecast.objects.filter(implant=implant).update(**first_days)
    replan(house.clinic.id, [implant.id, other.id], NOW)
    assert message_of(implant).state == State.CANCELLED
    assert message_of(other).state == State.QUEUED


def test_a_refill_takes_the_old_reminder_back_and_plans_the_next(house: House, implant: Implant) -> None:
    old = message_of(implant)
    make_fill(house, implant, filled_on=house.today)
    old.refresh_from_db()
    assert old.state == State.CANCELLED
    assert Message.objects.get(implant=implant, state=State.QUEUED).occurrence != old.occurrence


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ("opts out", State.SUPPRESSED, WhyNot.NO_CONSENT),
        ("gives up the address", State.SUPPRESSED, WhyNot.NO_ADDRESS),
        ("dies", State.CANCELLED, WhyNot.ENDED),
        ("has the pump taken out", State.CANCELLED, WhyNot.ENDED),
        ("needs review", State.CANCELLED, WhyNot.NO_CERTAIN_DATE),
    ],
)
def test_the_message_goes_when_the_patient(
    house: House, implant: Implant, change: str, state: State, reason: WhyNot
) -> None:
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    match change:
        case "opts out":
            agree(house, implant.patient, is_granted=False)
        case "gives up the address":
            retire_contact_point(contact_id=implant.patient.contact_points.get().id, **by)
        case "dies":
            record_death(patient_ref=implant.patient.ref, died_on=house.today, **by)
        case "has the pump taken out":
            record_explant(implant_ref=implant.ref, explanted_on=house.today, why="infection", **by)
        case "needs review":
            make_event(house, implant, kind="stalled")
    message = message_of(implant)
    assert (message.state, message.reason) == (state, reason)
    assert deliver_batch(now=message.due_at) == 0
    assert mail.outbox == []


def test_a_death_recorded_by_mistake_gives_the_message_back(house: House, implant: Implant) -> None:
    by = {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}
    record_death(patient_ref=implant.patient.ref, died_on=house.today, **by)
    withdraw_death(patient_ref=implant.patient.ref, reason="another patient", **by)
    assert message_of(implant).state == State.QUEUED


def test_without_consent_or_address_nothing_is_planned(house: House) -> None:
    make_running_pump(house)
    assert not Message.objects.exists()


def test_a_due_message_is_sent_once_however_often_one_tries(house: House, implant: Implant) -> None:
    make_due(implant)
    assert deliver_batch(now=NOW) == 1
    assert deliver_batch(now=NOW) == 0
    replan(house.clinic.id, [implant.id], NOW)
    call_command("run_dispatcher", "--once")
    (letter,) = mail.outbox
    assert letter.to == ["ursula@example.org"]
    message = message_of(implant)
    assert (message.state, message.attempts_made, message.first_sent_at) == (State.ACCEPTED, 1, NOW)
    attempt = Attempt.objects.get(message=message)
    assert (attempt.outcome, attempt.finished_at) == (Outcome.ACCEPTED, NOW)


def test_somebody_who_was_told_is_not_told_again_because_the_date_moved(
    house: House, implant: Implant
) -> None:
    make_due(implant)
    deliver_batch(now=NOW)
    Forecast.objects.filter(implant=implant).update(target_visit_on=house.today + timedelta(days=20))
    replan(house.clinic.id, [implant.id], NOW)
    assert Message.objects.count() == 1


def test_a_message_whose_hour_falls_into_the_night_waits_for_the_morning(implant: Implant) -> None:
    make_due(implant)
    night = datetime(2026, 11, 22, 4, 30, tzinfo=UTC)  # 22:30 in Chicago
    deliver_batch(now=night)
    message = message_of(implant)
    assert mail.outbox == []
    assert message.state == State.QUEUED
    assert message.due_at == datetime(2026, 11, 22, 8, tzinfo=CHICAGO)
    deliver_batch(now=message.due_at)
    assert len(mail.outbox) == 1


def test_the_world_is_looked_at_again_before_sending(house: House, implant: Implant) -> None:
    make_due(implant)
    (claim,) = claim_due(now=NOW, size=1)
    agree(house, implant.patient, is_granted=False)
    assert begin_sending(claim, now=NOW) is None
    assert message_of(implant).state == State.SUPPRESSED


def test_a_message_that_comes_too_late_is_missed_and_not_sent(implant: Implant) -> None:
    message = make_due(implant)
    deliver_batch(now=message.not_after + timedelta(hours=1))
    assert mail.outbox == []
    assert message_of(implant).state == State.MISSED


def test_who_lost_the_lease_changes_nothing(implant: Implant) -> None:
    make_due(implant)
    (slow,) = claim_due(now=NOW, size=1)
    Message.objects.update(lease_until=NOW - timedelta(days=400))
    recover_expired(now=NOW)
    (quick,) = claim_due(now=NOW, size=1)
    assert begin_sending(slow, now=NOW) is None
    assert begin_sending(quick, now=NOW) is not None
    assert not settle(slow, Receipt(Outcome.REFUSED), now=NOW)
    assert settle(quick, Receipt(Outcome.ACCEPTED), now=NOW)
    assert message_of(implant).state == State.ACCEPTED


def test_a_sender_that_died_over_it_leaves_the_message_unknown_for_ever(
    house: House, implant: Implant
) -> None:
    make_due(implant)
    (claim,) = claim_due(now=NOW, size=1)
    begin_sending(claim, now=NOW)
    Message.objects.update(lease_until=NOW - timedelta(days=400))
    later = NOW + timedelta(hours=2)
    assert deliver_batch(now=later) == 0
    replan(house.clinic.id, [implant.id], later)
    assert deliver_batch(now=later) == 0
    assert mail.outbox == []
    assert message_of(implant).state == State.UNKNOWN
    assert Attempt.objects.get().outcome == Outcome.UNKNOWN


@override_settings(
    EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="127.0.0.1", EMAIL_PORT=9
)
def test_a_mail_server_that_is_down_is_tried_again_until_a_person_must_look(implant: Implant) -> None:
    moment = NOW
    for wait in BACKOFF:
        Message.objects.update(due_at=moment)
        deliver_batch(now=moment)
        message = message_of(implant)
        assert (message.state, message.first_sent_at) == (State.QUEUED, None)
        assert moment < message.due_at <= moment + wait
    Message.objects.update(due_at=moment)
    deliver_batch(now=moment)
    assert message_of(implant).state == State.DEAD
    assert Attempt.objects.filter(outcome=Outcome.POSTPONED).count() == 6
    assert "127.0.0.1" not in "".join(Attempt.objects.values_list("error", flat=True))


def test_every_state_is_reached_and_left_as_the_table_says() -> None:
    assert set(TRANSITIONS) == set(State)
    for outcome in Outcome:
        for attempts in range(1, 9):
            state, wait = after_attempt(outcome, attempts)
            assert state in TRANSITIONS[State.SENDING]
            assert (wait is not None) == (state is State.QUEUED)


def test_the_database_holds_each_message_once(implant: Implant) -> None:
    twin = message_of(implant)
    twin.pk, twin.ref = None, None
    twin._state.adding = True
    twin.ref = "9f0c0d7e-0000-4000-8000-000000000001"
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save()


@override_settings(EMAIL_BACKEND="notifications.backends.InAppBackend")
def test_without_a_mail_server_letters_stay_in_the_installation(implant: Implant) -> None:
    make_due(implant)
    deliver_batch(now=NOW)
    kept = InAppMail.objects.get()
    assert (kept.message, kept.to) == (message_of(implant), "ursula@example.org")
    assert "Ursula" in kept.body
    assert get_connection().send_messages([mail.EmailMessage("Hello", "text", to=["a@example.org"])]) == 1
    assert InAppMail.objects.count() == 1, "a mail with a link in it is not kept"


@pytest.mark.parametrize(
    ("local", "allowed"),
    [
        ("2026-11-21T20:59", "2026-11-21T20:59"),
        ("2026-11-21T21:00", "2026-11-22T08:00"),
        ("2026-11-22T07:59", "2026-11-22T08:00"),
        ("2026-11-22T08:00", "2026-11-22T08:00"),
        ("2026-03-07T23:00", "2026-03-08T08:00"),
    ],
)
def test_quiet_hours(local: str, allowed: str) -> None:
    moment = datetime.fromisoformat(local).replace(tzinfo=CHICAGO)
    assert first_allowed(moment.astimezone(UTC), CHICAGO) == datetime.fromisoformat(allowed).replace(
        tzinfo=CHICAGO
    )
