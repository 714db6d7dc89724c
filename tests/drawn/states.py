"""The page of states: every row of the record's kind that has some, with the words the pages use for them."""

from __future__ import annotations

from django.apps import apps
from django.db import models
from django.utils import translation
from pghistory.models import Event

from notifications.domain.states import State
from notifications.models import Message
from scheduling.models import VisitStatus
from tests.drawn.steps import diagram
from tests.drawn.tables import code, table

OURS = ("clinic", "scheduling", "notifications")
_HEAD = """# States

Every kind of row that stands in one of several states, as the database keeps them. Written from the models by `python -m
tests.drawn`; a test holds the page to them. In bold: the state that a row begins in. What leads from one state to the
next is drawn for [visits](visits.md) and [messages](messages.md) from the tables that decide it; of the others it is written
down here from what the services do (`tests/drawn/steps.py`), and told for [follow-ups](care-plan.md#rules), [second
checks](projection.md#second-check), [imports](register.md#what-comes-in) and [closed days](../how-to/set-up-a-clinic.md#closed-days).

"""


def states() -> str:
    """The whole page."""
    found = [(model, _state_of(model)) for label in OURS for model in apps.get_app_config(label).get_models()]
    with translation.override("en"):
        return _HEAD + "\n".join(_section(model, field) for model, field in found if field is not None)


def _state_of(model: type[models.Model]) -> models.Field[object, object] | None:
    if issubclass(model, Event | VisitStatus):  # what was: the same words again
        return None
    for field in model._meta.concrete_fields:
        if field.name in ("state", "status") and (field.choices or model is Message):
            return field
    return None


def _section(model: type[models.Model], field: models.Field[object, object]) -> str:
    what = (model.__doc__ or "").strip().splitlines()[0]
    rows = [(state, "") for state in State] if model is Message else list(field.flatchoices)
    begins = field.default if field.has_default() else None
    lines = [(_strong(code(str(value)), value == begins), str(label)) for value, label in rows]
    text = f"## {model.__name__}\n\n{what}\n\n"
    if model is Message:
        return f"{text}What each means: [messages](messages.md#states). {', '.join(state for state, _ in lines)}.\n"
    return text + table(["State", "On the pages"], lines) + diagram(model)


def _strong(text: str, is_strong: bool) -> str:
    return f"**{text}**" if is_strong else text
