"""What a browser keeps after a secret link was opened, so that the secret stays in no address: short-lived and signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class LinkCookie:
    """One kind of such a cookie; ``salt`` keeps its values from being taken for another's.

    Lax, because the way in begins in a mail or text: a strict cookie is not sent along with what follows from there.
    """

    name: str
    salt: str
    lasts: timedelta

    def give(self, response: HttpResponse, value: Any, *, path: str = "/") -> None:
        response.set_cookie(
            self.name,
            signing.dumps(value, salt=self.salt),
            max_age=self.lasts,
            path=path,
            secure=settings.HTTPS,
            httponly=True,
            samesite="Lax",
        )

    def read(self, request: HttpRequest) -> Any:
        """What the browser brings; None for nothing, something old and something that is not ours."""
        try:
            return signing.loads(request.COOKIES.get(self.name, ""), salt=self.salt, max_age=self.lasts)
        except (signing.BadSignature, ValueError):
            return None

    def take(self, response: HttpResponse, *, path: str = "/") -> None:
        """Have the browser forget it."""
        response.delete_cookie(self.name, path=path, samesite="Lax")
