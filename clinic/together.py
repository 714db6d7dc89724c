"""Several questions asked in one statement, which is put together once in the life of a process.

A question is a query set, one whose rows are only ``Counted``, or a statement that gives one text. Where it needs a value that comes with the asking, or what another question finds, it takes
that of ``Given``. The answers come back as lists, as the query sets would have given them: each row a tuple of what
``values_list`` names, or a model's instance with what ``select_related`` and ``annotate`` name. A question that locks
rows is asked alone: others beside it would be answered as of before it had waited.

For what is read after every change to a pump and on every page: putting a statement together takes the ORM longer than
the server takes to answer it. See docs/adr/0040-what-is-read-together.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from itertools import chain
from typing import Any, Final
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import Expression
from django.db.models.query import get_related_populators  # type: ignore[attr-defined]  # not in the stubs
from psycopg import sql

from clinic.scope import refuse_to_look
from clinic.statements import planned_once

_MOST_ARGUMENTS: Final = 100
"""So many the server takes of one function."""
_MOST_IN_A_KEPT_LIST: Final = 100
"""What a page shows. Planned for any list the server takes it for ten: of a night's five hundred that is too far off."""

Questions = Callable[..., Mapping[str, Any]]
"""Called once with a ``Given``, and once more for each shape; gives each question its name.

Values that change come from ``Given``, and from nowhere else. Where the statement itself takes one of few forms (a
condition more, a table that is not asked), its form is the shape: what follows ``Given`` among the arguments.
"""

Answers = dict[str, list[Any]]

_AS_TEXT: Final[dict[str, Callable[[str], Any]]] = {
    "DecimalField": Decimal,
    "DateField": date.fromisoformat,
    "DateTimeField": datetime.fromisoformat,
    "TimeField": time.fromisoformat,
    "UUIDField": UUID,
}
"""What JSON has no type for, by Django's name of the column's kind."""
_AS_IT_IS: Final = frozenset(
    {
        *("AutoField", "BigAutoField", "BigIntegerField", "IntegerField", "SmallIntegerField"),
        *("PositiveIntegerField", "PositiveSmallIntegerField", "BooleanField"),
        *("CharField", "EmailField", "SlugField", "TextField", "JSONField"),
    }
)


class Given:
    """What a statement is asked with: ``given.implant_ids`` stands for the value of that name."""

    def __init__(self, single: Collection[str]) -> None:
        self._single = single

    def __getattr__(self, name: str) -> Any:
        return _Single(name) if name in self._single else _Value(name)

    def found(self, question: str, column: str) -> Any:
        """All that another question finds in one of its columns; for ``__any_of`` and ``__in``."""
        return _Found(question, column)

    def the(self, question: str, column: str) -> Any:
        """What another question, which finds at most one row, finds in one of its columns.

        Sought by its key whatever else is asked of it; of several numbers the server may rather look through a clinic.
        """
        return _The(question, column)


@dataclass(frozen=True, slots=True)
class Counted:
    """A question of which only the number of rows is asked: the answer is a list of that number."""

    rows: models.QuerySet[Any, Any]


class _Value(Expression):
    def __init__(self, name: str) -> None:
        super().__init__(output_field=models.Field())
        self.name = name

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        return "%s", [self]

    def of(self, sent: Mapping[str, Any]) -> Any:
        return sent[self.name]


class _First(_Value):
    def of(self, sent: Mapping[str, Any]) -> Any:
        return sent[self.name][0]


class _Single(_Value):
    """A list of one; ``__any_of`` compares with what it holds, but where it stands beside a window."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.first = _First(name)


class _Found(Expression):
    text = "(ARRAY(SELECT {} FROM {}))"

    def __init__(self, question: str, column: str) -> None:
        super().__init__(output_field=models.Field())
        self.question, self.column = question, column

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        names = map(sql.Identifier, (self.column, self.question))
        return sql.SQL(self.text).format(*names).as_string(), []


class _The(_Found):
    text = "(SELECT {} FROM {})"


@dataclass(frozen=True, slots=True)
class _Instances:
    """How instances are made of a question's rows, as the query set would make them."""

    model: type[models.Model]
    own: slice
    names: tuple[str, ...]
    related: tuple[Any, ...]
    more: Mapping[str, int]

    def __call__(self, row: tuple[Any, ...]) -> models.Model:
        made = self.model.from_db(DEFAULT_DB_ALIAS, self.names, row[self.own])
        for populator in self.related:
            populator.populate(row, made)
        for name, place in self.more.items():
            setattr(made, name, row[place])
        return made


@dataclass(frozen=True, slots=True)
class _Part:
    """How the rows of one question are made from JSON."""

    loaders: tuple[Callable[[str], Any] | None, ...]
    names: tuple[str, ...]
    instances: _Instances | None = None
    is_flat: bool = False

    def rows(self, found: list[list[list[Any]]]) -> list[Any]:
        whole = (pieces[0] if len(pieces) == 1 else [*chain(*pieces)] for pieces in found)
        columns: list[Iterable[Any]] = [
            column if load is None else [None if value is None else load(value) for value in column]
            for load, column in zip(self.loaders, zip(*whole, strict=True), strict=bool(found))
        ]
        if self.is_flat:
            return [value for column in columns for value in column]
        rows = list(zip(*columns, strict=True))
        return rows if self.instances is None else [self.instances(row) for row in rows]


_TEXT: Final = _Part(loaders=(None,), names=("text",), is_flat=True)
_NUMBER: Final = _Part(loaders=(None,), names=("number",), is_flat=True)


@dataclass(frozen=True, slots=True)
class _Statement:
    text: str
    values: tuple[_Value, ...]
    """What it is asked with, in its order."""
    parts: Mapping[str, _Part]


def ask_together(
    questions: Questions, *shape: Hashable, clinic_id: int, is_planned_once: bool = True, **values: Any
) -> Answers:
    """The answers, by the questions' names (one statement). ``given.clinic_id`` is the clinic.

    A statement is kept for each ``shape``, so there must be few; and for each choice of lists that hold a single value, which
    is sought by its key. Whether the server keeps its plan too is ``is_planned_once``: not where all rows of a
    clinic are passed by, since one plan does not suit a small clinic and the largest; never with a long list, for the same
    reason. Raises WrongClinicError and UnscopedError, as ``for_clinic`` does.
    """
    refuse_to_look(clinic_id, what=questions.__name__)
    sent = {name: _as_sent(value) for name, value in values.items()} | {"clinic_id": clinic_id}
    lengths = {name: len(value) for name, value in sent.items() if isinstance(value, list)}
    single = frozenset(name for name, length in lengths.items() if length == 1)
    statement = put_together(questions, *shape, single=single)
    is_kept = is_planned_once and max(lengths.values(), default=0) <= _MOST_IN_A_KEPT_LIST
    with planned_once(is_kept=is_kept), connection.cursor() as cursor:
        cursor.execute(statement.text, [value.of(sent) for value in statement.values])
        row = cursor.fetchone()
    return {
        name: part.rows(json.loads(found))
        for (name, part), found in zip(statement.parts.items(), row, strict=True)
    }


def _as_sent(value: Any) -> Any:
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


@lru_cache(maxsize=512)
def put_together(questions: Questions, *shape: Hashable, single: frozenset[str] = frozenset()) -> _Statement:
    """The statement; raises TypeError for what cannot be asked in this way."""
    asked: list[sql.Composable] = []
    answers: list[sql.Composable] = []
    values: list[_Value] = []
    parts: dict[str, _Part] = {}
    for name, rows in questions(Given(single), *shape).items():
        if isinstance(rows, str):
            text, its_values, part = rows, (), _TEXT
        elif isinstance(rows, Counted):
            counted, its_values = rows.rows.order_by().query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
            text = sql.SQL("SELECT count(*) FROM ({}) AS counted").format(sql.SQL(counted)).as_string()
            part = _NUMBER
        else:
            compiler = rows.query.get_compiler(DEFAULT_DB_ALIAS)
            text, its_values = compiler.as_sql()
            part = _part_of(name, rows, compiler)
        if its_values:
            text = _with_constants(text, its_values)
            values += [one for one in its_values if isinstance(one, _Value)]
        columns = [sql.Identifier(column) for column in part.names]
        question = sql.Identifier(name)
        asked.append(sql.SQL("{} ({}) AS ({})").format(question, sql.SQL(", ").join(columns), sql.SQL(text)))
        shown = [
            sql.SQL("{}::text" if load is Decimal else "{}").format(column)
            for column, load in zip(columns, part.loaders, strict=True)
        ]
        pieces = (
            sql.SQL("json_build_array({})").format(sql.SQL(", ").join(shown[start : start + _MOST_ARGUMENTS]))
            for start in range(0, len(shown), _MOST_ARGUMENTS)
        )
        answers.append(
            sql.SQL("(SELECT coalesce(json_agg(json_build_array({})), '[]')::text FROM {})").format(
                sql.SQL(", ").join(pieces), question
            )
        )
        parts[name] = part
    whole = sql.SQL("WITH {} SELECT {}").format(sql.SQL(", ").join(asked), sql.SQL(", ").join(answers))
    return _Statement(whole.as_string(), tuple(values), parts)


def _with_constants(text: str, values: Iterable[Any]) -> str:
    """What is the same every time stands in the text: a plan that is kept then knows the partial indexes of it."""
    written = ("%s" if isinstance(one, _Value) else _constant(one) for one in values)
    return text.replace("%%", "%%%%") % tuple(written)


def _constant(value: Any) -> str:
    connection.ensure_connection()
    return sql.Literal(value).as_string(connection.connection).replace("%", "%%")


def _part_of(name: str, rows: models.QuerySet[Any], compiler: Any) -> _Part:
    chosen = compiler.select[: compiler.col_count]
    loaders = tuple(_loader(name, expression.output_field) for expression, _, _ in chosen)
    if rows._fields is not None:  # type: ignore[attr-defined]  # not in the stubs
        is_flat = issubclass(rows._iterable_class, models.query.FlatValuesListIterable)
        return _Part(loaders, tuple(alias for _, _, alias in chosen), is_flat=is_flat)
    if rows._prefetch_related_lookups:  # type: ignore[attr-defined]
        raise TypeError(f"{name}: what is prefetched is a question of its own")
    whole, more = compiler.klass_info, compiler.annotation_col_map or {}
    places = whole["select_fields"]
    own = tuple(chosen[place][0].target.attname for place in places)
    # By their places: columns of several tables may share a name.
    beside = (str(place) for place in range(len(own), len(chosen)))
    related = tuple(get_related_populators(whole, chosen, DEFAULT_DB_ALIAS))
    made = _Instances(rows.model, slice(places[0], places[-1] + 1), own, related, more)
    return _Part(loaders, (*own, *beside), made)


def _loader(name: str, kind: Any) -> Callable[[str], Any] | None:
    while hasattr(kind, "target_field"):
        kind = kind.target_field
    base = getattr(kind, "base_field", kind)
    if base is not kind and _loader(name, base) is not None:
        raise TypeError(f"{name}: no lists of {type(base).__name__}")
    what = base.get_internal_type()
    if what not in _AS_TEXT and what not in _AS_IT_IS:
        raise TypeError(f"{name}: {what} is not known in JSON")
    return _AS_TEXT.get(what) if base is kind else None
