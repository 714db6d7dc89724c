"""What every address for providers has in common: its size, its secret, its answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from clinic.scope import across_clinics
from notifications.services.reports import refuse_report

LARGEST_BODY = 65_536
Hook = Callable[..., HttpResponse]


class Forged(Exception):
    """The signature is wrong or missing: whoever sent this is not the provider; ``provider`` where it is another."""

    def __init__(self, provider: str = "") -> None:
        super().__init__()
        self.provider = provider


class Unreadable(Exception):
    """It is the provider's, and cannot be understood. Nothing was written."""


def hook(provider: str, *, is_set_up: Callable[[], bool]) -> Callable[[Hook], Hook]:
    """An address of a provider: not there where the provider is not set up, 403 for what is not its own.

    No session, no token of a form: the signature is all there is. What is refused is counted and says nothing
    about why.
    """

    def decorate(view: Hook) -> Hook:
        @csrf_exempt
        @require_POST
        @never_cache
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not is_set_up():
                raise Http404
            if _declared_size(request) > LARGEST_BODY:
                return HttpResponse("too large\n", status=413, content_type="text/plain")
            request.body  # noqa: B018 - as it came; the digest needs it after the values are read
            with across_clinics("whose message it is about, its number or reference says"):
                try:
                    return view(request, *args, **kwargs)
                except Forged as forged:
                    refuse_report(forged.provider or provider, now=timezone.now())
                    return HttpResponse("refused\n", status=403, content_type="text/plain")
                except Unreadable:
                    return HttpResponse("not understood\n", status=400, content_type="text/plain")

        return guarded

    return decorate


def asked_address(request: HttpRequest) -> str:
    """The address as the provider knows it: from PUBLIC_URL, never from what the request says of its host."""
    return f"{settings.PUBLIC_URL}{request.get_full_path()}"


def digest(request: HttpRequest) -> str:
    """Of the payload, which is not kept."""
    return hashlib.sha256(request.body).hexdigest()


def taken() -> HttpResponse:
    """It is committed, now or before: do not send it again."""
    return HttpResponse(status=204)


def _declared_size(request: HttpRequest) -> int:
    declared = request.META.get("CONTENT_LENGTH") or "0"
    return int(declared) if declared.isascii() and declared.isdigit() else LARGEST_BODY + 1
