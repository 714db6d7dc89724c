"""Visits whose reminder asked for an answer: near its day a person calls, once for each time it stood at."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from notifications.domain.escalation.keys import visit_key
from notifications.models import Escalation, Message, MessagingPolicy, PatientAnswer
from notifications.services.escalations import acknowledge, open_unanswered_of
from scheduling.models import Visit
from scheduling.services import booking
from tests.check_ins import answer as answer_check_in
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.matters import asked, open_matter
from tests.visits import Desk, make_resource

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


def answer(visit: Visit, said: str) -> PatientAnswer:
    return PatientAnswer.objects.create(
        clinic_id=visit.clinic_id,
        patient=visit.patient,
        visit=visit,
        visit_sequence=visit.sequence,
        visit_starts_at=visit.starts_at,
        answer=said,
        at=MONDAY,
    )


def tick(desk: Desk, *, later: int = 0) -> None:
    """What the minute does, so many minutes later."""
    open_unanswered_of(desk.house.clinic.id, MONDAY + timedelta(minutes=later))


def in_days(desk: Desk, days: int, *, at: str = "10:00", patient: Patient | None = None) -> Visit:
    return desk.book(patient, day=desk.house.today + timedelta(days=days), at=at)


@pytest.mark.parametrize(("days", "is_opened"), [(2, True), (3, True), (4, False)])
def test_it_opens_as_many_days_before_as_the_clinic_says(
    house: House, desk: Desk, days: int, is_opened: bool
) -> None:
    visit = in_days(desk, days)
    asked(visit)
    open_unanswered_of(house.clinic.id, MONDAY)
    assert Escalation.objects.exists() is is_opened
    if not is_opened:
        MessagingPolicy.objects.update_or_create(clinic=house.clinic, defaults={"unanswered_days": 4})
        open_unanswered_of(house.clinic.id, MONDAY)
    matter = Escalation.objects.get()
    assert (matter.key, matter.visit) == (visit_key(visit.pk, visit.starts_at), visit)


@pytest.mark.parametrize(
    "what", [{"state": "queued"}, {"state": "failed"}, {"state": "missed"}, {"wants_answer": False}]
)
def test_who_was_not_asked_needs_no_answer(desk: Desk, what: dict[str, object]) -> None:
    asked(in_days(desk, 1), **what)  # type: ignore[arg-type]
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    assert not Escalation.objects.exists()


@pytest.mark.parametrize(("carrier_is", "opened"), [("delivered", 2), ("failed", 0)])
def test_a_visit_that_another_message_named_was_asked_about_too(
    desk: Desk, carrier_is: str, opened: int
) -> None:
    carrier = asked(in_days(desk, 1), state=carrier_is)
    carried = asked(in_days(desk, 1, at="14:00"), state="queued")
    Message.objects.filter(pk=carried.pk).update(state="suppressed", reason="digest", carried_by=carrier)
    open_unanswered_of(desk.house.clinic.id, MONDAY)
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
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    assert Escalation.objects.exists() is is_opened


def test_a_confirmation_of_an_earlier_time_is_none_of_this_one(desk: Desk) -> None:
    visit = in_days(desk, 2)
    answer(visit, "confirmed")
    visit = desk.move(visit, at="14:00", day=visit.local_on)
    asked(visit)
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    assert Escalation.objects.get().key == visit_key(visit.pk, visit.starts_at)


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
    open_unanswered_of(house.clinic.id, MONDAY)
    assert set(Escalation.objects.values_list("visit_id", flat=True)) == {first.pk, second.pk}


def test_it_opens_once_and_a_persons_end_stands(house: House, desk: Desk) -> None:

    asked(in_days(desk, 2))
    open_unanswered_of(house.clinic.id, MONDAY)
    open_unanswered_of(house.clinic.id, MONDAY)
    matter = Escalation.objects.get()
    acknowledge(
        clinic=house.clinic, ref=matter.ref, outcome="spoke", note="", actor_id=house.nurse.id, now=MONDAY
    )
    open_unanswered_of(house.clinic.id, MONDAY + timedelta(days=1))
    assert Escalation.objects.count() == 1


@pytest.mark.parametrize("how", ["answered", "moved", "cancelled"])
def test_what_needs_no_call_any_more_is_marked_and_waits_for_a_person(desk: Desk, how: str) -> None:
    visit = in_days(desk, 2)
    asked(visit)
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    if how == "answered":
        answer(visit, "confirmed")
    elif how == "moved":
        desk.move(visit, at="14:00", day=visit.local_on)
    else:
        desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    open_unanswered_of(desk.house.clinic.id, MONDAY + timedelta(minutes=1))
    matter = Escalation.objects.get()
    assert (matter.gone_because, matter.acknowledged_at) == (
        "answered" if how == "answered" else "ended",
        None,
    )


@pytest.mark.parametrize("cause", ["cannot_come", "wants_other_time"])
def test_a_wish_that_was_met_is_marked_and_an_answer_alone_meets_none(desk: Desk, cause: str) -> None:
    visit = in_days(desk, 4)
    open_matter(desk.house, cause=cause, key=visit_key(visit.pk, visit.starts_at), visit_id=visit.pk)
    answer(visit, cause)
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    assert Escalation.objects.get().gone_at is None
    desk.move(visit, at="14:00", day=visit.local_on)
    open_unanswered_of(desk.house.clinic.id, MONDAY)
    assert Escalation.objects.get().gone_because == "ended"


def change_nurse(desk: Desk, visit: Visit) -> Visit:
    """The same time, with somebody else: the patient was told nothing that is wrong now."""
    nurse = make_resource(desk.house, f"Second {visit.pk}")
    moved = desk.move(visit, at=f"{visit.local_at:%H:%M}", day=visit.local_on, nurse_ref=nurse.ref)
    assert (moved.starts_at, moved.sequence) == (visit.starts_at, visit.sequence + 1)
    return moved


def test_another_nurse_at_the_same_time_is_nothing_new_to_the_patient(desk: Desk) -> None:
    confirmed, silent = in_days(desk, 2), in_days(desk, 2, at="13:00")
    for visit in (confirmed, silent):
        asked(visit)
    answer(confirmed, "confirmed")
    tick(desk)
    change_nurse(desk, confirmed)
    change_nurse(desk, silent)
    tick(desk, later=1)
    matter = Escalation.objects.get()
    assert (matter.visit, matter.gone_at) == (silent, None)


def test_a_visit_whose_nurse_changed_after_the_question_is_unanswered(desk: Desk) -> None:
    visit = in_days(desk, 2)
    asked(visit)
    change_nurse(desk, visit)
    tick(desk)
    assert Escalation.objects.get().visit == visit


@pytest.mark.parametrize("cause", ["unanswered", "cannot_come", "wants_other_time"])
def test_a_visit_that_stands_again_as_it_stood_brings_its_matter_back(desk: Desk, cause: str) -> None:
    visit = in_days(desk, 2)
    asked(visit)
    if cause == "unanswered":
        tick(desk)
    else:
        open_matter(
            desk.house, cause=cause, key=visit_key(visit.pk, visit.starts_at), visit_id=visit.pk, now=MONDAY
        )
        answer(visit, cause)
    desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    tick(desk, later=1)
    assert Escalation.objects.get().gone_because == "ended"
    desk.step(booking.undo_last_status, visit, now=MONDAY, reason="not ill")
    tick(desk, later=2)
    matter = Escalation.objects.get()
    assert (matter.cause, matter.gone_at, matter.gone_because) == (cause, None, "")
    assert list(matter.steps.order_by("id").values_list("what", flat=True)) == ["opened", "gone", "back"]


@pytest.mark.parametrize("is_undone", [True, False])
def test_one_confirmed_as_gone_is_asked_anew_where_the_visit_stands_again(
    desk: Desk, is_undone: bool
) -> None:
    visit = in_days(desk, 2)
    answer(visit, "cannot_come")
    matter = open_matter(
        desk.house,
        cause="cannot_come",
        key=visit_key(visit.pk, visit.starts_at),
        visit_id=visit.pk,
        now=MONDAY,
    )
    desk.step(booking.cancel_visit, visit, now=MONDAY, reason="ill")
    tick(desk, later=1)
    acknowledge(
        clinic=desk.house.clinic, ref=matter.ref, outcome="not_needed", note="",
        actor_id=desk.house.nurse.id, now=MONDAY,
    )  # fmt: skip
    if is_undone:
        desk.step(booking.undo_last_status, visit, now=MONDAY, reason="not ill")
    tick(desk, later=2)
    assert Escalation.objects.filter(acknowledged_at__isnull=True).count() == is_undone


def test_a_check_in_that_came_later_marks_the_one_that_was_missed(house: House) -> None:
    patient = make_patient(house)
    open_matter(house, cause="check_in_missed", key="follow_up:1", patient_id=patient.id)
    open_unanswered_of(house.clinic.id, MONDAY)
    assert Escalation.objects.get().gone_at is None
    answer_check_in(house, patient, now=MONDAY + timedelta(hours=1))
    open_unanswered_of(house.clinic.id, MONDAY + timedelta(hours=2))
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
