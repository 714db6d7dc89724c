"""The outermost step of an answer to a program: what other steps add for browsers is taken off again."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_FOR_BROWSERS = (
    "Content-Language",
    "Content-Security-Policy",
    "Cross-Origin-Opener-Policy",
    "X-Frame-Options",
)


class ForPrograms:
    """Middleware: a calendar speaks no language, sets no cookie, and is the same whoever asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if getattr(response, "is_for_programs", False):
            for name in _FOR_BROWSERS:
                response.headers.pop(name, None)
            response.cookies.clear()
            response["Vary"] = "Accept-Encoding"
        return response
