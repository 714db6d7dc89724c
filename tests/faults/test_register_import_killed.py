"""A worker killed in the middle of an import leaves whole rows, and the next one brings in the rest."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from clinic.models import Fill, FillDrug, Implant, Patient, ProgramVersion
from scheduling.models import Forecast, RegisterImport
from scheduling.services.doorbell import REGISTER_TASK, ring
from scheduling.services.register_import import confirm_import, upload_register
from tests.factories import make_clinic
from tests.register_files import register
from tests.servers import Process

ROWS = 600
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def wait_until(is_true: Callable[[], bool], *, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < until
        time.sleep(0.02)


def state(run: RegisterImport) -> str:
    run.refresh_from_db(fields=["state"])
    return run.state


def whole_pumps() -> set[int]:
    """How many rows there are of everything that a register's row writes."""
    tables = (Patient, Implant, Fill, FillDrug, ProgramVersion, Forecast)
    return {table.objects.count() for table in tables}


@pytest.mark.django_db(transaction=True)
def test_an_import_survives_kill_9_in_its_middle(start_worker: Callable[..., Process]) -> None:
    house = make_clinic()
    content = register(*[{"mrn": f"M{n}", "pump_serial": f"S{n}"} for n in range(ROWS)])
    run = upload_register(
        clinic=house.clinic,
        file_name="register.csv",
        content=content,
        uploaded_by_id=house.administrator.id,
        now=datetime.now(UTC),
    )
    worker = start_worker()
    ring([run.pk], REGISTER_TASK)
    wait_until(lambda: state(run) == "checked")
    confirm_import(
        clinic=house.clinic, import_ref=run.ref, actor_id=house.administrator.id, now=datetime.now(UTC)
    )
    ring([run.pk], REGISTER_TASK)
    wait_until(lambda: Implant.objects.count() >= ROWS // 4)
    worker.kill()
    assert state(run) == "importing"
    assert len(whole_pumps()) == 1
    assert run.rows.exclude(result="").count() == Implant.objects.count() < ROWS
    RegisterImport.objects.update(progressed_at=LONG_AGO)  # nobody was heard of for two minutes
    start_worker()
    ring([run.pk], REGISTER_TASK)
    ring([run.pk], REGISTER_TASK)
    wait_until(lambda: state(run) == "finished")
    assert whole_pumps() == {ROWS}
    assert set(run.rows.values_list("result", flat=True)) == {"created"}
