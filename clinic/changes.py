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
from datetime import datetime

from django.db import transaction

RecordReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, implant ids and now."""

CatalogueReader = Callable[[datetime, int | None], object]
"""Called with now and the id of the person who edited the catalogue."""

PatientReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, patient ids and now."""

MemberReader = Callable[[int, datetime], object]
"""Called with clinic id and now."""

_readers: list[RecordReader] = []
_patient_readers: list[PatientReader] = []
_member_readers: list[MemberReader] = []
_catalogue_readers: list[CatalogueReader] = []
_gathered: ContextVar[defaultdict[int, set[int]] | None] = ContextVar("gathered", default=None)


def subscribe(reader: RecordReader) -> None:
    """Have ``reader`` called, in order of subscription, with every change; twice changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def announce(*, clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """Let every reader bring what it derives from these implants up to date, in the caller's transaction."""
    _inside_transaction()
    if not implant_ids:
        return
    gathered = _gathered.get()
    if gathered is not None:
        gathered[clinic_id].update(implant_ids)
        return
    for reader in _readers:
        reader(clinic_id, implant_ids, now)


@contextmanager
def announcing_once(*, now: datetime) -> Iterator[None]:
    """Run the block in one transaction and announce everything it changed together, at its end."""
    with transaction.atomic():
        gathered: defaultdict[int, set[int]] = defaultdict(set)
        token = _gathered.set(gathered)
        try:
            yield
        finally:
            _gathered.reset(token)
        for clinic_id, implant_ids in gathered.items():
            announce(clinic_id=clinic_id, implant_ids=implant_ids, now=now)


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
    if patient_ids:
        for reader in _patient_readers:
            reader(clinic_id, patient_ids, now)


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
