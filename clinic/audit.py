"""One way to write to the record: in one transaction that says who and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import pghistory
from django.db import connection, transaction

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
        # Inside a larger transaction the setting would outlive the block and sign what comes after it.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_id', '', true)")
