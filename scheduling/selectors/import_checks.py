"""Imports that wait for a second person: as a whole, and the pumps that are asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from scheduling.domain.import_check import UNSIGNED, Candidate, asked, is_done
from scheduling.domain.second_check import MISMATCHES_UNTIL_MATTER
from scheduling.models import (
    RUNNING,
    CheckState,
    ImportCheck,
    ImportCheckStep,
    ImportedPump,
    ImportState,
    RegisterImport,
)

IMPORT_STEPS = ImportCheckStep.What
_PEOPLE = ("author", "file_shown_by", "emergency_by", "signer")


@dataclass(frozen=True, slots=True)
class WaitingImport:
    """A running check of an import with the pumps it speaks for, and how far it is."""

    check: ImportCheck
    candidates: tuple[Candidate, ...]
    mismatches: int
    """Pumps of which the values re-entered differed."""
    new_pumps: int
    """Of them, those that were not here before."""

    @property
    def pumps(self) -> int:
        """How many pumps wait in it. One that was changed since has a check of its own."""
        return len(self.candidates)

    @property
    def asked(self) -> list[Candidate]:
        """The pumps that are re-entered, in the order of the draw."""
        return asked(self.candidates)

    @property
    def confirmed(self) -> int:
        return sum(each.is_confirmed for each in self.asked)

    @property
    def is_re_entered(self) -> bool:
        """Whether nothing more is asked for."""
        return is_done(self.candidates)


def covered(*, clinic_id: int) -> QuerySet[ImportedPump]:
    """The pumps that the running checks of imports speak for: their inputs are still those that came in."""
    return ImportedPump.objects.for_clinic(clinic_id).filter(
        waits=True,
        import_check__state__in=RUNNING,
        implant__forecast__fingerprint=F("fingerprint"),
    )


def waiting_imports(*, clinic_id: int) -> list[WaitingImport]:
    """The imports of which something waits, the oldest first (two queries)."""
    rows = ImportCheck.objects.for_clinic(clinic_id).filter(state__in=RUNNING)
    checks = rows.select_related(*_PEOPLE).order_by("began_at", "id")
    return [each for each in _with_pumps(clinic_id, list(checks)) if each.pumps]


def waiting_import(check: ImportCheck) -> WaitingImport:
    """One check with the pumps it still speaks for."""
    return _with_pumps(check.clinic_id, [check])[0]


def waiting_of_file(*, clinic_id: int, sha256: str, author_id: int | None) -> WaitingImport | None:
    """The newest check of a file that this person brought in; None where nothing of it ever had to be checked."""
    rows = ImportCheck.objects.for_clinic(clinic_id).filter(sha256=sha256, author_id=author_id)
    check = rows.select_related(*_PEOPLE).order_by("-began_at", "-id").first()
    return None if check is None else waiting_import(check)


def get_import_check(*, clinic_id: int, ref: UUID) -> ImportCheck | None:
    """The check with its people; None for one of another clinic as for one that never was."""
    return ImportCheck.objects.for_clinic(clinic_id).select_related(*_PEOPLE).filter(ref=ref).first()


def asked_pumps(waiting: WaitingImport) -> list[ImportedPump]:
    """The pumps that are asked about, with whose they are, in the order of the draw."""
    order = {each.pump_id: place for place, each in enumerate(waiting.asked)}
    rows = ImportedPump.objects.for_clinic(waiting.check.clinic_id).filter(pk__in=order)
    found = rows.select_related("implant__patient", "implant__pump_model", "confirmed_by")
    return sorted(found, key=lambda pump: order[pump.pk])


def imported_pumps(given: Any) -> QuerySet[ImportedPump]:
    """Of ``implant_ids``, what the check of an import speaks for, with the check; the last of a pump counts."""
    rows = covered(clinic_id=given.clinic_id).filter(implant_id__any_of=given.implant_ids)
    return rows.select_related("import_check__author", "import_check__emergency_by").order_by(
        "-joined_at", "-id"
    )


def import_steps_of(check: ImportCheck) -> list[ImportCheckStep]:
    """Everything that happened to it, oldest first."""
    return list(check.steps.select_related("user", "pump__implant__patient").order_by("id"))


def is_being_imported(check: ImportCheck) -> bool:
    """Whether rows of the file are still coming in."""
    runs = RegisterImport.objects.for_clinic(check.clinic_id).filter(state=ImportState.IMPORTING)
    return runs.filter(sha256=check.sha256, confirmed_by=check.author_id).exists()


def imports_to_check(given: Any) -> QuerySet[ImportedPump, tuple[int]]:
    """The numbers of the imports that wait and that the person ``own`` did not bring in, each once: a question."""
    rows = covered(clinic_id=given.clinic_id).exclude(import_check__author_ids__contains=given.own)
    return rows.order_by().values_list("import_check_id").distinct()


@dataclass(frozen=True, slots=True)
class StuckImport:
    """An import that somebody must see to; with the pump where it is about one.

    ``why``: its emergency ran out, it is unsigned for a week, or the values of a pump keep differing.
    """

    check_id: int
    why: str
    implant_id: int | None = None
    patient_id: int | None = None


def stuck_imports(*, clinic_id: int, now: datetime) -> list[StuckImport]:
    """The clinic's imports that are stuck (two queries)."""
    found = covered(clinic_id=clinic_id)
    late = found.filter(
        Q(import_check__state=CheckState.OPEN, import_check__expired_at__isnull=False)
        | Q(import_check__began_at__lte=now - UNSIGNED)
    )
    columns = ("import_check_id", "import_check__expired_at")
    stuck = [
        StuckImport(check_id, "expired" if expired_at else "unsigned")
        for check_id, expired_at in late.order_by("import_check_id").values_list(*columns).distinct()
    ]
    disputed = found.filter(mismatches__gte=MISMATCHES_UNTIL_MATTER, confirmed_at__isnull=True)
    fields = ("import_check_id", "pk", "implant_id", "implant__patient_id")
    return stuck + [
        StuckImport(check_id, f"differed:{pump_id}", implant_id, patient_id)
        for check_id, pump_id, implant_id, patient_id in disputed.order_by("pk").values_list(*fields)
    ]


def _with_pumps(clinic_id: int, checks: Sequence[ImportCheck]) -> list[WaitingImport]:
    found: defaultdict[int, list[ImportedPump]] = defaultdict(list)
    rows = covered(clinic_id=clinic_id).filter(import_check__in=[check.pk for check in checks])
    for pump in rows.only("import_check_id", "draw", "reasons", "confirmed_at", "mismatches", "is_first"):
        found[pump.import_check_id].append(pump)
    return [_waiting(check, found[check.pk]) for check in checks]


def _waiting(check: ImportCheck, pumps: Sequence[ImportedPump]) -> WaitingImport:
    return WaitingImport(
        check,
        tuple(candidates(pumps)),
        mismatches=sum(bool(pump.mismatches and pump.confirmed_at is None) for pump in pumps),
        new_pumps=sum(pump.is_first for pump in pumps),
    )


def candidates(pumps: Iterable[ImportedPump]) -> Iterator[Candidate]:
    """The pumps as the draw knows them."""
    for pump in pumps:
        yield Candidate(pump.pk, pump.draw, bool(pump.reasons), pump.confirmed_at is not None)
