"""Matters in the database: opened once, graver, passed on, tried, marked, ended by a person alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from clinic.selectors.accounts import members
from clinic.services.accounts import change_membership
from notifications.domain.escalation import causes, ladder
from notifications.domain.escalation.causes import Duty
from notifications.models import Escalation, EscalationStep, Message
from notifications.models.escalations import Cause, EscalationOutcome
from notifications.models.escalations import Duty as StoredDuty
from notifications.services.escalations import (
    acknowledge,
    acknowledge_messages,
    open_escalation,
    pass_on_due,
    save_roster,
    try_without_answer,
)
from notifications.services.raising import raise_due
from scheduling.domain.call_entries import CallEntry
from scheduling.domain.care.rungs import Rung
from scheduling.models import CallAttempt
from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago
What = EscalationStep.What


@pytest.fixture
def house() -> House:
    return make_clinic(now=MONDAY)


def open_one(house: House, **values: object) -> Escalation:
    return open_escalation(
        **(
            {"clinic_id": house.clinic.id, "cause": "not_delivered", "key": "message:1", "now": MONDAY}
            | values
        )  # type: ignore[arg-type]
    )


def steps(matter: Escalation) -> list[tuple[str, int | None]]:
    return list(matter.steps.order_by("id").values_list("what", "user_id"))


def told(matter: Escalation) -> list[tuple[int | None, str]]:
    return list(Message.objects.filter(escalation=matter).order_by("id").values_list("user_id", "step"))


def end(house: House, matter: Escalation, **values: object) -> Escalation:
    return acknowledge(
        **(  # type: ignore[arg-type]
            {
                "clinic": house.clinic,
                "ref": matter.ref,
                "outcome": "spoke" if matter.patient_id else "mended",
                "note": "",
                "actor_id": house.nurse.id,
                "now": MONDAY,
            }
            | values
        )
    )


def test_the_database_and_the_table_name_the_same_things() -> None:
    assert set(Cause.values) == {cause.value for cause in causes.Cause}
    assert set(EscalationOutcome.values) == {outcome.value for outcome in ladder.Outcome}
    assert {duty.value for duty in Duty} - set(StoredDuty.values) == {"administrator"}


def test_the_same_matter_is_open_once_and_becomes_graver_only(house: House) -> None:
    first = open_one(house)
    assert (first.responsible_id, first.rung) == (house.nurse.id, Rung.STAFF_CALLS)
    assert open_one(house, rung=Rung.RESCHEDULE).pk == first.pk
    graver = open_one(house, rung=Rung.EMERGENCY, now=MONDAY + timedelta(hours=1))
    assert (graver.pk, graver.rung) == (first.pk, Rung.EMERGENCY)
    assert graver.respond_by == MONDAY + timedelta(hours=1, minutes=30)
    assert steps(graver) == [(What.OPENED, house.nurse.id), (What.GRAVER, house.nurse.id)]
    assert told(graver) == [(house.nurse.id, "told0")] * 2
    assert open_one(house, rung=Rung.EMERGENCY).pk == first.pk
    assert EscalationStep.objects.count() == 2


def test_what_is_told_names_nobody_and_waits_for_the_morning(house: House) -> None:
    patient = make_patient(house)
    saturday = MONDAY + timedelta(days=5)
    matter = open_one(house, patient_id=patient.id, now=saturday)
    word = Message.objects.get(escalation=matter)
    assert (word.kind, word.channel, word.occurrence) == ("escalation", "email", f"escalation:{matter.pk}")
    assert word.due_at == datetime(2026, 11, 30, 14, tzinfo=UTC)  # Monday, 08:00 in Chicago
    urgent = open_one(house, key="message:2", rung=Rung.EMERGENCY, now=saturday)
    assert Message.objects.get(escalation=urgent).due_at == saturday


def test_nobody_acts_and_it_goes_on_until_everybody_has_it(house: House) -> None:
    doctor = house.person(Role.PRESCRIBER)
    matter = open_one(house, cause="red_flag", rung=Rung.EMERGENCY)
    asked = [matter.responsible_id]
    now = MONDAY
    for _ in range(4):
        now += timedelta(minutes=15)
        assert pass_on_due(house.clinic.id, now) == 1
        assert pass_on_due(house.clinic.id, now) == 0
        matter.refresh_from_db()
        asked.append(matter.responsible_id)
    assert asked == [house.nurse.id, doctor.id, house.administrator.id, None, None]
    assert matter.acknowledged_at is None
    last = [user for user, step in told(matter) if step == "told4"]
    assert sorted(last, key=str) == sorted([house.nurse.id, doctor.id, house.administrator.id], key=str)


def test_who_left_is_skipped(house: House) -> None:
    matter = open_one(house)
    membership = members(clinic_id=house.clinic.id).get(user=house.nurse)
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.AUDITOR,
        is_active=True,
        actor_id=house.administrator.id,
        now=MONDAY,
    )
    assert pass_on_due(house.clinic.id, MONDAY) == 1
    matter.refresh_from_db()
    assert matter.responsible_id == house.administrator.id


def test_the_roster_says_who_is_asked(house: House) -> None:
    doctor = house.person(Role.PRESCRIBER)
    save_roster(
        clinic=house.clinic, cells={(0, Duty.NURSE): doctor.id, (1, Duty.NURSE): house.administrator.id}
    )
    assert open_one(house).responsible_id == doctor.id
    evening = MONDAY + timedelta(hours=10)
    assert open_one(house, key="message:2", now=evening).responsible_id == house.administrator.id
    assert open_one(house, key="message:3", rung=Rung.EMERGENCY, now=evening).responsible_id == doctor.id
    save_roster(clinic=house.clinic, cells={(0, Duty.NURSE): None})
    assert open_one(house, key="message:4").responsible_id == house.nurse.id


@pytest.mark.parametrize("role", [Role.AUDITOR, None])
def test_nobody_is_put_on_the_roster_who_may_not_act(house: House, role: Role | None) -> None:
    person = house.person(role) if role else house.outsider
    with pytest.raises(RecordError, match="does not work on follow-ups here"):
        save_roster(clinic=house.clinic, cells={(0, Duty.NURSE): person.id})


def test_no_answer_ends_nothing_and_the_third_goes_on(house: House) -> None:
    patient = make_patient(house)
    matter = open_one(house, patient_id=patient.id)
    values = {"clinic": house.clinic, "ref": matter.ref, "actor_id": house.nurse.id, "note": ""}
    for number in (1, 2):
        now = MONDAY + timedelta(hours=number)
        row = try_without_answer(now=now, call=CallEntry(outcome="no_answer"), **values)  # type: ignore[arg-type]
        assert row.again_at is not None
        assert row.responsible_id == house.nurse.id
    assert pass_on_due(house.clinic.id, row.again_at) == 1
    row.refresh_from_db()
    assert (row.responsible_id, row.again_at, row.level) == (house.nurse.id, None, 0)
    row = try_without_answer(now=MONDAY + timedelta(hours=9), **values)  # type: ignore[arg-type]
    assert row.responsible_id == house.administrator.id
    assert [what for what, _ in steps(matter)] == [
        What.OPENED, What.TRIED, What.TRIED, What.TOLD, What.TRIED, What.PASSED_ON,
    ]  # fmt: skip
    assert CallAttempt.objects.filter(patient=patient, outcome="no_answer").count() == 2
    with pytest.raises(RecordError, match="no answer ends nothing"):
        end(house, matter, outcome="no_answer")


def test_a_person_ends_it_with_what_came_of_it_and_the_call_beside(house: House) -> None:
    patient = make_patient(house)
    matter = open_one(house, patient_id=patient.id)
    with pytest.raises(RecordError, match="say why"):
        end(house, matter, outcome="not_needed")
    with pytest.raises(RecordError, match="choose one"):
        end(house, matter, outcome="whatever")
    ended = end(house, matter, note="comes on Friday", call=CallEntry(outcome="reached"))
    assert (ended.outcome, ended.acknowledged_by_id) == ("spoke", house.nurse.id)
    assert CallAttempt.objects.get(patient=patient).outcome == "reached"
    with pytest.raises(RecordError) as refusal:
        end(house, matter)
    assert "acknowledged this already" in str(refusal.value.reason)
    assert pass_on_due(house.clinic.id, MONDAY + timedelta(days=30)) == 0
    assert open_one(house).pk != matter.pk


def test_a_call_that_cannot_be_ends_nothing(house: House) -> None:
    matter = open_one(house, patient_id=make_patient(house).id)
    with pytest.raises(RecordError):
        end(house, matter, call=CallEntry(outcome="reached", called_at=MONDAY + timedelta(days=1)))
    assert Escalation.objects.get().acknowledged_at is None


def test_a_matter_of_another_clinic_is_not_found(house: House) -> None:
    matter = open_one(house)
    with pytest.raises(Escalation.DoesNotExist):
        end(house, matter, clinic=house.elsewhere, actor_id=house.outsider.id)


def test_many_about_messages_are_ended_together_and_no_other(house: House) -> None:
    refs = [open_one(house, key=f"message:{n}").ref for n in range(3)]
    alarm = open_one(house, cause="red_flag", key="check_in:1")
    done = acknowledge_messages(
        clinic=house.clinic,
        refs=[*refs, alarm.ref],
        outcome="mended",
        note="",
        actor_id=house.nurse.id,
        now=MONDAY,
    )
    assert done == 3
    assert Escalation.objects.filter(acknowledged_at__isnull=True).get().pk == alarm.pk


@pytest.mark.parametrize(
    "change",
    [
        {"acknowledged_at": MONDAY},
        {"acknowledged_at": MONDAY, "outcome": "spoke"},
        {"outcome": "spoke"},
        {"acknowledged_at": MONDAY, "outcome": "no_answer", "acknowledged_by_id": True},
    ],
)
def test_the_database_refuses_an_end_without_a_person_and_an_outcome(
    house: House, change: dict[str, object]
) -> None:
    matter = open_one(house)
    if "acknowledged_by_id" in change:
        change = change | {"acknowledged_by_id": house.nurse.id}
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.filter(pk=matter.pk).update(**change)


def test_the_database_refuses_to_forget_to_reopen_and_to_make_light(house: House) -> None:
    matter = open_one(house)
    one = Escalation.objects.filter(pk=matter.pk)
    for act in (lambda: one._raw_delete(one.db), lambda: one.update(rung=Rung.RESCHEDULE)):
        with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
            act()
    end(house, matter)
    reopen = {"acknowledged_at": None, "acknowledged_by": None, "outcome": ""}
    with pytest.raises(DatabaseError, match="pgtrigger"), transaction.atomic():
        one.update(**reopen)


def test_a_clinic_that_fails_costs_no_other_its_turn(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    matter = open_one(house)
    real = pass_on_due.__globals__["on_call"]

    def broken(clinic_id: int) -> object:
        if clinic_id == house.elsewhere.id:
            raise LookupError
        return real(clinic_id)

    monkeypatch.setitem(pass_on_due.__globals__, "on_call", broken)
    assert raise_due(MONDAY + timedelta(days=9)) == 1
    matter.refresh_from_db()
    assert matter.level == 1
