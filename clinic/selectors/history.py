"""Who changed what about a patient, when and why: read from the history tables that the triggers write."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model, Q
from django.utils.functional import Promise

from clinic.models import User

MOST_ROWS = 2000
_NOT_SHOWN = {"id", "ref", "clinic", "patient", "implant", "fill", "proxy", "created_at", "recorded_at"}
_NOT_SHOWN |= {"recorded_by", "supersedes", "is_void", "correction_reason", "position"}
_NOT_SHOWN |= {"dialable", "booked_by", "booked_at", "idempotency_key", "request_digest", "sequence"}
_NOT_SHOWN |= {"fingerprint", "emergency_dates"}  # for programs: what they are about stands beside them
_SECRETS = ("token_sha256", "token_hmac")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field: what stood there and what stands there now; None where there was nothing."""

    label: str | Promise
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row of the record: ``action`` is insert, update, delete, correct or withdraw."""

    noun: str
    action: str
    fields: tuple[FieldChange, ...]
    name: str | Promise = ""
    """What the table is called; for want of a better word."""


@dataclass(slots=True)
class Change:
    """What one person did at one time for one reason. ``actor`` is empty for the system itself."""

    at: datetime
    actor: str
    reason: str
    rows: list[RowChange] = field(default_factory=list)


def patient_history(*, clinic_id: int, patient_id: int, most: int, skip: int = 0) -> tuple[list[Change], int]:
    """The changes to a patient's record, newest first, and how many there are.

    A constant number of queries. Of one patient the newest 2000 rows of each table are looked at.
    """
    rows = _rows(clinic_id, patient_id)
    position = {noun: number for number, (noun, _) in enumerate(_tables(patient_id))}
    gathered: dict[tuple[UUID | int, str], Change] = {}
    names = names_in(row for _, row, _ in rows)
    for _noun, row, earlier in sorted(rows, key=lambda entry: (position[entry[0]], entry[1].pk)):
        context = row.pgh_context  # type: ignore[attr-defined]
        said = context.metadata if context else {}
        key = (context.pk if context else row.pk, said.get("reason", ""))
        change = gathered.setdefault(
            key,
            Change(row.pgh_created_at, names[User].get(said.get("actor"), ""), said.get("reason", "")),  # type: ignore[attr-defined]
        )
        change.rows.append(row_change(row, earlier, names))
    changes = sorted(gathered.values(), key=lambda change: change.at, reverse=True)
    return changes[skip : skip + most], len(changes)


def _rows(clinic_id: int, patient_id: int) -> list[tuple[str, Model, Model | None]]:
    """(noun, history row, the row before it) for every table about the patient."""
    found: list[tuple[str, Model, Model | None]] = []
    for noun, where in _tables(patient_id):
        history = apps.get_model("clinic", f"{noun}History")
        newest = (
            history._default_manager.filter(where, clinic_id=clinic_id)
            .select_related("pgh_context")
            .order_by("-pgh_id")[:MOST_ROWS]
        )
        by_object: defaultdict[int, list[Model]] = defaultdict(list)
        for row in reversed(newest):
            by_object[row.id].append(row)
        for versions in by_object.values():
            pairs = zip(versions, [None, *versions], strict=False)
            found.extend((noun, row, earlier) for row, earlier in pairs)
    return found


def _tables(patient_id: int) -> Sequence[tuple[str, Q]]:
    of_patient, of_implant = Q(patient_id=patient_id), Q(implant__patient_id=patient_id)
    return (
        ("Patient", Q(id=patient_id)),
        ("ContactPoint", of_patient),
        ("Proxy", of_patient),
        ("Consent", of_patient),
        ("Implant", of_patient),
        ("Fill", of_implant),
        ("FillDrug", Q(fill__implant__patient_id=patient_id)),
        ("ProgramVersion", of_implant),
        ("Reading", of_implant),
        ("PumpEvent", of_implant),
    )


Names = dict[type[Model], dict[Any, str]]


def names_in(rows: Iterable[Model], people: Iterable[int | None] = ()) -> Names:
    """The names behind the numbers in the rows: people, pump models, drugs, and whatever else a field points to."""
    wanted: defaultdict[type[Model], set[Any]] = defaultdict(set, {User: set(people)})
    for row in rows:
        context = getattr(row, "pgh_context", None)
        wanted[User].add(context.metadata.get("actor") if context else None)
        for column in _shown_columns(row):
            if column.is_relation:
                wanted[column.related_model].add(getattr(row, column.attname))
    return {
        model: {found.pk: str(found) for found in model._default_manager.filter(pk__in=keys - {None})}
        for model, keys in wanted.items()
    }


def row_change(row: Model, earlier: Model | None, names: Names) -> RowChange:
    """What a row of a history says, beside the row before it."""
    tracked = row.pgh_tracked_model._meta  # type: ignore[attr-defined]
    return RowChange(tracked.object_name, _action(row), _fields(row, earlier, names), tracked.verbose_name)


def _shown_columns(row: Model) -> Iterable[Any]:
    for column in row._meta.concrete_fields:
        if (
            not column.name.startswith("pgh_")
            and column.name not in _NOT_SHOWN
            and column.name not in _SECRETS
        ):
            yield column


def _action(row: Model) -> str:
    if getattr(row, "is_void", False):
        return "withdraw"
    if getattr(row, "supersedes_id", None):
        return "correct"
    return str(row.pgh_label)  # type: ignore[attr-defined]


def _fields(row: Model, earlier: Model | None, names: Names) -> tuple[FieldChange, ...]:
    """The fields that say something: of a new row those that are filled in, of a changed one the changed."""
    if _action(row) == "withdraw":
        return ()
    changes = []
    for column in _shown_columns(row):
        before = _shown(earlier, column, names) if earlier is not None else None
        after = _shown(row, column, names)
        if before != after and not (earlier is None and after is False):
            changes.append(FieldChange(getattr(column, "verbose_name", column.name), before, after))
    return tuple(changes)


def _shown(row: Model, column: Any, names: Names) -> Any:
    value = getattr(row, column.attname)
    if column.is_relation:
        value = names[column.related_model].get(value)
    elif column.choices and value not in (None, ""):
        value = str(dict(column.flatchoices).get(value, value))
    return None if value == "" else value
