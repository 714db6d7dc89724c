"""Whose rows a piece of work may see: one clinic's, every clinic's for a stated purpose, or nobody's.

Two walls stand on this. The application's own: a query of a clinic's rows outside any scope raises, instead of
answering with everybody's. The database's: each transaction is told the scope, and row-level security gives no other
row, whatever the query says (docs/adr/0031-two-walls-between-clinics.md).

Work has no scope until an entrance gives it one: a page once it knows that the person is a member, a task once it
knows whose rows it was rung for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, Self, TypeVar

from django.db import models

T = TypeVar("T")
M = TypeVar("M", bound=models.Model)

SETTING: Final = "refillwise.clinic"
"""What policies compare a row's clinic with: its number, EVERY, or nothing."""
EVERY: Final = "every"
NOBODY: Final = ""

_scope: ContextVar[str | None] = ContextVar("clinic_scope", default=None)


class UnscopedError(Exception):
    """A query of a clinic's rows by work that has not said whose rows it may see."""


class WrongClinicError(Exception):
    """A query of another clinic's rows than those the work may see."""


@contextmanager
def in_clinic(clinic_id: int) -> Iterator[None]:
    """Let the block see and write the rows of this clinic, and of no other."""
    with _within(str(int(clinic_id))):
        yield


@contextmanager
def across_clinics(why: str) -> Iterator[None]:
    """Let the block see every clinic's rows. ``why`` is for the reader: the list of these is the list of the doors."""
    if not why:
        raise ValueError("whoever looks at every clinic says why")
    with _within(EVERY):
        yield


@contextmanager
def outside() -> Iterator[None]:
    """An entrance: whatever was allowed before, the block begins with no clinic at all."""
    with _within(NOBODY):
        yield


def each_in_clinic(clinic_id: int, pieces: Iterable[T]) -> Iterator[T]:
    """The pieces of an answer that is worked out while it is sent, each within the clinic."""
    found = iter(pieces)
    while True:
        with in_clinic(clinic_id):
            try:
                piece = next(found)
            except StopIteration:
                return
        yield piece


def scope_now() -> str:
    """The scope of the work at hand, as the database is told it."""
    found = _scope.get()
    return found if found is not None else Ambient.scope


class Ambient:
    """The scope of work that came by no entrance. Tests and benchmarks open it to look at rows; the product never."""

    scope: str = NOBODY


@contextmanager
def _within(scope: str) -> Iterator[None]:
    token = _scope.set(scope)
    try:
        yield
    finally:
        _scope.reset(token)


def refuse_to_look(clinic_id: int, *, what: str) -> None:
    """Raises where the work at hand may not see this clinic's rows."""
    _refuse_nobody(what)
    if scope_now() not in (EVERY, str(clinic_id)):
        raise WrongClinicError(f"{what}: another clinic's rows than those of this work")


def _refuse_nobody(what: str) -> None:
    if scope_now() == NOBODY:
        raise UnscopedError(f"{what}: say whose rows first (clinic.scope)")


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of one clinic: every read starts with ``for_clinic``. Work without a scope cannot even begin one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _refuse_nobody(self.model.__name__)

    def for_clinic(self, clinic_id: int) -> Self:
        """The clinic's own. Raises WrongClinicError where the work may see another clinic only."""
        # A value that comes later is of a statement of many uses (clinic.together), which asks at each use.
        if not isinstance(clinic_id, models.Expression):
            refuse_to_look(clinic_id, what=self.model.__name__)
        return self.filter(clinic_id=clinic_id)
