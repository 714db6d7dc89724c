"""Migrations that render the model they change, and not every model around it.

Django renders a model and all that it is related to anew after each operation on it: some sixty of ours, six hundred
times, nine tenths of what a new installation waits for. Whatever only adds is seen by nobody else: a new model, a
new field, an index, a constraint, a trigger. The models around it keep the class from before, which has every column
that they refer to, and Python code in a migration gets all of them rendered anew, as after Django's own short cut.
See docs/adr/0050-a-migration-renders-what-it-changes.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.migrations.state import ProjectState
from django.db.models import Model

_REPLACED = "_find_reload_model"

Key = tuple[str, str]
"""The label of an application and the name of a model in small letters."""


@contextmanager
def what_changes_alone() -> Iterator[None]:
    """Within the block migrations run so; fails loudly when Django has changed how it renders."""
    djangos = getattr(ProjectState, _REPLACED, None)
    if djangos is None:
        raise RuntimeError(
            "Django has changed how it renders models for migrations: see config/rendering.py."
        )

    def to_be_rendered(state: Any, app_label: str, model_name: str, delay: bool = False) -> set[Key]:
        """``delay`` is Django's own word for what no related model sees."""
        key = app_label, model_name
        rendered = _rendered(state, key)
        if delay or rendered is None or _only_gained(rendered, state.models[key].fields):
            state.is_delayed = True  # whoever runs Python code then renders everything
            return {key, *_made_of(rendered)}
        found: set[Key] = djangos(state, app_label, model_name, delay)
        return found

    setattr(ProjectState, _REPLACED, to_be_rendered)
    try:
        yield
    finally:
        setattr(ProjectState, _REPLACED, djangos)


def _rendered(state: Any, key: Key) -> type[Model] | None:
    try:
        found: type[Model] = state.apps.get_model(*key)
    except LookupError:
        return None
    return found


def _only_gained(rendered: type[Model], fields: dict[str, Any]) -> bool:
    known = {field.name for field in (*rendered._meta.local_fields, *rendered._meta.local_many_to_many)}
    return known < fields.keys()


def _made_of(rendered: type[Model] | None) -> Iterator[Key]:
    """Models that inherit from this one take its fields."""
    for below in rendered.__subclasses__() if rendered else ():
        yield below._meta.app_label, str(below._meta.model_name)
