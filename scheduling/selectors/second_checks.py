"""What waits for a second person in a clinic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from psycopg.types.json import Jsonb

from clinic.together import Answers
from scheduling.domain.second_check import MISMATCHES_UNTIL_MATTER
from scheduling.models import RUNNING, CheckState, SecondCheck, SecondCheckStep
from scheduling.selectors.import_checks import imports_to_check

STEPS = SecondCheckStep.What


def running_checks(*, clinic_id: int) -> QuerySet[SecondCheck]:
    """What waits, the earliest date that is held first."""
    return (
        SecondCheck.objects.for_clinic(clinic_id)
        .filter(state__in=RUNNING)
        .select_related("implant__patient", "implant__pump_model", "author", "emergency_by")
        .order_by("holds", "opened_at", "id")
    )


def waiting_checks() -> tuple[int, datetime | None]:
    """(How many wait, since when the oldest does), over all clinics. One query, figures only."""
    found = SecondCheck.objects.filter(state__in=RUNNING).aggregate(
        number=Count("pk"), oldest_at=Min("opened_at")
    )
    return found["number"], found["oldest_at"]


def get_check(*, clinic_id: int, ref: UUID) -> SecondCheck | None:
    """The check with its pump and patient; None for one of another clinic as for one that never was."""
    rows = SecondCheck.objects.for_clinic(clinic_id).select_related(
        "implant__patient", "implant__pump_model", "author", "emergency_by", "signer"
    )
    return rows.filter(ref=ref).first()


def checks_of_pumps(given: Any) -> QuerySet[SecondCheck]:
    """The running checks of ``implant_ids``, a pump has one at most: a question to ask together with others."""
    rows = SecondCheck.objects.for_clinic(given.clinic_id).filter(state__in=RUNNING)
    return rows.filter(implant_id__any_of=given.implant_ids).select_related("author", "emergency_by")


def steps_of(check: SecondCheck) -> list[SecondCheckStep]:
    """Everything that happened to it, oldest first."""
    return list(check.steps.select_related("user").order_by("id"))


def as_author(user_id: int) -> Jsonb:
    """What the authors of a check hold where the person is one of them."""
    return Jsonb([user_id])


def to_check_questions(given: Any) -> dict[str, Any]:
    """What ``to_check_from`` needs the answers to; asked with ``own``, the person ``as_author``."""
    rows = SecondCheck.objects.for_clinic(given.clinic_id).filter(state__in=RUNNING)
    single = rows.exclude(author_ids__contains=given.own).order_by()
    return {
        "single": single.values_list("clinic_id").annotate(number=Count("*")),
        "imports": imports_to_check(given),
    }


def to_check_from(answers: Answers) -> int:
    """How much waits that the person did not enter, an import counting once, from the answers to ``to_check_questions``."""
    single: int = sum(number for _, number in answers["single"])
    return single + len(answers["imports"])


@dataclass(frozen=True, slots=True)
class StuckCheck:
    """A check that somebody must see to: its emergency ran out (``expired``), or the values keep differing."""

    check_id: int
    implant_id: int
    patient_id: int
    why: str


def stuck_checks(*, clinic_id: int) -> list[StuckCheck]:
    """The clinic's checks that are stuck (one query)."""
    rows = SecondCheck.objects.for_clinic(clinic_id).filter(
        Q(state=CheckState.OPEN, expired_at__isnull=False)
        | Q(state__in=RUNNING, mismatches__gte=MISMATCHES_UNTIL_MATTER)
    )
    columns = ("id", "implant_id", "implant__patient_id", "state", "expired_at", "fingerprint")
    return [
        StuckCheck(
            pk,
            implant_id,
            patient_id,
            "expired" if state == CheckState.OPEN and expired_at else f"differed:{mark[:8]}",
        )
        for pk, implant_id, patient_id, state, expired_at, mark in rows.order_by("id").values_list(*columns)
    ]
