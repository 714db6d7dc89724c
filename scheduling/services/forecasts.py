"""Working out the stored forecasts: one code path for the implant a nurse has just changed and for a sweep."""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction

from clinic.domain.catalogue import Hazard
from clinic.selectors.facts import ImplantFacts
from scheduling.domain.case import CaseError
from scheduling.domain.projection import ENGINE_VERSION, Status
from scheduling.domain.second_check import CheckReason, empty_at
from scheduling.models import Forecast
from scheduling.services.cases import Setting, case_of
from scheduling.services.known import COLUMNS, Known, lock_and_read
from scheduling.services.second_checks.reading import Reading
from scheduling.services.second_checks.writing import bring_up_checks
from scheduling.services.settling import holds_by_itself
from scheduling.services.standing import Beside, Judgement, judge

log = logging.getLogger(__name__)

_INPUTS, _ENGINE = list(COLUMNS).index("fingerprint"), list(COLUMNS).index("engine_version")
_STATUS = list(COLUMNS).index("status")
_Rows = dict[int, tuple[Any, ...]]
NOT_FILLED = "not_filled"
CONTRADICTION = "contradiction"
CANNOT_COMPUTE = "cannot_compute"
SECOND_CHECK = "second_check"
"""A finding of the stored row: its dates are not, or not for long, those of the record alone."""
IN_EMERGENCY = "in_emergency"
IMPORT_UNCHECKED = "import_unchecked"
"""A finding of the stored row: nobody has checked the import that its dates came by."""


@dataclass(slots=True)
class Outcome:
    """What one call did. Every implant asked for is projected, flagged for review, or ended."""

    projected: int = 0
    flagged: int = 0
    failed: int = 0
    """Of the flagged ones, those whose computation raised: each is a defect to look into."""
    ended: int = 0
    changed_ids: list[int] = field(default_factory=list)
    """Implants whose row was written or taken away."""
    changed: int = 0
    drifted: int = 0
    """Of the changed ones, those whose inputs had changed without a re-projection: each is a defect too."""
    settled: set[int] = field(default_factory=set)
    """Only where a night asks: those for which there was nothing to write, and is nothing before ``settled_until``."""
    settled_until: datetime | None = None
    moved: set[int] = field(default_factory=set)
    """Only of a night: those whose dates or follow-ups had something to write."""


@dataclass(slots=True)
class _Desired:
    implant_id: int
    values: tuple[Any, ...]
    has_failed: bool = False
    judgement: Judgement | None = None


def reproject(clinic_id: int, implant_ids: Collection[int], now: datetime) -> Outcome:
    """Bring the stored forecasts of these implants up to date, in the caller's transaction or its own.

    Takes the implants' locks first, reads the facts, the clinic's rules and the catalogue afterwards (a
    constant number of queries), writes only the rows that changed, and takes the rows of explanted pumps and
    of the dead away. Running it again, or twice at once, changes nothing more. The one door to dates in effect: what
    needs a second person waits here, wherever it came from (``scheduling.services.standing``).
    """
    with transaction.atomic(savepoint=False):
        return reproject_known(clinic_id, lock_and_read(clinic_id, implant_ids, now), now)


def reproject_known(clinic_id: int, known: Known, now: datetime, *, until: date | None = None) -> Outcome:
    """The same from what the transaction has locked and read already.

    ``until``: say which pumps have their dates settled before that day.
    """
    facts, setting, reading, stored = known.of_active, known.setting, known.beside, known.forecasts
    desired = [_desire(each, setting, reading.of(each.implant_id)) for each in facts]
    desired = _with_signatures(desired, facts, setting, reading)
    judged = {row.implant_id: row.judgement for row in desired if row.judgement}
    bring_up_checks(clinic_id, reading, judged, known.active, now)
    outcome = _tally(desired, stored)
    changed = [row for row in desired if stored.get(row.implant_id) != row.values]
    _store(clinic_id, changed, now, outcome, stored)
    gone = list(stored.keys() - set(known.active))
    if gone:
        Forecast.objects.for_clinic(clinic_id).filter(implant_id__any_of=gone).delete()
    for implant_id in gone:
        del stored[implant_id]
    outcome.ended = len(gone)
    outcome.changed_ids += gone
    if until is not None:
        outcome.settled = _settled(known, judged, until) - set(outcome.changed_ids)
    return outcome


def _settled(known: Known, judged: dict[int, Judgement], until: date) -> set[int]:
    """Those of which nothing waits for a second person: ended pumps, and those whose dates hold by themselves."""
    found = {each.implant_id for each in known.planning.record} - set(known.active)
    for facts in known.of_active:
        judgement = judged.get(facts.implant_id)
        if judgement and holds_by_itself(facts, judgement, today=known.setting.as_of, until=until):
            found.add(facts.implant_id)
    return found - known.beside.checks.keys() - known.beside.imported.keys()


def _with_signatures(
    desired: list[_Desired], facts: list[ImplantFacts], setting: Setting, reading: Reading
) -> list[_Desired]:
    """Judge again, with the signatures there are, the few pumps of which something waits."""
    waiting = {
        row.implant_id: row.judgement.fingerprint
        for row in desired
        if row.judgement is not None and row.judgement.reasons
    }
    signed = reading.signed_for(waiting)
    if not signed:
        return desired
    again = {
        each.implant_id: _desire(each, setting, reading.of(each.implant_id, signed=signed[each.implant_id]))
        for each in facts
        if each.implant_id in signed
    }
    return [again.get(row.implant_id, row) for row in desired]


def _desire(facts: ImplantFacts, setting: Setting, beside: Beside) -> _Desired:
    """The row one implant should have. Never raises: one bad record must not stop the others."""
    try:
        case = case_of(facts, setting)
        if case is None:
            return _review(facts, setting, NOT_FILLED, "fill")
        judgement = judge(facts, setting, case, beside)
        return _Desired(facts.implant_id, stored_values(judgement), judgement=judgement)
    except CaseError as error:
        return _review(facts, setting, CONTRADICTION, error.field, str(error))
    except Exception as error:
        # The implant's id names no patient; the error's text may hold values and stays out of the log.
        where = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "projection failed for implant %s: %s at %s:%s",
            facts.implant_id,
            type(error).__name__,
            where.filename,
            where.lineno,
        )
        row = _review(facts, setting, CANNOT_COMPUTE, "")
        row.has_failed = True
        return row


def stored_values(judgement: Judgement) -> tuple[Any, ...]:
    """The stored form of what is in effect, in the order of COLUMNS. Holds nothing that ages with the day."""
    case, projection = judgement.case, judgement.projection
    limits = {kind.value: day.isoformat() for kind, day in projection.limits.items()}
    high = projection.high_flow
    return (
        projection.status.value,
        projection.must_refill_by,
        projection.limited_by.value if projection.limited_by else "",
        projection.low_reservoir_on,
        projection.empty_on,
        empty_at(case, projection),
        projection.target_visit_on,
        projection.latest_visit_on,
        min(projection.limits.values(), default=None) if projection.status is Status.REVIEW else None,
        int(projection.hazard),
        limits,
        [
            {
                "code": finding.code.value,
                "severity": finding.severity.value,
                "field": finding.field,
                "values": dict(finding.values),
            }
            for finding in projection.findings
        ]
        + waiting_finding(judgement),
        high and {"low_reservoir_on": _iso(high.low_reservoir_on), "empty_on": _iso(high.empty_on)},
        judgement.fingerprint,
        ENGINE_VERSION,
    )


def waiting_finding(judgement: Judgement) -> list[dict[str, Any]]:
    """What the lists show of a pump of which something waits for a second person; nothing where nothing does."""
    if not judgement.reasons:
        return []
    values = {
        "reasons": ",".join(sorted(judgement.reasons)),
        "would_be": _iso(judgement.full.must_refill_by) or "",
        "holds": _iso(judgement.projection.must_refill_by) or "",
    }
    code = IMPORT_UNCHECKED if judgement.reasons == {CheckReason.IMPORT} else SECOND_CHECK
    code = IN_EMERGENCY if judgement.is_emergency else code
    return [{"code": code, "severity": "warning", "field": "", "values": values}]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _review(facts: ImplantFacts, setting: Setting, code: str, field_name: str, text: str = "") -> _Desired:
    """A row for an implant that has no projection: loud, without a date, at the highest hazard it may have."""
    drugs = facts.fills[-1].drugs if facts.fills else []
    known = [found.hazard for drug in drugs if (found := setting.catalogue.drug(drug.drug_key)) is not None]
    hazard = max(known, default=Hazard.EMERGENCY)
    return _Desired(facts.implant_id, _without_date(hazard, code, field_name, text))


def _without_date(hazard: Hazard, code: str, field_name: str, text: str = "") -> tuple[Any, ...]:
    finding = {
        "code": code,
        "severity": "stop",
        "field": field_name,
        "values": {"text": text} if text else {},
    }
    values: dict[str, Any] = dict.fromkeys(COLUMNS)
    values |= {"status": Status.REVIEW.value, "limited_by": "", "hazard": int(hazard), "limits": {}}
    values |= {"findings": [finding], "fingerprint": "", "engine_version": ENGINE_VERSION}
    return tuple(values.values())


def _tally(desired: Iterable[_Desired], stored: dict[int, tuple[Any, ...]]) -> Outcome:
    outcome = Outcome()
    for row in desired:
        if row.values[_STATUS] == Status.OK.value:
            outcome.projected += 1
        else:
            outcome.flagged += 1
        outcome.failed += row.has_failed
        before = stored.get(row.implant_id)
        if before == row.values:
            continue
        outcome.changed += 1
        outcome.changed_ids.append(row.implant_id)
        if before is None or (
            before[_INPUTS] != row.values[_INPUTS] and before[_ENGINE] == row.values[_ENGINE]
        ):
            outcome.drifted += 1
    return outcome


def _store(clinic_id: int, rows: list[_Desired], now: datetime, outcome: Outcome, stored: _Rows) -> None:
    """Write together, and note in ``stored``; what the database refuses is narrowed down to the rows that it refuses.

    One row that cannot be stored must not keep five hundred others, or a nurse's fill, from being stored.
    """
    if not rows:
        return
    try:
        with transaction.atomic():
            _write(clinic_id, rows, now)
        stored |= {row.implant_id: row.values for row in rows}
    except (OperationalError, InterfaceError):
        raise  # the connection, a deadlock, a time-out: not the fault of a row
    except DatabaseError:
        if len(rows) == 1:
            _store_refusal(clinic_id, rows[0], now, outcome, stored)
            return
        middle = len(rows) // 2
        _store(clinic_id, rows[:middle], now, outcome, stored)
        _store(clinic_id, rows[middle:], now, outcome, stored)


def _store_refusal(clinic_id: int, row: _Desired, now: datetime, outcome: Outcome, stored: _Rows) -> None:
    """A row that says no more than that there is none. Refused as well, the implant counts nowhere: unaccounted."""
    log.error("the forecast of implant %s cannot be stored", row.implant_id)
    if row.values[_STATUS] == Status.OK.value:
        outcome.projected -= 1
    else:
        outcome.flagged -= 1
    outcome.failed += not row.has_failed
    refused = _Desired(row.implant_id, _without_date(Hazard.EMERGENCY, CANNOT_COMPUTE, ""))
    try:
        with transaction.atomic():
            _write(clinic_id, [refused], now)
    except DatabaseError:
        return
    stored[row.implant_id] = refused.values
    outcome.flagged += 1


def _write(clinic_id: int, rows: Collection[_Desired], now: datetime) -> None:
    """All rows in one statement of one array per column; model instances would cost twice the projection."""
    columns = list(zip(*(row.values for row in rows), strict=True))
    arrays = [
        [None if value is None else json.dumps(value) for value in column]
        if kind == "jsonb"
        else list(column)
        for column, kind in zip(columns, COLUMNS.values(), strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [clinic_id, now, [row.implant_id for row in rows], *arrays])


def _upsert() -> str:
    names = ", ".join(COLUMNS)
    changed = ", ".join(f"{name} = EXCLUDED.{name}" for name in (*COLUMNS, "computed_at"))
    taken = ", ".join(f"{name}::jsonb" if kind == "jsonb" else name for name, kind in COLUMNS.items())
    arrays = ", ".join(f"%s::{'text' if kind == 'jsonb' else kind}[]" for kind in COLUMNS.values())
    # Names are this module's own constants; every value is a parameter.
    return (
        f"INSERT INTO scheduling_forecast (clinic_id, computed_at, implant_id, {names})"  # noqa: S608
        f" SELECT %s::bigint, %s::timestamptz, implant_id, {taken}"
        f" FROM unnest(%s::bigint[], {arrays}) AS desired (implant_id, {names})"
        f" ON CONFLICT (implant_id) DO UPDATE SET {changed}"
    )


_UPSERT = _upsert()
