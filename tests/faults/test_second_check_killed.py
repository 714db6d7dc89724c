"""A process killed between two statements of a signature leaves all of it or nothing; signing again makes it whole."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from clinic.domain.roles import Role
from scheduling.models import Forecast, ImportCheck, ImportCheckStep, ImportedPump, SecondCheck, StandingDates
from scheduling.services.forecasts import reproject
from tests.factories import House, make_clinic
from tests.imports import all_re_entered, bring_file_in, given, rows_of
from tests.imports import signed as sign_whole
from tests.register_files import register
from tests.second_checks import given as given_of_pump
from tests.second_checks import must_of, signed_by, waiting_pump
from tests.servers import SOURCE, environment

SIGNER = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from uuid import UUID
from django.db import connection
from clinic.scope import in_clinic
from clinic.selectors.rows import Clinic
from scheduling.services.import_check_acts.acting import sign_import
from scheduling.services.second_check_acts.acting import sign
from tests.second_checks import given

kind, clinic_id, ref, person_id, now, before = sys.argv[1:]

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def watch(execute, sql, params, many, context):
    if sql.startswith(before):
        die()
    return execute(sql, params, many, context)

if before == "COMMIT":
    connection.ensure_connection()
    connection.connection.commit = die
who = {"clinic": Clinic.objects.none(), "check_ref": UUID(ref), "signer_id": int(person_id)}
with in_clinic(int(clinic_id)), connection.execute_wrapper(watch):
    who["clinic"] = Clinic.objects.get(pk=clinic_id)
    if kind == "single":
        sign(given=given(), now=datetime.fromisoformat(now), **who)
    else:
        sign_import(now=datetime.fromisoformat(now), **who)
die()  # committed, and nobody is told
"""
AFTER = "nothing more"


def kill_a_signer(
    house: House, broker_address: str, kind: str, check: SecondCheck | ImportCheck, before: str
) -> None:
    """Start a process that signs and dies just before this statement (kill -9)."""
    person = house.person(Role.PRESCRIBER)
    arguments = [kind, str(house.clinic.pk), str(check.ref), str(person.pk), house.now.isoformat(), before]
    ended = subprocess.run(
        [sys.executable, "-c", SIGNER, *arguments],
        cwd=SOURCE,
        env=environment(broker_url=broker_address),
        timeout=180,
    )
    assert ended.returncode == -signal.SIGKILL


def everything() -> list[object]:
    tables = (SecondCheck, ImportCheck, ImportedPump, ImportCheckStep, StandingDates, Forecast)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "before",
    [
        'INSERT INTO "scheduling_secondcheckstep"',
        'INSERT INTO "scheduling_standingdates"',
        "INSERT INTO scheduling_forecast",
        "COMMIT",
        AFTER,
    ],
)
def test_the_signature_for_a_pump(before: str, broker_address: str) -> None:
    house = make_clinic()
    implant = waiting_pump(house)
    check = SecondCheck.objects.get(implant=implant)
    rows = everything()
    kill_a_signer(house, broker_address, "single", check, before)
    if before != AFTER:
        assert everything() == rows
        assert signed_by(house, implant, given_of_pump()) == []
    reproject(house.clinic.id, [implant.id], house.now)
    check.refresh_from_db()
    assert check.state == "signed"
    assert check.steps.filter(what="signed").count() == 1
    assert must_of(implant) == check.would_be


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "before",
    [
        'UPDATE "scheduling_importedpump"',
        'INSERT INTO "scheduling_importcheckstep"',
        'INSERT INTO "scheduling_standingdates"',
        "INSERT INTO scheduling_forecast",
        "COMMIT",
        AFTER,
    ],
)
def test_the_signature_for_an_import(before: str, broker_address: str) -> None:
    house = make_clinic()
    day = house.today.isoformat()
    old = bring_file_in(house, register(*rows_of(3, filled_on="2025-01-10", concentration_1="1000")))
    first = ImportCheck.objects.get(sha256=old.sha256)
    all_re_entered(house, first, given(filled_on="2025-01-10", concentration="1000"))
    sign_whole(house, first)
    new = bring_file_in(house, register(*rows_of(3, filled_on=day, concentration_1="1000")))
    check = ImportCheck.objects.get(sha256=new.sha256)
    all_re_entered(house, check, given(filled_on=day, concentration="1000"))
    rows = everything()
    kill_a_signer(house, broker_address, "whole", check, before)
    if before != AFTER:
        assert everything() == rows
        assert sign_whole(house, check) == 3
    check.refresh_from_db()
    assert (check.state, check.steps.filter(what="signed").count()) == ("signed", 1)
    assert not ImportedPump.objects.filter(waits=True).exists()
    for pump in check.pumps.select_related("implant"):
        assert StandingDates.objects.get(implant=pump.implant).must_refill_by == must_of(pump.implant)
        assert must_of(pump.implant) > house.today
