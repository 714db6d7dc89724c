"""The interface's own description (OpenAPI), made from the code that answers; the committed copy is held to it."""

from __future__ import annotations

from typing import Any

from drf_spectacular.views import SpectacularAPIView
from rest_framework.permissions import AllowAny

PROBLEM = {
    "type": "object",
    "description": "Why a request was refused (RFC 9457). Nothing was changed.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {
            "type": "string",
            "description": "Which kind of refusal, the same in every language: urn:refillwise:problem:...",
        },
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "In the reader's language."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "The place in the request (RFC 6901)."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
_ALWAYS = {
    "401": "Nobody is signed in, or the token has ended.",
    "403": "This person, or this token, may not.",
    "406": "Only JSON is spoken.",
    "429": "Too many requests: see Retry-After.",
}
_WITH_ADDRESS = {"404": "Not there, or another clinic's."}
_WITH_QUERY = {"400": "The address or the body is not as described; each place is named."}
_WITH_BODY = {
    "409": "It cannot be had as things are: a time that is taken, or stops that nobody has acknowledged.",
    "412": "It was changed since it was read (If-Match).",
    "415": "The body is JSON.",
    "422": "The record does not take it; each place is named.",
    "503": "Too many at once: see Retry-After.",
}


class Description(SpectacularAPIView):
    """The description of this interface, for programs and for the people who write them."""

    permission_classes = (AllowAny,)


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to every operation how it refuses."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    for address, operations in result["paths"].items():
        for method, operation in operations.items():
            known = _ALWAYS | _WITH_QUERY
            if "{" in address:
                known |= _WITH_ADDRESS
            if method != "get":
                known |= _WITH_BODY
            for status, words in known.items():
                operation["responses"].setdefault(status, _refusal(words))
    return result


def with_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what any write may say about itself: its key, and what its sender saw."""
    for address, operations in result["paths"].items():
        for method, operation in operations.items():
            if method == "post" and "{clinic_slug}" in address:
                operation.setdefault("parameters", []).append(
                    _header(
                        "Idempotency-Key", "Done once, however often it comes with this key, for two days."
                    )
                )
            if method == "put":
                operation.setdefault("parameters", []).append(
                    _header("If-Match", "The ETag that was read: refused where it was changed since.")
                )
    return result


def _header(name: str, words: str) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": words,
        "schema": {"type": "string"},
    }


def _refusal(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
