"""Reads what the product wrote for the prototype, and makes templates of it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connections, models
from django.db.models import Field, Model

from bench.national.life import Life
from bench.national.pieces import Part, Slots, Template, parts_of, parts_of_bytes
from bench.national.tiers import Tier, Tiers
from clinic.models import Clinic
from scheduling.models import CalendarEntry
from scheduling.services import calendar_entries

LEFT_OUT = {
    "notifications_inappmail": "letters that a first try keeps instead of sending; a country has a carrier",
    "clinic_invitation": "accepted long ago",
    "clinic_invitationhistory": "accepted long ago",
    "scheduling_sweeprun": "written anew: one night of each clinic, with the clinic's own numbers",
    "scheduling_settledpump": "of rows where they stand, so not of copies; the next night writes it",
    "scheduling_sweepchunk": "no longer read once the run is finished",
    "notifications_reconcilerrun": "one an hour and clinic; the next hour writes it",
    "scheduling_heartbeat": "of running processes",
    "clinic_accessrecord": "nobody has looked at a page yet",
    "clinic_searchending": "written from the patients and pumps once they are there",
    "clinic_seal": "sealing covers what is there, when it runs",
    "clinic_sealpart": "sealing covers what is there, when it runs",
}
"""Tables with no copies, and why."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table, the model behind it, and the column that numbers its rows."""

    name: str
    model: type[Model]
    number: str


@dataclass(slots=True)
class Prototype:
    """Templates by tier, in the order in which tables are copied; each with its table's columns."""

    templates: dict[Tier, list[tuple[str, str, Template]]]
    slots: Slots
    pumps: int
    now: datetime


def tables() -> list[Table]:
    """Every table of the product that a clinic writes to, whoever owns it."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        is_ours = meta.app_label in ("clinic", "scheduling", "notifications")
        if (is_ours or meta.db_table == "pghistory_context") and meta.managed and not meta.proxy:
            number = "number" if meta.db_table == "pghistory_context" else meta.pk.column
            if meta.db_table not in LEFT_OUT:
                found.append(Table(meta.db_table, model, number))
    return found


@dataclass(frozen=True, slots=True)
class Lived:
    """What the product wrote: every row as text, and what tells of whom it is."""

    now: datetime
    pumps: int
    seed: int
    tops: dict[str, list[int]]
    rows: dict[str, list[list[str]]]
    facts: dict[str, str]
    """Of each current calendar entry, by its number: what its fingerprint is of."""

    def as_json(self) -> str:
        return json.dumps(asdict(self) | {"now": self.now.isoformat()})

    @classmethod
    def from_json(cls, text: str) -> Lived:
        found = json.loads(text)
        return cls(**(found | {"now": datetime.fromisoformat(found["now"])}))


def live(*, pumps: int, years: float, now: datetime, seed: int) -> Lived:
    """Have the product live a clinic's years in the empty database, and read what it wrote. The rows stay."""
    life = Life(pumps=pumps, years=years, now=now, seed=seed)
    known, tiers = tables(), Tiers()
    numbers = {table.name: table.number for table in known}
    with connections["owner"].cursor() as cursor:
        tiers.close(cursor, numbers)
        life.found()
        tiers.close(cursor, numbers)
        life.open()
        tiers.close(cursor, numbers)
        life.live()
        rows = {table.name: _rows(cursor, table) for table in known}
    return Lived(now, pumps, seed, tiers.tops, rows, _facts_of_entries(life.clinic))


def prototype_of(lived: Lived) -> Prototype:
    """Templates of the rows."""
    known = tables()
    places = {table.name: _columns(table).index(table.number) for table in known}
    highest = max(int(row[places[name]]) for name, found in lived.rows.items() for row in found)
    slots = Slots(Tiers(lived.tops), stride=highest + 1, patients=lived.pumps, seed=lived.seed)
    for name, found in lived.rows.items():
        for row in found:
            slots.note_uuids("\t".join(row), slots.tiers.of(name, int(row[places[name]])))
    made: dict[Tier, list[tuple[str, str, Template]]] = defaultdict(list)
    for table in known:
        lines: dict[Tier, list[list[Part]]] = defaultdict(list)
        for row in lived.rows[table.name]:
            tier = slots.tiers.of(table.name, int(row[places[table.name]]))
            if tier is not Tier.COUNTRY:
                lines[tier].append(list(_line(table, row, tier, slots, lived.facts)))
        columns = ", ".join(f'"{column}"' for column in _columns(table))
        for tier, texts in lines.items():
            made[tier].append((table.name, columns, Template(texts, slots)))
    return Prototype(dict(made), slots, lived.pumps, lived.now)


def _columns(table: Table) -> list[str]:
    columns = [field.column for field in table.model._meta.concrete_fields]
    return columns if table.number in columns else [*columns, table.number]


def _rows(cursor: Any, table: Table) -> list[list[str]]:
    columns = ", ".join(f'"{column}"' for column in _columns(table))
    order = f'SELECT {columns} FROM "{table.name}" ORDER BY "{table.number}"'
    pieces: list[bytes] = []
    with cursor.copy(f"COPY ({order}) TO STDOUT") as copy:
        pieces.extend(bytes(piece) for piece in copy)
    return [line.split("\t") for line in b"".join(pieces).decode().splitlines()]


def _line(table: Table, row: list[str], tier: Tier, slots: Slots, facts: dict[str, str]) -> Iterator[Part]:
    fields: list[Field[Any, Any] | None] = [*table.model._meta.concrete_fields]
    for number, (column, text) in enumerate(zip(_columns(table), row, strict=True)):
        if number:
            yield Part("\t")
        field = fields[number] if number < len(fields) else None
        if text == "\\N":
            yield Part(text)
        elif table.name == "scheduling_calendarentry" and column == "fingerprint":
            yield Part(slot=_fingerprint(facts[row[0]], slots))
        elif table.name == "scheduling_calendarentry" and column == "stamp":
            yield Part(slot=slots.stamp(text))
        elif table.name == "scheduling_visitseat" and column == "seat":
            yield Part(slot=slots.seat())
        elif column == "token_sha256":
            yield Part(slot=slots.digest(tier, text))
        elif isinstance(field, models.BinaryField):
            yield from parts_of_bytes(bytes.fromhex(text.removeprefix("\\\\x")), slots)
        elif (of := _whose_number(table, column, field)) is not None:
            slot = slots.number(of, int(text))
            yield Part(text) if slot is None else Part(slot=slot)
        else:
            yield from parts_of(text, slots)


def _whose_number(table: Table, column: str, field: Field[Any, Any] | None) -> str | None:
    """The table whose row the column numbers; None for any other column."""
    if column == table.number:
        return table.name
    if field is None:
        return None
    if isinstance(field, models.ForeignKey):
        target = field.related_model
        assert not isinstance(target, str)
        is_number = target._meta.pk.get_internal_type() in ("BigAutoField", "AutoField", "BigIntegerField")
        return target._meta.db_table if is_number else None
    if column == "id" and (tracked := getattr(table.model, "pgh_tracked_model", None)) is not None:
        found: str = tracked._meta.db_table
        return found
    return None


def _facts_of_entries(clinic: Clinic) -> dict[str, str]:
    """By entry, the facts that the product takes the fingerprint of, in the same words."""
    found: dict[str, str] = {}
    stored = CalendarEntry.objects.for_clinic(clinic.pk).filter(is_current=True)
    by_key = {(row.visit_id, row.implant_id): row for row in stored}
    patient_ids = sorted({row.patient_id for row in by_key.values()})
    for key, want in calendar_entries._wanted(clinic.pk, patient_ids, by_key):
        facts = repr((calendar_entries.FORMAT, want.entry, want.columns))
        assert calendar_entries._Wanted.fingerprint.fget(want) == by_key[key].fingerprint  # type: ignore[attr-defined]
        found[str(by_key[key].pk)] = facts
    return found


def _fingerprint(facts: str, slots: Slots) -> int:
    return slots.fingerprint([*parts_of(facts, slots)])
