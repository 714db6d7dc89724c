"""The one answer to every link that opens nothing: expired, revoked, for something else, never made.

It is the same to the last byte, names no clinic and says everything in all three languages.
"""

from __future__ import annotations

import hashlib
import logging
from http import HTTPStatus
from typing import Any, TypeVar

from csp.constants import NONE
from csp.decorators import csp_replace
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import translation

from web.addresses import client_address

log = logging.getLogger(__name__)

MISSES_A_MINUTE = 10
_STRICTER: Any = csp_replace({"script-src": [NONE], "connect-src": [NONE], "font-src": [NONE]})
"""These pages have no script, and so none may run."""
_MINUTE = 60
R = TypeVar("R", bound=HttpResponseBase)


def closed(request: HttpRequest, **_address: object) -> HttpResponse:
    """The page for a link that opens nothing; for an address that has asked for too many, that it must wait.

    A good link opens all the same: a whole hospital, or every patient behind one proxy, may share the address.
    """
    if _is_over_limit(request):
        return _general("patient/too_often.html", HTTPStatus.TOO_MANY_REQUESTS)
    _count_miss(request)
    return _general("patient/closed.html", HTTPStatus.NOT_FOUND)


def sealed(response: R, *, referrer: str = "same-origin") -> R:
    """Keep what is answered out of caches, search engines and other sites' logs, and let no script run in it."""
    response["Cache-Control"] = "no-store, private"
    response["X-Robots-Tag"] = "noindex, nofollow, noarchive"
    response.headers.setdefault("Referrer-Policy", referrer)
    _STRICTER(lambda: response)()
    return response


def _is_over_limit(request: HttpRequest) -> bool:
    """Whether the address has had its misses of this minute."""
    return int(cache.get(_key(request), 0)) >= MISSES_A_MINUTE


def _general(template: str, status: HTTPStatus) -> HttpResponse:
    with translation.override("en"):
        return sealed(render(None, template, status=status), referrer="no-referrer")


def _count_miss(request: HttpRequest) -> None:
    try:
        key = _key(request)
        cache.add(key, 0, _MINUTE)
        cache.incr(key)
    except ValueError:
        return  # it ran out between the two


def _key(request: HttpRequest) -> str:
    """Of the address only a digest: what is in a cache may be read by others."""
    address = client_address(request) or ""
    return f"link-misses:{hashlib.sha256(address.encode()).hexdigest()[:24]}"
