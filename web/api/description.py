"""The interface's own description (OpenAPI), made from the code that answers; the committed copy is held to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from drf_spectacular.openapi import AutoSchema

PROBLEM: Final = {
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
    "400": "The address or the body is not as described; each place is named.",
    "401": "Nobody is signed in, or the token has ended.",
    "403": "This person, or this token, may not.",
    "406": "Only JSON is spoken.",
    "429": "Too many requests: see Retry-After.",
}
_WITH_ADDRESS = {"404": "Not there, or another clinic's."}
_WITH_BODY = {
    "409": "It cannot be had as things are: a time that is taken, or stops that nobody has acknowledged.",
    "412": "It was changed since it was read (If-Match).",
    "415": "The body is JSON.",
    "422": "The record does not take it; each place is named.",
    "503": "Too many at once: see Retry-After.",
}
_DONE = {"200": "As asked.", "201": "It was made."}
_IN_CLINIC = re.compile(r"/clinics/\{clinic_slug\}/([a-z-]+)")
_HERE = {"what-if": "Forecasts", "forecast": "Forecasts", "slots": "Visits"}
"""Groups whose address does not say where they belong."""
_LISTS = ("implants", "fills", "programs")
"""Lists below something else."""


class Schema(AutoSchema):
    """How an operation describes itself: what its view says, and which permission it needs."""

    def get_summary(self) -> str:
        return str(self.get_operation_id()).replace("_", " ").capitalize()

    def get_description(self) -> str:  # type: ignore[override]
        needed = getattr(self.view, "permissions", {}).get(self.method.lower())
        needs = f"Needs the permission *{needed.value.replace('_', ' ')}*." if needed else ""
        return "\n\n".join(filter(None, (super().get_description(), needs)))

    def get_tags(self) -> list[str]:
        found = _IN_CLINIC.search(self.path)
        parts = [part for part in self.path.split("/") if part and "{" not in part]
        if parts[-1] in _HERE:
            return [_HERE[parts[-1]]]
        name = found.group(1) if found else "catalogue"
        if parts[-1] in _LISTS:
            name = parts[-1]
        return ["Catalogue" if name in ("visit-kinds", "resources") else name.capitalize()]


def with_names(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Call what is shown a ``Patient`` and what is sent a ``PatientRequest``, which takes nothing else."""
    schemas = result["components"]["schemas"]
    names = {name: re.sub(r"(?:Sent|Shown)(?=[A-Z]|$)", "", name) for name in schemas}
    if len(set(names.values())) < len(names):
        raise ValueError(f"two shapes have one name: {sorted(names.values())}")
    result["components"]["schemas"] = {names[name]: shape for name, shape in schemas.items()}
    for name, shape in result["components"]["schemas"].items():
        if name.endswith("Request"):
            shape["additionalProperties"] = False
    for part in _parts(result):
        if "$ref" in part:
            before, _slash, name = part["$ref"].rpartition("/")
            part["$ref"] = f"{before}/{names.get(name, name)}"
    return result


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add to every operation how it refuses."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    answers = _ALWAYS | _WITH_ADDRESS | _WITH_BODY
    result["components"]["responses"] = {
        f"Problem{status}": _refusal(words) for status, words in sorted(answers.items())
    }
    for address, method, operation in _operations(result):
        known = _ALWAYS | (_WITH_ADDRESS if "{" in address else {}) | (_WITH_BODY if method != "get" else {})
        for status in sorted(known):
            operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
    return result


def with_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add what any request may say about itself: its key, what its sender saw, and which page it wants."""
    for address, method, operation in _operations(result):
        parameters, is_clinics = operation.setdefault("parameters", []), "{clinic_slug}" in address
        for each in parameters:
            if each["name"] == "clinic_slug":
                each["schema"]["pattern"] = "^[-a-zA-Z0-9_]+$"
        for status, words in _DONE.items():
            if status in operation["responses"]:
                operation["responses"][status]["description"] = words
        if method == "post" and is_clinics:
            parameters.append(
                _header(
                    "Idempotency-Key", "Done once, however often it comes with this key, for two days.", 80
                )
            )
        if method == "put":
            parameters.append(
                _header("If-Match", "The ETag that was read: refused where it was changed since.", 200)
            )
        if method == "get" and is_clinics:
            parameters.append(
                _header("If-None-Match", "The ETag that was read: 304 while it is the same.", 200)
            )
            operation["responses"]["200"]["headers"] = {
                "ETag": {"description": "Of this content.", "schema": {"type": "string"}}
            }
            operation["responses"]["304"] = {"description": "It is what If-None-Match says."}
        shown = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
        if shown.get("schema", {}).get("$ref", "").endswith("Page"):
            parameters += _PAGE
        parameters.sort(key=lambda each: (each["in"] != "path", not each.get("required", False)))
        if not parameters:
            del operation["parameters"]
    return result


_PAGE = (
    {
        "name": "limit",
        "in": "query",
        "description": "How many rows a page holds.",
        "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "Where the page begins: taken from `next` or `previous`, never made up.",
        "schema": {"type": "string"},
    },
)


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, operations in result["paths"].items():
        for method, operation in operations.items():
            yield address, method, operation


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object within a description."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _parts(inner)


def _header(name: str, words: str, longest: int) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": words,
        "schema": {"type": "string", "minLength": 1, "maxLength": longest, "pattern": "^[!-~]+$"},
    }


def _refusal(words: str) -> dict[str, Any]:
    return {
        "description": words,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
