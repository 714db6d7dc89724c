"""What is stored beside the facts of pumps: the dates that stand, the checks that run, the signatures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from clinic.selectors.facts import ImplantFacts, corrected_fills
from scheduling.domain.findings import LimitKind
from scheduling.domain.second_check import RefillDates
from scheduling.models import RUNNING, CheckState, SecondCheck, StandingDates
from scheduling.services.standing import Beside, Emergency, Stood, dates_from_json


@dataclass(slots=True)
class Reading:
    """The stored rows of many pumps of one clinic, by implant."""

    clinic_id: int
    now: datetime
    rows: dict[int, StandingDates]
    checks: dict[int, SecondCheck]
    chains: dict[int, dict[int, int]] = field(default_factory=dict)

    def of(self, implant_id: int, *, signed: frozenset[str] = frozenset()) -> Beside:
        """What ``judge`` needs of one pump."""
        row, check = self.rows.get(implant_id), self.checks.get(implant_id)
        return Beside(
            stood=None if row is None else stood_of(row),
            emergency=None if check is None else _emergency_of(check, self.now),
            signed=signed,
            chain=self.chains.get(implant_id, {}),
        )

    def signed_for(self, marks: Mapping[int, str]) -> dict[int, frozenset[str]]:
        """Of these pumps with these inputs, those for which somebody has signed (one query, none without pumps)."""
        if not marks:
            return {}
        rows = SecondCheck.objects.for_clinic(self.clinic_id).filter(
            implant_id__any_of=list(marks), fingerprint__in=set(marks.values()), state=CheckState.SIGNED
        )
        return {
            implant_id: frozenset({mark})
            for implant_id, mark in rows.values_list("implant_id", "fingerprint")
            if marks.get(implant_id) == mark
        }


def read_beside(
    clinic_id: int, implant_ids: Collection[int], facts: Sequence[ImplantFacts], now: datetime
) -> Reading:
    """What is stored beside these pumps' facts, in two queries, or three where a newer fill may be a correction."""
    rows = StandingDates.objects.for_clinic(clinic_id).filter(implant_id__any_of=implant_ids)
    checks = SecondCheck.objects.for_clinic(clinic_id).filter(
        implant_id__any_of=implant_ids, state__in=RUNNING
    )
    reading = Reading(
        clinic_id=clinic_id,
        now=now,
        rows={row.implant_id: row for row in rows},
        checks={check.implant_id: check for check in checks},
    )
    newer = [each.implant_id for each in facts if _may_be_corrected(each, reading.rows.get(each.implant_id))]
    if newer:
        for implant_id, fill_id, corrects in corrected_fills(clinic_id=clinic_id, implant_ids=newer):
            reading.chains.setdefault(implant_id, {})[fill_id] = corrects
    return reading


def read_beside_one(clinic_id: int, facts: ImplantFacts, now: datetime) -> Beside:
    """What is stored beside one pump, with every signature and every correction of it (four queries)."""
    reading = read_beside(clinic_id, [facts.implant_id], (), now)
    chain = corrected_fills(clinic_id=clinic_id, implant_ids=[facts.implant_id])
    reading.chains[facts.implant_id] = {fill_id: corrects for _, fill_id, corrects in chain}
    signed = SecondCheck.objects.for_clinic(clinic_id).filter(
        implant_id=facts.implant_id, state=CheckState.SIGNED
    )
    marks = frozenset(signed.values_list("fingerprint", flat=True))
    return reading.of(facts.implant_id, signed=marks)


def stood_of(row: StandingDates) -> Stood:
    return Stood(
        fill_id=row.fill_id,
        filled_on=row.filled_on,
        dates=RefillDates(
            must_refill_by=row.must_refill_by,
            limited_by=LimitKind(row.limited_by) if row.limited_by else None,
            low_reservoir_on=row.low_reservoir_on,
            empty_on=row.empty_on,
            empty_at=row.empty_at,
        ),
        in_pump=row.in_pump,
        fingerprint=row.fingerprint,
    )


def _emergency_of(check: SecondCheck, now: datetime) -> Emergency | None:
    if check.state != CheckState.EMERGENCY or check.emergency_until is None or check.emergency_dates is None:
        return None
    if check.emergency_until <= now:
        return None
    stored = dict(check.emergency_dates)
    return Emergency(fill_id=int(stored.pop("fill_id")), allowed=dates_from_json(stored))


def _may_be_corrected(facts: ImplantFacts, row: StandingDates | None) -> bool:
    return bool(facts.fills) and row is not None and facts.fills[-1].fill_id != row.fill_id
