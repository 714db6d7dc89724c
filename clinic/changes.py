"""The one door through which the record tells what it changed.

A use case calls ``announce`` as the last step of its own transaction; whatever is worked out from the record
(projection, reminders) is registered here by ``config`` and runs at once, in that transaction. The record
does not know its readers, so imports keep running one way.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from clinic.selectors.care_facts import patients_of_implants

RecordReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, implant ids and now."""

CatalogueReader = Callable[[datetime, int | None], object]
"""Called with now and the id of the person who edited the catalogue."""

PatientReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, patient ids and now."""

MemberReader = Callable[[int, datetime], object]
"""Called with clinic id and now."""

Teller = Callable[[int, Collection[int], Collection[int], datetime], object]
"""Called with clinic id, implant ids, patient ids (the pumps' patients among them) and now."""


def _by_clinic() -> defaultdict[int, set[int]]:
    return defaultdict(set)


@dataclass(slots=True)
class _Gathered:
    """What one block changed, by clinic: pumps, patients, and patients of whom only how they are told."""

    implants: defaultdict[int, set[int]] = field(default_factory=_by_clinic)
    patients: defaultdict[int, set[int]] = field(default_factory=_by_clinic)
    people: defaultdict[int, set[int]] = field(default_factory=_by_clinic)


_readers: list[RecordReader] = []
_tellers: list[Teller] = []
_patient_readers: list[PatientReader] = []
_member_readers: list[MemberReader] = []
_catalogue_readers: list[CatalogueReader] = []
_gathered: ContextVar[_Gathered | None] = ContextVar("gathered", default=None)


def subscribe(reader: RecordReader) -> None:
    """Have ``reader`` called, in order of subscription, with every change; twice changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def subscribe_teller(teller: Teller) -> None:
    """Have ``teller`` called after all readers of a change, with the pumps and the patients that it was about.

    For what is told to people: it takes its locks after all others (docs/adr/0018-one-plan-for-each-patient.md).
    """
    if teller not in _tellers:
        _tellers.append(teller)


def announce(
    *, clinic_id: int, implant_ids: Collection[int], now: datetime, patient_ids: Collection[int] = ()
) -> None:
    """Let every reader bring what it derives from these implants up to date, in the caller's transaction.

    ``patient_ids`` says whose pumps these are, all of them, where the caller knows; else it is asked.
    """
    _inside_transaction()
    gathered = _gathered.get()
    if gathered is not None:
        gathered.implants[clinic_id].update(implant_ids)
    elif implant_ids:
        for reader in _readers:
            reader(clinic_id, implant_ids, now)
        patient_ids = patient_ids or patients_of_implants(clinic_id=clinic_id, implant_ids=implant_ids)
        _tell(clinic_id, implant_ids, patient_ids, now)


@contextmanager
def announcing_once(*, now: datetime) -> Iterator[None]:
    """Run the block in one transaction and announce everything it changed together, at its end."""
    with transaction.atomic():
        found = _Gathered()
        token = _gathered.set(found)
        try:
            yield
        finally:
            _gathered.reset(token)
        _announce_all(found, now)


def _announce_all(found: _Gathered, now: datetime) -> None:
    outer = _gathered.get()
    for clinic_id in sorted({*found.implants, *found.patients, *found.people}):
        implants, patients = found.implants[clinic_id], found.patients[clinic_id]
        people = found.people[clinic_id]
        if outer is not None:
            outer.implants[clinic_id] |= implants
            outer.patients[clinic_id] |= patients
            outer.people[clinic_id] |= people
            continue
        for reader in _readers if implants else ():
            reader(clinic_id, implants, now)
        for patient_reader in _patient_readers if patients else ():
            patient_reader(clinic_id, patients, now)
        pumps_patients = patients_of_implants(clinic_id=clinic_id, implant_ids=implants)
        _tell(clinic_id, implants, {*patients, *people, *pumps_patients}, now)


def announce_people(*, clinic_id: int, patient_ids: Collection[int], now: datetime) -> None:
    """Say that these patients are told otherwise now: how they are reached, what they agreed to, who helps them.

    No date rests on that, so only the tellers hear of it, in the caller's transaction.
    """
    _inside_transaction()
    gathered = _gathered.get()
    if gathered is not None:
        gathered.people[clinic_id].update(patient_ids)
        return
    _tell(clinic_id, (), patient_ids, now)


def _tell(clinic_id: int, implant_ids: Collection[int], patient_ids: Collection[int], now: datetime) -> None:
    if implant_ids or patient_ids:
        for teller in _tellers:
            teller(clinic_id, implant_ids, patient_ids, now)


def subscribe_to_catalogue(reader: CatalogueReader) -> None:
    """Have ``reader`` called with every edit of the catalogue; subscribing twice changes nothing."""
    if reader not in _catalogue_readers:
        _catalogue_readers.append(reader)


def announce_catalogue(*, now: datetime, actor_id: int | None) -> None:
    """Tell every reader, in the caller's transaction, that values which all clinics share have changed."""
    _inside_transaction()
    for reader in _catalogue_readers:
        reader(now, actor_id)


def subscribe_to_patients(reader: PatientReader) -> None:
    """Have ``reader`` called with every change about a patient that is about no pump of theirs."""
    if reader not in _patient_readers:
        _patient_readers.append(reader)


def announce_patients(*, clinic_id: int, patient_ids: Collection[int], now: datetime) -> None:
    """Let every reader bring up to date, in the caller's transaction, what rests on these patients.

    For what no pump carries (a planned operation); what a pump carries goes through ``announce``.
    """
    _inside_transaction()
    gathered = _gathered.get()
    if gathered is not None:
        gathered.patients[clinic_id].update(patient_ids)
    elif patient_ids:
        for reader in _patient_readers:
            reader(clinic_id, patient_ids, now)
        _tell(clinic_id, (), patient_ids, now)


def subscribe_to_members(reader: MemberReader) -> None:
    """Have ``reader`` called whenever somebody joins or leaves a clinic, or is given another role."""
    if reader not in _member_readers:
        _member_readers.append(reader)


def announce_members(*, clinic_id: int, now: datetime) -> None:
    """Tell every reader, in the caller's transaction, that the clinic's people have changed."""
    _inside_transaction()
    for reader in _member_readers:
        reader(clinic_id, now)


def _inside_transaction() -> None:
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a change is announced inside the transaction that makes it")
