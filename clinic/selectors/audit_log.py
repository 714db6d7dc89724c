"""The whole audit trail of a clinic, newest first: who saw whom and who changed what, leafed through by time.

Each table gives its newest rows by its own index (clinic, time, number) and the newest of all are kept, so a page costs
the same however many rows there are. A page begins after the last row of the one before, wherever new ones came in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.db import connection
from django.db.models import Model
from psycopg import sql

from clinic.models import AccessKind, AccessRecord, Fill, Implant, Patient, User
from clinic.selectors.audit_tables import histories
from clinic.selectors.history import RowChange, names_in, row_change

VIEWS = AccessRecord._meta.db_table
_TAKEN_OUT = (AccessKind.EXPORT, AccessKind.PRINT, AccessKind.API, AccessKind.FEED)
_CONTEXTS_AT_ONCE = 500
_NOBODY = 0


class What(StrEnum):
    """Which part of the trail."""

    EVERYTHING = "everything"
    VIEWS = "views"
    TAKEN_OUT = "taken_out"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Place:
    """A row of the trail, as a place to go on from: later rows of the list are older."""

    at: datetime
    table: str
    number: int

    def __str__(self) -> str:
        return f"{self.at.astimezone(UTC):%Y%m%dT%H%M%S.%f}-{self.table}-{self.number}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What ``str`` wrote; None for anything else."""
        at, _, rest = text.partition("-")
        table, _, number = rest.rpartition("-")
        try:
            moment = datetime.strptime(at, "%Y%m%dT%H%M%S.%f").replace(tzinfo=UTC)
        except ValueError:
            return None
        is_number = number.isascii() and number.isdigit() and len(number) < 19
        return cls(moment, table, int(number)) if is_number else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked for. ``since`` and ``until`` are instants, the second not included."""

    what: What = What.EVERYTHING
    user_id: int | None = None
    patient_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(slots=True)
class Entry:
    """Something that one person did at one time: a view, or a change with its rows and its reason."""

    place: Place
    actor: str
    reason: str
    patients: list[Patient] = field(default_factory=list)
    """The first few; of how many there are ``number`` tells."""
    number: int = 0
    view: AccessRecord | None = None
    rows: list[RowChange] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        return self.place.at


MOST_NAMED = 3


def audit_log(
    *, clinic_id: int, asked: Asked, after: Place | None = None, most: int
) -> tuple[list[Entry], Place | None]:
    """The newest entries after a place, of ``most`` rows, and the place to go on from; None at the end.

    A constant number of queries.
    """
    places = _places(clinic_id, asked, after, most + 1)
    further = places[most - 1] if len(places) > most else None
    places = places[:most]
    views, changes, earlier = _rows(places)
    names = names_in([*changes.values(), *earlier.values()], {view.user_id for view in views.values()})
    whose = _whose(changes)
    for view in views.values():  # whom one looks for is named first
        view.patient_ids.sort(key=lambda number: number != asked.patient_id)
    people = _people(clinic_id, [*(view.patient_ids for view in views.values()), *whose.values()])
    entries: dict[object, Entry] = {}
    for place in places:
        if place.table == VIEWS:
            entries[place] = _view(place, views[place.number], names[User], people)
            continue
        row: Any = changes[place.table, place.number]
        context = row.pgh_context
        said = context.metadata if context else {}
        entry = entries.setdefault(
            (place.at, context.pk) if context else place,
            Entry(place, names[User].get(said.get("actor"), ""), said.get("reason", "")),
        )
        entry.rows.append(row_change(row, earlier.get((place.table, place.number)), names))
        for patient_id in whose[place.table, place.number]:
            if patient_id in people and people[patient_id] not in entry.patients:
                entry.patients.append(people[patient_id])
                entry.number += 1
    return list(entries.values()), further


def history_models() -> dict[str, type[Model]]:
    """The histories of what belongs to a clinic, by their tables."""
    return {
        model._meta.db_table: model
        for model in histories()
        if any(each.name == "clinic" for each in model._meta.fields)
    }


def _places(clinic_id: int, asked: Asked, after: Place | None, most: int) -> list[Place]:
    """One statement: of each table its newest rows, and of those the newest."""
    values: dict[str, Any] = {
        "clinic": clinic_id,
        "most": most,
        "user": asked.user_id,
        "patient": asked.patient_id,
        "since": asked.since,
        "until": min((at for at in (_last(asked), after.at if after else None) if at), default=None),
        "after_at": after.at if after else None,
        "after_table": after.table if after else None,
        "after_number": after.number if after else None,
        "contexts": _CONTEXTS_AT_ONCE,
        "taken_out": list(_TAKEN_OUT),
    }
    parts = []
    if asked.what is not What.CHANGES:
        parts.append(_of_views(asked))
    if asked.what in (What.EVERYTHING, What.CHANGES):
        parts += [_of_changes(model, asked) for model in history_models().values()]
    statement = sql.SQL(
        'SELECT * FROM ({}) AS found ORDER BY at DESC, source COLLATE "C" DESC, number DESC LIMIT %(most)s'
    ).format(sql.SQL(" UNION ALL ").join(parts))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Place(at, table, number) for at, table, number in cursor.fetchall()]


_NEWEST = """(SELECT {at} AS at, {name}::text AS source, {number}::bigint AS number FROM {table}
 WHERE {table}.clinic_id = %(clinic)s AND {where}
 AND (%(since)s::timestamptz IS NULL OR {at} >= %(since)s::timestamptz)
 AND (%(until)s::timestamptz IS NULL OR {at} <= %(until)s::timestamptz)
 AND (%(after_at)s::timestamptz IS NULL OR ({at}, {name}::text COLLATE "C", {number}::bigint)
  < (%(after_at)s::timestamptz, %(after_table)s::text COLLATE "C", %(after_number)s::bigint))
 ORDER BY {at} DESC, {number} DESC LIMIT %(most)s)"""


def _last(asked: Asked) -> datetime | None:
    return asked.until - timedelta(microseconds=1) if asked.until else None


def _newest(table: str, at: str, number: str, where: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(_NEWEST).format(
        at=sql.Identifier(table, at),
        number=sql.Identifier(table, number),
        table=sql.Identifier(table),
        name=sql.Literal(table),
        where=sql.SQL(" AND ").join([sql.SQL("true"), *where]),
    )


def _of_views(asked: Asked) -> sql.Composed:
    where = []
    if asked.user_id is not None:
        where.append(sql.SQL("user_id = %(user)s"))
    if asked.patient_id is not None:
        where.append(sql.SQL("patient_ids @> ARRAY[%(patient)s::bigint]"))
    if asked.what is What.TAKEN_OUT:
        where.append(sql.SQL("kind = ANY(%(taken_out)s)"))
    return _newest(VIEWS, "at", "id", where)


def _of_changes(model: type[Model], asked: Asked) -> sql.Composed:
    where = []
    if asked.patient_id is not None:
        where.append(_of_patient(model))
    if asked.user_id is not None:
        # The newest of this person's contexts by their own index: a person who did little is found as fast.
        where.append(
            sql.SQL(
                "pgh_context_id IN (SELECT id FROM pghistory_context WHERE metadata->>'actor' = (%(user)s::bigint)::text"
                " AND (%(until)s::timestamptz IS NULL OR created_at <= %(until)s::timestamptz)"
                " ORDER BY created_at DESC LIMIT %(contexts)s)"
            )
        )
    return _newest(model._meta.db_table, "pgh_created_at", "pgh_id", where)


_IMPLANTS = sql.SQL("SELECT id FROM clinic_implant WHERE patient_id = %(patient)s")


def _of_patient(model: type[Model]) -> sql.Composable:
    """Which rows of a history are about the patient."""
    columns = {each.name for each in model._meta.fields}
    if model._meta.object_name == "PatientHistory":
        return sql.SQL("id = %(patient)s")
    if "patient" in columns:
        return sql.SQL("patient_id = %(patient)s")
    if "implant" in columns:
        return sql.SQL("implant_id IN ({})").format(_IMPLANTS)
    if "fill" in columns:
        return sql.SQL("fill_id IN (SELECT id FROM clinic_fill WHERE implant_id IN ({}))").format(_IMPLANTS)
    return sql.SQL("false")


def _rows(
    places: Iterable[Place],
) -> tuple[dict[int, AccessRecord], dict[tuple[str, int], Model], dict[tuple[str, int], Model]]:
    """The rows at these places, and of each changed one the row before it."""
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for place in places:
        numbers[place.table].append(place.number)
    views = AccessRecord.objects.in_bulk(numbers.pop(VIEWS, []))
    changes: dict[tuple[str, int], Model] = {}
    earlier: dict[tuple[str, int], Model] = {}
    models = history_models()
    for table, wanted in numbers.items():
        manager = models[table]._default_manager
        found: list[Any] = list(manager.filter(pk__in=wanted).select_related("pgh_context"))
        changes |= {(table, row.pk): row for row in found}
        before: dict[int, Any] = {}
        objects = {row.pgh_obj_id for row in found if row.pgh_label != "insert"}
        versions: Iterable[Any] = (
            manager.filter(pgh_obj_id__in=objects, pk__lte=max(wanted)).order_by("pk") if objects else ()
        )
        for row in versions:
            if row.pgh_obj_id in before:
                earlier[table, row.pk] = before[row.pgh_obj_id]
            before[row.pgh_obj_id] = row
    return views, changes, earlier


def _whose(changes: dict[tuple[str, int], Model]) -> dict[tuple[str, int], list[int]]:
    """The patients whom the changed rows are about, by way of their pumps and fills."""
    fills = {getattr(row, "fill_id", None) for row in changes.values()} - {None}
    implant_of = dict(Fill.objects.filter(pk__in=fills).values_list("pk", "implant_id"))
    implants = {getattr(row, "implant_id", None) for row in changes.values()} - {None}
    patient_of = dict(
        Implant.objects.filter(pk__in=implants | set(implant_of.values())).values_list("pk", "patient_id")
    )
    found: dict[tuple[str, int], list[int]] = {}
    for key, row in changes.items():
        implant_id = getattr(row, "implant_id", None) or implant_of.get(
            getattr(row, "fill_id", _NOBODY), _NOBODY
        )
        is_patient = row._meta.object_name == "PatientHistory"
        patient_id = row.id if is_patient else getattr(row, "patient_id", None) or patient_of.get(implant_id)  # type: ignore[attr-defined]
        found[key] = [patient_id] if patient_id else []
    return found


def _people(clinic_id: int, lists: Iterable[Sequence[int]]) -> dict[int, Patient]:
    """The first few patients of each list."""
    wanted = {number for numbers in lists for number in numbers[:MOST_NAMED]}
    return {found.pk: found for found in Patient.objects.for_clinic(clinic_id).filter(pk__in=wanted)}


def _view(place: Place, view: AccessRecord, users: dict[Any, str], people: dict[int, Patient]) -> Entry:
    named = [people[number] for number in view.patient_ids[:MOST_NAMED] if number in people]
    return Entry(place, users.get(view.user_id, ""), view.reason, named, len(view.patient_ids), view)
