"""Several at once on one patient: no deadlock, the newest facts win, and what a nurse decides stands."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction

from clinic.domain.entries import ImplantEntry, SurgeryEntry
from clinic.models import Implant, Surgery
from clinic.services.implants import update_implant
from clinic.services.patients import record_death, withdraw_death
from clinic.services.surgeries import move_surgery, plan_surgery
from scheduling.models import FollowUp
from scheduling.services.care_plan import replan_all_before_surgery, replan_care
from scheduling.services.derive import work_out
from scheduling.services.follow_ups import complete_follow_ups, reopen_follow_up
from tests.factories import PUMP_MODEL, House, make_clinic, make_implant, make_running_pump
from tests.faults.waiting import wait_until

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
ROUNDS = 6
pytestmark = pytest.mark.django_db(transaction=True)


def together(*acts: Callable[[int], object]) -> None:
    """Do each act for so many rounds in a thread of its own, all at once; what any of them raises."""
    failures: list[Exception] = []
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[int], object]) -> None:
        barrier.wait()
        try:
            for number in range(ROUNDS):
                act(number)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def acting(house: House, **values: Any) -> dict[str, Any]:
    return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": NOW} | values


def test_deaths_moved_operations_sweeps_and_plans_of_one_patient_do_not_stall() -> None:
    house = make_clinic(now=NOW)
    pumps = [make_running_pump(house)]
    pumps.append(make_running_pump(house, pumps[0].patient))
    patient = pumps[0].patient
    entry = SurgeryEntry(planned_on=TODAY + timedelta(days=60), purpose="replacement")
    surgery = plan_surgery(**acting(house, patient_ref=patient.ref, entry=entry))
    ids = [pump.id for pump in pumps]

    def dies(_: int) -> None:
        record_death(**acting(house, patient_ref=patient.ref, died_on=TODAY))
        withdraw_death(**acting(house, patient_ref=patient.ref, reason="mistake"))

    def moves(number: int) -> None:
        on = TODAY + timedelta(days=61 + number)
        move_surgery(
            **acting(house, surgery_ref=surgery.ref, entry=SurgeryEntry(planned_on=on, purpose="replacement"))
        )

    together(
        dies,
        moves,
        lambda _: work_out(house.clinic.id, ids, NOW),
        lambda _: replan_care(clinic_id=house.clinic.id, patient_ids=[patient.id], now=NOW),
        lambda _: replan_all_before_surgery(clinic_id=house.clinic.id, now=NOW),
    )
    assert replan_care(clinic_id=house.clinic.id, patient_ids=[patient.id], now=NOW).changed == 0
    planned_on = Surgery.objects.get(pk=surgery.pk).planned_on
    before = FollowUp.objects.filter(patient=patient, implant=None)
    assert set(before.values_list("state", "anchored_on")) == {("open", planned_on)}
    refills = FollowUp.objects.filter(patient=patient, row_key="refill", state="open")
    assert refills.count() == 2


def test_a_nurse_who_closes_while_the_date_moves_is_not_overruled() -> None:
    house = make_clinic(now=NOW)
    implant = make_implant(house, implanted_on=TODAY - timedelta(days=5))
    wound = FollowUp.objects.get(implant=implant, row_key="wound_check")

    def corrects(number: int) -> None:
        day = TODAY - timedelta(days=2 + number % 5)
        entry = ImplantEntry(pump_model_key=PUMP_MODEL, serial=implant.serial, implanted_on=day)
        update_implant(**acting(house, implant_ref=implant.ref, entry=entry))

    def decides(_: int) -> None:
        complete_follow_ups(**acting(house, refs=[wound.ref], note="dry"))
        found = FollowUp.objects.get(pk=wound.pk)
        assert (found.state, found.closing_reason) == ("done", "dry")
        reopen_follow_up(**acting(house, ref=wound.ref, reason="once more"))

    together(corrects, decides)
    implanted_on = Implant.objects.get(pk=implant.pk).implanted_on
    rows = FollowUp.objects.filter(implant=implant, state="open", anchor="surgery").exclude(row_key="refill")
    assert set(rows.values_list("anchored_on", flat=True)) == {implanted_on}
    acts = list(wound.acts.order_by("id").values_list("act", flat=True))
    assert acts.count("done") == acts.count("reopened") == ROUNDS


def test_what_a_nurse_is_closing_keeps_its_days_when_the_operation_is_corrected() -> None:
    house = make_clinic(now=NOW)
    implant = make_implant(house, implanted_on=TODAY - timedelta(days=5))
    wound = FollowUp.objects.get(implant=implant, row_key="wound_check")
    entry = ImplantEntry(
        pump_model_key=PUMP_MODEL, serial=implant.serial, implanted_on=TODAY - timedelta(days=2)
    )

    def correct() -> None:
        update_implant(**acting(house, implant_ref=implant.ref, entry=entry))
        connections.close_all()

    corrector = threading.Thread(target=correct)
    with transaction.atomic():
        complete_follow_ups(**acting(house, refs=[wound.ref]))
        corrector.start()
        wait_until(somebody_waits_for_me)
    corrector.join()
    after = FollowUp.objects.get(pk=wound.pk)
    assert (after.state, after.target_on) == ("done", wound.target_on)
    other = FollowUp.objects.get(implant=implant, row_key="suture_removal")
    assert other.anchored_on == TODAY - timedelta(days=2)


def somebody_waits_for_me() -> bool:
    """Whether another process stands before a lock that this one's open transaction holds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
        )
        return bool(cursor.fetchone()[0])
