"""A patient whom no reminder of the next visit can reach: one matter, near the day, that goes and comes with reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from clinic.services.patients import add_contact_point, record_consent, retire_contact_point
from notifications.domain.escalation.keys import visit_key
from notifications.domain.kinds import MessageKind
from notifications.models import Escalation, MessagingPolicy
from notifications.services.escalations import acknowledge
from notifications.services.raising import raise_due
from notifications.services.rules import set_rules
from notifications.services.unreachable import open_unreachable_of
from scheduling.models import Visit
from scheduling.services import booking
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.matters import asked
from tests.visits import Desk

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


def in_days(desk: Desk, days: int, *, patient: Patient | None = None, at: str = "10:00") -> Visit:
    return desk.book(patient, day=desk.house.today + timedelta(days=days), at=at)


def tick(desk: Desk, *, minutes: int = 0, days: int = 0) -> None:
    open_unreachable_of(desk.house.clinic.id, MONDAY + timedelta(days=days, minutes=minutes))


def say(desk: Desk, patient: Patient, *, is_granted: bool = True) -> None:
    record_consent(
        clinic=desk.house.clinic, patient_ref=patient.ref, channel="email", topic="reminders",
        is_granted=is_granted, wording="Said so.", actor_id=desk.house.nurse.id, now=MONDAY,
    )  # fmt: skip


def give_address(desk: Desk, patient: Patient) -> str:
    contact = add_contact_point(
        clinic=desk.house.clinic, patient_ref=patient.ref, kind="email", value=f"p{patient.pk}@example.org",
        actor_id=desk.house.nurse.id, now=MONDAY,
    )  # fmt: skip
    return str(contact.pk)


def end(desk: Desk, matter: Escalation) -> None:
    acknowledge(
        clinic=desk.house.clinic,
        ref=matter.ref,
        outcome="spoke",
        note="",
        actor_id=desk.house.nurse.id,
        now=MONDAY,
    )


@pytest.mark.parametrize(("days", "is_opened"), [(2, True), (3, True), (4, False)])
def test_a_visit_near_that_nobody_can_be_told_of_is_a_persons(desk: Desk, days: int, is_opened: bool) -> None:
    visit = in_days(desk, days)
    tick(desk)
    assert Escalation.objects.exists() is is_opened
    if not is_opened:
        MessagingPolicy.objects.update_or_create(clinic=desk.house.clinic, defaults={"unanswered_days": 4})
        tick(desk)
    matter = Escalation.objects.get()
    assert (matter.cause, matter.key, matter.visit, matter.patient) == (
        "unreachable", visit_key(visit.pk, visit.starts_at), visit, visit.patient,
    )  # fmt: skip


def test_a_dangerous_drug_is_looked_for_a_fortnight_ahead(house: House, desk: Desk) -> None:
    on_baclofen, did_not_come = make_patient(house), make_patient(house)
    pump = make_running_pump(house, on_baclofen)
    missed = desk.book(did_not_come, day=house.today, at="09:00", now=MONDAY - timedelta(days=1))
    desk.step(booking.mark_no_show, missed, now=MONDAY)
    refill = {"kind": "refill", "implant_ref": pump.ref}
    desk.book(on_baclofen, day=house.today + timedelta(days=14), at="10:00", **refill)
    in_days(desk, 14, patient=did_not_come, at="13:00")
    for days, at in ((14, "14:00"), (15, "10:00")):
        in_days(desk, days, at=at)
    tick(desk)
    assert set(Escalation.objects.values_list("patient_id", flat=True)) == {on_baclofen.pk, did_not_come.pk}


@pytest.mark.parametrize("how", ["reachable", "told", "rules_off", "past_at_booking", "in_a_digest"])
def test_who_can_be_told_or_need_not_be_is_nobodys_task(desk: Desk, how: str) -> None:
    patient = make_patient(desk.house)
    if how == "reachable":
        say(desk, patient)
        give_address(desk, patient)
    if how == "past_at_booking":
        desk.book(patient, day=desk.house.today, at="16:00")
    else:
        visit = in_days(desk, 2, patient=patient)
    if how == "told":
        asked(visit, wants_answer=False)
    elif how == "in_a_digest":
        carrier = asked(in_days(desk, 2, patient=patient, at="14:00"))
        asked(visit, state="suppressed", reason="digest", carried_by=carrier, first_sent_at=None)
    elif how == "rules_off":
        set_rules(
            clinic_id=desk.house.clinic.id,
            kind=MessageKind.CHECK_UP,
            entries=(),
            actor_id=desk.house.administrator.id,
            now=MONDAY,
        )
    tick(desk)
    assert not Escalation.objects.exists()


@pytest.mark.parametrize("what", ["consent", "address"])
def test_it_goes_when_a_way_is_found_and_comes_back_when_it_is_lost(desk: Desk, what: str) -> None:
    patient = make_patient(desk.house)
    if what == "consent":
        give_address(desk, patient)
    else:
        say(desk, patient)
    in_days(desk, 3, patient=patient)
    tick(desk)
    assert Escalation.objects.get().gone_at is None
    if what == "consent":
        say(desk, patient)
    else:
        contact = give_address(desk, patient)
    tick(desk, minutes=1)
    assert Escalation.objects.get().gone_because == "reached"
    if what == "consent":
        say(desk, patient, is_granted=False)
    else:
        retire_contact_point(
            clinic=desk.house.clinic, contact_id=int(contact), actor_id=desk.house.nurse.id, now=MONDAY
        )
    tick(desk, minutes=2)
    tick(desk, minutes=3)
    matter = Escalation.objects.get()
    assert (matter.gone_at, matter.gone_because) == (None, "")
    assert list(matter.steps.order_by("id").values_list("what", flat=True)) == ["opened", "gone", "back"]


def test_a_visit_that_is_off_takes_it_along_and_the_next_one_has_its_own(desk: Desk) -> None:
    patient = make_patient(desk.house)
    first = in_days(desk, 2, patient=patient)
    second = in_days(desk, 3, patient=patient)
    tick(desk)
    assert Escalation.objects.get().visit == first
    desk.step(booking.cancel_visit, first, now=MONDAY, reason="ill")
    tick(desk, minutes=1)
    assert set(Escalation.objects.values_list("visit_id", "gone_because")) == {
        (first.pk, "ended"),
        (second.pk, ""),
    }


def test_a_persons_end_stands_until_the_visit_stands_at_another_time(desk: Desk) -> None:
    visit = in_days(desk, 2)
    tick(desk)
    end(desk, Escalation.objects.get())
    tick(desk, days=1)
    assert Escalation.objects.count() == 1
    desk.move(visit, at="14:00", day=visit.local_on)
    tick(desk, days=1)
    assert Escalation.objects.count() == 2


def test_the_minute_opens_it_and_many_cost_as_many_questions_as_few(desk: Desk) -> None:
    in_days(desk, 2)
    raise_due(MONDAY)
    assert Escalation.objects.get().cause == "unreachable"
    counts = []
    for hours in (("11:00",), ("13:00", "14:00", "15:00", "16:00")):
        for at in hours:
            in_days(desk, 2, at=at)
        with CaptureQueriesContext(connection) as queries:
            tick(desk)
        counts.append(len(queries))
    assert Escalation.objects.count() == 6
    assert counts[0] == counts[1]
    with CaptureQueriesContext(connection) as again:
        tick(desk)
    assert not [
        each["sql"]
        for each in again
        if not each["sql"].startswith(("SELECT", "WITH", "SAVEPOINT", "RELEASE"))
    ]
