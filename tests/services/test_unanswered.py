"""Visits whose reminder asked for an answer: near its day a person calls, once for each time it stood at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from clinic.services.patients import add_contact_point
from notifications.models import Escalation, Message, MessagingPolicy, PatientAnswer
from notifications.services.escalations import acknowledge, open_unanswered, open_unanswered_of
from scheduling.models import Visit
from scheduling.services import booking
from tests.check_ins import answer as answer_check_in
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.matters import open_matter
from tests.visits import Desk, make_desk

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


@pytest.fixture
def desk(house: House) -> Desk:
    return make_desk(house)


def asked(visit: Visit, *, state: str = "delivered", wants_answer: bool = True) -> Message:
    """A reminder of the visit as it stands, that arrived and asked for an answer."""
    patient: Patient = visit.patient
    contact = add_contact_point(
        clinic=visit.clinic,
        patient_ref=patient.ref,
        kind="email",
        value=f"p{visit.pk}x{visit.sequence}{state}@example.org",
        actor_id=visit.booked_by_id,
        now=MONDAY,
    )
    row, _ = Message.objects.update_or_create(
        clinic_id=visit.clinic_id,
        recipient=contact,
        kind="refill",
        occurrence=f"visit:{visit.pk}",
        step="d14",
        channel="email",
        planned_version=str(visit.sequence),
        defaults={
            "patient": patient,
            "visit": visit,
            "wants_answer": wants_answer,
            "state": state,
            "reason": "",
            "due_at": MONDAY - timedelta(days=1),
            "not_after": MONDAY + timedelta(days=1),
            "planned_at": MONDAY - timedelta(days=2),
        },
    )
    return row


def answer(visit: Visit, said: str) -> PatientAnswer:
    return PatientAnswer.objects.create(
        clinic_id=visit.clinic_id,
        patient=visit.patient,
        visit=visit,
        visit_sequence=visit.sequence,
        answer=said,
        at=MONDAY,
    )


def in_days(desk: Desk, days: int, *, at: str = "10:00", patient: Patient | None = None) -> Visit:
    return desk.book(patient, day=desk.house.today + timedelta(days=days), at=at)


@pytest.mark.parametrize(("days", "is_opened"), [(2, True), (3, True), (4, False)])
def test_it_opens_as_many_days_before_as_the_clinic_says(
    house: House, desk: Desk, days: int, is_opened: bool
) -> None:
    visit = in_days(desk, days)
    asked(visit)
    open_unanswered(MONDAY)
    assert Escalation.objects.exists() is is_opened
    if not is_opened:
        MessagingPolicy.objects.update_or_create(clinic=house.clinic, defaults={"unanswered_days": 4})
        open_unanswered(MONDAY)
    matter = Escalation.objects.get()
    assert (matter.key, matter.visit) == (f"visit:{visit.pk}:0", visit)


@pytest.mark.parametrize(
    "what", [{"state": "queued"}, {"state": "failed"}, {"state": "missed"}, {"wants_answer": False}]
)
def test_who_was_not_asked_needs_no_answer(desk: Desk, what: dict[str, object]) -> None:
    asked(in_days(desk, 1), **what)  # type: ignore[arg-type]
    open_unanswered(MONDAY)
    assert not Escalation.objects.exists()


@pytest.mark.parametrize(("carrier_is", "opened"), [("delivered", 2), ("failed", 0)])
def test_a_visit_that_another_message_named_was_asked_about_too(
    desk: Desk, carrier_is: str, opened: int
) -> None:
    carrier = asked(in_days(desk, 1), state=carrier_is)
    carried = asked(in_days(desk, 1, at="14:00"), state="queued")
    Message.objects.filter(pk=carried.pk).update(state="suppressed", reason="digest", carried_by=carrier)
    open_unanswered(MONDAY)
    assert Escalation.objects.count() == opened


@pytest.mark.parametrize(
    ("said", "is_opened"),
    [
        ("confirmed", False),
        ("cannot_come", False),
        ("wants_other_time", False),
        ("stopped", True),
        ("not_me", True),
    ],
)
def test_an_answer_about_the_visit_settles_it(desk: Desk, said: str, is_opened: bool) -> None:
    visit = in_days(desk, 2)
    asked(visit)
    answer(visit, said)
    open_unanswered(MONDAY)
    assert Escalation.objects.exists() is is_opened


def test_a_confirmation_of_an_earlier_time_is_none_of_this_one(desk: Desk) -> None:
    visit = in_days(desk, 2)
    answer(visit, "confirmed")
    visit = desk.move(visit, at="14:00", day=visit.local_on)
    asked(visit)
    open_unanswered(MONDAY)
    assert Escalation.objects.get().key == f"visit:{visit.pk}:1"


def test_who_needs_it_more_is_called_at_once(house: House, desk: Desk) -> None:
    did_not_come = make_patient(house)
    missed = desk.book(did_not_come, day=house.today, at="09:00", now=MONDAY - timedelta(days=1))
    desk.step(booking.mark_no_show, missed, now=MONDAY)
    on_baclofen = make_patient(house)
    pump = make_running_pump(house, on_baclofen)
    first = in_days(desk, 10, patient=did_not_come)
    second = desk.book(
        on_baclofen, day=house.today + timedelta(days=10), at="13:00", kind="refill", implant_ref=pump.ref
    )
    for visit in (first, second, in_days(desk, 10, at="15:00")):
        asked(visit)
    open_unanswered(MONDAY)
    assert set(Escalation.objects.values_list("visit_id", flat=True)) == {first.pk, second.pk}


def test_it_opens_once_and_a_persons_end_stands(house: House, desk: Desk) -> None:

    asked(in_days(desk, 2))
    open_unanswered(MONDAY)
    open_unanswered(MONDAY)
    matter = Escalation.objects.get()
    acknowledge(
        clinic=house.clinic, ref=matter.ref, outcome="spoke", note="", actor_id=house.nurse.id, now=MONDAY
    )
    open_unanswered(MONDAY + timedelta(days=1))
    assert Escalation.objects.count() == 1


@pytest.mark.parametrize("how", ["answered", "moved", "cancelled"])
def test_what_needs_no_call_any_more_is_marked_and_waits_for_a_person(desk: Desk, how: str) -> None:
    visit = in_days(desk, 2)
    asked(visit)
    open_unanswered(MONDAY)
    if how == "answered":
        answer(visit, "confirmed")
    elif how == "moved":
        desk.move(visit, at="14:00", day=visit.local_on)
    else:
        desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    open_unanswered(MONDAY + timedelta(minutes=1))
    matter = Escalation.objects.get()
    assert (matter.gone_because, matter.acknowledged_at) == (
        "answered" if how == "answered" else "ended",
        None,
    )


@pytest.mark.parametrize("cause", ["cannot_come", "wants_other_time"])
def test_a_wish_that_was_met_is_marked_and_an_answer_alone_meets_none(desk: Desk, cause: str) -> None:
    visit = in_days(desk, 4)
    open_matter(desk.house, cause=cause, key=f"visit:{visit.pk}:0", visit_id=visit.pk)
    answer(visit, cause)
    open_unanswered(MONDAY)
    assert Escalation.objects.get().gone_at is None
    desk.move(visit, at="14:00", day=visit.local_on)
    open_unanswered(MONDAY)
    assert Escalation.objects.get().gone_because == "ended"


def test_a_check_in_that_came_later_marks_the_one_that_was_missed(house: House) -> None:
    patient = make_patient(house)
    open_matter(house, cause="check_in_missed", key="follow_up:1", patient_id=patient.id)
    open_unanswered(MONDAY)
    assert Escalation.objects.get().gone_at is None
    answer_check_in(house, patient, now=MONDAY + timedelta(hours=1))
    open_unanswered(MONDAY + timedelta(hours=2))
    assert Escalation.objects.get(cause="check_in_missed").gone_because == "answered"


def test_many_visits_cost_as_many_questions_as_few(house: House, desk: Desk) -> None:
    counts = []
    for hours in (("10:00",), ("11:00", "13:00", "14:00", "15:00")):
        for at in hours:
            asked(in_days(desk, 2, at=at))
        with CaptureQueriesContext(connection) as queries:
            open_unanswered_of(house.clinic.id, MONDAY)
        counts.append(len(queries))
    assert counts[0] == counts[1]
