"""A register from upload to record: checked, confirmed, imported; each step can stop anywhere and go on.

Progress is rows, never memory: a worker that is killed leaves whole rows, and whoever comes next (a repeated
task, the tick, a second worker at the same time) finds what is left. So every step may run twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import islice
from operator import itemgetter
from time import monotonic
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F, Q, QuerySet

from clinic.domain.register import (
    Fault,
    Reason,
    RefusedRow,
    RegisterUnusable,
    check_register,
    row_from_json,
    row_to_json,
)
from clinic.selectors.catalogue import catalogue
from clinic.selectors.rows import Clinic
from scheduling.domain.import_check import hash_of
from scheduling.domain.register_case import Judge, JudgedRow, judge_register
from scheduling.models import ImportState, RegisterImport, RegisterImportRow, RowResult
from scheduling.services.import_checks.joining import Source
from scheduling.services.register_rows import MOST_TOGETHER, RowReport, bring_in, import_rows, in_turns

STANDSTILL = timedelta(minutes=2)
TIME_TO_BEGIN = timedelta(seconds=5)
"""What was uploaded or confirmed and not begun after this long: whoever was rung for did not hear it."""
KEPT_UNCONFIRMED = timedelta(days=7)
_RUNNING = (ImportState.CHECKING, ImportState.IMPORTING)


def upload_register(
    *,
    clinic: Clinic,
    file_name: str,
    content: bytes,
    uploaded_by_id: int,
    now: datetime,
    consent_channels: frozenset[str] = frozenset(),
) -> RegisterImport:
    """Keep an uploaded register to be checked. Raises RegisterUnusable when it is not a register.

    Nothing of the record changes before the uploader has seen the report and confirmed it.
    """
    check_register(content)
    return RegisterImport.objects.create(
        clinic=clinic,
        file_name=file_name[-200:],
        size_bytes=len(content),
        content=content,
        sha256=hash_of(content),
        as_of=now.astimezone(ZoneInfo(clinic.time_zone)).date(),
        consent_channels=sorted(consent_channels),
        lines_total=content.count(b"\n") + (not content.endswith(b"\n")),
        uploaded_by_id=uploaded_by_id,
        uploaded_at=now,
        progressed_at=now,
    )


def advance_import(*, import_id: int, now: datetime, seconds: float) -> bool:
    """Check or import for about so many seconds, whichever it is at; True while there is more to do."""
    return check_slice(import_id=import_id, now=now, seconds=seconds) or import_slice(
        import_id=import_id, now=now, seconds=seconds
    )


def check_slice(*, import_id: int, now: datetime, seconds: float) -> bool:
    """Go on checking for about so many seconds; True while there is more to check.

    Each row is brought in and rolled back, so the report says what the import will do. Rows already checked
    are not checked again.
    """
    run = _running(import_id, ImportState.CHECKING).first()
    if run is None or run.content is None:
        return False
    clinic, until = run.clinic, monotonic() + seconds
    judge = Judge(as_of=run.as_of, zone=ZoneInfo(clinic.time_zone), catalogue=catalogue())
    try:
        rows = judge_register(bytes(run.content), judge, after_line=run.lines_checked)
        while batch := list(islice(rows, MOST_TOGETHER)):
            if not _store_checked(run, clinic, batch, now):
                return False
            if monotonic() > until:
                return True
    except RegisterUnusable as error:
        _end(run, ImportState.UNUSABLE, now, error.reason)
        return False
    RegisterImport.objects.filter(pk=run.pk, state=ImportState.CHECKING).update(
        state=ImportState.CHECKED, lines_checked=run.lines_total, progressed_at=now
    )
    return False


def confirm_import(*, clinic: Clinic, import_ref: UUID, actor_id: int, now: datetime) -> bool:
    """Let the import begin; False when it was not waiting for that (confirmed twice, discarded)."""
    waiting = RegisterImport.objects.for_clinic(clinic.id).filter(ref=import_ref, state=ImportState.CHECKED)
    return bool(
        waiting.update(
            state=ImportState.IMPORTING, confirmed_by_id=actor_id, confirmed_at=now, progressed_at=now
        )
    )


def discard_import(*, clinic: Clinic, import_ref: UUID, now: datetime) -> bool:
    """Throw the file away before anything was imported; False when it is too late for that."""
    with transaction.atomic():
        run = (
            RegisterImport.objects.for_clinic(clinic.id)
            .filter(ref=import_ref, state__in=(ImportState.CHECKING, ImportState.CHECKED))
            .defer("content")
            .select_for_update()
            .first()
        )
        if run is not None:
            _end(run, ImportState.DISCARDED, now)
        return run is not None


def import_slice(*, import_id: int, now: datetime, seconds: float) -> bool:
    """Go on importing for about so many seconds; True while rows are left.

    So many rows a transaction: the rows in the record and their outcomes here, or none of both. Rows that another
    worker is just bringing in are passed over.
    """
    run = _running(import_id, ImportState.IMPORTING).defer("content").first()
    if run is None:
        return False
    clinic, source, until = run.clinic, _source(run), monotonic() + seconds
    while _waiting(run).exists():
        done = _import_some(run, clinic, source, now)
        RegisterImport.objects.filter(pk=run.pk).update(progressed_at=now)
        if (monotonic() > until or not done) and _waiting(run).exists():
            return True
    _end(run, ImportState.FINISHED, now)
    return False


def take_up_stalled(*, now: datetime) -> list[int]:
    """Claim the imports that nobody began or whose worker seems to be gone: their ids, each to one caller only.

    Throws away, on the way, files that nobody confirmed for a week.
    """
    stale = RegisterImport.objects.filter(
        state=ImportState.CHECKED, progressed_at__lt=now - KEPT_UNCONFIRMED
    ).defer("content")
    for run in stale:
        _end(run, ImportState.DISCARDED, now)
    is_not_begun = Q(progressed_at=F("uploaded_at")) | Q(progressed_at=F("confirmed_at"))
    stalled = RegisterImport.objects.filter(
        Q(progressed_at__lt=now - STANDSTILL) | Q(is_not_begun, progressed_at__lt=now - TIME_TO_BEGIN),
        state__in=_RUNNING,
    )
    return [
        import_id
        for import_id in stalled.values_list("pk", flat=True)
        if stalled.filter(pk=import_id).update(progressed_at=now)
    ]


def _running(import_id: int, state: ImportState) -> QuerySet[RegisterImport]:
    return RegisterImport.objects.filter(pk=import_id, state=state).select_related("clinic")


def _line(row: JudgedRow | RefusedRow) -> int:
    return row.line if isinstance(row, RefusedRow) else row.row.line


def _store_checked(
    run: RegisterImport, clinic: Clinic, batch: list[JudgedRow | RefusedRow], now: datetime
) -> bool:
    """Store what the check found; False when the import was discarded in the meantime."""
    reports = import_rows(
        clinic=clinic,
        rows=batch,
        actor_id=run.uploaded_by_id,
        now=now,
        source=None,
        consent_channels=frozenset(run.consent_channels),
    )
    checked = [_checked(run, report) for report in reports]
    run.lines_checked = _line(batch[-1])
    with transaction.atomic():
        RegisterImportRow.objects.bulk_create(checked, ignore_conflicts=True)
        return bool(
            RegisterImport.objects.filter(pk=run.pk, state=ImportState.CHECKING).update(
                lines_checked=run.lines_checked, progressed_at=now
            )
        )


def _checked(run: RegisterImport, report: RowReport) -> RegisterImportRow:
    stored = RegisterImportRow(
        register_import=run,
        clinic_id=run.clinic_id,
        line=report.line,
        foreseen=report.result,
        columns=list(report.columns),
        needs_review=report.needs_review,
        implant_id=report.implant_id,
        payload=row_to_json(report.row) if report.row else None,
    )
    if report.fault is not None:
        _refuse(stored, report.fault)
    return stored


def _refuse(stored: RegisterImportRow, fault: Fault) -> None:
    """Keep of a refused row its line, its column and the reason; of its contents nothing."""
    stored.columns, stored.payload, stored.implant = [], None, None
    stored.column = fault.column
    stored.message, stored.values = fault.reason.message, dict(fault.reason.values)


def _waiting(run: RegisterImport) -> QuerySet[RegisterImportRow]:
    return run.rows.filter(result="").exclude(foreseen=RowResult.REFUSED).order_by("line")


def _source(run: RegisterImport) -> Source:
    if run.confirmed_by_id is None or (not run.sha256 and run.content is None):
        raise ValueError("an import without a file, or that nobody has confirmed")
    return Source(
        file_name=run.file_name,
        # Uploaded before hashes were kept: the file is still there while it is brought in.
        sha256=run.sha256 or hash_of(bytes(run.content or b"")),
        author_id=run.confirmed_by_id,
        author_ids=frozenset({run.uploaded_by_id, run.confirmed_by_id}),
    )


def _import_some(run: RegisterImport, clinic: Clinic, source: Source, now: datetime) -> int:
    """Bring in the next rows that may come in together; how many they are."""
    with transaction.atomic():
        waiting = _waiting(run).filter(payload__isnull=False).select_for_update(skip_locked=True)
        read = ((stored, row_from_json(stored.payload or {})) for stored in waiting[:MOST_TOGETHER])
        together = next(in_turns(read, itemgetter(1)), [])
        outcomes = bring_in(
            clinic=clinic,
            rows=[row for _, row in together],
            actor_id=source.author_id,
            now=now,
            source=source,
            consent_channels=frozenset(run.consent_channels),
        )
        for (stored, _), outcome in zip(together, outcomes, strict=True):
            stored.result, stored.columns = outcome.result, list(outcome.columns)
            stored.implant_id, stored.payload = outcome.implant_id, None
            if outcome.fault is not None:
                _refuse(stored, outcome.fault)
        _store([stored for stored, _ in together])
    return len(together)


def _store(rows: list[RegisterImportRow]) -> None:
    RegisterImportRow.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=["result", "columns", "column", "message", "values", "implant", "payload"],
    )


def _end(run: RegisterImport, state: ImportState, now: datetime, problem: Reason | None = None) -> None:
    """End the import: the file and every row's contents go, the report stays."""
    with transaction.atomic():
        run.rows.exclude(payload=None).update(payload=None)
        RegisterImport.objects.filter(pk=run.pk).exclude(
            state__in=(ImportState.FINISHED, ImportState.DISCARDED, ImportState.UNUSABLE)
        ).update(
            state=state,
            content=None,
            finished_at=now,
            progressed_at=now,
            problem_message=problem.message if problem else "",
            problem_values=dict(problem.values) if problem else {},
        )
