"""The one door through which the record tells what it changed.

A use case calls ``announce`` as the last step of its own transaction; whatever is worked out from the record
(projection, reminders) is registered here by ``config`` and runs at once, in that transaction. The record
does not know its readers, so imports keep running one way.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from django.db import transaction

RecordReader = Callable[[int, Collection[int], datetime], object]
"""Called with clinic id, implant ids and now."""

_readers: list[RecordReader] = []


def subscribe(reader: RecordReader) -> None:
    """Have ``reader`` called, in order of subscription, with every change; subscribing twice changes nothing."""
    if reader not in _readers:
        _readers.append(reader)


def announce(*, clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """Let every reader bring what it derives from these implants up to date, in the caller's transaction."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a change is announced inside the transaction that makes it")
    if implant_ids:
        for reader in _readers:
            reader(clinic_id, implant_ids, now)
