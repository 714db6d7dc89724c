"""A check-in that was let pass becomes one call, whatever the number of days, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from notifications.models import Escalation
from notifications.services import check_ins
from notifications.services.check_ins import open_missed_check_ins
from scheduling.domain.care.rungs import Rung
from scheduling.models import Anchor, FollowUp, FollowUpState
from scheduling.services.follow_ups import postpone_follow_ups
from tests.check_ins import answer, at, make_check_in_due
from tests.factories import House, make_clinic, make_patient

pytestmark = pytest.mark.django_db


def missed(house: House, patient: Patient, *, days_ago: int = 1, **values: object) -> FollowUp:
    """A check-in whose last day was so many days ago."""
    columns = {"anchored_on": house.today - timedelta(days=6)}
    return make_check_in_due(
        house, patient, target_in=-days_ago - 1, latest_in=-days_ago, **(columns | values)
    )


def calls(house: House) -> list[Escalation]:
    return list(Escalation.objects.filter(clinic=house.clinic, cause="check_in_missed").order_by("id"))


def test_one_call_for_a_patient_however_many_days_were_missed(house: House, patient: Patient) -> None:
    missed(house, patient, days_ago=3)
    missed(house, patient, days_ago=2)
    newest = missed(house, patient, days_ago=1)

    assert open_missed_check_ins(house.now) == 1
    assert open_missed_check_ins(house.now) == 0

    (call,) = calls(house)
    assert (call.key, call.patient_id) == (f"follow_up:{newest.pk}", patient.pk)
    assert call.rung == Rung.NURSE_CALLS_DAILY


def test_silence_goes_on_as_the_same_matter_until_a_person_ends_it_and_then_begins_anew(
    house: House, patient: Patient
) -> None:
    missed(house, patient)
    open_missed_check_ins(house.now)
    make_check_in_due(house, patient, target_in=0, latest_in=1)
    assert open_missed_check_ins(at(house, days=2)) == 0

    Escalation.objects.update(acknowledged_at=house.now, acknowledged_by=house.nurse, outcome="spoke")

    assert open_missed_check_ins(house.now) == 0
    assert open_missed_check_ins(at(house, days=2)) == 1
    assert len(calls(house)) == 2


@pytest.mark.parametrize(
    ("values", "rung"),
    [
        ({"anchored_on_ago": 10}, Rung.NURSE_CALLS_DAILY),
        ({"anchored_on_ago": 16}, Rung.NURSE_CALLS_DAILY),
        ({"anchored_on_ago": 17}, Rung.STAFF_CALLS),
        ({"anchored_on_ago": 3, "anchor": Anchor.REFILL}, Rung.STAFF_CALLS),
    ],
)
def test_the_first_fortnight_after_an_operation_is_graver(
    house: House, patient: Patient, values: dict[str, object], rung: Rung
) -> None:
    ago = values.pop("anchored_on_ago")
    assert isinstance(ago, int)
    missed(house, patient, anchored_on=house.today - timedelta(days=ago), **values)

    open_missed_check_ins(house.now)

    assert [call.rung for call in calls(house)] == [rung]


def test_who_has_answered_since_is_not_called(house: House, patient: Patient) -> None:
    row = missed(house, patient)
    answer(house, patient)
    # As a race leaves it: the answer came, the row is open.
    FollowUp.objects.filter(pk=row.pk).update(state=FollowUpState.OPEN, closed_at=None, closed_by=None)

    assert open_missed_check_ins(house.now) == 0


def test_an_answer_marks_the_call_as_settled_and_new_silence_is_a_new_call(
    house: House, patient: Patient
) -> None:
    missed(house, patient)
    open_missed_check_ins(house.now)
    answer(house, patient)
    (call,) = calls(house)
    assert (call.gone_at, call.gone_because, call.acknowledged_at) == (house.now, "answered", None)

    make_check_in_due(house, patient, target_in=1, latest_in=2)
    assert open_missed_check_ins(at(house, days=1)) == 0
    assert open_missed_check_ins(at(house, days=3)) == 1
    assert len(calls(house)) == 2


def test_one_that_was_put_off_is_missed_after_the_day_it_was_put_off_to(
    house: House, patient: Patient
) -> None:
    row = make_check_in_due(house, patient, target_in=-1, latest_in=0)
    later = house.today + timedelta(days=3)
    postpone_follow_ups(
        clinic=house.clinic,
        refs=[row.ref],
        until=later,
        reason="away",
        actor_id=house.nurse.pk,
        now=house.now,
    )
    FollowUp.objects.filter(pk=row.pk).update(
        state=FollowUpState.OPEN, postponed_until=None
    )  # as the night does

    assert open_missed_check_ins(at(house, days=3)) == 0
    assert open_missed_check_ins(at(house, days=4)) == 1


@pytest.mark.parametrize(
    "case", ["still open today", "long ago", "entered late", "postponed", "died", "a call"]
)
def test_what_is_no_missed_check_in_calls_nobody(house: House, patient: Patient, case: str) -> None:
    row = missed(house, patient)
    changes: dict[str, dict[str, object]] = {
        "still open today": {"latest_on": house.today},
        "long ago": {
            "target_on": house.today - timedelta(days=12),
            "latest_on": house.today - timedelta(days=10),
        },
        "entered late": {"created_at": house.now},
        "postponed": {
            "state": "postponed",
            "postponed_until": house.today + timedelta(days=1),
            "closing_reason": "away",
        },
        "a call": {"mode": "call"},
        "died": {},
    }
    FollowUp.objects.filter(pk=row.pk).update(**{"mode": "check_in"} | changes[case])
    if case == "died":
        from clinic.audit import recording

        with recording(actor_id=house.nurse.pk, reason="died"):
            Patient.objects.filter(pk=patient.pk).update(died_on=house.today)

    assert open_missed_check_ins(house.now) == 0


def test_a_clinic_that_fails_stops_no_other(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_clinic(name="Lakeside")
    for each in (house, other):
        missed(each, make_patient(each))
    real = check_ins.missed_check_ins

    def fails_for_one(*, clinic_id: int, **values: object) -> object:
        if clinic_id == house.clinic.pk:
            raise RuntimeError
        return real(clinic_id=clinic_id, **values)  # type: ignore[arg-type]

    monkeypatch.setattr(check_ins, "missed_check_ins", fails_for_one)

    assert open_missed_check_ins(at(house, hours=1)) == 1
    assert (len(calls(house)), len(calls(other))) == (0, 1)


def test_looking_costs_the_same_whoever_has_been_asked_already(house: House) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            open_missed_check_ins(house.now)
        return len(found)

    missed(house, make_patient(house))
    open_missed_check_ins(house.now)
    few = queries()
    for _ in range(4):
        missed(house, make_patient(house))
    open_missed_check_ins(house.now)

    assert queries() == few
