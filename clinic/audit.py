"""One way to write to what is audited: in one transaction that says who and why. And the tables that insist on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

import pghistory
from django.db import connection, models, transaction

M = TypeVar("M", bound=models.Model)

_is_recording: ContextVar[bool] = ContextVar("is_recording", default=False)


@contextmanager
def recording(*, actor_id: int | None, reason: str) -> Iterator[None]:
    """Run the block in one transaction whose history rows name ``actor_id`` and ``reason``.

    ``actor_id`` is None only for the system itself (seeding, a scheduled job); ``reason`` then says which.
    The database refuses a change to an audited table that is made outside such a block. A block inside another
    is part of the larger change: the outer actor and reason stand for all of it.
    """
    if not reason:
        raise ValueError("a change to the record needs a reason")
    if _is_recording.get():
        with transaction.atomic():
            yield
        return
    with transaction.atomic():
        token = _is_recording.set(True)
        try:
            with pghistory.context(actor=actor_id, reason=reason):
                yield
        finally:
            _is_recording.reset(token)
    if connection.in_atomic_block:
        _sign_no_more()


def _sign_no_more() -> None:
    """Inside a larger transaction the setting would outlive the block and sign what comes after it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_id', '', true)")
    connection.signed_by = None  # type: ignore[attr-defined]  # config.postgresql: for the block to come to say again


def history_names(model: type[M]) -> dict[str, Any]:
    """What the admin calls a history table: one history, however many rows."""
    name = f"history of {model._meta.verbose_name}"
    return {"verbose_name": name, "verbose_name_plural": name}


def newest_first(model: type[M]) -> dict[str, Any]:
    """The index by which the page of the audit leafs through a clinic's changes, however many there are."""
    if not any(field.name == "clinic" for field in model._meta.fields):
        return {}
    name = f"{model.__name__.lower()}_newest_change"
    return {"indexes": [models.Index(fields=["clinic", "-pgh_created_at", "-pgh_id"], name=name)]}


def audited(model: type[M]) -> type[M]:
    """Keep every insert, update and delete of ``model`` in an append-only history table, by trigger.

    The history row must name its context (who and why): a write outside ``clinic.audit.recording`` fails in
    the database instead of leaving a change that nobody signed.
    """
    track = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(condition=pghistory.AnyChange(exclude_auto=True)),
        pghistory.DeleteEvent(),
        model_name=f"{model.__name__}History",
        append_only=True,
        context_field=pghistory.ContextForeignKey(null=False),
        obj_field=pghistory.ObjForeignKey(related_name="history"),
        meta=history_names(model) | newest_first(model),
    )
    tracked: type[M] = track(model)
    return tracked
