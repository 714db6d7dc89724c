"""A process killed while it takes a check-in leaves all of it or nothing, and sending again makes it whole once."""

from __future__ import annotations

import signal
import subprocess
import sys
from uuid import uuid4

import pytest

from notifications.models import CheckIn, Escalation
from scheduling.models import FollowUp
from tests.check_ins import answer, make_check_in_due, said
from tests.factories import make_clinic, make_patient
from tests.servers import SOURCE, environment

WRITER = """
import os, signal, sys
import django
django.setup()
from datetime import datetime
from uuid import UUID
from django.db import transaction
from clinic.scope import in_clinic
from clinic.selectors.rows import Clinic
from notifications.services import check_ins
from tests.check_ins import said
from notifications.domain.check_in.questions import Question

def die(*_args, **_values):
    os.kill(os.getpid(), signal.SIGKILL)

clinic_id, patient_id, once, now, where = sys.argv[1:]
if where == "before the matter":
    check_ins.open_red_flag = die
with in_clinic(int(clinic_id)):
    check_ins.answer_check_in(
        clinic=Clinic.objects.get(pk=clinic_id), patient_id=int(patient_id), answers=said(alarm="double"),
        asked=tuple(Question), once=UUID(once), now=datetime.fromisoformat(now),
    )
die()  # committed, and nobody is told
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("where", "kept"), [("before the matter", 0), ("after the commit", 1)])
def test_kill_9_leaves_all_or_nothing_and_sending_again_is_one_answer(
    where: str, kept: int, broker_address: str
) -> None:
    house = make_clinic()
    patient, once = make_patient(house), uuid4()
    due = make_check_in_due(house, patient)
    arguments = [str(house.clinic.pk), str(patient.pk), str(once), house.now.isoformat(), where]

    writer = subprocess.run(
        [sys.executable, "-c", WRITER, *arguments],
        cwd=SOURCE,
        env=environment(broker_url=broker_address),
        timeout=120,
    )

    assert writer.returncode == -signal.SIGKILL
    assert (CheckIn.objects.count(), Escalation.objects.count()) == (kept, kept)
    assert FollowUp.objects.get(pk=due.pk).state == ("done" if kept else "open")

    answer(house, patient, said(alarm="double"), once=once)
    assert (CheckIn.objects.count(), Escalation.objects.count()) == (1, 1)
    assert FollowUp.objects.get(pk=due.pk).state == "done"
