"""Pumps that rows have just changed join the check of their import, in the rows' own transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from secrets import randbits

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clinic.selectors.facts import implant_facts
from clinic.selectors.rows import Clinic
from scheduling.models import CheckState, ImportCheck, ImportCheckStep, ImportedPump

DRAW_BITS = 62
_ABOUT_THE_PATIENT = frozenset(
    {"mrn", "last_name", "first_name", "birth_date", "phone", "email", "language", "notes"}
)
"""Columns that no date rests on."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where rows come from: the file, who confirmed that it is brought in, and whoever else had a hand in it."""

    file_name: str
    sha256: str
    author_id: int
    author_ids: frozenset[int]


def moves_dates(columns: Collection[str]) -> bool:
    """Whether a row that changed these columns may have moved a date."""
    return bool(set(columns) - _ABOUT_THE_PATIENT)


def join(*, clinic: Clinic, source: Source, implant_ids: Collection[int], now: datetime) -> None:
    """Note that these pumps' inputs came by the import, before their dates are worked out (a constant number of queries).

    The same file brought in again by the same person goes on with the check that runs; after a signature or an
    emergency, which were about what had come in by then, a new one begins. Called inside the rows' transaction, while
    the pumps are locked and before the change is announced.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("pumps join in the transaction that brings them in")
    if not implant_ids:
        return
    check = _running(clinic, source, now)
    _note_authors(check, source)
    came = [
        ImportedPump(
            import_check=check,
            clinic_id=clinic.id,
            implant_id=facts.implant_id,
            fill_id=facts.fills[-1].fill_id,
            draw=randbits(DRAW_BITS),
            joined_at=now,
            waits=True,
        )
        for facts in implant_facts(clinic_id=clinic.id, implant_ids=implant_ids)
    ]
    ImportedPump.objects.bulk_create(
        came,
        update_conflicts=True,
        unique_fields=["import_check", "implant"],
        update_fields=["fill", "fingerprint", "confirmed_by", "confirmed_at", "mismatches", "waits"],
    )


def _note_authors(check: ImportCheck, source: Source) -> None:
    """Whoever has a hand in the import now has checked nothing of it before."""
    added = source.author_ids - set(check.author_ids)
    if not added:
        return
    check.pumps.filter(confirmed_by__in=added).update(confirmed_by=None, confirmed_at=None)
    if check.file_shown_by_id in added:
        check.file_shown_by_id = check.file_shown_at = None
    check.author_ids = sorted({*check.author_ids, *added})
    check.save(update_fields=["author_ids", "file_shown_by", "file_shown_at"])


def _running(clinic: Clinic, source: Source, now: datetime) -> ImportCheck:
    """The check that runs for this file, locked, so that it cannot be signed before the pump is in it."""
    check = _find(clinic, source).first()
    if check is not None:
        return check
    try:
        with transaction.atomic():
            check = ImportCheck.objects.create(
                clinic=clinic,
                file_name=source.file_name,
                sha256=source.sha256,
                author_id=source.author_id,
                author_ids=sorted(source.author_ids),
                began_at=now,
            )
            ImportCheckStep.objects.create(
                clinic=clinic,
                import_check=check,
                what=ImportCheckStep.What.OPENED,
                at=now,
                user_id=source.author_id,
            )
    except IntegrityError:  # another worker at the same import was quicker
        return _find(clinic, source).get()
    return check


def _find(clinic: Clinic, source: Source) -> QuerySet[ImportCheck]:
    return (
        ImportCheck.objects.for_clinic(clinic.id)
        .filter(
            sha256=source.sha256,
            author_id=source.author_id,
            state=CheckState.OPEN,
            emergency_until__isnull=True,
        )
        .select_for_update(no_key=True)
    )
