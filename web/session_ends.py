"""When a session ends although its person is at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

SIGNED_IN_AT = "signed_in_at"


class AbsoluteTimeOut:
    """Ends a session so many seconds after signing in, however busy it is. What was asked for needs a new sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            began = request.session.get(SIGNED_IN_AT)
            if began is None:
                request.session[SIGNED_IN_AT] = time.time()  # from before this rule: it begins now
            elif time.time() - began > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
        return self.get_response(request)


def on_signed_in(request: HttpRequest, **_: Any) -> None:
    """Signing in again starts the clock anew, also in a session that goes on."""
    request.session[SIGNED_IN_AT] = time.time()
