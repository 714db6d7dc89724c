"""One transaction for each change of a visit, tried again as a whole where the database asks for it.

See docs/adr/0012-seats-and-locks.md.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from random import SystemRandom
from typing import TypeVar

from django.db import Error as DatabaseError
from django.db import IntegrityError, OperationalError, connection
from psycopg import errors

from clinic.audit import recording
from scheduling.domain.slot_refusals import BusyTryAgain

log = logging.getLogger(__name__)

T = TypeVar("T")

MOST_TRIES = 3
LOCK_TIMEOUT, STATEMENT_TIMEOUT = "3s", "10s"
_CROWDED = (
    errors.SerializationFailure,
    errors.DeadlockDetected,
    errors.LockNotAvailable,
    # Somebody came first without our locks, or with the same key: seen on the second try, and named there.
    errors.ExclusionViolation,
    errors.UniqueViolation,
)
_WAIT_SECONDS = (0.02, 0.1)
_random = SystemRandom()


def in_one_transaction(act: Callable[[], T], *, actor_id: int | None, reason: str) -> T:
    """Do ``act`` in one recorded transaction that waits for nobody longer than three seconds.

    A deadlock, a lock that cannot be had, or a row that another transaction wrote first makes it start again,
    three times at the most; then, and at once after a statement of ten seconds, it raises BusyTryAgain.
    Inside a larger transaction, which only its own caller could repeat, it is tried once; where that caller is this
    function too, the larger one starts again.
    """
    tries = 1 if connection.in_atomic_block else MOST_TRIES
    for number in range(1, tries + 1):
        try:
            with recording(actor_id=actor_id, reason=reason):
                _limit_waiting()
                return act()
        except BusyTryAgain:  # of a step inside that could not be had
            if number == tries:
                raise
        except (OperationalError, IntegrityError) as error:
            is_too_slow = isinstance(error.__cause__, errors.QueryCanceled)
            if not is_too_slow and not _is_crowded(error):
                raise
            if is_too_slow or number == tries:
                log.warning("given up after %s tries: %s", number, type(error.__cause__).__name__)
                raise BusyTryAgain from None
        time.sleep(_random.uniform(*_WAIT_SECONDS) * number)
    raise AssertionError("unreachable")


def _limit_waiting() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, true)",
            [LOCK_TIMEOUT, STATEMENT_TIMEOUT],
        )


def _is_crowded(error: DatabaseError) -> bool:
    return isinstance(error.__cause__, _CROWDED)
