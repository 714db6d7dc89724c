"""`manage.py run_dispatcher` alone, with no Redis anywhere: a clinic lacks nothing but promptness."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from clinic.models import Seal
from notifications.models import Escalation, InAppMail, ReconcilerRun
from notifications.selectors.operation import DISPATCHER
from notifications.services.escalations import open_escalation
from scheduling.domain.care.rungs import Rung
from scheduling.models import Heartbeat, PaperList, RegisterImport, SweepRun, Visit
from scheduling.services.doorbell import ring
from scheduling.services.register_import import upload_register
from tests.check_ins import make_check_in_due
from tests.factories import House, make_patient
from tests.faults.test_message_faults import clinic_with_due_messages
from tests.faults.waiting import wait_until
from tests.register_files import register
from tests.servers import dispatcher, environment
from tests.visits import make_desk

SIGNS_OF_CELERY = {"scheduling.heartbeat"}
"""They say that Celery lives; the dispatcher leaves a sign of its own."""
DONE: dict[str, Callable[[House], bool]] = {
    "clinic.seal": lambda house: Seal.objects.exists(),
    "scheduling.tick": lambda house: SweepRun.objects.filter(clinic=house.clinic, state="finished").exists(),
    "scheduling.register_tick": lambda house: RegisterImport.objects.filter(state="checked").exists(),
    "scheduling.release_holds": lambda house: not Visit.objects.exists(),
    "scheduling.report_tick": lambda house: PaperList.objects.filter(
        clinic=house.clinic, state="written"
    ).exists(),
    "notifications.tick": lambda house: InAppMail.objects.filter(to="person0@example.org").exists(),
    "notifications.escalate": lambda house: Escalation.objects.filter(level__gt=0).exists(),
    "notifications.check_in_tick": lambda house: Escalation.objects.filter(cause="check_in_missed").exists(),
    "notifications.reconcile_tick": lambda house: (
        ReconcilerRun.objects.filter(finished_at__isnull=False).count() >= 2
    ),
}
"""What is seen of each thing that beat rings for, once it was done."""


@pytest.mark.django_db(transaction=True)
def test_one_process_does_all_that_beat_rings_for(tmp_path: Path) -> None:
    house = clinic_with_due_messages(1)
    now = datetime.now(UTC)
    make_desk(house).hold(now=now - timedelta(minutes=11))
    missed = make_check_in_due(house, make_patient(house), target_in=-2, latest_in=-1)
    type(missed).objects.filter(pk=missed.pk).update(anchored_on=house.today - timedelta(days=6))
    long_ago = now - timedelta(hours=1)
    open_escalation(
        clinic_id=house.clinic.id,
        cause="red_flag",
        key="check_in:1",
        now=long_ago,
        rung=Rung.NURSE_CALLS_DAILY,
    )
    Escalation.objects.update(respond_by=long_ago)
    upload_register(
        clinic=house.clinic,
        file_name="register.csv",
        content=register({"mrn": "M1", "pump_serial": "S1"}),
        uploaded_by_id=house.administrator.id,
        now=now,
    )
    assert not any(is_done(house) for is_done in DONE.values())

    nowhere = environment(broker_url="", PAPER_LIST_DIR=str(tmp_path / "paper"))
    process = dispatcher(nowhere, tmp_path)
    try:
        for name, is_done in DONE.items():
            if name != "scheduling.report_tick":
                wait_until(lambda is_done=is_done: is_done(house), process)
        process.stop()
        process = dispatcher(nowhere, tmp_path)  # lists are looked for each minute, and when it comes up
        wait_until(lambda: DONE["scheduling.report_tick"](house), process)
    finally:
        process.kill()
    assert Heartbeat.objects.filter(name=DISPATCHER).exists()


def test_whatever_beat_rings_for_is_known_here() -> None:
    """Who adds a tick says what does it without a broker. Word to the monitor has tests of its own."""
    others = SIGNS_OF_CELERY | {"notifications.watch"}
    assert set(settings.CELERY_BEAT_SCHEDULE) == set(DONE) | others


def test_nobody_rings_where_there_is_no_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_url", "")
    assert ring([1, 2, 3]) == 0
