"""Patients and the people around them: add, change, reach, agree."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.audit import recording
from clinic.changes import announce, announce_patients, announce_people, announcing_once
from clinic.domain.checks import EARLIEST_DAY, RecordError, check_day, check_zone
from clinic.domain.entries import PatientEntry, ProxyEntry
from clinic.domain.phones import reachable_at
from clinic.domain.register.reasons import NotReadable, gettext_noop
from clinic.domain.register.values import read_email, read_phone
from clinic.models import Clinic, Consent, ContactKind, ContactPoint, Implant, Patient, Proxy
from clinic.services.conflicts import refusing


def local_today(clinic: Clinic, now: datetime) -> date:
    """The calendar day in the clinic's zone."""
    return now.astimezone(ZoneInfo(clinic.time_zone)).date()


def add_patient(
    *, clinic: Clinic, entry: PatientEntry, actor_id: int, now: datetime, reason: str = "added"
) -> Patient:
    """Add a patient. Raises RecordError when the MRN is taken or a value cannot be."""
    patient = new_patient(clinic=clinic, entry=entry, now=now)
    with one_mrn(), recording(actor_id=actor_id, reason=reason):
        patient.save(force_insert=True)
        return patient


def new_patient(*, clinic: Clinic, entry: PatientEntry, now: datetime) -> Patient:
    """The patient as ``add_patient`` would store them, checked and not stored."""
    _check_patient(entry, today=local_today(clinic, now))
    return Patient(clinic=clinic, created_at=now, **asdict(entry))


def locked_patient(*, clinic: Clinic, patient_ref: UUID) -> Patient:
    """The patient, locked for this transaction: whoever wants to change who they are waits."""
    return Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(ref=patient_ref)


def update_patient(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    entry: PatientEntry,
    actor_id: int,
    now: datetime,
    reason: str = "changed",
) -> Patient:
    """Change who the patient is. Raises RecordError as ``add_patient`` does."""
    _check_patient(entry, today=local_today(clinic, now))
    with one_mrn(), recording(actor_id=actor_id, reason=reason):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        changed = [name for name, value in asdict(entry).items() if getattr(patient, name) != value]
        for name in changed:
            setattr(patient, name, getattr(entry, name))
        if changed:
            patient.save(update_fields=changed)
            announce_people(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return patient


def record_death(
    *, clinic: Clinic, patient_ref: UUID, died_on: date, actor_id: int, now: datetime
) -> Patient:
    """Record a death: projections of the patient's implants end in the same transaction."""
    with announcing_once(now=now), recording(actor_id=actor_id, reason="death recorded"):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        check_day("died_on", died_on, today=local_today(clinic, now), earliest=patient.birth_date)
        patient.died_on = died_on
        patient.save(update_fields=["died_on"])
        _announce_patient(patient, now)
        announce_patients(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return patient


def withdraw_death(
    *, clinic: Clinic, patient_ref: UUID, reason: str, actor_id: int, now: datetime
) -> Patient:
    """Take back a death recorded by mistake; projections resume in the same transaction."""
    with announcing_once(now=now), recording(actor_id=actor_id, reason=reason):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        patient.died_on = None
        patient.save(update_fields=["died_on"])
        _announce_patient(patient, now)
        announce_patients(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return patient


def add_contact_point(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    kind: str,
    value: str,
    actor_id: int,
    now: datetime,
    is_preferred: bool = False,
    proxy_id: int | None = None,
    time_zone: str = "",
) -> ContactPoint:
    """Add a number or address of the patient, or of one of the patient's proxies.

    ``time_zone`` is the IANA name of where its owner lives, '' for the clinic's. Raises RecordError for a zone
    that is none, for a number or address that cannot be one, and for one that is listed.
    """
    if time_zone:
        check_zone("time_zone", time_zone)
    value = readable_contact(kind, value.strip())
    with recording(actor_id=actor_id, reason="contact added"):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        proxy = patient.proxies.get(pk=proxy_id) if proxy_id is not None else None
        points = ContactPoint.objects.for_clinic(clinic.id).filter(patient=patient, proxy=proxy, kind=kind)
        if points.filter(value=value, is_active=True).exists():
            raise RecordError("value", gettext_noop("this number or address is already listed"))
        if is_preferred:
            points.filter(is_preferred=True).update(is_preferred=False)
        point = new_contact_point(
            clinic=clinic,
            patient=patient,
            kind=kind,
            value=value,
            is_preferred=is_preferred,
            proxy=proxy,
            time_zone=time_zone,
        )
        point.save(force_insert=True)
        announce_people(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return point


def new_contact_point(
    *,
    clinic: Clinic,
    patient: Patient,
    kind: str,
    value: str,
    is_preferred: bool,
    proxy: Proxy | None = None,
    time_zone: str = "",
) -> ContactPoint:
    """The number or address, a ``readable_contact``, not stored."""
    return ContactPoint(
        clinic=clinic,
        patient=patient,
        proxy=proxy,
        kind=kind,
        value=value,
        dialable=reachable_at(kind, value, clinic.holiday_country),
        time_zone=time_zone,
        is_preferred=is_preferred,
    )


def retire_contact_point(*, clinic: Clinic, contact_id: int, actor_id: int, now: datetime) -> ContactPoint:
    """Stop using a number or address; it stays in the record."""
    return _set_contact_active(clinic, contact_id, actor_id, now, is_active=False)


def restore_contact_point(*, clinic: Clinic, contact_id: int, actor_id: int, now: datetime) -> ContactPoint:
    """Use a retired number or address again (undo)."""
    return _set_contact_active(clinic, contact_id, actor_id, now, is_active=True)


def record_consent(
    *,
    clinic: Clinic,
    patient_ref: UUID,
    channel: str,
    is_granted: bool,
    wording: str,
    actor_id: int,
    now: datetime,
    topic: str = "reminders",
) -> Consent:
    """Record what the patient said about a channel, in which words. The newest row counts."""
    if not wording.strip():
        raise RecordError("wording", gettext_noop("write down the words that were used"))
    with recording(actor_id=actor_id, reason="consent recorded" if is_granted else "consent withdrawn"):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        consent = new_consent(
            patient=patient,
            channel=channel,
            topic=topic,
            is_granted=is_granted,
            wording=wording,
            actor_id=actor_id,
            now=now,
        )
        consent.save(force_insert=True)
        announce_people(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return consent


def new_consent(
    *,
    patient: Patient,
    channel: str,
    is_granted: bool,
    wording: str,
    actor_id: int,
    now: datetime,
    topic: str = "reminders",
) -> Consent:
    """What the patient said, not stored."""
    return Consent(
        clinic_id=patient.clinic_id,
        patient=patient,
        channel=channel,
        topic=topic,
        is_granted=is_granted,
        wording=wording,
        recorded_at=now,
        recorded_by_id=actor_id,
    )


def add_proxy(*, clinic: Clinic, patient_ref: UUID, entry: ProxyEntry, actor_id: int, now: datetime) -> Proxy:
    """Add a relative or helper whom the clinic may speak with."""
    with recording(actor_id=actor_id, reason="proxy added"):
        patient = locked_patient(clinic=clinic, patient_ref=patient_ref)
        proxy = Proxy.objects.create(clinic=clinic, patient=patient, **asdict(entry))
        announce_people(clinic_id=clinic.id, patient_ids=[patient.id], now=now)
        return proxy


def locked_proxy(*, clinic: Clinic, proxy_id: int) -> Proxy:
    """The helper, locked for this transaction."""
    return Proxy.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(pk=proxy_id)


def update_proxy(
    *, clinic: Clinic, proxy_id: int, entry: ProxyEntry, is_active: bool, actor_id: int, now: datetime
) -> Proxy:
    """Change a proxy, or end the role with ``is_active`` False."""
    with recording(actor_id=actor_id, reason="proxy changed"):
        proxy = locked_proxy(clinic=clinic, proxy_id=proxy_id)
        for name, value in asdict(entry).items():
            setattr(proxy, name, value)
        proxy.is_active = is_active
        proxy.save()
        announce_people(clinic_id=clinic.id, patient_ids=[proxy.patient_id], now=now)
        return proxy


def _check_patient(entry: PatientEntry, *, today: date) -> None:
    for name in ("mrn", "last_name", "first_name"):
        if not getattr(entry, name).strip():
            raise RecordError(name, gettext_noop("is required"))
    check_day("birth_date", entry.birth_date, today=today, earliest=EARLIEST_DAY)


def readable_contact(kind: str, value: str) -> str:
    """The number or address as typed, or a refusal: nothing is kept to which nobody could ever send."""
    try:
        return read_email(value) if kind == ContactKind.EMAIL else read_phone(value)
    except NotReadable as error:
        raise RecordError("value", error.reason.message, **error.reason.values) from None


def one_mrn() -> AbstractContextManager[None]:
    return refusing(
        "patient_mrn_once_per_clinic",
        field="mrn",
        message=gettext_noop("another patient already has this MRN"),
    )


def _announce_patient(patient: Patient, now: datetime) -> None:
    implant_ids = list(
        Implant.objects.for_clinic(patient.clinic_id).filter(patient=patient).values_list("id", flat=True)
    )
    announce(clinic_id=patient.clinic_id, implant_ids=implant_ids, now=now)


def _set_contact_active(
    clinic: Clinic, contact_id: int, actor_id: int, now: datetime, *, is_active: bool
) -> ContactPoint:
    with recording(actor_id=actor_id, reason="contact restored" if is_active else "contact retired"):
        points = ContactPoint.objects.for_clinic(clinic.id)
        patient_id = points.values_list("patient_id", flat=True).get(pk=contact_id)
        Patient.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(pk=patient_id)
        point = points.select_for_update(no_key=True).get(pk=contact_id)
        point.is_active = is_active
        point.dialable = reachable_at(point.kind, point.value, clinic.holiday_country)
        point.save(update_fields=["is_active", "dialable"])
        announce_people(clinic_id=clinic.id, patient_ids=[point.patient_id], now=now)
        return point
