"""Messages about visits, check-ins and operations follow every change, in its own transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.domain.entries import ProxyEntry, SurgeryEntry
from clinic.models import ContactPoint, Patient
from clinic.services.patients import (
    add_contact_point,
    add_proxy,
    record_consent,
    record_death,
    retire_contact_point,
    update_proxy,
)
from clinic.services.surgeries import cancel_surgery, move_surgery, plan_surgery
from notifications.domain.kinds import MessageKind
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.models import (
    Correspondence,
    Escalation,
    Message,
    PatientAnswer,
    ReminderRule,
    StoppedAddress,
)
from notifications.services.plan import replan_patients
from notifications.services.rules import set_rules
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import FollowUp, Visit
from scheduling.services import booking
from scheduling.services.follow_ups import complete_follow_ups, postpone_follow_ups
from scheduling.services.sweeps import run_everything
from tests.bookings import book, open_day
from tests.factories import House, make_clinic, make_implant, make_patient

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
pytestmark = pytest.mark.django_db
WAITS = {"d14": "queued", "d3": "queued", "d1": "queued"}


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.fixture
def patient(house: House) -> Patient:
    return reachable(house)


@pytest.fixture
def visit(house: House, patient: Patient) -> Visit:
    return book(house, patient, on=open_day(house, 30))


def by(house: House) -> dict[str, object]:
    return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": house.now}


def agree(
    house: House, patient: Patient, channel: str, *, is_granted: bool = True, topic: str = "reminders"
) -> None:
    record_consent(
        patient_ref=patient.ref,
        channel=channel,
        topic=topic,
        is_granted=is_granted,
        wording="Said so.",
        **by(house),
    )


def reachable(house: House) -> Patient:
    """A patient without a pump who agreed to letters and texts and gave an address and a number."""
    patient = make_patient(house)
    for channel in ("email", "sms"):
        for topic in ("reminders", "check_ins"):
            agree(house, patient, channel, topic=topic)
    add_contact_point(patient_ref=patient.ref, kind="email", value="ursula@example.org", **by(house))
    add_contact_point(patient_ref=patient.ref, kind="phone", value="+1 312 555 0142", **by(house))
    return patient


def fates(patient: Patient, **more: object) -> dict[str, str]:
    """What became of each step that is for the patient: its state, or why not; of the newest version."""
    rows = Message.objects.filter(patient=patient, user=None, **more).order_by("id")
    return {row.step: row.reason or row.state for row in rows}


def tell(patient: Patient, step: str, state: State = State.ACCEPTED) -> Message:
    """As if one of the messages had gone out a moment ago."""
    row = Message.objects.get(patient=patient, step=step)
    row.state, row.first_sent_at = state, NOW
    row.lease_until = NOW + timedelta(minutes=1) if state == State.SENDING else None
    row.save()
    return row


def move(house: House, visit: Visit, *, days: int = 40, at: time = time(10)) -> Visit:
    entry = MoveEntry(local_on=open_day(house, days), local_at=at)
    return booking.move_visit(visit_ref=visit.ref, entry=entry, **by(house))


def cancel(house: House, visit: Visit) -> Visit:
    return booking.cancel_visit(visit_ref=visit.ref, reason="has a cold", **by(house))


def test_booking_plans_three_messages_also_for_a_patient_without_a_pump(
    patient: Patient, visit: Visit
) -> None:
    assert fates(patient) == WAITS
    channels = dict(Message.objects.filter(patient=patient).values_list("step", "channel"))
    assert channels == {"d14": "email", "d3": "sms", "d1": "sms"}
    row = Message.objects.get(patient=patient, step="d3")
    assert (row.visit, row.occurrence, row.planned_version) == (visit, f"visit:{visit.pk}", "0")


def test_a_visit_at_short_notice_skips_what_had_passed(house: House, patient: Patient) -> None:
    book(house, patient, on=open_day(house, 2))
    assert fates(patient) == {"d14": "past_at_booking", "d3": "past_at_booking", "d1": "queued"}


def test_planning_again_writes_nothing(house: House, patient: Patient, visit: Visit) -> None:
    before = list(Message.objects.values())
    for minutes in (1, 60):
        with CaptureQueriesContext(connection) as queries:
            replan_patients(house.clinic.id, [patient.id], NOW + timedelta(minutes=minutes))
        assert not [each["sql"] for each in queries if each["sql"].startswith(("UPDATE", "INSERT"))]
    assert list(Message.objects.values()) == before


def test_a_move_takes_the_old_messages_back_and_plans_the_new(
    house: House, patient: Patient, visit: Visit
) -> None:
    move(house, visit)
    assert fates(patient, planned_version="0") == dict.fromkeys(WAITS, "moved")
    assert fates(patient, planned_version="1") == WAITS


def test_a_visit_called_off_takes_its_messages_back_and_undone_plans_them_again(
    house: House, patient: Patient, visit: Visit
) -> None:
    cancel(house, visit)
    assert set(fates(patient).values()) == {"cancelled"}
    booking.undo_last_status(visit_ref=visit.ref, reason="the wrong visit", **by(house))
    assert fates(patient, state=State.QUEUED) == WAITS


def test_who_was_told_is_told_of_the_move_ten_minutes_later(
    house: House, patient: Patient, visit: Visit
) -> None:
    told = tell(patient, "d14")
    move(house, visit)
    told.refresh_from_db()
    assert (told.state, told.is_cancel_requested) == (State.ACCEPTED, True)
    change = Message.objects.get(kind=MessageKind.CHANGE)
    assert (change.step, change.planned_version, change.channel) == ("moved", "1", "email")
    assert (change.due_at, change.is_critical) == (NOW + timedelta(minutes=10), True)


def test_a_move_there_and_back_within_ten_minutes_is_not_told(
    house: House, patient: Patient, visit: Visit
) -> None:
    tell(patient, "d14")
    move(house, visit)
    move(house, visit, days=30)
    assert not Message.objects.filter(kind=MessageKind.CHANGE, state=State.QUEUED).exists()


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN])
def test_what_is_on_its_way_is_marked_when_the_visit_is_called_off(
    house: House, patient: Patient, visit: Visit, state: State
) -> None:
    told = tell(patient, "d14", state)
    cancel(house, visit)
    told.refresh_from_db()
    assert (told.state, told.is_cancel_requested) == (state, True)
    assert not Message.objects.filter(kind=MessageKind.CHANGE).exists()
    Message.objects.filter(pk=told.pk).update(state=State.ACCEPTED, lease_until=None)
    replan_patients(house.clinic.id, [patient.id], NOW)
    assert Message.objects.get(kind=MessageKind.CHANGE).step == "cancelled"


def _withdraw(house: House, patient: Patient) -> None:
    for channel in ("email", "sms"):
        agree(house, patient, channel, is_granted=False)


def _lose_number(house: House, patient: Patient) -> None:
    retire_contact_point(contact_id=patient.contact_points.get(kind="phone").id, **by(house))


def _lose_both(house: House, patient: Patient) -> None:
    for point in ContactPoint.objects.filter(patient=patient):
        retire_contact_point(contact_id=point.id, **by(house))


def _die(house: House, patient: Patient) -> None:
    record_death(patient_ref=patient.ref, died_on=house.today, **by(house))


def _stop(house: House, patient: Patient) -> None:
    StoppedAddress.objects.create(
        clinic=house.clinic, channel="sms", address="+13125550142", words="STOP", stopped_at=NOW
    )
    replan_patients(house.clinic.id, [patient.id], NOW)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (_withdraw, dict.fromkeys(WAITS, "no_consent")),
        (_lose_both, dict.fromkeys(WAITS, "no_address")),
        (_die, dict.fromkeys(WAITS, "ended")),
    ],
)
def test_the_messages_go_with_what_they_rest_on(
    house: House,
    patient: Patient,
    visit: Visit,
    change: Callable[[House, Patient], None],
    expected: dict[str, str],
) -> None:
    assert fates(patient) == WAITS
    change(house, patient)
    assert fates(patient) == expected


@pytest.mark.parametrize("change", [_lose_number, _stop])
def test_without_the_number_texts_become_letters(
    house: House, patient: Patient, visit: Visit, change: Callable[[House, Patient], None]
) -> None:
    change(house, patient)
    assert fates(patient, channel="sms") == {"d3": "other_channel", "d1": "other_channel"}
    assert fates(patient, channel="email") == WAITS


def test_a_helper_hears_it_as_long_as_the_patient_allows(
    house: House, patient: Patient, visit: Visit
) -> None:
    allowed = ProxyEntry(name="Per Ode", may_receive_reminders=True)
    proxy = add_proxy(patient_ref=patient.ref, entry=allowed, **by(house))
    add_contact_point(
        patient_ref=patient.ref, kind="phone", value="+1 312 555 0143", proxy_id=proxy.id, **by(house)
    )
    assert fates(patient, recipient__proxy=proxy) == WAITS
    update_proxy(proxy_id=proxy.id, entry=ProxyEntry(name="Per Ode"), is_active=True, **by(house))
    assert State.QUEUED not in fates(patient, recipient__proxy=proxy).values()
    assert fates(patient, recipient__proxy=None) == WAITS


def test_a_confirmed_visit_is_reminded_of_without_asking_again(
    house: House, patient: Patient, visit: Visit
) -> None:
    PatientAnswer.objects.create(
        clinic=house.clinic, patient=patient, visit=visit, visit_sequence=0, answer="confirmed", at=NOW
    )
    replan_patients(house.clinic.id, [patient.id], NOW)
    assert fates(patient) == WAITS
    assert not Message.objects.filter(patient=patient, wants_answer=True).exists()
    move(house, visit)
    assert Message.objects.filter(patient=patient, wants_answer=True, state=State.QUEUED).count() == 2


def test_a_visit_that_is_over_says_nothing_more(house: House, patient: Patient) -> None:
    visit = book(house, patient, on=open_day(house, 2))
    step = {"clinic": house.clinic, "visit_ref": visit.ref, "actor_id": house.nurse.id}
    booking.mark_arrived(now=visit.starts_at - timedelta(minutes=9), **step)
    assert fates(patient)["d1"] == "over"


def test_check_ins_are_asked_on_their_days_and_not_after_the_answer(house: House, patient: Patient) -> None:
    make_implant(house, patient, implanted_on=house.today - timedelta(days=1))
    rows = Message.objects.filter(patient=patient, kind=MessageKind.CHECK_IN)
    waiting = Counter(rows.filter(state=State.QUEUED).values_list("step", flat=True))
    assert waiting["check_in"] >= 13
    assert rows.filter(reason=WhyNot.DIGEST, carried_by__state=State.QUEUED).count() >= 13
    item = FollowUp.objects.filter(patient=patient, mode="check_in", target_on__gt=house.today).order_by(
        "id"
    )[0]
    complete_follow_ups(refs=[item.ref], **by(house))
    assert set(fates(patient, follow_up=item).values()) == {"answered"}


def test_a_check_in_that_is_put_off_is_asked_on_its_new_day(house: House, patient: Patient) -> None:
    make_implant(house, patient, implanted_on=house.today - timedelta(days=150))
    (item,) = FollowUp.objects.filter(patient=patient, row_key="infection_half_year")
    until = house.today + timedelta(days=40)
    postpone_follow_ups(refs=[item.ref], until=until, reason="on a journey", **by(house))
    assert fates(patient, follow_up=item, planned_version=until.isoformat()) == {
        "check_in": "queued",
        "chase1": "queued",
    }
    assert fates(patient, follow_up=item, planned_version=item.target_on.isoformat())["check_in"] == "moved"


def test_an_operation_announces_its_steps_and_takes_them_along(house: House, patient: Patient) -> None:
    first, later = house.today + timedelta(days=30), house.today + timedelta(days=37)
    operation = plan_surgery(patient_ref=patient.ref, entry=SurgeryEntry(planned_on=first), **by(house))
    preparation = {"kind": MessageKind.PREPARATION}
    assert fates(patient, **preparation) == {"d3": "queued", "d1": "queued"}
    move_surgery(surgery_ref=operation.ref, entry=SurgeryEntry(planned_on=later), **by(house))
    assert versions(patient) == {(first.isoformat(), "cancelled"), (later.isoformat(), "queued")}
    cancel_surgery(surgery_ref=operation.ref, reason="wants to wait", **by(house))
    assert State.QUEUED not in fates(patient, **preparation).values()


def versions(patient: Patient) -> set[tuple[str, str]]:
    rows = Message.objects.filter(patient=patient, kind=MessageKind.PREPARATION)
    return set(rows.values_list("planned_version", "state"))


def test_a_rule_that_is_dropped_takes_its_messages_along_when_the_run_is_done(
    house: House, patient: Patient, visit: Visit
) -> None:
    assert ReminderRule.objects.for_clinic(house.clinic.id).exists(), "a clinic is founded with rules"
    set_rules(
        clinic_id=house.clinic.id,
        kind=MessageKind.CHECK_UP,
        entries=[],
        actor_id=house.administrator.id,
        now=NOW,
    )
    run_everything(now=NOW)
    assert fates(patient) == dict.fromkeys(WAITS, "rule_off")


def test_planning_costs_the_same_number_of_queries_whatever_there_is(house: House) -> None:
    counts = []
    for more in (1, 4):
        patients = [reachable(house) for _ in range(more)]
        for number, each in enumerate(patients):
            book(house, each, on=open_day(house, 20 + more), at=time((9, 10, 11, 14)[number]))
        Message.objects.all().delete()
        Correspondence.objects.all().delete()
        with CaptureQueriesContext(connection) as queries:
            replan_patients(house.clinic.id, [each.id for each in patients], NOW)
        counts.append(len(queries))
        assert Message.objects.count() == 3 * more
    assert counts[0] == counts[1]
    assert counts[0] <= 30


def live_in(patient: Patient, zone: str) -> None:
    """Write a zone that no form would take."""
    with recording(actor_id=None, reason="a slip of an earlier version"):
        ContactPoint.objects.filter(patient=patient).update(time_zone=zone)


def test_one_patient_who_cannot_be_planned_for_keeps_nobody_else_waiting(
    house: House, patient: Patient, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    other = reachable(house)
    live_in(patient, "Nowhere/At_All")
    book(house, other, on=open_day(house, 30), at=time(14))
    replan_patients(house.clinic.id, [patient.id, other.id], NOW)
    assert fates(other) == WAITS
    assert set(fates(patient).values()) == {"no_certain_date"}
    assert f"planning failed for patient {patient.id} (ZoneInfoNotFoundError)" in caplog.text
    replan_patients(house.clinic.id, [patient.id, other.id], NOW)
    assert Escalation.objects.get().patient == patient, "who hears of nothing is called, once"
    live_in(patient, "")
    replan_patients(house.clinic.id, [patient.id], NOW)
    assert fates(patient) == WAITS


def test_the_days_texts_are_one_and_the_rest_says_so(house: House, patient: Patient) -> None:
    on = open_day(house, 30)
    book(house, patient, on=on, at=time(9))
    book(house, patient, on=on, at=time(14))
    for step in WAITS:
        carrier, carried = Message.objects.filter(patient=patient, step=step).order_by("state", "id")
        assert (carrier.state, carried.state, carried.reason) == ("queued", "suppressed", "digest")
        assert carried.carried_by == carrier


def test_a_message_past_its_end_is_handed_to_a_person(house: House, patient: Patient, visit: Visit) -> None:
    replan_patients(house.clinic.id, [patient.id], visit.starts_at + timedelta(minutes=1))
    row = Message.objects.get(patient=patient, step="d1")
    assert (row.state, row.reason) == (State.MISSED, WhyNot.TOO_LATE)
    assert Escalation.objects.filter(message=row, cause="missed").exists()
