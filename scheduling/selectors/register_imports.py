"""Imports of a register as their pages need them. Every read names the clinic; none loads the file."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, Value, When

from scheduling.models import ImportState, RegisterImport, RegisterImportRow, RowResult

RESULTS = tuple(RowResult.values)

ImportRow = RegisterImportRow
__all__ = [
    "RESULTS",
    "ImportRow",
    "Progress",
    "RegisterImport",
    "get_import",
    "import_progress",
    "recent_imports",
    "report_rows",
]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: rows by what was foreseen and by what became of them."""

    state: str
    lines_checked: int
    lines_total: int
    by_result: dict[str, int]
    """Rows by their result, or by the foreseen one while there is none yet."""
    done: int
    to_do: int
    needs_review: int

    @property
    def rows(self) -> int:
        return sum(self.by_result.values())

    @property
    def accepted(self) -> int:
        return self.rows - self.by_result.get(RowResult.REFUSED, 0)

    @property
    def is_running(self) -> bool:
        return self.state in (ImportState.CHECKING, ImportState.IMPORTING)

    @property
    def percent(self) -> int:
        """Of the step that is running; 100 when nothing runs."""
        if self.state == ImportState.CHECKING:
            return min(99, self.lines_checked * 100 // max(1, self.lines_total))
        if self.state == ImportState.IMPORTING:
            return min(99, self.done * 100 // max(1, self.done + self.to_do))
        return 100


def recent_imports(*, clinic_id: int, most: int = 20) -> list[RegisterImport]:
    """The clinic's imports, newest first."""
    return list(
        RegisterImport.objects.for_clinic(clinic_id)
        .defer("content")
        .select_related("uploaded_by")
        .order_by("-uploaded_at")[:most]
    )


def get_import(*, clinic_id: int, import_ref: UUID) -> RegisterImport | None:
    """The clinic's import with this reference, or None."""
    return (
        RegisterImport.objects.for_clinic(clinic_id)
        .filter(ref=import_ref)
        .defer("content")
        .select_related("uploaded_by", "confirmed_by")
        .first()
    )


def import_progress(run: RegisterImport) -> Progress:
    """Count the rows of an import (one query)."""
    counted = (
        _rows(run)
        .values("result", "foreseen")
        .annotate(count=Count("pk"), review=Count("pk", filter=Q(needs_review=True)))
    )
    by_result = dict.fromkeys(RESULTS, 0)
    done = to_do = review = 0
    for group in counted:
        shown = group["result"] or group["foreseen"]
        by_result[shown] += group["count"]
        if group["foreseen"] != RowResult.REFUSED:
            done += group["count"] if group["result"] else 0
            to_do += 0 if group["result"] else group["count"]
        review += group["review"] if shown != RowResult.REFUSED else 0
    return Progress(run.state, run.lines_checked, run.lines_total, by_result, done, to_do, review)


def report_rows(run: RegisterImport, *, result: str = "") -> QuerySet[RegisterImportRow]:
    """The rows of the report, refused first, then in the order of the file."""
    is_refused = Case(When(_shown_as(RowResult.REFUSED), then=Value(0)), default=Value(1))
    rows = _rows(run).select_related("implant__patient").defer("payload").order_by(is_refused, "line")
    return rows.filter(_shown_as(result)) if result else rows


def _rows(run: RegisterImport) -> QuerySet[RegisterImportRow]:
    return RegisterImportRow.objects.for_clinic(run.clinic_id).filter(register_import=run)


def _shown_as(result: str) -> Q:
    """A row is shown by its result, or by the foreseen one while there is none yet."""
    return Q(result=result) | Q(result="", foreseen=result)
