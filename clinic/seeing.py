"""Whose data an answer shows, noticed where it is read, so that no view can forget to say so.

While a request is answered, reading what makes a patient known (a name, a record number, the reference in an address)
from a row of a model under ``tells`` notes the patient. What does not go through such rows (a table of values, bytes
that were made beforehand) says so with ``saw``; a test looks for names in every answer that no note covers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import models
from django.db.models.query_utils import DeferredAttribute

M = TypeVar("M", bound=models.Model)


@dataclass(slots=True)
class Seen:
    """Whom an answer shows, by clinic. ``link_ref`` names the secret link that it was asked by, if any; ``reason`` says
    why somebody looked, where it was asked for."""

    patients: defaultdict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    link_ref: str = ""
    reason: str = ""


_seen: ContextVar[Seen | None] = ContextVar("seen", default=None)


@contextmanager
def watching() -> Iterator[Seen]:
    """Note whom the block shows."""
    token = _seen.set(Seen())
    try:
        found = _seen.get()
        assert found is not None  # noqa: S101 - set above
        yield found
    finally:
        _seen.reset(token)


def saw(clinic_id: int, patient_ids: Iterable[int | None]) -> None:
    """Note that these patients of the clinic are shown; nothing outside a request."""
    if (seen := _seen.get()) is not None and (numbers := {each for each in patient_ids if each is not None}):
        seen.patients[clinic_id] |= numbers


def shown_so_far(clinic_id: int) -> list[int]:
    """Whom the answer shows so far, of this clinic; nobody outside a request."""
    seen = _seen.get()
    return sorted(seen.patients.get(clinic_id, ())) if seen is not None else []


def by_link(ref: object) -> None:
    """Note by which secret link it is asked: its reference, which opens nothing."""
    if (seen := _seen.get()) is not None:
        seen.link_ref = str(ref)


def because(reason: str) -> None:
    """Note why somebody looks."""
    if (seen := _seen.get()) is not None:
        seen.reason = reason


class _Telling(DeferredAttribute):
    """A field that notes its row's patient when it is read."""

    patient: str

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None and (seen := _seen.get()) is not None:
            row = instance.__dict__
            patient_id, clinic_id = row.get(self.patient), row.get("clinic_id")
            if patient_id is not None and clinic_id is not None:
                seen.patients[clinic_id].add(patient_id)
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


def tells(*fields: str, patient: str = "patient_id") -> Callable[[type[M]], type[M]]:
    """Have these fields of a model note whose they are; ``patient`` holds the patient's number."""

    def decorate(model: type[M]) -> type[M]:
        for column in model._meta.concrete_fields:
            if column.name in fields:
                telling = _Telling(column)
                telling.patient = patient
                setattr(model, column.attname, telling)
        return model

    return decorate
