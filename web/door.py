"""The door: where a password, code or key is tried, attempts are counted, or nobody gets in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

LIMITED = frozenset(
    {
        *("account_login", "account_reauthenticate", "account_reset_password", "account_change_password"),
        *("account_reset_password_from_key", "join"),
        *("mfa_authenticate", "mfa_login_webauthn", "mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
        "mfa_activate_totp",
    }
)
"""Where somebody who guesses could guess."""


class ShutWithoutLimits:
    """Refuses what is tried at the door while the cache that all processes count in does not answer.

    Whoever is signed in works on: only the door is shut, and only for what is sent to it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        match = request.resolver_match
        if request.method != "POST" or match is None or match.view_name not in LIMITED:
            return None
        if settings.SIGN_IN_WITHOUT_CACHE or not _is_cache_away():
            return None
        answer = render(request, "account/shut.html", status=503)
        answer["Retry-After"] = "30"
        return answer


def _is_cache_away() -> bool:
    is_away = getattr(cache, "is_away", None)
    return bool(is_away and is_away())
