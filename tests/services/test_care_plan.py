"""The care plan in the database: what a nurse's change writes, and that planning again writes nothing."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.domain.entries import ImplantEntry, ProgramEntry
from clinic.models import Implant, Patient
from clinic.services.fills import void_fill
from clinic.services.implants import record_explant, update_implant, withdraw_explant
from clinic.services.observations import void_event
from clinic.services.patients import record_death, withdraw_death
from clinic.services.programs import correct_program, void_program
from scheduling.models import FollowUp, FollowUpAct
from scheduling.services.care_plan import replan_care, replan_care_of_implants
from scheduling.services.derive import work_out
from scheduling.services.sweeps import run_everything
from tests.factories import (
    PUMP_MODEL,
    House,
    make_clinic,
    make_event,
    make_fill,
    make_implant,
    make_program,
    make_running_pump,
)

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def days(number: int) -> date:
    return TODAY + timedelta(days=number)


def rows(implant: Implant) -> dict[tuple[str, str, int], dict[str, object]]:
    """Every follow-up of the pump by its key."""
    found = FollowUp.objects.filter(implant=implant).order_by("id").values()
    return {(row["row_key"], row["anchor_key"], row["occurrence"]): row for row in found}


def one(implant: Implant, row_key: str) -> FollowUp:
    return FollowUp.objects.get(implant=implant, row_key=row_key, occurrence=0)


def states(implant: Implant, row_key: str) -> list[str]:
    found = FollowUp.objects.filter(implant=implant, row_key=row_key).order_by("id")
    return list(found.values_list("state", flat=True))


def acts(follow_up: FollowUp) -> list[str]:
    return list(follow_up.acts.order_by("id").values_list("act", flat=True))


def close(follow_up: FollowUp, state: str = "done") -> None:
    FollowUp.objects.filter(pk=follow_up.pk).update(state=state, closed_at=NOW, closing_reason="seen")


def new_implant(house: House, patient: Patient | None = None, *, ago: int = 5) -> Implant:
    return make_implant(house, patient, implanted_on=days(-ago))


def test_an_implant_puts_everything_it_calls_for_on_the_list_with_dates(house: House) -> None:
    implant = new_implant(house)
    wound = one(implant, "wound_check")
    assert (wound.target_on, wound.latest_on, wound.state) == (days(5), days(9), "open")
    assert (wound.anchor, wound.anchor_key, wound.mode) == ("surgery", f"implant:{implant.pk}", "visit")
    assert wound.protocol_row.key == "wound_check"
    assert acts(wound) == ["created"]
    assert len(states(implant, "infection_watch")) == 24
    assert FollowUp.objects.filter(implant=implant, owner=None).count() == 0


def test_the_same_plan_run_twice_creates_nothing(house: House) -> None:
    implant = new_implant(house)
    before = rows(implant), FollowUpAct.objects.count()
    for _ in range(2):
        assert replan_care_of_implants(house.clinic.id, [implant.id], NOW).changed == 0
        assert replan_care(clinic_id=house.clinic.id, patient_ids=[implant.patient_id], now=NOW).changed == 0
    run_everything(now=NOW)
    assert (rows(implant), FollowUpAct.objects.count()) == before


def test_a_night_adds_only_what_time_has_brought_nearer(house: House) -> None:
    implant = new_implant(house)
    before = set(rows(implant))
    replan_care_of_implants(house.clinic.id, [implant.id], NOW + timedelta(days=365))
    assert set(rows(implant)) - before == {
        ("annual_review", f"implant:{implant.pk}", 1),
        ("annual_outcomes", f"implant:{implant.pk}", 1),
    }


def moved_to(house: House, implant: Implant, day: date) -> None:
    update_implant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ImplantEntry(pump_model_key=PUMP_MODEL, serial=implant.serial, implanted_on=day),
        actor_id=house.nurse.id,
        now=NOW,
    )


def test_correcting_the_operation_moves_what_is_open_and_keeps_what_is_closed(house: House) -> None:
    implant = new_implant(house)
    close(one(implant, "wound_check_call"))
    before = rows(implant)
    moved_to(house, implant, days(-3))
    for key, row in rows(implant).items():
        stays = key[0] in ("wound_check_call", "refill", "replacement_planning", "replacement_date")
        shift = row["target_on"] and (row["target_on"] - before[key]["target_on"]).days
        assert stays or shift == 2, key
    wound = one(implant, "wound_check")
    act = wound.acts.latest("id")
    assert (act.act, act.latest_before, act.latest_after) == ("re_anchored", days(9), days(11))
    assert (
        one(implant, "wound_check_call").target_on
        == before["wound_check_call", f"implant:{implant.pk}", 0]["target_on"]
    )


def explanted(house: House, implant: Implant) -> Callable[[], object]:
    record_explant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        explanted_on=TODAY,
        why="pain",
        actor_id=house.nurse.id,
        now=NOW,
    )
    return lambda: withdraw_explant(
        clinic=house.clinic, implant_ref=implant.ref, reason="wrong pump", actor_id=house.nurse.id, now=NOW
    )


def dead(house: House, implant: Implant) -> Callable[[], object]:
    ref = implant.patient.ref
    record_death(clinic=house.clinic, patient_ref=ref, died_on=TODAY, actor_id=house.nurse.id, now=NOW)
    return lambda: withdraw_death(
        clinic=house.clinic, patient_ref=ref, reason="wrong patient", actor_id=house.nurse.id, now=NOW
    )


@pytest.mark.parametrize(("ends", "because"), [(explanted, "explant"), (dead, "death")])
def test_an_explant_or_a_death_ends_the_plan_says_so_and_its_withdrawal_brings_it_back(
    house: House, ends: Callable[[House, Implant], Callable[[], object]], because: str
) -> None:
    implant = make_running_pump(house, filled_on=days(-30))
    moved_to(house, implant, days(-40))
    close(one(implant, "wound_check"))
    live = set(FollowUp.objects.filter(implant=implant, state="open").values_list("id", flat=True))
    withdraw = ends(house, implant)
    ended = FollowUp.objects.filter(pk__in=live)
    assert set(ended.values_list("state", "ended_because")) == {("ended", because)}
    assert one(implant, "wound_check").state == "done"
    own = {"explant_wound_call", "explant_wound_check"} if because == "explant" else set()
    open_now = FollowUp.objects.filter(implant=implant, state="open")
    assert set(open_now.values_list("row_key", flat=True)) == own
    withdraw()
    assert set(FollowUp.objects.filter(implant=implant, state="open").values_list("id", flat=True)) == live
    refill = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    assert acts(refill)[-2:] == ["ended", "reinstated"]
    why = refill.acts.get(act="ended").reason
    assert why == {"explant": "the pump was taken out", "death": "the patient has died"}[because]
    if own:
        assert states(implant, "explant_wound_call") == ["ended"]


def refill_items(implant: Implant) -> list[tuple[str, str]]:
    found = FollowUp.objects.filter(implant=implant, row_key="refill").order_by("id")
    return list(found.values_list("anchor_key", "state"))


def test_every_pump_in_place_has_one_refill_item_that_follows_its_forecast(house: House) -> None:
    implant = make_implant(house)
    assert refill_items(implant) == [(f"implant:{implant.pk}", "open")]
    assert one(implant, "refill").latest_on is None, "never filled: in review"
    fill = make_fill(house, implant)
    make_program(house, implant, starts_on=fill.filled_on)
    assert refill_items(implant) == [(f"implant:{implant.pk}", "done"), (f"fill:{fill.pk}", "open")]
    item = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    implant.refresh_from_db()
    assert (item.target_on, item.latest_on) == (
        implant.forecast.target_visit_on,
        implant.forecast.latest_visit_on,
    )
    assert item.visit_kind_key == "refill"


def test_the_next_fill_does_the_item_and_opens_the_next_one_with_the_same_owner(house: House) -> None:
    implant = make_running_pump(house)
    old = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    FollowUp.objects.filter(pk=old.pk).update(owner=house.nurse)
    fill = make_fill(house, implant, filled_on=days(-1))
    old.refresh_from_db()
    assert (old.state, old.closing_reason) == ("done", f"refilled on {days(-1).isoformat()}")
    new = FollowUp.objects.get(implant=implant, row_key="refill", state="open")
    assert (new.anchor_key, new.owner_id) == (f"fill:{fill.pk}", house.nurse.id)
    void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="other pump", actor_id=house.nurse.id, now=NOW)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.closing_reason, new.state, new.ended_because) == ("open", "", "ended", "anchor")


def test_a_corrected_program_keeps_the_key_of_its_titration_review(house: House) -> None:
    implant = make_running_pump(house)
    change = make_program(house, implant, starts_on=days(-1), dose="400")
    review = one(implant, "titration_review")
    assert (review.anchor_key, review.latest_on) == (f"program:{change.pk}", TODAY)
    corrected = correct_program(
        clinic=house.clinic,
        program_id=change.pk,
        entry=ProgramEntry(starts_on=TODAY, kind="continuous", dose=Decimal(420), dose_unit="mcg/day"),
        reason="typing error",
        actor_id=house.nurse.id,
        now=NOW,
    )
    moved = one(implant, "titration_review")
    assert (moved.pk, moved.latest_on, moved.state) == (review.pk, days(1), "open")
    void_program(
        clinic=house.clinic, program_id=corrected.pk, reason="never ran", actor_id=house.nurse.id, now=NOW
    )
    moved.refresh_from_db()
    assert (moved.state, moved.ended_because) == ("ended", "anchor")


def test_the_same_dose_in_another_unit_is_no_dose_change(house: House) -> None:
    implant = make_running_pump(house)
    make_program(house, implant, starts_on=days(-1), dose="0.3", unit="mg/day")
    assert states(implant, "titration_review") == []
    make_program(house, implant, starts_on=TODAY, dose="0.31", unit="mg/day")
    assert states(implant, "titration_review") == ["open"]


@pytest.mark.parametrize("ago", [30, 900])
def test_a_dose_change_is_told_from_the_program_before_it_however_old_that_is(house: House, ago: int) -> None:
    implant = make_implant(house, implanted_on=days(-ago))
    make_program(house, implant, starts_on=days(-ago), dose="140")
    change = make_program(house, implant, starts_on=TODAY, dose="260")
    assert one(implant, "titration_review").anchor_key == f"program:{change.pk}"


def test_a_first_program_is_no_dose_change(house: House) -> None:
    implant = make_running_pump(house, filled_on=days(-1))
    assert states(implant, "titration_review") == []


def test_a_scan_asks_for_an_interrogation_the_same_day_until_it_is_withdrawn(house: House) -> None:
    implant = make_running_pump(house)
    scan = make_event(house, implant, kind="mri")
    item = one(implant, "mri_interrogation")
    assert (item.target_on, item.latest_on, item.state) == (TODAY, TODAY, "open")
    void_event(
        clinic=house.clinic, event_id=scan.pk, reason="other patient", actor_id=house.nurse.id, now=NOW
    )
    assert states(implant, "mri_interrogation") == ["ended"]


def test_an_alarm_or_a_fall_asks_for_nothing(house: House) -> None:
    implant = make_running_pump(house)
    before = set(rows(implant))
    make_event(house, implant, kind="fall")
    assert set(rows(implant)) == before


def test_the_replacement_signal_brings_the_end_of_service_and_its_planning_near(house: House) -> None:
    implant = make_running_pump(house)
    before = one(implant, "replacement_planning")
    make_event(house, implant, kind="replacement_signal")
    item = one(implant, "replacement_planning")
    assert (item.pk, item.anchor_key, item.anchored_on) == (before.pk, f"eos:{implant.pk}", days(90))
    assert item.target_on < TODAY < before.target_on


def test_history_is_not_made_up_for_a_pump_that_was_put_in_long_ago(house: House) -> None:
    implant = make_running_pump(house, filled_on=days(-60))
    kinds = set(FollowUp.objects.filter(implant=implant).values_list("row_key", flat=True))
    assert kinds == {"annual_review", "annual_outcomes", "replacement_planning", "replacement_date", "refill"}
    assert FollowUp.objects.filter(implant=implant, state="open", latest_on__lt=TODAY).count() == 0


def test_a_postponed_item_is_open_again_on_its_day(house: House) -> None:
    implant = new_implant(house)
    wound = one(implant, "wound_check")
    FollowUp.objects.filter(pk=wound.pk).update(
        state="postponed", postponed_until=days(6), closing_reason="in hospital"
    )
    replan_care_of_implants(house.clinic.id, [implant.id], NOW + timedelta(days=5))
    assert one(implant, "wound_check").state == "postponed"
    replan_care_of_implants(house.clinic.id, [implant.id], NOW + timedelta(days=6))
    wound.refresh_from_db()
    assert (wound.state, wound.closing_reason) == ("open", "")
    assert acts(wound) == ["created", "resumed"]


def test_another_clinics_pumps_are_out_of_reach(house: House) -> None:
    implant = new_implant(house)
    before = rows(implant)
    outcome = replan_care_of_implants(house.elsewhere.id, [implant.id], NOW + timedelta(days=400))
    assert (outcome.changed, rows(implant)) == (0, before)


def test_planning_costs_the_same_number_of_queries_for_1_and_for_12(house: House) -> None:
    counts = []
    for more in (1, 11):
        implants = [make_running_pump(house, filled_on=days(-20)) for _ in range(more)]
        everybody = list(Implant.objects.filter(clinic=house.clinic).values_list("id", flat=True))
        FollowUp.objects.filter(implant__in=implants).update(target_on=days(-400))
        with CaptureQueriesContext(connection) as queries:
            replan_care_of_implants(house.clinic.id, everybody, NOW)
        with CaptureQueriesContext(connection) as again:
            work_out(house.clinic.id, everybody, NOW)
        counts.append((len(queries), len(again)))
    assert counts[0] == counts[1]
    assert counts[0][0] <= 30


def test_what_is_open_stays_open_however_old_its_event_is(house: House) -> None:
    implant = make_running_pump(house)
    make_program(house, implant, starts_on=days(-1), dose="400")
    make_event(house, implant, kind="mri")
    make_fill(house, implant, filled_on=TODAY)
    much_later = NOW + timedelta(days=400)
    replan_care_of_implants(house.clinic.id, [implant.id], much_later)
    for row_key in ("titration_review", "mri_interrogation", "refill_observation"):
        assert states(implant, row_key) == ["open"], row_key
