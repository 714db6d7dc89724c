"""Which methods the pages of other packages take."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

_OF_PACKAGES = ("/accounts/", "/admin/")
_BROWSERS = ("GET", "HEAD", "POST")


class FormsOnly:
    """What a browser's form sends, and nothing else: Django's form views take PUT for POST, the admin site answers DELETE.

    Our own views each name their methods; those of packages do not.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in _BROWSERS and request.path_info.startswith(_OF_PACKAGES):
            return HttpResponseNotAllowed(_BROWSERS)
        return self.get_response(request)
