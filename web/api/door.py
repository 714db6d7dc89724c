"""How a program says who it is: a token of one of the clinic's members, or the session of a browser."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle

from clinic.seeing import by_link
from clinic.selectors.rows import ApiToken, User
from clinic.services.api_tokens import token_behind

LONGEST_SECRET = 200


class TokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer rw_...``. What is no living token is refused, whatever else the request brings."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        word, _, secret = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != "bearer":
            return None
        token = token_behind(secret=secret.strip()[:LONGEST_SECRET], now=timezone.now())
        if token is None:
            raise AuthenticationFailed("The token has expired, was revoked or never was.")
        by_link(token.ref)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the description of the interface names it."""

    target_class = "web.api.door.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token made by API tokens, in the menu of one's name.",
        }


class PerToken(UserRateThrottle):
    """The limit of requests: each token has its own, and each person in a browser."""

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if isinstance(request.auth, ApiToken):
            return self.cache_format % {"scope": self.scope, "ident": f"token-{request.auth.pk}"}
        return super().get_cache_key(request, view)
