"""The fill and the program that a register's row states, compared with the record and brought in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from clinic.domain.checks import RecordError
from clinic.domain.entries import BridgeEntry, DrugEntry, FillEntry, ProgramEntry
from clinic.domain.register import RegisterRow
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, Fill, Implant, ProgramKind, ProgramVersion
from clinic.services.fills import FIRST_FILL, correct_fill, record_fill
from clinic.services.programs import correct_program, record_program

_WAS_FIRST = {stored: meaning for meaning, stored in FIRST_FILL.items()}
_Mixture = tuple[tuple[str, Decimal], ...]


def bring_in_fill(
    *, clinic: Clinic, implant: Implant, row: RegisterRow, actor_id: int, now: datetime, reason: str
) -> set[str]:
    """Record or correct the fill of ``row.filled_on`` and the program it states; tell which columns changed.

    Raises RecordError where the record must not be changed by a register: see ``_program``.
    """
    fills = implant.fills.filter(filled_on=row.filled_on).select_related("superseded_by")
    current = fills.filter(superseded_by__isnull=True, is_void=False).first()
    if current is None and _settled_by_hand(list(fills), row, reason):
        return set()
    program = _program(implant, row, reason)
    if current is None:
        record_fill(
            clinic=clinic,
            implant_ref=implant.ref,
            entry=fill_entry(row),
            program=program if program is not None and _same_start(implant, program) is None else None,
            actor_id=actor_id,
            now=now,
            reason=reason,
        )
        changed = {"filled_on", "fill_volume_ml", *drug_columns(row), *stated_of_fill(row)}
        if program is not None:
            changed |= {"dose", "dose_unit"}
            _correct_same_start(clinic, implant, program, actor_id, now, reason)
        return changed
    changed = _differences(current, row)
    if changed and not _settled_by_hand(list(fills), row, reason):
        correct_fill(
            clinic=clinic,
            fill_ref=current.ref,
            entry=_corrected_entry(current, row),
            reason=reason,
            actor_id=actor_id,
            now=now,
        )
    else:
        changed = set()
    if program is None:
        return changed
    if not _correct_same_start(clinic, implant, program, actor_id, now, reason):
        record_program(
            clinic=clinic, implant_ref=implant.ref, entry=program, actor_id=actor_id, now=now, reason=reason
        )
    return changed | {"dose", "dose_unit"}


def _settled_by_hand(fills: list[Fill], row: RegisterRow, reason: str) -> bool:
    """Say whether a person corrected or withdrew exactly what the row states: then that person's word stands."""
    return any(
        fill.correction_reason != reason
        for old in fills
        if (fill := getattr(old, "superseded_by", None)) is not None and not _differences(old, row)
    )


def _differences(fill: Fill, row: RegisterRow) -> set[str]:
    """Name the columns in which the stored fill and the row differ; an empty cell differs from nothing."""
    differing = set()
    if fill.fill_volume_ml != row.fill_volume_ml:
        differing.add("fill_volume_ml")
    if _mixture(fill) != _row_mixture(row):
        differing |= drug_columns(row)
    if row.printed_refill_on is not None and fill.printed_refill_on != row.printed_refill_on:
        differing.add("printed_refill_on")
    if row.notes and fill.note != row.notes:
        differing.add("notes")
    return differing


def _mixture(fill: Fill) -> _Mixture:
    drugs = fill.drugs.select_related("drug").order_by("position")
    return tuple((drug.drug.key, _mcg(drug.concentration, drug.concentration_unit)) for drug in drugs)


def _row_mixture(row: RegisterRow) -> _Mixture:
    return tuple((drug.drug, _mcg(drug.concentration, drug.unit)) for drug in row.drugs)


def _mcg(amount: Decimal, unit: str) -> Decimal:
    return amount * 1000 if unit.startswith("mg/") else amount


def fill_entry(row: RegisterRow) -> FillEntry:
    """The fill that the row states."""
    return FillEntry(
        filled_on=row.filled_on,
        fill_volume_ml=row.fill_volume_ml,
        drugs=tuple(
            DrugEntry(drug_key=drug.drug, concentration=drug.concentration, concentration_unit=drug.unit)
            for drug in row.drugs
        ),
        printed_refill_on=row.printed_refill_on,
        note=row.notes,
    )


def _corrected_entry(fill: Fill, row: RegisterRow) -> FillEntry:
    """Take from the row what it states and keep the rest of what is recorded. The second person's check falls."""
    stored = {drug.drug.key: drug for drug in fill.drugs.select_related("drug")}
    entry = fill_entry(row)
    bridge = None
    if fill.bridge_old_volume_ml is not None and fill.bridge_old_concentration is not None:
        bridge = BridgeEntry(
            old_volume_ml=fill.bridge_old_volume_ml,
            old_concentration=fill.bridge_old_concentration,
            old_unit=fill.bridge_old_unit,
        )
    return replace(
        entry,
        filled_at=fill.filled_at,
        residual_ml=fill.residual_ml,
        is_first_fill=_WAS_FIRST[fill.first_fill],  # type: ignore[index]
        bridge=bridge,
        performed_by=fill.performed_by,
        printed_refill_on=row.printed_refill_on or fill.printed_refill_on,
        note=row.notes or fill.note,
        drugs=tuple(
            replace(
                drug,
                is_diluted=old.is_diluted,
                stability_days=old.stability_days,
                lot=old.lot,
                beyond_use_on=old.beyond_use_on,
            )
            if (old := stored.get(drug.drug_key))
            else drug
            for drug in entry.drugs
        ),
    )


def drug_columns(row: RegisterRow) -> set[str]:
    """The columns about the drugs that the row fills in."""
    numbers = range(1, len(row.drugs) + 1)
    return {f"{part}_{number}" for number in numbers for part in ("drug", "concentration", "unit")}


def stated_of_fill(row: RegisterRow) -> set[str]:
    """The columns about the fill that need not be filled in, and are."""
    return {column for column in ("printed_refill_on", "notes") if getattr(row, column)}


def _program(implant: Implant, row: RegisterRow, reason: str) -> ProgramEntry | None:
    """Give the program that the row states, or None when the record says so or a person corrected just that.

    Raises RecordError when the pump is stopped at that fill, or runs a pattern or patient boluses: one dose a day cannot say
    what becomes of them, so a person must.
    """
    if row.dose is None:
        return None
    programs = implant.programs.filter(starts_on__lte=row.filled_on).order_by("starts_on", "id")
    current = programs.filter(superseded_by__isnull=True, is_void=False)
    that_day = list(current.filter(starts_on=row.filled_on))
    if len(that_day) > 1:
        # One of them is the row's own, or nobody can tell which of them the row is about.
        if any(_runs_as(each, row) for each in that_day):
            return None
        raise RecordError("dose", gettext_noop("the record holds several programs from that day"))
    in_force = current.last()
    if in_force is not None:
        if in_force.kind != ProgramKind.CONTINUOUS or in_force.bolus_dose is not None:
            raise RecordError(
                "dose",
                gettext_noop(
                    "the pump is stopped, or runs a pattern or patient boluses: enter its programs by hand"
                ),
            )
        if _runs_as(in_force, row):
            return None
    superseded = programs.filter(starts_on=row.filled_on, superseded_by__isnull=False)
    for old in superseded.select_related("superseded_by"):
        if _runs_as(old, row) and old.superseded_by.correction_reason != reason:
            return None
    return program_entry(row)


def program_entry(row: RegisterRow) -> ProgramEntry | None:
    """The program that the row states: one dose a day since the fill."""
    if row.dose is None:
        return None
    return ProgramEntry(starts_on=row.filled_on, kind="continuous", dose=row.dose, dose_unit=row.dose_unit)


def _runs_as(program: ProgramVersion, row: RegisterRow) -> bool:
    return (
        program.dose is not None
        and row.dose is not None
        and _mcg(program.dose, program.dose_unit) == _mcg(row.dose, row.dose_unit)
    )


def _same_start(implant: Implant, program: ProgramEntry) -> ProgramVersion | None:
    return implant.programs.current().filter(starts_on=program.starts_on).order_by("id").last()


def _correct_same_start(
    clinic: Clinic, implant: Implant, program: ProgramEntry, actor_id: int, now: datetime, reason: str
) -> bool:
    """Correct the version that starts on the same day, if there is one that says something else."""
    old = _same_start(implant, program)
    if old is None:
        return False
    if (old.dose, old.dose_unit, old.kind) != (program.dose, program.dose_unit, program.kind):
        correct_program(
            clinic=clinic,
            program_id=old.id,
            entry=replace(program, starts_at=old.starts_at),
            reason=reason,
            actor_id=actor_id,
            now=now,
        )
    return True
