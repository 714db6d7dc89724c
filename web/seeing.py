"""The one place through which every answer passes that may show a patient: what it shows is written down before it goes."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from http import HTTPStatus

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch

from clinic.seeing import Seen, watching
from clinic.selectors.rows import AccessKind
from clinic.services.access import record_access
from web.addresses import client_address

log = logging.getLogger(__name__)

_SHOWS_NOTHING = (
    HTTPStatus.NO_CONTENT,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.INTERNAL_SERVER_ERROR,
)
"""Answers that are the same whoever they are about."""
_BY_PLACE = {
    "api": AccessKind.API,
    "patient": AccessKind.PATIENT_LINK,
    "admin": AccessKind.ADMIN,
}
_BY_NAME = {"calendar_feed": AccessKind.FEED, "nurse:calendar_print": AccessKind.PRINT}
_TELL_PROVIDERS_NOTHING = "hooks"
_BY_LINK = (AccessKind.FEED, AccessKind.PATIENT_LINK)


class AccessMiddleware:
    """Notes whom an answer shows while it is made, and writes it down before its first byte leaves.

    What cannot be written down is not shown. Around the history of changes and not inside it: so it costs one
    statement.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        with watching() as seen:
            response = self.get_response(request)
        place = request.resolver_match
        if not seen.patients or place is None or not _shows_something(response, place):
            return response
        try:
            _write_down(request, place, response, seen)
        except DatabaseError as error:
            log.error("not shown, since it could not be recorded who sees it (%s)", type(error).__name__)
            return _later(response)
        return response


def _write_down(request: HttpRequest, place: ResolverMatch, response: HttpResponseBase, seen: Seen) -> None:
    kind = kind_of(place, response)
    record_access(
        seen,
        kind=kind,
        user_id=None if kind in _BY_LINK else request.user.pk,
        route=place.view_name[:100],
        method=(request.method or "")[:7],
        address=client_address(request),
        request_id=uuid.uuid4(),
    )


def kind_of(place: ResolverMatch, response: HttpResponseBase) -> AccessKind:
    """By which door it left."""
    if place.view_name in _BY_NAME:
        return _BY_NAME[place.view_name]
    if place.namespace in _BY_PLACE:
        return _BY_PLACE[place.namespace]
    is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
    return AccessKind.EXPORT if is_file else AccessKind.PAGE


def _shows_something(response: HttpResponseBase, place: ResolverMatch) -> bool:
    is_elsewhere = HTTPStatus.MULTIPLE_CHOICES <= response.status_code < HTTPStatus.BAD_REQUEST
    return (
        not is_elsewhere
        and response.status_code not in _SHOWS_NOTHING
        and place.namespace != _TELL_PROVIDERS_NOTHING
    )


def _later(response: HttpResponseBase) -> HttpResponse:
    """In place of what could not be written down. A program that keeps calendars comes back by itself."""
    instead = HttpResponse(
        "later\n",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        content_type="text/plain",
        headers={"Retry-After": "60"},
    )
    instead.headers["Cache-Control"] = "no-store"
    if getattr(response, "is_for_programs", False):
        instead.is_for_programs = True  # type: ignore[attr-defined]
    response.close()
    return instead
