"""Bring one row of a refill register into the record: whole or not at all, and safe to repeat."""

from __future__ import annotations

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
from clinic.models import Channel, Clinic, Consent, ContactKind, Implant, Patient
from clinic.services.implants import add_implant, pump_model_called, update_implant
from clinic.services.patients import add_contact_point, add_patient, record_consent, update_patient
from clinic.services.register_fills import bring_in_fill

REASON = "import"
CONSENT_WORDING = gettext_noop("Attested by the administrator when the register was imported.")
_CONTACT_OF_CHANNEL = {Channel.EMAIL: ContactKind.EMAIL, Channel.SMS: ContactKind.PHONE}


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


def import_row(
    *,
    clinic: Clinic,
    row: RegisterRow,
    actor_id: int,
    now: datetime,
    consent_channels: frozenset[str] = frozenset(),
) -> RowOutcome:
    """Bring ``row`` into the record in one transaction; whatever refuses it leaves nothing behind.

    The pump is known by its serial number, the patient by the MRN. A new ``filled_on`` is a new fill; the same
    date with other values is a correction with the reason "import"; what a person corrected or withdrew by
    hand after it came from the register stays as that person left it. An empty cell never erases anything.

    ``consent_channels`` (email, sms) are attested for patients who can be reached on them and have said
    nothing about them yet; a withdrawal stands.
    """
    work = _Import(clinic, row, actor_id, now)
    try:
        with recording(actor_id=actor_id, reason=REASON), announcing_once(now=now):
            implant, is_new = _bring_in(work, consent_channels)
    except RecordError as error:
        return RowOutcome(RowResult.REFUSED, fault=Fault(_column(error.field), error.reason))
    columns = tuple(column for column in COLUMNS if column in work.changed)
    if is_new:
        return RowOutcome(RowResult.CREATED, columns, implant_id=implant.id)
    return RowOutcome(RowResult.UPDATED if columns else RowResult.UNCHANGED, columns, implant_id=implant.id)


def _bring_in(work: _Import, consent_channels: frozenset[str]) -> tuple[Implant, bool]:
    row = work.row
    patient = (
        Patient.objects.for_clinic(work.clinic.id).select_for_update(no_key=True).filter(mrn=row.mrn).first()
    )
    implant = _known_pump(work)
    if patient is not None:
        _refuse_another_patient(patient, row)
    if implant is not None and implant.patient_id != (patient.id if patient else None):
        raise RecordError("serial", gettext_noop("the pump with this serial number is another patient's"))
    patient = _bring_in_patient(work, patient)
    _bring_in_contacts(work, patient)
    is_new = implant is None
    implant = _change_implant(work, implant) if implant else _add_implant(work, patient)
    work.changed |= bring_in_fill(
        clinic=work.clinic, implant=implant, row=row, actor_id=work.actor_id, now=work.now, reason=REASON
    )
    _attest_consent(work, patient, consent_channels)
    return implant, is_new


def _known_pump(work: _Import) -> Implant | None:
    pumps = Implant.objects.for_clinic(work.clinic.id).select_related("pump_model", "patient")
    return pumps.alias(serial_upper=Upper("serial")).filter(serial_upper=work.row.pump_serial.upper()).first()


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


def _bring_in_patient(work: _Import, patient: Patient | None) -> Patient:
    row = work.row
    entry = PatientEntry(
        mrn=row.mrn,
        last_name=row.last_name,
        first_name=row.first_name,
        birth_date=row.birth_date,
        language=row.language or (patient.language if patient else work.clinic.language),
        notes=patient.notes if patient else "",
    )
    if patient is None:
        work.changed |= {"mrn", "last_name", "first_name", "birth_date"} | (
            {"language"} if row.language else set()
        )
        return add_patient(
            clinic=work.clinic, entry=entry, actor_id=work.actor_id, now=work.now, reason=REASON
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
    for column, kind, value in (
        ("phone", ContactKind.PHONE, work.row.phone),
        ("email", ContactKind.EMAIL, work.row.email),
    ):
        own = patient.contact_points.filter(proxy__isnull=True, kind=kind)
        if value and not own.filter(value=value).exists():
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
    work.changed |= {"pump_model", "pump_serial", "implanted_on"} | _stated(row)
    return add_implant(
        clinic=work.clinic,
        patient_ref=patient.ref,
        entry=ImplantEntry(
            pump_model_key=row.pump_model,
            serial=row.pump_serial,
            implanted_on=row.implanted_on,
            threshold_ml=row.threshold_ml,
            max_interval_days=row.max_interval_days,
        ),
        actor_id=work.actor_id,
        now=work.now,
        reason=REASON,
    )


def _change_implant(work: _Import, implant: Implant) -> Implant:
    row = work.row
    wanted: dict[str, object] = {"implanted_on": row.implanted_on} | {
        column: getattr(row, column) for column in _stated(row)
    }
    wanted = {
        column: value
        for column, value in wanted.items()
        if getattr(implant, column) != value and not _is_left_by_hand(implant, column, value)
    }
    entry = replace(_implant_entry(implant), **wanted)  # type: ignore[arg-type]
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


def _implant_entry(implant: Implant) -> ImplantEntry:
    kept = {name: getattr(implant, name) for name in ImplantEntry.__slots__ if name != "pump_model_key"}
    return ImplantEntry(pump_model_key=implant.pump_model.key, **kept)


def _stated(row: RegisterRow) -> set[str]:
    return {column for column in ("threshold_ml", "max_interval_days") if getattr(row, column) is not None}


def _attest_consent(work: _Import, patient: Patient, channels: frozenset[str]) -> None:
    for channel in sorted(channels):
        reachable = patient.contact_points.filter(
            proxy__isnull=True, is_active=True, kind=_CONTACT_OF_CHANNEL[Channel(channel)]
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
