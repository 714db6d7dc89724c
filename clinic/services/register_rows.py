"""Bring rows of a refill register into the record: each whole or not at all, and safe to repeat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from django.db.models.functions import Upper

from clinic.audit import recording
from clinic.changes import announcing_once
from clinic.domain.checks import RecordError
from clinic.domain.entries import ImplantEntry, PatientEntry
from clinic.domain.register import COLUMNS, Fault, RegisterRow
from clinic.domain.register.reasons import gettext_noop
from clinic.models import Channel, Clinic, Consent, Implant, Patient
from clinic.services.implants import add_implant, pump_model_called, update_implant
from clinic.services.patients import add_contact_point, record_consent, update_patient
from clinic.services.register_fills import bring_in_fill
from clinic.services.register_new import (
    CONSENT_WORDING,
    CONTACT_OF_CHANNEL,
    Added,
    add_new,
    contacts_of,
    implant_entry,
    stated_of_pump,
)

REASON = "import"


class RowResult(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What became of one row: ``columns`` changed the record, or ``fault`` refused it and nothing was kept."""

    result: RowResult
    columns: tuple[str, ...] = ()
    fault: Fault | None = None
    implant_id: int | None = None


@dataclass(slots=True)
class _Import:
    """One row on its way into one clinic's record, and which of its columns changed something."""

    clinic: Clinic
    row: RegisterRow
    actor_id: int
    now: datetime
    changed: set[str] = field(default_factory=set)


def import_rows(
    *,
    clinic: Clinic,
    rows: Sequence[RegisterRow],
    actor_id: int,
    now: datetime,
    consent_channels: frozenset[str] = frozenset(),
) -> list[RowOutcome]:
    """Bring ``rows`` into the record in one transaction; a row that is refused leaves nothing behind.

    No patient and no pump is in two of them: rows that tell one after the other come one after the other.
    The pump is known by its serial number, the patient by the MRN. A new ``filled_on`` is a new fill; the same
    date with other values is a correction with the reason "import"; what a person corrected or withdrew by
    hand after it came from the register stays as that person left it. An empty cell never erases anything.

    ``consent_channels`` (email, sms) are attested for patients who can be reached on them and have said
    nothing about them yet; a withdrawal stands.
    """
    with recording(actor_id=actor_id, reason=REASON), announcing_once(now=now):
        patients, pumps = _known(clinic, rows)
        new = [row for row in rows if row.mrn not in patients and row.pump_serial.upper() not in pumps]
        added = add_new(
            clinic=clinic, rows=new, actor_id=actor_id, now=now, consent_channels=consent_channels
        )
        outcomes = {row.mrn: _of_new(each) for row, each in zip(new, added, strict=True)}
        for row in rows:
            if row.mrn not in outcomes:
                work = _Import(clinic, row, actor_id, now)
                pump = pumps.get(row.pump_serial.upper())
                outcomes[row.mrn] = _import_known(work, patients.get(row.mrn), pump, consent_channels)
        return [outcomes[row.mrn] for row in rows]


def _known(clinic: Clinic, rows: Sequence[RegisterRow]) -> tuple[dict[str, Patient], dict[str, Implant]]:
    """The patients by MRN and the pumps by serial that are in the record already: locked, each kind in its order."""
    patients = Patient.objects.for_clinic(clinic.id).filter(mrn__in=[row.mrn for row in rows])
    serials = [row.pump_serial.upper() for row in rows]
    pumps = (
        Implant.objects.for_clinic(clinic.id)
        .select_related("pump_model", "patient")
        .alias(serial_upper=Upper("serial"))
        .filter(serial_upper__in=serials)
    )
    locked = patients.order_by("id").select_for_update(no_key=True)
    locked_pumps = pumps.order_by("id").select_for_update(of=("self",), no_key=True)
    return (
        {patient.mrn: patient for patient in locked},
        {pump.serial.upper(): pump for pump in locked_pumps},
    )


def _of_new(added: Added | RecordError) -> RowOutcome:
    if isinstance(added, RecordError):
        return _refused(added)
    columns = tuple(column for column in COLUMNS if column in added.columns)
    return RowOutcome(RowResult.CREATED, columns, implant_id=added.implant.id)


def _refused(error: RecordError) -> RowOutcome:
    return RowOutcome(RowResult.REFUSED, fault=Fault(_column(error.field), error.reason))


def _import_known(
    work: _Import, patient: Patient | None, pump: Implant | None, consent_channels: frozenset[str]
) -> RowOutcome:
    """A row about a patient or a pump of the record."""
    try:
        with announcing_once(now=work.now):
            implant = _bring_in(work, patient, pump, consent_channels)
    except RecordError as error:
        return _refused(error)
    columns = tuple(column for column in COLUMNS if column in work.changed)
    if pump is None:
        return RowOutcome(RowResult.CREATED, columns, implant_id=implant.id)
    return RowOutcome(RowResult.UPDATED if columns else RowResult.UNCHANGED, columns, implant_id=implant.id)


def _bring_in(
    work: _Import, patient: Patient | None, implant: Implant | None, consent_channels: frozenset[str]
) -> Implant:
    if patient is not None:
        _refuse_another_patient(patient, work.row)
    if patient is None or (implant is not None and implant.patient_id != patient.id):
        raise RecordError("serial", gettext_noop("the pump with this serial number is another patient's"))
    patient = _bring_in_patient(work, patient)
    _bring_in_contacts(work, patient)
    implant = _change_implant(work, implant) if implant else _add_implant(work, patient)
    work.changed |= bring_in_fill(
        clinic=work.clinic,
        implant=implant,
        row=work.row,
        actor_id=work.actor_id,
        now=work.now,
        reason=REASON,
    )
    _attest_consent(work, patient, consent_channels)
    return implant


def _refuse_another_patient(patient: Patient, row: RegisterRow) -> None:
    """One MRN, two people: the birth date differs, or no part of the name is the same."""
    same_name = (
        patient.last_name.casefold() == row.last_name.casefold()
        or patient.first_name.casefold() == row.first_name.casefold()
    )
    if patient.birth_date != row.birth_date or not same_name:
        raise RecordError("mrn", gettext_noop("another patient has this MRN in the record"))
    if patient.died_on is not None and row.filled_on > patient.died_on:
        raise RecordError("filled_on", gettext_noop("the patient died on %(day)s"), day=patient.died_on)


def _bring_in_patient(work: _Import, patient: Patient) -> Patient:
    row = work.row
    entry = PatientEntry(
        mrn=row.mrn,
        last_name=row.last_name,
        first_name=row.first_name,
        birth_date=row.birth_date,
        language=row.language or patient.language,
        notes=patient.notes,
    )
    differing = {name for name, value in asdict(entry).items() if getattr(patient, name) != value}
    left = {name for name in differing if _is_left_by_hand(patient, name, getattr(entry, name))}
    differing -= left
    if not differing:
        return patient
    work.changed |= differing
    return update_patient(
        clinic=work.clinic,
        patient_ref=patient.ref,
        entry=replace(entry, **{name: getattr(patient, name) for name in left}),
        actor_id=work.actor_id,
        now=work.now,
        reason=REASON,
    )


def _bring_in_contacts(work: _Import, patient: Patient) -> None:
    """Add a number or address that was never listed; one that was retired by hand stays retired."""
    for column, kind, value in contacts_of(work.row):
        own = patient.contact_points.filter(proxy__isnull=True, kind=kind)
        if not own.filter(value=value).exists():
            add_contact_point(
                clinic=work.clinic,
                patient_ref=patient.ref,
                kind=kind,
                value=value,
                actor_id=work.actor_id,
                now=work.now,
                is_preferred=not own.filter(is_active=True).exists(),
            )
            work.changed.add(column)


def _add_implant(work: _Import, patient: Patient) -> Implant:
    row = work.row
    work.changed |= {"pump_model", "pump_serial", "implanted_on"} | stated_of_pump(row)
    return add_implant(
        clinic=work.clinic,
        patient_ref=patient.ref,
        entry=implant_entry(row),
        actor_id=work.actor_id,
        now=work.now,
        reason=REASON,
    )


def _change_implant(work: _Import, implant: Implant) -> Implant:
    row = work.row
    wanted: dict[str, object] = {"implanted_on": row.implanted_on} | {
        column: getattr(row, column) for column in stated_of_pump(row)
    }
    wanted = {
        column: value
        for column, value in wanted.items()
        if getattr(implant, column) != value and not _is_left_by_hand(implant, column, value)
    }
    entry = replace(_entry_of(implant), **wanted)  # type: ignore[arg-type]
    differing = set(wanted)
    if implant.pump_model.key != row.pump_model and not _is_left_by_hand(
        implant, "pump_model_id", pump_model_called(row.pump_model).id
    ):
        differing.add("pump_model")
        entry = replace(entry, pump_model_key=row.pump_model)
    if not differing:
        return implant
    work.changed |= differing
    return update_implant(
        clinic=work.clinic,
        implant_ref=implant.ref,
        entry=entry,
        actor_id=work.actor_id,
        now=work.now,
        reason=REASON,
    )


def _is_left_by_hand(row: Patient | Implant, column: str, value: object) -> bool:
    """Say whether ``value`` stood there before and a person, not an import, last changed it: that person's word stands.

    A threshold raised for early symptoms would otherwise fall back, and the date move later, with every
    repeated import of the same spreadsheet.
    """
    versions = row.history.order_by("pgh_id").values_list(column, "pgh_context__metadata__reason")  # type: ignore[union-attr]
    earlier: list[object] = []
    changed_by = ""
    for stood, reason in versions:
        if not earlier or stood != earlier[-1]:
            earlier.append(stood)
            changed_by = reason
    return changed_by != REASON and value in earlier[:-1]


def _entry_of(implant: Implant) -> ImplantEntry:
    kept = {name: getattr(implant, name) for name in ImplantEntry.__slots__ if name != "pump_model_key"}
    return ImplantEntry(pump_model_key=implant.pump_model.key, **kept)


def _attest_consent(work: _Import, patient: Patient, channels: frozenset[str]) -> None:
    for channel in sorted(channels):
        reachable = patient.contact_points.filter(
            proxy__isnull=True, is_active=True, kind=CONTACT_OF_CHANNEL[Channel(channel)]
        )
        said = Consent.objects.for_clinic(work.clinic.id).filter(patient=patient, channel=channel)
        if reachable.exists() and not said.exists():
            record_consent(
                clinic=work.clinic,
                patient_ref=patient.ref,
                channel=channel,
                is_granted=True,
                wording=CONSENT_WORDING,
                actor_id=work.actor_id,
                now=work.now,
            )
            work.changed.add("phone" if channel == Channel.SMS else "email")


_COLUMN_OF_FIELD = {"serial": "pump_serial", "starts_on": "filled_on", "drugs": "drug_1", "pattern": "dose"}


def _column(entry_field: str) -> str:
    """Name the register's column for the field that a service refused."""
    if entry_field.startswith("drugs."):
        _, number, part = entry_field.split(".")
        return f"{part}_{number}" if f"{part}_{number}" in COLUMNS else f"drug_{number}"
    column = _COLUMN_OF_FIELD.get(entry_field, entry_field)
    return column if column in COLUMNS else "filled_on"
