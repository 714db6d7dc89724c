"""The one door through which this package tells what others work out their own from.

A change of the record is announced by ``clinic.changes``; this is for what moved without one: a closure, a
catalogue value, drift, a visit, another day. Readers are registered by ``config`` and run at once, in the
transaction of whoever announces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from django.db import transaction

from clinic.selectors.care_facts import patients_of_implants

ForecastReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, implant ids and now."""

Until = Callable[[], Mapping[int, datetime]]
"""Of patients, the first moment from which time alone may give a teller something else to write; none is never."""

Teller = Callable[[int, Collection[int], Collection[int], datetime], Until | None]
"""Called with clinic id, implant ids, patient ids (the pumps' patients among them) and now; None where it could not do its part."""


def never() -> Mapping[int, datetime]:
    """The answer of a teller to whom time alone makes no difference."""
    return {}


_readers: list[ForecastReader] = []
_tellers: list[Teller] = []


def subscribe(reader: ForecastReader) -> None:
    """Have ``reader`` called, in order of subscription, with every change; twice changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def subscribe_teller(teller: Teller) -> None:
    """Have ``teller`` called after all readers, with the pumps and the patients; twice changes nothing.

    For what is told to people: patients have visits and follow-ups that are about no pump.
    """
    if teller not in _tellers:
        _tellers.append(teller)


def announce(
    *,
    clinic_id: int,
    implant_ids: Collection[int],
    now: datetime,
    patient_ids: Collection[int] = (),
) -> list[Until | None]:
    """Let every reader bring what it derives from these up to date, in the caller's transaction; the tellers' answers."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a change is announced inside the transaction that makes it")
    if implant_ids:
        for reader in _readers:
            reader(clinic_id, implant_ids, now)
    if not implant_ids and not patient_ids:
        return []
    everybody = {*patient_ids, *patients_of_implants(clinic_id=clinic_id, implant_ids=implant_ids)}
    return [teller(clinic_id, implant_ids, everybody, now) for teller in _tellers]
