"""What would the dates be? The facts as they would stand after an entry, projected, nothing written.

An entry goes through the same checks as when it is saved, and its facts through the same case and projection,
so a preview shows what saving will store (``tests/services/test_preview.py`` holds the two together).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError, check_fill, check_known_drugs, check_program
from clinic.domain.entries import DrugEntry, FillEntry, ProgramEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.facts import DrugFacts, FillFacts, ImplantFacts, ProgramFacts
from scheduling.services.outlook import Outlook, outlook_of, read_outlook
from scheduling.services.residuals import Expectation, expectation_of

_NEWER_THAN_ANY_ROW = 2**63
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Preview:
    """The outlook now and as it would be; at a refill also what the residual should be."""

    before: Outlook
    after: Outlook
    expectation: Expectation | None = None

    @property
    def stop_codes(self) -> tuple[str, ...]:
        """What a person must acknowledge before saving, each code once; trouble counts as a stop."""
        codes = [finding.code.value for finding in self.after.stops]
        return tuple(dict.fromkeys([self.after.trouble, *codes] if self.after.trouble else codes))


def preview_fill(
    *,
    clinic_id: int,
    implant_id: int,
    entry: FillEntry,
    now: datetime,
    program: ProgramEntry | None = None,
    replaces: int | None = None,
) -> Preview:
    """What recording this refill would give; ``replaces`` is the id of the fill it corrects.

    Raises RecordError for what saving would refuse.
    """
    before = read_outlook(clinic_id=clinic_id, implant_id=implant_id, now=now)
    facts, zone = before.facts, before.setting.zone
    model = before.setting.catalogue.pump_model(facts.pump_model_key)
    reservoir_ml = model.reservoir_ml if model else None
    check_fill(entry, implanted_on=facts.implanted_on, reservoir_ml=reservoir_ml, zone=zone, now=now)
    check_known_drugs(entry.drugs, before.setting.catalogue.drugs)
    others = [fill for fill in facts.fills if fill.fill_id != replaces]
    if any(fill.filled_on == entry.filled_on for fill in others):
        raise RecordError(
            "filled_on",
            gettext_noop("a fill on %(day)s is recorded already: correct that one"),
            day=entry.filled_on,
        )
    new = fill_facts(entry)
    changed = replace(facts, fills=_in_order([*others, new]))
    for old in (fill for fill in facts.fills if fill.fill_id == replaces):
        changed = _with_moved_program(changed, old, to=new)
    if program is not None:
        changed = _with_program(changed, program, zone=zone, now=now)
    corrects = {} if replaces is None else {new.fill_id: replaces}
    after = outlook_of(changed, before.setting, before.beside, corrects=corrects)
    is_in_pump = changed.fills[-1] is new
    return Preview(before, after, expectation_of(after) if is_in_pump else None)


def preview_without_fill(
    *, clinic_id: int, implant_id: int, fill_id: int, now: datetime, is_with_program: bool = False
) -> Preview:
    """What withdrawing this fill, and the program that began with it, would give."""
    before = read_outlook(clinic_id=clinic_id, implant_id=implant_id, now=now)
    fills = [fill for fill in before.facts.fills if fill.fill_id != fill_id]
    changed = replace(before.facts, fills=fills)
    for old in (fill for fill in before.facts.fills if is_with_program and fill.fill_id == fill_id):
        changed = _without_program(changed, (old.filled_on, old.filled_at))
    return Preview(before, outlook_of(changed, before.setting, before.beside))


def preview_program(
    *,
    clinic_id: int,
    implant_id: int,
    entry: ProgramEntry,
    now: datetime,
    replaces: tuple[date, datetime | None] | None = None,
) -> Preview:
    """What this change of program would give; ``replaces`` is the start of the version it corrects.

    Raises RecordError for what saving would refuse.
    """
    before = read_outlook(clinic_id=clinic_id, implant_id=implant_id, now=now)
    changed = _with_program(
        _without_program(before.facts, replaces), entry, zone=before.setting.zone, now=now
    )
    return Preview(before, outlook_of(changed, before.setting, before.beside))


def preview_without_program(
    *, clinic_id: int, implant_id: int, start: tuple[date, datetime | None], now: datetime
) -> Preview:
    """What withdrawing the program version that begins then would give."""
    before = read_outlook(clinic_id=clinic_id, implant_id=implant_id, now=now)
    return Preview(before, outlook_of(_without_program(before.facts, start), before.setting, before.beside))


def fill_facts(entry: FillEntry) -> FillFacts:
    """The entry as the projection would read it back, newer than every stored row."""
    bridge = entry.bridge
    return FillFacts(
        fill_id=_NEWER_THAN_ANY_ROW,
        filled_on=entry.filled_on,
        filled_at=entry.filled_at,
        fill_volume_ml=entry.fill_volume_ml,
        residual_ml=entry.residual_ml,
        first_fill={None: "", True: "yes", False: "no"}[entry.is_first_fill],
        bridge_old_volume_ml=bridge.old_volume_ml if bridge else None,
        bridge_old_concentration=bridge.old_concentration if bridge else None,
        bridge_old_unit=bridge.old_unit if bridge else "",
        printed_refill_on=entry.printed_refill_on,
        drugs=[_drug_facts(drug) for drug in entry.drugs],
    )


def _drug_facts(drug: DrugEntry) -> DrugFacts:
    return DrugFacts(
        drug_key=drug.drug_key,
        concentration=drug.concentration,
        concentration_unit=drug.concentration_unit,
        is_diluted=drug.is_diluted,
        stability_days=drug.stability_days,
        beyond_use_on=drug.beyond_use_on,
    )


def program_facts(entry: ProgramEntry) -> ProgramFacts:
    """The entry as the projection would read it back."""
    bolus = entry.bolus
    return ProgramFacts(
        starts_on=entry.starts_on,
        starts_at=entry.starts_at,
        kind=entry.kind,
        dose=entry.dose,
        dose_unit=entry.dose_unit,
        flow_ml_per_day=entry.flow_ml_per_day,
        pattern=entry.pattern,
        bolus_dose=bolus.dose if bolus else None,
        bolus_unit=bolus.unit if bolus else "",
        bolus_max_per_day=bolus.max_per_day if bolus else None,
        bolus_mean_per_day=bolus.mean_per_day if bolus else None,
    )


def _in_order(fills: list[FillFacts]) -> list[FillFacts]:
    """Oldest first, as ``clinic.selectors.facts`` sorts them."""
    return sorted(
        fills,
        key=lambda fill: (
            fill.filled_on,
            fill.filled_at is not None,
            fill.filled_at or _BEFORE_ALL,
            fill.fill_id,
        ),
    )


def _start(program: ProgramFacts) -> tuple[date, datetime | None]:
    return program.starts_on, program.starts_at


def _with_program(facts: ImplantFacts, entry: ProgramEntry, *, zone: ZoneInfo, now: datetime) -> ImplantFacts:
    check_program(entry, implanted_on=facts.implanted_on, zone=zone, now=now)
    if any(_start(program) == (entry.starts_on, entry.starts_at) for program in facts.programs):
        raise RecordError(
            "starts_on",
            gettext_noop("a program from %(day)s is recorded already: correct that one, or give the time"),
            day=entry.starts_on,
        )
    return replace(facts, programs=sorted([*facts.programs, program_facts(entry)], key=_starts_on))


def _starts_on(program: ProgramFacts) -> date:
    return program.starts_on


def _with_moved_program(facts: ImplantFacts, old: FillFacts, *, to: FillFacts) -> ImplantFacts:
    """The program that began with a corrected fill begins with its correction, as ``move_program`` has it."""
    start, new_start = (old.filled_on, old.filled_at), (to.filled_on, to.filled_at)
    if any(_start(program) == new_start for program in facts.programs):
        return facts
    moved = [
        replace(program, starts_on=to.filled_on, starts_at=to.filled_at)
        if _start(program) == start
        else program
        for program in facts.programs
    ]
    return replace(facts, programs=sorted(moved, key=_starts_on))


def _without_program(facts: ImplantFacts, start: tuple[date, datetime | None] | None) -> ImplantFacts:
    return replace(facts, programs=[program for program in facts.programs if _start(program) != start])
