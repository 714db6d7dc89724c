"""Who is behind a request, for the history of every change made while it is answered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from pghistory.middleware import HistoryMiddleware


class ActorMiddleware(HistoryMiddleware):
    """Names the person only: an address may hold the secret of a link, and a history is kept for ever."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        person = getattr(request, "user", None)
        return {"actor": person.pk if person is not None and person.is_authenticated else None}
