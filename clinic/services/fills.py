"""Refills: recorded once, corrected by superseding, withdrawn with a reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.changes import announce
from clinic.domain.checks import RecordError, check_fill, check_known_drugs
from clinic.domain.entries import DrugEntry, FillEntry, ProgramEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import (
    Clinic,
    Drug,
    Fill,
    FillDrug,
    FirstFill,
    Implant,
    PumpModelValue,
    PumpQuantity,
)
from clinic.services.corrections import lock_current
from clinic.services.implants import lock_implant
from clinic.services.programs import move_program, withdraw_program, write_program
from clinic.together import Answers, ask_together

GONE = gettext_noop("this fill was corrected or withdrawn in the meantime")
FIRST_FILL = {None: FirstFill.UNKNOWN, True: FirstFill.YES, False: FirstFill.NO}


def record_fill(
    *,
    clinic: Clinic,
    implant_ref: UUID,
    entry: FillEntry,
    actor_id: int,
    now: datetime,
    program: ProgramEntry | None = None,
    reason: str = "refill recorded",
) -> Fill:
    """Record a refill and, where the pump was reprogrammed at it, the new program, in one transaction.

    The same entry sent twice (same ``ref``) is recorded once. Raises RecordError for an explanted pump, a
    second fill on the same day, and what ``check_fill`` and ``check_program`` refuse.
    """
    with recording(actor_id=actor_id, reason=reason):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        beside = _beside(entry, implant)
        sent: list[Fill] = beside["sent"]
        if sent:
            return sent[0]
        _check(entry, implant, clinic, now, beside)
        if beside["of_its_day"]:
            raise RecordError(
                "filled_on",
                gettext_noop("a fill on %(day)s is recorded already: correct that one"),
                day=entry.filled_on,
            )
        fill = _write(entry, implant, actor_id, now, beside)
        if program is not None:
            write_program(implant=implant, clinic=clinic, entry=program, actor_id=actor_id, now=now)
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now, patient_ids=[implant.patient_id])
        return fill


def correct_fill(
    *, clinic: Clinic, fill_ref: UUID, entry: FillEntry, reason: str, actor_id: int, now: datetime
) -> Fill:
    """Supersede a fill with what is true.

    A program that began with the fill was set at the same visit, so it moves with the fill's day or hour.
    Raises RecordError when the fill was superseded before, or without a reason.
    """
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = lock_current(Fill, clinic=clinic, reason=reason, gone=GONE, ref=fill_ref)
        beside = _beside(entry, old.implant)
        _check(entry, old.implant, clinic, now, beside)
        if set(beside["of_its_day"]) - {old.pk}:
            raise RecordError(
                "filled_on", gettext_noop("another fill is recorded on %(day)s"), day=entry.filled_on
            )
        fill = _write(entry, old.implant, actor_id, now, beside, supersedes=old, correction_reason=reason)
        move_program(
            implant=old.implant,
            start=(old.filled_on, old.filled_at),
            to=(entry.filled_on, entry.filled_at),
            reason=reason,
            actor_id=actor_id,
            now=now,
        )
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return fill


def void_fill(
    *,
    clinic: Clinic,
    fill_ref: UUID,
    reason: str,
    actor_id: int,
    now: datetime,
    is_with_program: bool = False,
) -> Fill:
    """Withdraw a fill that never happened. The row stays; a withdrawal row with the reason supersedes it.

    With ``is_with_program`` the program that began with the fill is withdrawn with it.
    """
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = lock_current(Fill, clinic=clinic, reason=reason, gone=GONE, ref=fill_ref)
        withdrawal = Fill.objects.create(
            clinic=clinic,
            implant=old.implant,
            filled_on=old.filled_on,
            filled_at=old.filled_at,
            fill_volume_ml=old.fill_volume_ml,
            recorded_at=now,
            recorded_by_id=actor_id,
            supersedes=old,
            is_void=True,
            correction_reason=reason,
        )
        if is_with_program:
            began = old.implant.programs.current().filter(starts_on=old.filled_on, starts_at=old.filled_at)
            for program in began:
                withdraw_program(old=program, reason=reason, actor_id=actor_id, now=now)
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return withdrawal


def reservoir_ml(implant: Implant) -> Decimal | None:
    """What the pump's reservoir holds by the catalogue; None where it does not say."""
    value = implant.pump_model.values.filter(quantity=PumpQuantity.RESERVOIR_ML).first()
    return None if value is None else value.value


def _beside(entry: FillEntry, implant: Implant) -> Answers:
    """What an entry is checked against, read under the pump's lock."""
    return ask_together(
        _questions,
        clinic_id=implant.clinic_id,
        implant_id=implant.pk,
        model_id=implant.pump_model_id,
        ref=entry.ref,
        day=entry.filled_on,
        drug_keys=[drug.drug_key for drug in entry.drugs],
    )


def _questions(given: Any) -> dict[str, Any]:
    fills = Fill.objects.for_clinic(given.clinic_id).filter(implant_id=given.implant_id)
    return {
        "sent": fills.filter(ref=given.ref),
        "of_its_day": fills.current().filter(filled_on=given.day).values_list("id", flat=True),
        "reservoir_ml": PumpModelValue.objects.filter(
            pump_model_id=given.model_id, quantity=PumpQuantity.RESERVOIR_ML
        ).values_list("value", flat=True),
        "drugs": Drug.objects.filter(key__any_of=given.drug_keys).values_list("key", "id"),
    }


def _check(entry: FillEntry, implant: Implant, clinic: Clinic, now: datetime, beside: Answers) -> None:
    check_fill(
        entry,
        implanted_on=implant.implanted_on,
        reservoir_ml=next(iter(beside["reservoir_ml"]), None),
        zone=ZoneInfo(clinic.time_zone),
        now=now,
    )
    if implant.explanted_on is not None and entry.filled_on > implant.explanted_on:
        raise RecordError(
            "filled_on", gettext_noop("the pump was taken out on %(day)s"), day=implant.explanted_on
        )


def _write(
    entry: FillEntry,
    implant: Implant,
    actor_id: int,
    now: datetime,
    beside: Answers,
    supersedes: Fill | None = None,
    correction_reason: str = "",
) -> Fill:
    fill = new_fill(entry, implant, actor_id, now, supersedes, correction_reason)
    drugs = new_drugs(fill, entry.drugs, dict(beside["drugs"]))
    fill.save(force_insert=True)
    FillDrug.objects.bulk_create(drugs)
    return fill


def new_fill(
    entry: FillEntry,
    implant: Implant,
    actor_id: int,
    now: datetime,
    supersedes: Fill | None = None,
    correction_reason: str = "",
) -> Fill:
    """The row of a checked entry, not stored."""
    bridge = entry.bridge
    fill = Fill(
        clinic_id=implant.clinic_id,
        implant=implant,
        filled_on=entry.filled_on,
        filled_at=entry.filled_at,
        fill_volume_ml=entry.fill_volume_ml,
        residual_ml=entry.residual_ml,
        first_fill=FIRST_FILL[entry.is_first_fill],
        bridge_old_volume_ml=bridge.old_volume_ml if bridge else None,
        bridge_old_concentration=bridge.old_concentration if bridge else None,
        bridge_old_unit=bridge.old_unit if bridge else "",
        printed_refill_on=entry.printed_refill_on,
        performed_by=entry.performed_by,
        checked_by_id=entry.checked_by_id,
        note=entry.note,
        recorded_at=now,
        recorded_by_id=actor_id,
        supersedes=supersedes,
        correction_reason=correction_reason,
    )
    if entry.ref is not None:
        fill.ref = entry.ref
    return fill


def new_drugs(fill: Fill, drugs: tuple[DrugEntry, ...], known: Mapping[str, int]) -> list[FillDrug]:
    """What the fill holds, not stored; ``known`` are the catalogue's ids by key. RecordError for a drug that is none."""
    check_known_drugs(drugs, known)
    return [
        FillDrug(
            clinic_id=fill.clinic_id,
            fill=fill,
            position=number,
            drug_id=known[drug.drug_key],
            concentration=drug.concentration,
            concentration_unit=drug.concentration_unit,
            is_diluted=drug.is_diluted,
            stability_days=drug.stability_days,
            lot=drug.lot.strip(),
            beyond_use_on=drug.beyond_use_on,
        )
        for number, drug in enumerate(drugs, start=1)
    ]
