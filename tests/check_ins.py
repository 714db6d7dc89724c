"""Check-ins and the links to them, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from clinic.models import Implant, Patient
from notifications.domain.check_in.answers import Answers, read_answers
from notifications.domain.check_in.questions import DRY, WELL, Question
from notifications.models import CheckIn, PatientLink
from notifications.services.check_ins import answer_check_in
from notifications.services.links import hash_of
from scheduling.models import FollowUp, Mode
from tests.care_rows import make_follow_up
from tests.factories import House, make_implant, make_patient

_numbers = count(1)


def make_operated(house: House, *, days_ago: int = 5, **patient: Any) -> tuple[Patient, Implant]:
    """A patient whose pump was put in so many days ago; the care plan is there."""
    found = make_patient(house, **patient)
    return found, make_implant(house, found, implanted_on=house.today - timedelta(days=days_ago))


def make_check_in_due(
    house: House, patient: Patient, *, target_in: int = 0, latest_in: int = 1, **values: Any
) -> FollowUp:
    """An open check-in, by hand."""
    columns = {"mode": Mode.CHECK_IN, "visit_kind_key": "", "created_at": house.now - timedelta(days=30)}
    return make_follow_up(
        house,
        patient,
        "Infection check-in",
        target_in=target_in,
        latest_in=latest_in,
        act=False,
        **(columns | values),
    )


def make_check_in_link(
    house: House, patient: Patient, follow_up: FollowUp | None = None, *, hours: int = 48, **values: Any
) -> tuple[str, PatientLink]:
    """A token and its link, good for two days."""
    token = f"check-in-token-{next(_numbers)}"
    columns = {
        "clinic": house.clinic,
        "patient": patient,
        "purpose": "check_in",
        "follow_up": follow_up,
        "token_sha256": hash_of(token),
        "created_at": house.now - timedelta(days=3),
        "expires_at": house.now + timedelta(hours=hours),
    }
    return token, PatientLink.objects.create(**(columns | values))


def said(**worse: Any) -> Answers:
    """Well, but for what is named."""
    return read_answers({**WELL, "wound": [DRY], **worse})


def answer(house: House, patient: Patient, answers: Answers | None = None, **values: Any) -> CheckIn:
    """The patient answers; well, unless said otherwise."""
    columns: dict[str, Any] = {
        "clinic": house.clinic,
        "patient_id": patient.pk,
        "answers": answers or said(),
        "asked": tuple(Question),
        "once": uuid4(),
        "now": house.now,
    }
    return answer_check_in(**(columns | values))


def at(house: House, *, days: int = 0, hours: int = 0) -> datetime:
    """So much later than the house's now."""
    return house.now + timedelta(days=days, hours=hours)
