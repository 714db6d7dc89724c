"""Judged rows into the record, many at once, and back out where the projection then finds what must not come in."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from django.db import DataError, IntegrityError, transaction
from django.db.models.functions import Upper

from clinic.audit import recording
from clinic.changes import announcing_once
from clinic.domain.register import Fault, Reason, RefusedRow, RegisterRow, refusal
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.register_rows import REASON, RowOutcome, RowResult
from clinic.services.register_rows import import_rows as record_rows
from scheduling.domain.findings import Finding, FindingCode
from scheduling.domain.register_case import REFUSING, JudgedRow, faults_of_findings
from scheduling.models import Forecast
from scheduling.services.forecasts import CANNOT_COMPUTE, CONTRADICTION
from scheduling.services.import_checks.joining import Source, join, moves_dates

log = logging.getLogger(__name__)

R = TypeVar("R")
MOST_TOGETHER = 100
"""Rows in one transaction: a nurse who changes one of their pumps waits so long."""
_DEFECT = Reason(gettext_noop("could not be brought in, and nothing of it was kept: please tell us the line"))
_BROKEN = frozenset({CANNOT_COMPUTE, CONTRADICTION})


@dataclass(frozen=True, slots=True)
class RowReport:
    """What became, or would become, of one row."""

    line: int
    result: str
    columns: tuple[str, ...] = ()
    fault: Fault | None = None
    implant_id: int | None = None
    needs_review: bool = False
    row: RegisterRow | None = None


def import_rows(
    *,
    clinic: Clinic,
    rows: Iterable[JudgedRow | RefusedRow],
    actor_id: int,
    now: datetime,
    source: Source | None,
    consent_channels: frozenset[str] = frozenset(),
) -> Iterator[RowReport]:
    """Bring judged rows in, so many in a transaction, and report each when they are done; a trial takes them back.

    ``source`` is the file, which a second person then checks; without one it is a trial.
    Stopped anywhere, the rows reported so far are in the record, whole, and the rest is not.
    """
    for together in in_turns(rows, _row):
        judged = [each for each in together if isinstance(each, JudgedRow)]
        outcomes = bring_in(
            clinic=clinic,
            rows=[each.row for each in judged],
            actor_id=actor_id,
            now=now,
            source=source,
            consent_channels=consent_channels,
        )
        each_outcome = iter(outcomes)
        for each in together:
            yield _refusal(each) if isinstance(each, RefusedRow) else _report(each, next(each_outcome))


def in_turns(rows: Iterable[R], row_of: Callable[[R], RegisterRow | None]) -> Iterator[list[R]]:
    """The rows in their order, as many together as may come in together: of each patient and of each pump one."""
    together: list[R] = []
    seen: set[tuple[str, str]] = set()
    for each in rows:
        row = row_of(each)
        names = {("mrn", row.mrn), ("serial", row.pump_serial.upper())} if row is not None else set()
        if len(together) == MOST_TOGETHER or names & seen:
            yield together
            together, seen = [], set()
        together.append(each)
        seen |= names
    if together:
        yield together


def _row(judged: JudgedRow | RefusedRow) -> RegisterRow | None:
    return judged.row if isinstance(judged, JudgedRow) else None


def _refusal(row: RefusedRow) -> RowReport:
    return RowReport(row.line, RowResult.REFUSED, fault=Fault(row.column, row.reason))


def _report(judged: JudgedRow, outcome: RowOutcome) -> RowReport:
    return RowReport(
        judged.row.line,
        outcome.result,
        outcome.columns,
        outcome.fault,
        outcome.implant_id,
        judged.needs_review and outcome.fault is None,
        judged.row if outcome.fault is None else None,
    )


def bring_in(
    *,
    clinic: Clinic,
    rows: Sequence[RegisterRow],
    actor_id: int,
    now: datetime,
    source: Source | None,
    consent_channels: frozenset[str] = frozenset(),
) -> list[RowOutcome]:
    """Bring judged rows into the record, in one transaction with the projections that follow from them.

    Of each patient and of each pump there is one row. Each was judged alone; beside the pump's earlier fills it may
    show a slip that only the record can tell (a dose ten times the last one). Such a row is refused like any other and
    nothing of it is kept; one that breaks something nobody foresaw is refused too and does not stop the others. What
    came in waits for a second person with the rest of its ``source``; without one it is a trial, which does all of this
    and takes it back.
    """
    if not rows:
        return []
    try:
        return _bring_in(_Import(clinic, actor_id, now, source, consent_channels), rows)
    except (DataError, IntegrityError, ValueError, LookupError, ArithmeticError) as error:
        if len(rows) == 1:
            log.error("line %s of a register broke the import (%s)", rows[0].line, type(error).__name__)
            return [RowOutcome(RowResult.REFUSED, fault=Fault("mrn", _DEFECT))]
    middle = len(rows) // 2
    return [
        outcome
        for half in (rows[:middle], rows[middle:])
        for outcome in bring_in(
            clinic=clinic,
            rows=half,
            actor_id=actor_id,
            now=now,
            source=source,
            consent_channels=consent_channels,
        )
    ]


@dataclass(frozen=True, slots=True)
class _Import:
    """Where rows come in, in whose name, and from which file."""

    clinic: Clinic
    actor_id: int
    now: datetime
    source: Source | None
    consent_channels: frozenset[str]


def _bring_in(work: _Import, rows: Sequence[RegisterRow]) -> list[RowOutcome]:
    """All rows, and where the projection refuses some, the others without them."""
    with transaction.atomic():
        before = _findings(work.clinic.id, rows)
        told = _record(work, rows)
        after = _findings(work.clinic.id, rows)
        outcomes = [
            _refused_by_projection(outcome, row, found[0], found[1])
            if outcome.result in (RowResult.CREATED, RowResult.UPDATED)
            else outcome
            for outcome, row, found in zip(told, rows, zip(before, after, strict=True), strict=True)
        ]
        stay = [row for row, was, now_is in zip(rows, told, outcomes, strict=True) if was is now_is]
        if work.source is None or len(stay) < len(rows):
            transaction.set_rollback(True)
    if work.source is None:
        return [
            replace(each, implant_id=None) if each.result is RowResult.CREATED else each for each in outcomes
        ]
    if stay and len(stay) < len(rows):
        again = iter(_bring_in(work, stay))
        return [next(again) if was is now_is else now_is for was, now_is in zip(told, outcomes, strict=True)]
    return outcomes


def _record(work: _Import, rows: Sequence[RegisterRow]) -> list[RowOutcome]:
    """Record the rows and let their pumps join the check, before anybody works out what follows from them."""
    with recording(actor_id=work.actor_id, reason=REASON), announcing_once(now=work.now):
        outcomes = record_rows(
            clinic=work.clinic,
            rows=rows,
            actor_id=work.actor_id,
            now=work.now,
            consent_channels=work.consent_channels,
        )
        if work.source is not None:
            moved = [each.implant_id for each in outcomes if each.implant_id and moves_dates(each.columns)]
            join(clinic=work.clinic, source=work.source, implant_ids=moved, now=work.now)
    return outcomes


def _findings(clinic_id: int, rows: Sequence[RegisterRow]) -> list[list[dict[str, Any]]]:
    """What the record shows about each row's pump."""
    serials = [row.pump_serial.upper() for row in rows]
    forecasts = Forecast.objects.for_clinic(clinic_id).annotate(serial=Upper("implant__serial"))
    found = dict(forecasts.filter(serial__in=serials).values_list("serial", "findings"))
    return [found.get(serial, []) for serial in serials]


def _refused_by_projection(
    outcome: RowOutcome, row: RegisterRow, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> RowOutcome:
    """Refuse a row that brought a finding which refuses; what the record showed before is not its fault."""
    known = {(finding["code"], finding["field"]) for finding in before}
    new = [finding for finding in after if (finding["code"], finding["field"]) not in known]
    faults = [
        Fault("filled_on", Reason(gettext_noop("contradicts what the record holds of this pump")))
        for finding in new
        if finding["code"] in _BROKEN
    ]
    slips = [
        Finding(FindingCode(finding["code"]), finding["field"], tuple(finding["values"].items()))
        for finding in new
        if finding["code"] in REFUSING
    ]
    faults += faults_of_findings(slips, row, None)
    if not faults:
        return outcome
    refused = refusal(row.line, faults, {})
    return RowOutcome(RowResult.REFUSED, fault=Fault(refused.column, refused.reason))
