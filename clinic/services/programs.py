"""How the pump runs: a new version from a day on, corrections, withdrawals."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.changes import announce
from clinic.domain.checks import RecordError, check_program
from clinic.domain.entries import ProgramEntry
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Clinic, Implant, ProgramVersion
from clinic.services.corrections import lock_current
from clinic.services.implants import lock_implant

GONE = gettext_noop("this program was corrected or withdrawn in the meantime")


def record_program(
    *,
    clinic: Clinic,
    implant_ref: UUID,
    entry: ProgramEntry,
    actor_id: int,
    now: datetime,
    reason: str = "program changed",
) -> ProgramVersion:
    """Record a change of program; the projection follows in the same transaction."""
    with recording(actor_id=actor_id, reason=reason):
        implant = lock_implant(clinic=clinic, implant_ref=implant_ref)
        version = write_program(implant=implant, clinic=clinic, entry=entry, actor_id=actor_id, now=now)
        announce(clinic_id=clinic.id, implant_ids=[implant.id], now=now)
        return version


def correct_program(
    *, clinic: Clinic, program_id: int, entry: ProgramEntry, reason: str, actor_id: int, now: datetime
) -> ProgramVersion:
    """Supersede a program version with what is true."""
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = lock_current(ProgramVersion, clinic=clinic, reason=reason, gone=GONE, pk=program_id)
        version = write_program(
            implant=old.implant,
            clinic=clinic,
            entry=entry,
            actor_id=actor_id,
            now=now,
            supersedes=old,
            correction_reason=reason,
        )
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return version


def void_program(
    *, clinic: Clinic, program_id: int, reason: str, actor_id: int, now: datetime
) -> ProgramVersion:
    """Withdraw a program version that never ran."""
    with recording(actor_id=actor_id, reason=reason or "?"):
        old = lock_current(ProgramVersion, clinic=clinic, reason=reason, gone=GONE, pk=program_id)
        withdrawal = withdraw_program(old=old, reason=reason, actor_id=actor_id, now=now)
        announce(clinic_id=clinic.id, implant_ids=[old.implant_id], now=now)
        return withdrawal


def write_program(
    *,
    implant: Implant,
    clinic: Clinic,
    entry: ProgramEntry,
    actor_id: int,
    now: datetime,
    supersedes: ProgramVersion | None = None,
    correction_reason: str = "",
) -> ProgramVersion:
    """Write one version inside a transaction that already holds the implant's lock; announces nothing."""
    check_program(entry, implanted_on=implant.implanted_on, zone=ZoneInfo(clinic.time_zone), now=now)
    same_start = implant.programs.current().filter(starts_on=entry.starts_on, starts_at=entry.starts_at)
    if supersedes is not None:
        same_start = same_start.exclude(pk=supersedes.pk)
    if same_start.exists():
        raise RecordError(
            "starts_on",
            gettext_noop("a program from %(day)s is recorded already: correct that one, or give the time"),
            day=entry.starts_on,
        )
    version = new_program(entry, implant, actor_id, now, supersedes, correction_reason)
    version.save(force_insert=True)
    return version


def new_program(
    entry: ProgramEntry,
    implant: Implant,
    actor_id: int,
    now: datetime,
    supersedes: ProgramVersion | None = None,
    correction_reason: str = "",
) -> ProgramVersion:
    """The row of a checked entry, not stored."""
    bolus = entry.bolus
    return ProgramVersion(
        clinic_id=implant.clinic_id,
        implant=implant,
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
        note=entry.note,
        recorded_at=now,
        recorded_by_id=actor_id,
        supersedes=supersedes,
        correction_reason=correction_reason,
    )


def withdraw_program(*, old: ProgramVersion, reason: str, actor_id: int, now: datetime) -> ProgramVersion:
    """Write the withdrawal of one version; the caller holds the implant's lock and announces."""
    return ProgramVersion.objects.create(
        clinic_id=old.clinic_id,
        implant_id=old.implant_id,
        starts_on=old.starts_on,
        starts_at=old.starts_at,
        kind="stopped",
        recorded_at=now,
        recorded_by_id=actor_id,
        supersedes=old,
        is_void=True,
        correction_reason=reason,
    )


def move_program(
    *,
    implant: Implant,
    start: tuple[date, datetime | None],
    to: tuple[date, datetime | None],
    reason: str,
    actor_id: int,
    now: datetime,
) -> ProgramVersion | None:
    """Supersede the program that begins at ``start`` by the same one beginning at ``to``; announces nothing.

    None where no program begins there, nothing moves, or another one begins at ``to`` already. The caller
    holds the implant's lock.
    """
    programs = implant.programs.current()
    old = programs.filter(starts_on=start[0], starts_at=start[1]).first()
    if old is None or start == to or programs.filter(starts_on=to[0], starts_at=to[1]).exists():
        return None
    moved = ProgramVersion.objects.get(pk=old.pk)
    moved.pk, moved._state.adding = None, True
    moved.starts_on, moved.starts_at = to
    moved.supersedes, moved.correction_reason = old, reason
    moved.recorded_at, moved.recorded_by_id = now, actor_id
    moved.save(force_insert=True)
    return moved
