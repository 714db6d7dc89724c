"""Pumps that came by an import: covered by the check of the import, or left behind; called by ``reproject`` alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from scheduling.domain.second_check import CheckReason
from scheduling.models import RUNNING, ImportedPump
from scheduling.services.second_checks.reading import Reading
from scheduling.services.standing import Judgement

AuthorsOf = Callable[[Collection[int]], dict[int, list[int]]]
OF_ITS_OWN = ""
"""In place of the inputs: the check of the import does not speak for this pump."""
_BATCH = 500
_FIELDS = ["fingerprint", "is_first", "reasons", "waits"]


def bring_up_imported(
    clinic_id: int, reading: Reading, judgements: Mapping[int, Judgement], authors_of: AuthorsOf
) -> set[int]:
    """Bring the rows of imported pumps in line with what was judged; the pumps that an import's check speaks for.

    It speaks for the inputs that came in, where nobody else has entered part of them and nothing waited before. A pump
    that no longer rests on an import waits for none.
    """
    rows = [row for implant_id in judgements for row in reading.imported.get(implant_id, ())]
    if not rows:
        return set()
    before = {row.pk: [getattr(row, name) for name in _FIELDS] for row in rows}
    undecided = [row for row in rows if _is_undecided(row, judgements[row.implant_id])]
    authors = authors_of({row.implant_id for row in undecided})
    for row in undecided:
        _decide(row, reading, judgements[row.implant_id], set(authors.get(row.implant_id, ())))
    covered = set()
    for row in rows:
        judgement = judgements[row.implant_id]
        row.waits = CheckReason.IMPORT in judgement.reasons
        if row.fingerprint == judgement.fingerprint:
            row.reasons = sorted(
                reason.value for reason in judgement.reasons if reason is not CheckReason.IMPORT
            )
            if row.waits and row.import_check.state in RUNNING:
                covered.add(row.implant_id)
    changed = [row for row in rows if before[row.pk] != [getattr(row, name) for name in _FIELDS]]
    ImportedPump.objects.for_clinic(clinic_id).bulk_update(changed, _FIELDS, batch_size=_BATCH)
    return covered


def with_importers(
    reading: Reading, waiting: Collection[int], authors: dict[int, list[int]]
) -> dict[int, list[int]]:
    """Who imported what waits is an author of it too, before whoever changed it."""
    return {
        implant_id: [
            *(by for row in _resting(reading, implant_id, waiting) for by in row.import_check.author_ids),
            *found,
        ]
        for implant_id, found in authors.items()
    }


def _resting(reading: Reading, implant_id: int, waiting: Collection[int]) -> list[ImportedPump]:
    rows = reading.imported.get(implant_id, []) if implant_id in waiting else []
    return [row for row in rows if row.waits]


def _is_undecided(row: ImportedPump, judgement: Judgement) -> bool:
    """A row that has just come in; or inputs that moved with a value that no person enters of this pump."""
    if row.fingerprint is None:
        return True
    return row.fingerprint not in (OF_ITS_OWN, judgement.fingerprint) and row.import_check.state in RUNNING


def _decide(row: ImportedPump, reading: Reading, judgement: Judgement, authors: set[int]) -> None:
    if row.fingerprint is not None:
        if row.is_first and not authors:
            row.fingerprint = judgement.fingerprint
        return
    row.is_first = row.is_first or row.implant_id not in reading.rows
    is_covered = row.implant_id not in reading.checks and authors <= set(row.import_check.author_ids)
    row.fingerprint = judgement.fingerprint if is_covered else OF_ITS_OWN
