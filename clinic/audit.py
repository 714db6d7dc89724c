"""One way to write to the record: in one transaction that says who and why."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pghistory
from django.db import connection, transaction


@contextmanager
def recording(*, actor_id: int | None, reason: str) -> Iterator[None]:
    """Run the block in one transaction whose history rows name ``actor_id`` and ``reason``.

    ``actor_id`` is None only for the system itself (seeding, a scheduled job); ``reason`` then says which.
    The database refuses a change to an audited table that is made outside such a block.
    """
    if not reason:
        raise ValueError("a change to the record needs a reason")
    with transaction.atomic():
        with pghistory.context(actor=actor_id, reason=reason):
            yield
        # Inside a larger transaction the setting would outlive the block and sign what comes after it.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('pghistory.context_id', '', true)")
