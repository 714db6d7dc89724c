"""Rows of a register about patients and pumps that the record does not know yet: checked each, written together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.changes import announce, announce_people
from clinic.domain.checks import RecordError, check_fill, check_implant, check_program
from clinic.domain.entries import ImplantEntry, PatientEntry
from clinic.domain.register import RegisterRow
from clinic.domain.register.reasons import gettext_noop
from clinic.models import (
    Channel,
    Clinic,
    Consent,
    ContactKind,
    ContactPoint,
    Drug,
    Fill,
    FillDrug,
    Implant,
    Patient,
    ProgramVersion,
    PumpModel,
    PumpModelValue,
    PumpQuantity,
)
from clinic.services.fills import new_drugs, new_fill
from clinic.services.implants import new_implant, one_serial
from clinic.services.patients import (
    local_today,
    new_consent,
    new_contact_point,
    new_patient,
    one_mrn,
    readable_contact,
)
from clinic.services.programs import new_program
from clinic.services.register_fills import drug_columns, fill_entry, program_entry, stated_of_fill

CONSENT_WORDING = gettext_noop("Attested by the administrator when the register was imported.")
CONTACT_OF_CHANNEL = {Channel.EMAIL: ContactKind.EMAIL, Channel.SMS: ContactKind.PHONE}


@dataclass(frozen=True, slots=True)
class Added:
    """What one row put into the record, and the columns that say so."""

    implant: Implant
    columns: set[str]


@dataclass(frozen=True, slots=True)
class _Models:
    """The catalogue's rows that the register's rows name, by key."""

    pumps: dict[str, PumpModel]
    reservoirs_ml: dict[int, Decimal]
    drugs: dict[str, int]


@dataclass(frozen=True, slots=True)
class _New:
    """The rows of the record that one row of the register becomes: none is stored yet."""

    patient: Patient
    contacts: list[ContactPoint]
    consents: list[Consent]
    implant: Implant
    fill: Fill
    drugs: list[FillDrug]
    programs: list[ProgramVersion]


def add_new(
    *,
    clinic: Clinic,
    rows: Sequence[RegisterRow],
    actor_id: int,
    now: datetime,
    consent_channels: frozenset[str],
) -> list[Added | RecordError]:
    """Bring in rows of which the record knows neither patient nor pump, or say why one may not come in.

    No MRN and no serial is in two of them. A constant number of statements for however many; called inside a block that
    records and announces.
    """
    models = _models(rows)
    built: list[_New | RecordError] = []
    for row in rows:
        try:
            built.append(_build(clinic, row, models, actor_id, now, consent_channels))
        except RecordError as error:
            built.append(error)
    refused = _store([each for each in built if isinstance(each, _New)])
    outcomes: list[Added | RecordError] = [
        each if isinstance(each, RecordError) else refused.get(row.mrn) or Added(each.implant, _columns(row))
        for row, each in zip(rows, built, strict=True)
    ]
    pumps = [each.implant for each in outcomes if isinstance(each, Added)]
    announce(clinic_id=clinic.id, implant_ids=[pump.id for pump in pumps], now=now)
    announce_people(clinic_id=clinic.id, patient_ids=[pump.patient_id for pump in pumps], now=now)
    return outcomes


def _models(rows: Iterable[RegisterRow]) -> _Models:
    pumps = PumpModel.objects.filter(key__in={row.pump_model for row in rows})
    values = PumpModelValue.objects.filter(pump_model__in=pumps, quantity=PumpQuantity.RESERVOIR_ML)
    drugs = Drug.objects.filter(key__in={drug.drug for row in rows for drug in row.drugs})
    return _Models(
        pumps={model.key: model for model in pumps},
        reservoirs_ml=dict(values.values_list("pump_model_id", "value")),
        drugs=dict(drugs.values_list("key", "id")),
    )


def _build(
    clinic: Clinic,
    row: RegisterRow,
    models: _Models,
    actor_id: int,
    now: datetime,
    consent_channels: frozenset[str],
) -> _New:
    patient = new_patient(clinic=clinic, entry=_patient_entry(clinic, row), now=now)
    pump = implant_entry(row)
    check_implant(pump, today=local_today(clinic, now))
    model = models.pumps.get(row.pump_model)
    if model is None:
        raise RecordError("pump_model", gettext_noop("%(key)s is not in the catalogue"), key=row.pump_model)
    implant = new_implant(patient=patient, model=model, entry=pump, now=now)
    entry, zone = fill_entry(row), ZoneInfo(clinic.time_zone)
    check_fill(
        entry,
        implanted_on=row.implanted_on,
        reservoir_ml=models.reservoirs_ml.get(model.pk),
        zone=zone,
        now=now,
    )
    fill = new_fill(entry, implant, actor_id, now)
    program = program_entry(row)
    if program is not None:
        check_program(program, implanted_on=row.implanted_on, zone=zone, now=now)
    return _New(
        patient=patient,
        contacts=list(_contacts(clinic, patient, row)),
        consents=list(_consents(patient, row, consent_channels, actor_id, now)),
        implant=implant,
        fill=fill,
        drugs=new_drugs(fill, entry.drugs, models.drugs),
        programs=[new_program(program, implant, actor_id, now)] if program is not None else [],
    )


def _store(found: Sequence[_New]) -> dict[str, RecordError]:
    """Write all together; where an MRN or a serial has been taken in the meantime, one by one. Refusals by MRN.

    In the order of what is unique, so that two imports of one file wait for each other and never in a circle.
    """
    ordered = sorted(found, key=lambda each: (each.patient.mrn, each.implant.serial))
    try:
        with one_mrn(), one_serial(), transaction.atomic():
            Patient.objects.bulk_create([each.patient for each in ordered])
            ContactPoint.objects.bulk_create([row for each in ordered for row in each.contacts])
            Implant.objects.bulk_create([each.implant for each in ordered])
            Fill.objects.bulk_create([each.fill for each in ordered])
            FillDrug.objects.bulk_create([row for each in ordered for row in each.drugs])
            ProgramVersion.objects.bulk_create([row for each in ordered for row in each.programs])
            Consent.objects.bulk_create([row for each in ordered for row in each.consents])
    except RecordError as error:
        if len(found) == 1:
            return {found[0].patient.mrn: error}
        return {mrn: why for each in ordered for mrn, why in _store([each]).items()}
    return {}


def _patient_entry(clinic: Clinic, row: RegisterRow) -> PatientEntry:
    return PatientEntry(
        mrn=row.mrn,
        last_name=row.last_name,
        first_name=row.first_name,
        birth_date=row.birth_date,
        language=row.language or clinic.language,
        notes="",
    )


def implant_entry(row: RegisterRow) -> ImplantEntry:
    """The pump that the row states."""
    return ImplantEntry(
        pump_model_key=row.pump_model,
        serial=row.pump_serial,
        implanted_on=row.implanted_on,
        threshold_ml=row.threshold_ml,
        max_interval_days=row.max_interval_days,
    )


def stated_of_pump(row: RegisterRow) -> set[str]:
    """The columns about the pump that need not be filled in, and are."""
    return {column for column in ("threshold_ml", "max_interval_days") if getattr(row, column) is not None}


def contacts_of(row: RegisterRow) -> Iterator[tuple[str, ContactKind, str]]:
    """The columns that say how the patient is reached: column, kind, value."""
    for column, kind in (("phone", ContactKind.PHONE), ("email", ContactKind.EMAIL)):
        if value := getattr(row, column):
            yield column, kind, value


def _contacts(clinic: Clinic, patient: Patient, row: RegisterRow) -> Iterator[ContactPoint]:
    for _, kind, value in contacts_of(row):
        read = readable_contact(kind, value.strip())
        yield new_contact_point(clinic=clinic, patient=patient, kind=kind, value=read, is_preferred=True)


def _consents(
    patient: Patient, row: RegisterRow, channels: frozenset[str], actor_id: int, now: datetime
) -> Iterator[Consent]:
    reached = {kind for _, kind, _ in contacts_of(row)}
    for channel in sorted(channels):
        if CONTACT_OF_CHANNEL[Channel(channel)] in reached:
            yield new_consent(
                patient=patient,
                channel=channel,
                is_granted=True,
                wording=CONSENT_WORDING,
                actor_id=actor_id,
                now=now,
            )


def _columns(row: RegisterRow) -> set[str]:
    columns = {"mrn", "last_name", "first_name", "birth_date", "pump_model", "pump_serial", "implanted_on"}
    columns |= {"filled_on", "fill_volume_ml"} | drug_columns(row) | stated_of_pump(row) | stated_of_fill(row)
    columns |= {column for column, _, _ in contacts_of(row)} | ({"language"} if row.language else set())
    return columns | ({"dose", "dose_unit"} if row.dose is not None else set())
