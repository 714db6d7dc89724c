"""What is stored beside the facts of pumps: the dates that stand, the checks that run, the signatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clinic.selectors.care_facts import Chains
from clinic.together import Answers
from scheduling.domain.findings import LimitKind
from scheduling.domain.second_check import RefillDates
from scheduling.models import RUNNING, CheckState, ImportCheck, ImportedPump, SecondCheck, StandingDates
from scheduling.services.entered import dates_from_json
from scheduling.services.standing import Beside, Emergency, Imported, Stood


@dataclass(slots=True)
class Reading:
    """The stored rows of many pumps of one clinic, by implant."""

    clinic_id: int
    now: datetime
    rows: dict[int, StandingDates]
    checks: dict[int, SecondCheck]
    imported: dict[int, list[ImportedPump]] = field(default_factory=dict)
    """What imports brought that nobody has checked."""
    chains: dict[int, dict[int, int]] = field(default_factory=dict)

    def of(self, implant_id: int, *, signed: frozenset[str] = frozenset()) -> Beside:
        """What ``judge`` needs of one pump."""
        row, check = self.rows.get(implant_id), self.checks.get(implant_id)
        return Beside(
            stood=None if row is None else stood_of(row),
            emergency=None if check is None else _emergency_of(check, self.now),
            imported=tuple(_imported_of(each, self.now) for each in self.imported.get(implant_id, ())),
            signed=signed,
            chain=self.chains.get(implant_id, {}),
        )

    def signed_for(self, marks: Mapping[int, str]) -> dict[int, frozenset[str]]:
        """Of these pumps with these inputs, those for which somebody has signed, alone or with an import.

        Two queries, none without pumps.
        """
        if not marks:
            return {}
        found = {"implant_id__any_of": list(marks), "fingerprint__in": set(marks.values())}
        alone = SecondCheck.objects.for_clinic(self.clinic_id).filter(state=CheckState.SIGNED, **found)
        whole = ImportedPump.objects.for_clinic(self.clinic_id).filter(signed_at__isnull=False, **found)
        return {
            implant_id: frozenset({mark})
            for rows in (alone, whole)
            for implant_id, mark in rows.values_list("implant_id", "fingerprint")
            if mark is not None and marks.get(implant_id) == mark
        }


def beside_questions(given: Any) -> dict[str, Any]:
    """What ``reading_from`` needs the answers to, beside those to ``chain_questions``; asked of ``implant_ids``."""
    which = {"implant_id__any_of": given.implant_ids}
    return {
        "standing": StandingDates.objects.for_clinic(given.clinic_id).filter(**which),
        "checks": SecondCheck.objects.for_clinic(given.clinic_id).filter(state__in=RUNNING, **which),
        "imported": ImportedPump.objects.for_clinic(given.clinic_id).filter(waits=True, **which),
    }


def reading_from(answers: Answers, chains: Chains, *, clinic_id: int, now: datetime) -> Reading:
    """What is stored beside these pumps' facts, from the answers (no query, one where something imported waits)."""
    reading = Reading(
        clinic_id=clinic_id,
        now=now,
        rows={row.implant_id: row for row in answers["standing"]},
        checks={check.implant_id: check for check in answers["checks"]},
    )
    imports = {pump.import_check_id for pump in answers["imported"]}
    whole = ImportCheck.objects.for_clinic(clinic_id).in_bulk(imports) if imports else {}
    for pump in answers["imported"]:
        pump.import_check = whole[pump.import_check_id]
        reading.imported.setdefault(pump.implant_id, []).append(pump)
    for implant_id, fill_id, corrects, _ in chains.fills.rows:
        reading.chains.setdefault(implant_id, {})[fill_id] = corrects
    return reading


def signature_questions(given: Any) -> dict[str, Any]:
    """What ``signed_from`` needs the answers to; asked of ``implant_ids``."""
    which = {"implant_id__any_of": given.implant_ids}
    alone = SecondCheck.objects.for_clinic(given.clinic_id).filter(state=CheckState.SIGNED, **which)
    whole = ImportedPump.objects.for_clinic(given.clinic_id).filter(signed_at__isnull=False, **which)
    return {
        "signed_alone": alone.values_list("fingerprint", flat=True),
        "signed_whole": whole.values_list("fingerprint", flat=True),
    }


def signed_from(answers: Answers) -> frozenset[str]:
    """The inputs of one pump for which somebody has signed, alone or with an import."""
    return frozenset(mark for mark in (*answers["signed_alone"], *answers["signed_whole"]) if mark)


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


def _imported_of(pump: ImportedPump, now: datetime) -> Imported:
    whole = pump.import_check
    until = whole.emergency_until if whole.state == CheckState.EMERGENCY else None
    return Imported(
        fill_id=pump.fill_id,
        fingerprint=pump.fingerprint,
        is_first=pump.is_first,
        is_emergency=until is not None and until > now,
    )


def _emergency_of(check: SecondCheck, now: datetime) -> Emergency | None:
    if check.state != CheckState.EMERGENCY or check.emergency_until is None or check.emergency_dates is None:
        return None
    if check.emergency_until <= now:
        return None
    stored = dict(check.emergency_dates)
    return Emergency(fill_id=int(stored.pop("fill_id")), allowed=dates_from_json(stored))
