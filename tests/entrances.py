"""A test looks at every clinic's rows; what it calls of the product begins, as in production, with none.

The scope of a page, a task or a command is the one that its own entrance gives it: a door that forgot to say whose rows
it may see fails in a test as it would fail for a nurse.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from celery.app.task import Task
from django.core.handlers.base import BaseHandler
from django.core.management.base import BaseCommand

from clinic.scope import EVERY, Ambient, outside


def begin() -> None:
    """Open every row to the tests themselves, and close the entrances behind which the product works."""
    Ambient.scope = EVERY
    for owner, name in ((BaseHandler, "get_response"), (Task, "__call__"), (BaseCommand, "execute")):
        setattr(owner, name, _from_outside(getattr(owner, name)))


def _from_outside(entered: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(entered)
    def entrance(*args: Any, **kwargs: Any) -> Any:
        with outside():
            return entered(*args, **kwargs)

    return entrance
