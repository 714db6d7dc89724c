"""Answers are kept and graded, close what was due, and open a matter where somebody must act."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connections

from clinic.models import Patient
from clinic.services.patients import add_contact_point, record_consent
from notifications.domain.check_in.rules import DEFAULT_RULES
from notifications.domain.check_in.table import stored_table
from notifications.models import CheckIn, CheckInRules, Escalation, Message
from notifications.selectors.check_in_facts import check_in_context
from notifications.services.plan import replan_patients
from scheduling.domain.care.rungs import Rung
from scheduling.models import FollowUp, FollowUpAct
from tests.check_ins import answer, at, make_check_in_due, make_check_in_link, make_operated, said
from tests.factories import House, make_clinic, make_fill, make_implant, make_patient, make_program

pytestmark = pytest.mark.django_db


def open_matters(house: House) -> list[Escalation]:
    rows = Escalation.objects.filter(clinic=house.clinic, acknowledged_at__isnull=True)
    return list(rows.order_by("id"))


def joined_to(matter: Escalation) -> list[int | None]:
    """The check-ins that joined it, in order."""
    steps = matter.steps.filter(check_in__isnull=False).order_by("id")
    return list(steps.values_list("check_in_id", flat=True))


def acknowledge(house: House, matter: Escalation, *, days: int = 0) -> None:
    Escalation.objects.filter(pk=matter.pk).update(
        acknowledged_at=at(house, days=days), acknowledged_by=house.nurse, outcome="spoke"
    )


def test_answers_that_are_fine_close_what_was_due_and_open_nothing(house: House, patient: Patient) -> None:
    infection, leak = make_check_in_due(house, patient), make_check_in_due(house, patient)
    _, link = make_check_in_link(house, patient, infection)

    made = answer(house, patient, link_id=link.pk, follow_up_id=infection.pk)

    assert (made.grade, made.matched, made.follow_up_id, made.link_id) == ("fine", [], infection.pk, link.pk)
    assert set(FollowUp.objects.filter(patient=patient).values_list("state", "closed_by")) == {("done", None)}
    acts = FollowUpAct.objects.filter(follow_up__in=[infection, leak])
    assert set(acts.values_list("act", "by", "reason")) == {("done", None, "answered by the patient")}
    assert open_matters(house) == []
    link.refresh_from_db()
    assert link.used_at == house.now


def test_an_answer_speaks_for_missed_days_and_leaves_those_to_come(house: House, patient: Patient) -> None:
    missed = make_check_in_due(house, patient, target_in=-3, latest_in=-2)
    tomorrow = make_check_in_due(house, patient, target_in=1, latest_in=2)

    answer(house, patient)

    missed.refresh_from_db()
    tomorrow.refresh_from_db()
    assert (missed.state, tomorrow.state) == ("done", "open")


@pytest.mark.parametrize(
    ("worse", "grade", "rung"),
    [
        ({"alarm": "double"}, "emergency", Rung.EMERGENCY),
        ({"wound": ["fluid"]}, "same_day", Rung.NURSE_CALLS_DAILY),
        ({"headache": "mild"}, "working_day", Rung.STAFF_CALLS),
        ({"note": "The plaster came off."}, "working_day", Rung.STAFF_CALLS),
    ],
)
def test_a_grade_opens_a_matter_on_its_rung(
    house: House, patient: Patient, worse: dict[str, object], grade: str, rung: Rung
) -> None:
    made = answer(house, patient, said(**worse))

    (matter,) = open_matters(house)
    assert (made.grade, matter.rung, matter.cause) == (grade, rung, "red_flag")
    assert (matter.key, matter.check_in_id, matter.patient_id) == (f"check_in:{made.pk}", made.pk, patient.pk)


def test_sending_twice_is_one_row_and_one_matter(house: House, patient: Patient) -> None:
    once = uuid4()

    first = answer(house, patient, said(alarm="double"), once=once)
    again = answer(house, patient, said(alarm="double"), once=once, now=at(house, hours=1))

    assert first.pk == again.pk
    assert len(open_matters(house)) == 1


def test_going_back_and_sending_worse_answers_from_the_same_page_is_an_answer_of_its_own(
    house: House, patient: Patient
) -> None:
    once = uuid4()

    answer(house, patient, said(), once=once)
    worse = answer(house, patient, said(weakness="yes"), once=once)

    assert CheckIn.objects.filter(patient=patient).count() == 2
    assert [matter.check_in_id for matter in open_matters(house)] == [worse.pk]


def test_a_better_answer_takes_nothing_back_and_a_worse_one_makes_the_matter_graver(
    house: House, patient: Patient
) -> None:
    answer(house, patient, said(wound=["redness"]))
    answer(house, patient, said(), now=at(house, hours=1))
    assert [matter.rung for matter in open_matters(house)] == [Rung.STAFF_CALLS]

    worse = answer(house, patient, said(wound=["redness"], fever="yes"), now=at(house, hours=2))

    (matter,) = open_matters(house)
    assert (matter.rung, joined_to(matter)) == (Rung.NURSE_CALLS_DAILY, [worse.pk])
    assert matter.responsible_id == house.nurse.pk
    told = Message.objects.filter(escalation=matter).order_by("id").values_list("user_id", "step")
    assert list(told) == [(house.nurse.pk, "told0"), (house.nurse.pk, f"added{worse.pk}")]


def test_answers_that_joined_are_known_and_an_ended_matter_is_joined_by_nothing(
    house: House, patient: Patient
) -> None:
    answer(house, patient, said(alarm="double"))
    second = answer(house, patient, said(headache="mild"), now=at(house, hours=1))
    answer(house, patient, said(headache="mild"), now=at(house, hours=2))
    (matter,) = open_matters(house)
    assert (matter.rung, joined_to(matter)) == (Rung.EMERGENCY, [second.pk])

    acknowledge(house, matter, days=1)
    third = answer(house, patient, said(headache="mild"), now=at(house, days=1, hours=1))

    (fresh,) = open_matters(house)
    assert (fresh.check_in_id, joined_to(fresh)) == (third.pk, [])


def test_another_patients_alarm_is_another_matter(house: House, patient: Patient) -> None:
    answer(house, patient, said(alarm="double"))
    answer(house, make_patient(house), said(alarm="double"))

    assert len(open_matters(house)) == 2


def test_the_same_complaint_is_one_matter_while_it_is_open_and_a_new_one_after(
    house: House, patient: Patient
) -> None:
    answer(house, patient, said(headache="mild"))
    answer(house, patient, said(headache="mild"), now=at(house, days=1))
    (matter,) = open_matters(house)

    acknowledge(house, matter, days=1)
    answer(house, patient, said(headache="mild"), now=at(house, days=2))

    assert [row.pk for row in open_matters(house)] != [matter.pk]
    assert len(open_matters(house)) == 1


def test_a_patients_own_words_are_never_taken_for_known(house: House, patient: Patient) -> None:
    answer(house, patient, said(headache="mild", note="Since yesterday."))
    more = answer(house, patient, said(headache="mild", note="Now my leg is numb."), now=at(house, hours=2))

    (matter,) = open_matters(house)
    assert joined_to(matter) == [more.pk]


def test_a_nurse_asks_by_telephone_and_it_is_graded_the_same(house: House, patient: Patient) -> None:
    due = make_check_in_due(house, patient)

    made = answer(house, patient, said(alarm="single"), actor_id=house.nurse.pk)

    due.refresh_from_db()
    assert (made.grade, made.entered_by_id) == ("same_day", house.nurse.pk)
    assert (due.state, due.closed_by_id, due.closing_reason) == ("done", house.nurse.pk, "asked by telephone")
    assert len(open_matters(house)) == 1


def test_nothing_is_kept_when_the_matter_cannot_be_opened(
    house: House, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    due = make_check_in_due(house, patient)

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("notifications.services.check_ins.open_red_flag", fails)
    with pytest.raises(RuntimeError):
        answer(house, patient, said(alarm="double"))

    due.refresh_from_db()
    assert (CheckIn.objects.count(), due.state) == (0, "open")


def test_a_patient_of_another_clinic_is_none(house: House, patient: Patient) -> None:
    with pytest.raises(Patient.DoesNotExist):
        answer(house, patient, clinic=house.elsewhere)


def test_a_table_that_cannot_be_read_is_replaced_by_the_shipped_one_and_says_so(
    house: House, patient: Patient
) -> None:
    CheckInRules.objects.create(clinic=house.clinic, version=1, rows=[{"key": "?"}], created_at=house.now)

    made = answer(house, patient, said())

    assert (made.grade, made.matched, made.rules_version) == ("working_day", ["review:table"], 1)


def test_a_clinics_own_table_is_the_one_that_grades(house: House, patient: Patient) -> None:
    rows = stored_table(DEFAULT_RULES)
    next(row for row in rows if row["key"] == "single_tone")["grade"] = "emergency"
    CheckInRules.objects.create(clinic=house.clinic, version=1, rows=rows, created_at=house.now)

    assert answer(house, patient, said(alarm="single")).grade == "emergency"


def test_the_facts_come_from_the_record(house: House) -> None:
    patient, implant = make_operated(house, days_ago=40)
    filled_on = house.today - timedelta(days=30)
    make_fill(house, implant, filled_on=filled_on)
    make_program(house, implant, starts_on=filled_on)

    context = check_in_context(clinic_id=house.clinic.pk, patient_id=patient.pk, now=house.now)

    assert (context.days_since_operation, context.drugs) == (40, frozenset({"baclofen"}))
    assert context.days_to_alarm is not None
    assert context.days_to_alarm > 100
    assert context.hours_since_change is not None
    assert 29 * 24 - 24 <= context.hours_since_change <= 30 * 24


def test_a_change_of_today_without_an_hour_is_no_hours_ago(house: House) -> None:
    patient, implant = make_operated(house, days_ago=40)
    make_fill(house, implant, filled_on=house.today)

    context = check_in_context(clinic_id=house.clinic.pk, patient_id=patient.pk, now=house.now)

    assert context.hours_since_change == 0


def test_what_is_not_recorded_is_not_known(house: House) -> None:
    patient, _ = make_operated(house, days_ago=3)
    nobody = make_patient(house)

    context = check_in_context(clinic_id=house.clinic.pk, patient_id=patient.pk, now=house.now)
    none = check_in_context(clinic_id=house.clinic.pk, patient_id=nobody.pk, now=house.now)

    assert (context.drugs, context.days_to_alarm, context.hours_since_change) == (None, None, None)
    assert (none.days_since_operation, none.drugs) == (None, None)


def test_the_graver_of_two_pumps_counts(house: House) -> None:
    patient, first = make_operated(house, days_ago=300)
    second = make_implant(house, patient, implanted_on=house.today - timedelta(days=9))
    make_fill(house, first, filled_on=house.today - timedelta(days=100))
    make_fill(
        house,
        second,
        filled_on=house.today - timedelta(days=2),
        drug="morphine",
        concentration="25",
        unit="mg/mL",
    )

    context = check_in_context(clinic_id=house.clinic.pk, patient_id=patient.pk, now=house.now)

    assert context.days_since_operation == 9
    assert context.drugs == frozenset({"baclofen", "morphine"})
    assert context.hours_since_change is not None
    assert context.hours_since_change <= 48
    assert Decimal(context.hours_since_change) >= 0


def test_an_answer_takes_back_the_message_that_still_asks_for_it(house: House, patient: Patient) -> None:
    by = {"clinic": house.clinic, "patient_ref": patient.ref, "actor_id": house.nurse.pk, "now": house.now}
    add_contact_point(kind="email", value="ode@example.org", **by)
    record_consent(channel="email", topic="check_ins", is_granted=True, wording="May we ask? Yes.", **by)
    due = make_check_in_due(house, patient, target_in=0, latest_in=1)
    replan_patients(house.clinic.pk, [patient.pk], house.now)
    asking = Message.objects.filter(follow_up=due, state="queued")
    assert asking.filter(step="chase1").count() == 1

    answer(house, patient, follow_up_id=due.pk)

    assert not asking.exists()
    assert Message.objects.get(follow_up=due, step="chase1").reason == "answered"


@pytest.mark.django_db(transaction=True)
def test_many_presses_at_the_same_moment_are_one_answer_and_one_matter() -> None:
    house = make_clinic()
    patient, once = make_patient(house), uuid4()
    make_check_in_due(house, patient)
    barrier = threading.Barrier(4)

    def press() -> int:
        try:
            barrier.wait()
            return answer(house, patient, said(alarm="double"), once=once).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        made = [future.result() for future in [pool.submit(press) for _ in range(4)]]

    assert len(set(made)) == 1
    assert CheckIn.objects.count() == len(open_matters(house)) == 1
