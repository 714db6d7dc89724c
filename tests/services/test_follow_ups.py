"""What people may decide about follow-ups, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from clinic.domain.checks import RecordError
from clinic.domain.entries import ImplantEntry
from clinic.domain.roles import Role
from clinic.models import Implant, Membership
from clinic.services.accounts import change_membership
from clinic.services.implants import record_explant, update_implant
from scheduling.models import FollowUp, WorkPolicy
from scheduling.selectors.care import follow_ups_of_patient, unfinished_of_patient
from scheduling.services.care_plan import replan_care_of_implants
from scheduling.services.follow_ups import (
    assign_follow_ups,
    complete_follow_ups,
    mark_not_needed,
    postpone_follow_ups,
    reopen_follow_up,
)
from scheduling.services.owners import reassign_departed
from tests.factories import PUMP_MODEL, House, make_clinic, make_implant, make_running_pump

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.fixture
def implant(house: House) -> Implant:
    return make_implant(house, implanted_on=TODAY - timedelta(days=5))


@pytest.fixture
def wound(implant: Implant) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key="wound_check")


@pytest.fixture
def refill(house: House) -> FollowUp:
    return FollowUp.objects.get(implant=make_running_pump(house), row_key="refill", state="open")


def acting(house: House, **values: Any) -> dict[str, Any]:
    return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": NOW} | values


def last_act(row: FollowUp) -> tuple[str, str, int | None]:
    act = row.acts.latest("id")
    return act.act, act.reason, act.by_id


def day(number: int) -> date:
    return TODAY + timedelta(days=number)


def test_done_with_a_note(house: House, wound: FollowUp) -> None:
    complete_follow_ups(**acting(house, refs=[wound.ref], note=" dry and closed "))
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason, wound.closed_by_id) == (
        "done",
        "dry and closed",
        house.nurse.id,
    )
    assert last_act(wound) == ("done", "dry and closed", house.nurse.id)


def test_several_at_once_are_all_done_or_none(house: House, implant: Implant, wound: FollowUp) -> None:
    watch = FollowUp.objects.filter(implant=implant, row_key="infection_watch")
    refs = list(watch.values_list("ref", flat=True))
    complete_follow_ups(**acting(house, refs=[wound.ref]))
    with pytest.raises(RecordError, match="closed in the meantime"):
        complete_follow_ups(**acting(house, refs=[*refs, wound.ref]))
    assert set(watch.values_list("state", flat=True)) == {"open"}
    assert len(complete_follow_ups(**acting(house, refs=refs))) == len(refs) == 24


def test_not_needed_says_why(house: House, wound: FollowUp) -> None:
    with pytest.raises(RecordError) as refusal:
        mark_not_needed(**acting(house, refs=[wound.ref], reason="  "))
    assert refusal.value.field == "reason"
    mark_not_needed(**acting(house, refs=[wound.ref], reason="seen by the surgeon"))
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason) == ("not_needed", "seen by the surgeon")


def test_postponed_with_reason_and_day(house: House, wound: FollowUp) -> None:
    postpone_follow_ups(**acting(house, refs=[wound.ref], until=day(3), reason="in hospital"))
    wound.refresh_from_db()
    assert (wound.state, wound.postponed_until, wound.closing_reason) == ("postponed", day(3), "in hospital")
    assert wound.acts.latest("id").until == day(3)


@pytest.mark.parametrize("until", [-1, 0, 367])
def test_a_postponement_is_to_a_day_ahead_within_a_year(house: House, wound: FollowUp, until: int) -> None:
    with pytest.raises(RecordError) as refusal:
        postpone_follow_ups(**acting(house, refs=[wound.ref], until=day(until), reason="holiday"))
    assert refusal.value.field == "until"


def test_what_is_overdue_may_be_postponed_but_nothing_beyond_a_last_day_ahead_and_a_refill_never(
    house: House, wound: FollowUp, refill: FollowUp
) -> None:
    assert wound.latest_on is not None
    late = wound.latest_on + timedelta(days=1)
    with pytest.raises(RecordError, match="the last day is") as refusal:
        postpone_follow_ups(**acting(house, refs=[wound.ref], until=late, reason="in hospital"))
    assert refusal.value.field == "until"
    postpone_follow_ups(**acting(house, refs=[wound.ref], until=wound.latest_on, reason="in hospital"))
    FollowUp.objects.filter(pk=wound.pk).update(target_on=day(-9), latest_on=day(-1))
    postpone_follow_ups(**acting(house, refs=[wound.ref], until=day(60), reason="in hospital"))
    assert refill.latest_on is not None
    beyond = refill.latest_on + timedelta(days=1)
    with pytest.raises(RecordError, match="due by") as refusal:
        postpone_follow_ups(**acting(house, refs=[refill.ref], until=beyond, reason="holiday"))
    assert refusal.value.field == "until"
    postpone_follow_ups(**acting(house, refs=[refill.ref], until=refill.latest_on, reason="holiday"))


def test_a_refill_in_doubt_cannot_be_postponed(house: House) -> None:
    unfilled = FollowUp.objects.get(implant=make_implant(house), row_key="refill")
    with pytest.raises(RecordError, match="in doubt"):
        postpone_follow_ups(**acting(house, refs=[unfilled.ref], until=day(1), reason="later"))


def test_a_refill_is_neither_done_nor_not_needed_by_hand(house: House, refill: FollowUp) -> None:
    with pytest.raises(RecordError, match="when it is recorded"):
        complete_follow_ups(**acting(house, refs=[refill.ref]))
    with pytest.raises(RecordError, match="record its explant"):
        mark_not_needed(**acting(house, refs=[refill.ref], reason="no"))


@pytest.mark.parametrize("decide", ["done", "not_needed", "postponed"])
def test_every_decision_can_be_taken_back(house: House, wound: FollowUp, decide: str) -> None:
    if decide == "postponed":
        postpone_follow_ups(**acting(house, refs=[wound.ref], until=day(3), reason="x"))
    elif decide == "done":
        complete_follow_ups(**acting(house, refs=[wound.ref]))
    else:
        mark_not_needed(**acting(house, refs=[wound.ref], reason="x"))
    reopen_follow_up(**acting(house, ref=wound.ref, reason="wrong patient"))
    wound.refresh_from_db()
    assert (wound.state, wound.closed_at, wound.closing_reason, wound.postponed_until) == (
        "open",
        None,
        "",
        None,
    )
    assert last_act(wound) == ("reopened", "wrong patient", house.nurse.id)


def test_what_is_reopened_has_the_days_it_would_have_by_now(
    house: House, implant: Implant, wound: FollowUp
) -> None:
    complete_follow_ups(**acting(house, refs=[wound.ref]))
    entry = ImplantEntry(pump_model_key=PUMP_MODEL, serial=implant.serial, implanted_on=day(-2))
    update_implant(**acting(house, implant_ref=implant.ref, entry=entry))
    wound.refresh_from_db()
    assert wound.target_on == day(5)
    assert reopen_follow_up(**acting(house, ref=wound.ref, reason="mistake")).target_on == day(8)


def test_what_the_record_ended_is_not_reopened_by_hand(
    house: House, implant: Implant, wound: FollowUp
) -> None:
    record_explant(**acting(house, implant_ref=implant.ref, explanted_on=TODAY, why="infection"))
    with pytest.raises(RecordError, match="correct the record"):
        reopen_follow_up(**acting(house, ref=wound.ref, reason="x"))
    with pytest.raises(RecordError, match="closed in the meantime"):
        complete_follow_ups(**acting(house, refs=[wound.ref]))


def test_a_closed_one_reopened_after_an_explant_ends_at_once(
    house: House, implant: Implant, wound: FollowUp
) -> None:
    complete_follow_ups(**acting(house, refs=[wound.ref]))
    record_explant(**acting(house, implant_ref=implant.ref, explanted_on=TODAY, why="infection"))
    assert reopen_follow_up(**acting(house, ref=wound.ref, reason="x")).state == "ended"


def test_another_clinics_follow_up_does_not_exist(house: House, wound: FollowUp) -> None:
    there = acting(house, clinic=house.elsewhere)
    for decide in (
        lambda: complete_follow_ups(**there, refs=[wound.ref]),
        lambda: mark_not_needed(**there, refs=[wound.ref], reason="x"),
        lambda: postpone_follow_ups(**there, refs=[wound.ref], until=day(2), reason="x"),
        lambda: reopen_follow_up(**there, ref=wound.ref, reason="x"),
        lambda: assign_follow_ups(**there, refs=[wound.ref], owner_id=house.outsider.id),
    ):
        with pytest.raises(FollowUp.DoesNotExist):
            decide()


def test_work_is_given_only_to_members_who_do_it(house: House, wound: FollowUp) -> None:
    for stranger in (house.outsider, house.person(Role.AUDITOR)):
        with pytest.raises(RecordError) as refusal:
            assign_follow_ups(**acting(house, refs=[wound.ref], owner_id=stranger.id))
        assert refusal.value.field == "owner_id"
    for colleague in (house.person(Role.PRESCRIBER), house.person(Role.SCHEDULER)):
        assign_follow_ups(**acting(house, refs=[wound.ref], owner_id=colleague.id))
        wound.refresh_from_db()
        assert wound.owner_id == colleague.id
        assert last_act(wound)[0] == "assigned"


def test_new_work_goes_to_the_chosen_owner_else_to_the_first_nurse(house: House) -> None:
    def owners() -> set[int]:
        implant = make_implant(house, implanted_on=TODAY)
        return set(FollowUp.objects.filter(implant=implant).values_list("owner_id", flat=True))

    assert owners() == {house.nurse.id}
    WorkPolicy.objects.filter(clinic=house.clinic).update(default_owner=house.administrator)
    assert owners() == {house.administrator.id}
    WorkPolicy.objects.filter(clinic=house.clinic).update(default_owner=house.outsider)
    assert owners() == {house.nurse.id}


def leave(house: House) -> None:
    change_membership(
        clinic=house.clinic,
        membership_id=Membership.objects.get(clinic=house.clinic, user=house.nurse).pk,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=NOW,
    )


def test_the_open_work_of_who_leaves_goes_to_the_default_owner_and_the_closed_stays(
    house: House, implant: Implant, wound: FollowUp
) -> None:
    everything = FollowUp.objects.filter(implant=implant)
    assign_follow_ups(
        **acting(house, refs=list(everything.values_list("ref", flat=True)), owner_id=house.nurse.id)
    )
    complete_follow_ups(**acting(house, refs=[wound.ref]))
    leave(house)
    wound.refresh_from_db()
    assert wound.owner_id == house.nurse.id
    still_open = everything.filter(state="open")
    assert set(still_open.values_list("owner_id", flat=True)) == {house.administrator.id}
    assert last_act(still_open[0])[:2] == ("assigned", "its owner no longer works on follow-ups here")
    assert reassign_departed(house.clinic.id, NOW) == 0


def test_the_plan_of_a_patient_is_read_in_one_query(
    house: House, implant: Implant, django_assert_num_queries: Any
) -> None:
    ids = {"clinic_id": house.clinic.id, "patient_id": implant.patient_id}
    complete_follow_ups(
        **acting(house, refs=[FollowUp.objects.get(implant=implant, row_key="wound_check").ref])
    )
    with django_assert_num_queries(2):
        rows = list(follow_ups_of_patient(**ids))
        unfinished = list(unfinished_of_patient(**ids))
    assert rows[0].row_key == "refill"
    assert len(rows) == len(unfinished) + 1
    assert list(follow_ups_of_patient(clinic_id=house.elsewhere.id, patient_id=implant.patient_id)) == []


def test_a_decision_of_a_person_stands_when_the_plan_runs_again(house: House, implant: Implant) -> None:
    keys = {"wound_check": "done", "suture_removal": "not_needed", "first_follow_up": "postponed"}
    rows = {key: FollowUp.objects.get(implant=implant, row_key=key) for key in keys}
    complete_follow_ups(**acting(house, refs=[rows["wound_check"].ref]))
    mark_not_needed(**acting(house, refs=[rows["suture_removal"].ref], reason="self-dissolving"))
    postpone_follow_ups(**acting(house, refs=[rows["first_follow_up"].ref], until=day(20), reason="abroad"))
    replan_care_of_implants(house.clinic.id, [implant.id], NOW + timedelta(days=10))
    for key, state in keys.items():
        rows[key].refresh_from_db()
        assert rows[key].state == state
