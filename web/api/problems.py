"""How the interface says no: problem details (RFC 9457), each with the place in the request that is at fault."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from django.core.exceptions import PermissionDenied
from django.http import Http404
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from clinic.domain.checks import RecordError
from scheduling.domain.slot_refusals import BusyTryAgain
from web.words import said

MEDIA_TYPE: Final = "application/problem+json"
TYPES: Final = "urn:refillwise:problem:"


class Changed(exceptions.APIException):
    """What was to be changed is not what the sender saw (RFC 9110, 412)."""

    status_code = HTTPStatus.PRECONDITION_FAILED
    default_detail = "It was changed in the meantime: read it again."
    default_code = "changed"


def problem(
    status: int,
    kind: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """An answer that says no. ``kind`` is the last word of its type, which stays the same in every language."""
    body: dict[str, Any] = {
        "type": f"{TYPES}{kind}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
    }
    if errors:
        body["errors"] = errors
    return Response(body | more, status, headers=headers, content_type=MEDIA_TYPE)


def answer_to(error: Exception, context: dict[str, Any]) -> Response | None:
    """What is answered to an error of a view; None for what nobody foresaw, which is a 500."""
    if (request := context.get("request")) is not None:  # problems are JSON, whatever else the address speaks
        request.accepted_renderer, request.accepted_media_type = JSONRenderer(), MEDIA_TYPE
    match error:
        case BusyTryAgain():  # before what it is a kind of
            return problem(503, "busy", said(error.reason), headers={"Retry-After": "1"})
        case RecordError():
            return refused(error)
        case exceptions.ValidationError():
            return problem(
                400, "invalid", "The request is not as described.", errors=list(_errors(error.detail))
            )
    answer = exception_handler(error, context)
    if answer is None:
        return None
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    kind = str(getattr(error, "default_code", "error")).replace("_", "-")
    headers = {name: answer[name] for name in ("WWW-Authenticate", "Retry-After", "Allow") if name in answer}
    more = getattr(error, "more", {})
    return problem(answer.status_code, kind, str(getattr(error, "detail", "")), headers=headers, **more)


def refused(error: RecordError) -> Response:
    """The record does not take what was sent; nothing was written."""
    words = said(error.reason)
    # The record counts the parts of a list from one, JSON from zero.
    path = [int(part) - 1 if part.isdecimal() else part for part in error.field.split(".")]
    return problem(422, "refused", words, errors=[{"pointer": pointer(*path), "detail": words}])


def pointer(*path: str | int) -> str:
    """A place in the request's body (RFC 6901)."""
    return "#/" + "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _errors(detail: Any, path: tuple[str | int, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _errors(inner, path if name == "non_field_errors" else (*path, name))
    elif isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        for number, inner in enumerate(detail):
            yield from _errors(inner, (*path, number))
    else:
        for words in detail if isinstance(detail, list) else [detail]:
            yield {"pointer": pointer(*path), "detail": str(words)}
