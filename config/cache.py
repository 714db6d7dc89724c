"""The cache in Redis, which may be lost at any moment.

While it is away each process counts for itself in its own memory: no page fails. Signing in is shut meanwhile
(`web.door`): attempts that each process counts alone would be as many times too many. It is not asked again for some seconds, so not every request waits for a server that does not answer.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError

log = logging.getLogger(__name__)

ANSWER_SECONDS = 0.5
"""A page waits so long for a frozen server, once in each process."""
ASK_AGAIN_SECONDS = 10.0
_asked_again_at: dict[str, float] = {}
"""By address, for the whole process: Django makes a cache for every thread."""


class CacheThatMayGo(RedisCache):
    """Redis while it answers, else the memory of this process."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        patience = {"socket_timeout": ANSWER_SECONDS, "socket_connect_timeout": ANSWER_SECONDS}
        options = patience | params.get("OPTIONS", {})
        super().__init__(server, params | {"OPTIONS": options})
        self._address = server
        self._own = LocMemCache(server, params)

    def is_away(self) -> bool:
        """Whether counts that all processes share are out of reach; asks the server, unless it was silent just now."""
        self.ask("has_key", "is-anybody-there")
        return time.monotonic() < _asked_again_at.get(self._address, 0.0)

    def ask(self, operation: str, *args: Any, **values: Any) -> Any:
        if time.monotonic() >= _asked_again_at.get(self._address, 0.0):
            try:
                return getattr(super(), operation)(*args, **values)
            except (RedisError, OSError) as error:
                _asked_again_at[self._address] = time.monotonic() + ASK_AGAIN_SECONDS
                log.warning("the cache does not answer (%s): counting per process", type(error).__name__)
        return getattr(self._own, operation)(*args, **values)


def _either(operation: str) -> Callable[..., Any]:
    def either(self: CacheThatMayGo, *args: Any, **values: Any) -> Any:
        return self.ask(operation, *args, **values)

    return either


for _operation in (
    *("add", "get", "set", "touch", "delete", "has_key", "incr", "clear"),
    *("get_many", "set_many", "delete_many"),
):
    setattr(CacheThatMayGo, _operation, _either(_operation))
