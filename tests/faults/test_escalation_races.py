"""Matters under stress: two who end one, one who ends while it is passed on, tickers at once and killed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections, transaction

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from notifications.models import Escalation, EscalationStep, Message
from notifications.services.escalations import acknowledge, open_escalation, pass_on_due
from notifications.services.raising import raise_due
from scheduling.domain.call_entries import CallEntry
from scheduling.domain.care.rungs import Rung
from scheduling.models import CallAttempt
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.faults.crowd import Crowd
from tests.faults.waiting import somebody_waits, wait_until
from tests.matters import days_left, open_matter
from tests.servers import Process

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house() -> House:
    house = make_clinic(now=datetime.now(UTC))
    house.person(Role.PRESCRIBER)
    return house


def an_alarm(house: House, **values: object) -> Escalation:
    return open_matter(house, cause="red_flag", rung=Rung.EMERGENCY, **values)


def test_of_many_who_end_a_matter_at_once_one_does(house: House) -> None:
    matter = an_alarm(house, patient_id=make_patient(house).id)

    def end() -> None:
        acknowledge(
            clinic=house.clinic,
            ref=matter.ref,
            outcome="spoke",
            note="",
            actor_id=house.nurse.id,
            now=house.now,
            call=CallEntry(outcome="reached"),
        )

    with Crowd(8) as crowd:
        results = crowd.run([end] * 8)
    assert [type(result.error) for result in results].count(type(None)) == 1
    assert {type(result.error) for result in results} == {type(None), RecordError}
    assert CallAttempt.objects.count() == 1
    assert EscalationStep.objects.filter(what="acknowledged").count() == 1


def test_ended_or_passed_on_and_never_both_undone(house: House) -> None:
    """Whoever is first: the end stands, and an ended matter is with nobody new."""
    with Crowd(4) as crowd:
        for number in range(5):
            matter = an_alarm(house, key=f"check_in:{number}")
            late = matter.respond_by + timedelta(seconds=1)

            def end(ref: object = matter.ref) -> None:
                acknowledge(
                    clinic=house.clinic,
                    ref=ref,  # type: ignore[arg-type]
                    outcome="mended",
                    note="",
                    actor_id=house.nurse.id,
                    now=house.now,
                )

            def pass_on(late: datetime = late) -> None:
                pass_on_due(house.clinic.id, late)

            results = crowd.run([end, pass_on, pass_on, pass_on])
            assert [result.error for result in results] == [None] * 4
            matter.refresh_from_db()
            assert matter.outcome == "mended"
            steps = list(matter.steps.order_by("id").values_list("what", flat=True))
            assert steps in (
                ["opened", "acknowledged"],
                ["opened", "passed_on", "acknowledged"],
            )
            assert matter.level == steps.count("passed_on")


def test_tickers_at_once_open_and_pass_on_once(house: House) -> None:
    for _ in range(3):
        days_left(house, make_running_pump(house), 10)
    with Crowd(4) as crowd:
        results = crowd.run([lambda: raise_due(house.now)] * 4)
        assert [result.value for result in results] == [0] * 4
        assert Escalation.objects.count() == 3
        later = house.now + timedelta(days=9)
        crowd.run([lambda: pass_on_due(house.clinic.id, later)] * 4)
    assert set(Escalation.objects.values_list("level", flat=True)) == {1}
    assert EscalationStep.objects.filter(what="opened").count() == 3
    assert EscalationStep.objects.filter(what="passed_on").count() == 3


def test_the_same_matter_asked_for_by_many_is_open_once_and_as_grave_as_the_gravest(house: House) -> None:
    asks = [
        lambda rung=rung: open_escalation(
            clinic_id=house.clinic.id, cause="red_flag", key="check_in:1", now=house.now, rung=rung
        )
        for rung in (*Rung, *Rung)
    ]
    with Crowd(len(asks)) as crowd:
        results = crowd.run(asks)
    assert [result.error for result in results] == [None] * len(asks)
    assert Escalation.objects.get().rung == Rung.EMERGENCY
    assert EscalationStep.objects.filter(what="opened").count() == 1


def test_kill_9_of_the_worker_that_passes_on_loses_no_step(
    house: House, start_worker: Callable[..., Process]
) -> None:
    matter = an_alarm(house)
    long_ago = house.now - timedelta(hours=1)
    Escalation.objects.update(respond_by=long_ago)
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        # The step is written after the row, in the same transaction: the worker stands between the two.
        cursor.execute("LOCK TABLE notifications_escalationstep IN EXCLUSIVE MODE")
        worker = start_worker()
        wait_until(lambda: somebody_waits(statement='INSERT INTO "notifications_escalationstep"'), worker)
        worker.kill()
    wait_until(lambda: not somebody_waits(statement="notifications_escalationstep"))
    matter.refresh_from_db()
    assert (matter.level, matter.respond_by) == (0, long_ago)
    worker = start_worker()
    wait_until(lambda: Escalation.objects.get().level == 1, worker)
    assert list(matter.steps.order_by("id").values_list("what", flat=True)) == ["opened", "passed_on"]
    assert Message.objects.filter(escalation=matter, step="told1").count() == 1
    assert "Ursula" not in worker.output()
