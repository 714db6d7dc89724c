"""What changes while a sweep waits for a pump's lock is in what the sweep then writes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from clinic.audit import recording
from clinic.models import Implant, Patient, Stability
from clinic.selectors.facts import lock_active_implants
from clinic.services.patients import record_death, withdraw_death
from scheduling.models import Forecast, SettledPump, SweepRun
from scheduling.selectors.settled import Pump, pumps_of_chunk
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services.settling import code_mark
from scheduling.services.sweeps import begin_night, run_chunk
from tests.factories import House

pytestmark = pytest.mark.django_db(transaction=True)


def is_somebody_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])


@contextmanager
def while_a_sweep_waits(house: House) -> Iterator[Callable[[], None]]:
    """A transaction of ours; the sweep starts when the block calls, and goes on when the block has ended."""
    begin_night(clinic_id=house.clinic.id, night=house.today, now=timezone.now())
    (chunk_id,) = queued_chunks()
    failed: list[Exception] = []

    def sweep() -> None:
        try:
            run_chunk(chunk_id=chunk_id, now=timezone.now())
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    sweeping = threading.Thread(target=sweep)

    def start() -> None:
        sweeping.start()
        until = time.monotonic() + 30
        while not is_somebody_waiting():
            assert time.monotonic() < until, "the sweep does not wait for the lock"
            time.sleep(0.05)

    with transaction.atomic():
        yield start
    sweeping.join()
    assert not failed


def test_a_patient_who_died_meanwhile_gets_no_date_back(house: House, implant: Implant) -> None:
    with while_a_sweep_waits(house) as start:
        record_death(
            clinic=house.clinic,
            patient_ref=implant.patient.ref,
            died_on=house.today,
            actor_id=house.nurse.id,
            now=house.now,
        )
        start()
    assert not Forecast.objects.exists()


def test_a_patient_who_was_not_dead_after_all_keeps_the_date(house: House, implant: Implant) -> None:
    who = {"clinic": house.clinic, "patient_ref": implant.patient.ref, "actor_id": house.nurse.id}
    record_death(died_on=house.today, now=house.now, **who)
    with while_a_sweep_waits(house) as start:
        withdraw_death(reason="another patient", now=house.now, **who)
        start()
    assert Forecast.objects.get().implant == implant


def test_a_value_of_the_catalogue_that_changed_meanwhile_counts(house: House, implant: Implant) -> None:
    with while_a_sweep_waits(house) as start:
        lock_active_implants(clinic_id=house.clinic.id, implant_ids=[implant.id])
        with recording(actor_id=None, reason="a shorter time in the pump"):
            Stability.objects.filter(drug__key="baclofen").update(days=60)
        start()
    filled_on = implant.fills.get().filled_on
    assert Forecast.objects.get().must_refill_by == filled_on + timedelta(days=60)


def test_what_changes_while_a_night_runs_is_looked_at_by_the_next(house: House, implant: Implant) -> None:
    """It has read which rows there are, waits, and works out what it then finds: what it keeps is of the rows before."""

    def pump() -> Pump:
        ends = {"first_id": implant.pk, "last_id": implant.pk}
        (found,) = pumps_of_chunk(clinic_id=house.clinic.pk, code=code_mark(), now=timezone.now(), **ends)
        return found

    for _ in range(2):
        begin_night(clinic_id=house.clinic.id, night=house.today, now=timezone.now())
        for chunk_id in queued_chunks():
            run_chunk(chunk_id=chunk_id, now=timezone.now())
        SweepRun.objects.all().delete()
    assert pump().is_settled
    SettledPump.objects.all().delete()
    with while_a_sweep_waits(house) as start:
        lock_active_implants(clinic_id=house.clinic.id, implant_ids=[implant.id])
        start()
        with recording(actor_id=None, reason="behind the back"):
            Patient.objects.filter(pk=implant.patient_id).update(last_name="Other")
    assert SettledPump.objects.filter(implant=implant, holds_until__gt=timezone.now()).exists()
    assert not pump().is_settled
