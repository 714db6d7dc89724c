"""Judged rows into the record, one by one, and back out where the projection then finds what must not come in."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, transaction

from clinic.audit import recording
from clinic.changes import announcing_once
from clinic.domain.register import Fault, Reason, RefusedRow, RegisterRow, refusal
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.register_rows import REASON, RowOutcome, RowResult, import_row
from scheduling.domain.findings import Finding, FindingCode
from scheduling.domain.register_case import REFUSING, JudgedRow, faults_of_findings
from scheduling.models import Forecast
from scheduling.services.forecasts import CANNOT_COMPUTE, CONTRADICTION
from scheduling.services.import_checks.joining import Source, join, moves_dates

log = logging.getLogger(__name__)

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
    """Bring judged rows in, one transaction a row, and report each as it is done; a trial takes each back.

    ``source`` is the file, which a second person then checks; without one it is a trial.
    Stopped anywhere, the rows reported so far are in the record, whole, and the rest is not.
    """
    for judged in rows:
        if isinstance(judged, RefusedRow):
            yield RowReport(judged.line, RowResult.REFUSED, fault=Fault(judged.column, judged.reason))
            continue
        outcome = outcome_of(clinic, judged.row, actor_id, now, source, consent_channels)
        yield RowReport(
            judged.row.line,
            outcome.result,
            outcome.columns,
            outcome.fault,
            outcome.implant_id,
            judged.needs_review and outcome.fault is None,
            judged.row if outcome.fault is None else None,
        )


def outcome_of(
    clinic: Clinic,
    row: RegisterRow,
    actor_id: int,
    now: datetime,
    source: Source | None,
    consent_channels: frozenset[str],
) -> RowOutcome:
    """Bring the row in; one that breaks something nobody foresaw is refused and does not stop the others."""
    try:
        return bring_in(
            clinic=clinic,
            row=row,
            actor_id=actor_id,
            now=now,
            source=source,
            consent_channels=consent_channels,
        )
    except (DataError, IntegrityError, ValueError, LookupError, ArithmeticError) as error:
        log.error("line %s of a register broke the import (%s)", row.line, type(error).__name__)
        return RowOutcome(RowResult.REFUSED, fault=Fault("mrn", _DEFECT))


def bring_in(
    *,
    clinic: Clinic,
    row: RegisterRow,
    actor_id: int,
    now: datetime,
    source: Source | None,
    consent_channels: frozenset[str] = frozenset(),
) -> RowOutcome:
    """Bring a judged row into the record, in one transaction with the projection that follows from it.

    The row was judged alone; beside the pump's earlier fills it may show a slip that only the record can tell
    (a dose ten times the last one). Such a row is refused like any other and nothing of it is kept. What came in waits
    for a second person with the rest of its ``source``; without one it is a trial, which does all of this and takes it
    back.
    """
    with transaction.atomic():
        before = _findings(clinic.id, row.pump_serial)
        outcome = _bring_in(clinic, row, actor_id, now, source, consent_channels)
        if outcome.result in (RowResult.CREATED, RowResult.UPDATED):
            outcome = _refused_by_projection(outcome, row, before, _findings(clinic.id, row.pump_serial))
        if source is None or outcome.result is RowResult.REFUSED:
            transaction.set_rollback(True)
    if source is None and outcome.result is RowResult.CREATED:
        return replace(outcome, implant_id=None)
    return outcome


def _bring_in(
    clinic: Clinic,
    row: RegisterRow,
    actor_id: int,
    now: datetime,
    source: Source | None,
    consent_channels: frozenset[str],
) -> RowOutcome:
    """Record the row and let its pump join the check, before anybody works out what follows from it."""
    with recording(actor_id=actor_id, reason=REASON), announcing_once(now=now):
        outcome = import_row(
            clinic=clinic, row=row, actor_id=actor_id, now=now, consent_channels=consent_channels
        )
        if source is not None and outcome.implant_id is not None and moves_dates(outcome.columns):
            join(clinic=clinic, source=source, implant_id=outcome.implant_id, now=now)
    return outcome


def _findings(clinic_id: int, serial: str) -> list[dict[str, Any]]:
    forecast = Forecast.objects.for_clinic(clinic_id).filter(implant__serial__iexact=serial).first()
    return [] if forecast is None else list(forecast.findings)


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
