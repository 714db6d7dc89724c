"""What a night leaves behind, so that one that leaves pumps alone can be held against one that works out all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import transaction

from notifications.models import Message
from scheduling.models import CalendarEntry, FollowUp, FollowUpAct, Forecast, SettledPump, SweepRun
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services.sweeps import run_chunk

_COUNTS = ("expected", "projected", "flagged", "failed", "changed", "drifted", "missing", "state")
_OF_NO_MATTER = frozenset({"id", "ref", "uid", "stamp", "carried_by_id", "follow_up_id", "core"})
"""Numbers and marks that differ each time something is written."""


def left_behind(clinic_id: int) -> dict[str, Any]:
    """Everything that a night may write about pumps and their patients, in an order of its own."""
    models: tuple[Any, ...] = (Forecast, FollowUp, FollowUpAct, CalendarEntry)
    found = {model.__name__: _rows(model.objects.filter(clinic=clinic_id)) for model in models}
    # Matters are followed each minute, and what staff are told with them.
    found["Message"] = _rows(Message.objects.filter(clinic=clinic_id, recipient__isnull=False))
    runs = SweepRun.objects.filter(clinic=clinic_id).order_by("id").values_list(*_COUNTS)
    return {**found, "runs": list(runs)}


def _rows(rows: Any) -> list[str]:
    return sorted(
        repr({name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()})
        for row in ({name: row[name] for name in row if name not in _OF_NO_MATTER} for row in rows.values())
    )


@contextmanager
def undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def work_as_in_full(clinic_id: int, now: datetime) -> None:
    """Do every chunk that waits; it must leave behind what it leaves where nothing is known of any pump."""
    with undone():
        SettledPump.objects.filter(clinic=clinic_id).delete()
        for chunk_id in queued_chunks():
            assert run_chunk(chunk_id=chunk_id, now=now)
        in_full = left_behind(clinic_id)
    for chunk_id in queued_chunks():
        assert run_chunk(chunk_id=chunk_id, now=now)
    for name, rows in left_behind(clinic_id).items():
        apart = set(rows) ^ set(in_full[name])
        assert rows == in_full[name], f"{name}: {sorted(apart)}"
