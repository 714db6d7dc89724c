"""A clinic's care protocol: the default to begin with, and a new version for every change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.protocol import Row
from scheduling.domain.care.protocol_entry import RowEntry, RowFault, read_rows
from scheduling.models import Protocol, ProtocolRow, VisitKind
from scheduling.selectors.protocols import protocol_in_force

FIRST = 1


class ProtocolRefused(RecordError):
    """A protocol that cannot be: ``faults`` holds every fault at its row and field."""

    def __init__(self, faults: Sequence[RowFault]) -> None:
        first = faults[0]
        super().__init__(first.field, first.reason.message, **first.reason.values)
        self.faults = tuple(faults)


def ensure_protocol(clinic_id: int, now: datetime) -> Protocol:
    """The version in force; a clinic without one gets the default as its first. Twice at once makes one."""
    found = protocol_in_force(clinic_id=clinic_id)
    if found is not None:
        return found
    rows = [default.row for default in DEFAULT_PROTOCOL]
    try:
        with transaction.atomic():
            return _write(clinic_id, FIRST, rows, note="", actor_id=None, now=now)
    except IntegrityError:
        found = protocol_in_force(clinic_id=clinic_id)
        if found is None:
            raise
        return found


def save_protocol(
    *,
    clinic_id: int,
    entries: Sequence[RowEntry],
    note: str,
    expected_version: int,
    actor_id: int,
    now: datetime,
) -> Protocol:
    """Write a new version; the one in force comes back where nothing changes.

    Open follow-ups follow when the caller's recalculation runs
    (``scheduling.services.sweeps.start_recalculation``); closed ones stay as they are. Raises ProtocolRefused,
    and RecordError at ``version`` when somebody saved another version since ``expected_version`` was shown.
    """
    kinds = set(VisitKind.objects.for_clinic(clinic_id).values_list("key", flat=True))
    rows, faults = read_rows(entries, visit_kind_keys=kinds)
    if faults:
        raise ProtocolRefused(faults)
    changed = gettext_noop("the protocol was changed in the meantime: look at version %(version)s first")
    try:
        with transaction.atomic():
            newest = ensure_protocol(clinic_id, now)
            Protocol.objects.select_for_update(no_key=True).get(pk=newest.pk)
            if newest.version != expected_version:
                raise RecordError("version", changed, version=newest.version)
            if _says_the_same(newest, rows):
                return newest
            return _write(clinic_id, newest.version + 1, rows, note=note.strip(), actor_id=actor_id, now=now)
    except IntegrityError:
        raise RecordError("version", changed, version=expected_version + 1) from None


def _write(
    clinic_id: int, version: int, rows: Iterable[Row], *, note: str, actor_id: int | None, now: datetime
) -> Protocol:
    protocol = Protocol.objects.create(
        clinic_id=clinic_id, version=version, note=note[:200], created_at=now, created_by_id=actor_id
    )
    ProtocolRow.objects.bulk_create(
        ProtocolRow(clinic_id=clinic_id, protocol=protocol, position=position, **columns_of(row))
        for position, row in enumerate(rows)
    )
    return protocol


def columns_of(row: Row) -> dict[str, object]:
    """The stored form of a row."""
    return {
        "key": row.key,
        "title": row.title,
        "instructions": row.instructions,
        "anchor": row.anchor.value,
        "mode": row.mode.value,
        "target": str(row.target),
        "latest": str(row.latest),
        "repeats": [
            {"every": str(step.every)} | ({"until": str(step.until)} if step.until is not None else {})
            for step in row.repeats
        ],
        "visit_kind_key": row.visit_kind_key,
        "only_programmable": row.only_programmable,
        "is_active": row.is_active,
    }


def _says_the_same(protocol: Protocol, rows: Iterable[Row]) -> bool:
    wanted = [columns_of(row) for row in rows]
    names = wanted[0] if wanted else {}
    return wanted == [
        {name: getattr(row, name) for name in names} for row in protocol.rows.order_by("position")
    ]
