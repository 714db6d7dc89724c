"""One judged row into the record, and back out again when the projection then finds what must not come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from clinic.domain.register import Fault, Reason, RegisterRow, refusal
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from clinic.services.register_rows import RowOutcome, RowResult, import_row
from scheduling.domain.findings import Finding, FindingCode
from scheduling.domain.register_case import REFUSING, faults_of_findings
from scheduling.models import Forecast
from scheduling.services.forecasts import CANNOT_COMPUTE, CONTRADICTION

_BROKEN = frozenset({CANNOT_COMPUTE, CONTRADICTION})


def bring_in(
    *,
    clinic: Clinic,
    row: RegisterRow,
    actor_id: int,
    now: datetime,
    consent_channels: frozenset[str] = frozenset(),
    is_trial: bool = False,
) -> RowOutcome:
    """Bring a judged row into the record, in one transaction with the projection that follows from it.

    The row was judged alone; beside the pump's earlier fills it may show a slip that only the record can tell
    (a dose ten times the last one). Such a row is refused like any other and nothing of it is kept. A trial
    does all of this and takes it back.
    """
    with transaction.atomic():
        before = _findings(clinic.id, row.pump_serial)
        outcome = import_row(
            clinic=clinic, row=row, actor_id=actor_id, now=now, consent_channels=consent_channels
        )
        if outcome.result in (RowResult.CREATED, RowResult.UPDATED):
            outcome = _refused_by_projection(outcome, row, before, _findings(clinic.id, row.pump_serial))
        if is_trial or outcome.result is RowResult.REFUSED:
            transaction.set_rollback(True)
    if is_trial and outcome.result is RowResult.CREATED:
        return replace(outcome, implant_id=None)
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
