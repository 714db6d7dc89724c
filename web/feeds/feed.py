"""One calendar by its secret link, for a program that asks again and again. See docs/reference/calendars.md.

Programs differ in what they send and forgive little: no Accept header is asked for, a page is never given in place of
a calendar, and the same content is the same bytes. The link's token is all there is: no session is touched.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils import timezone
from django.utils.http import http_date, parse_etags, parse_http_date_safe
from django.views.decorators.csrf import csrf_exempt

from clinic.statements import planned_once
from notifications.selectors.patient_calendar import words_for_patient
from scheduling.domain.calendars import text, writer
from scheduling.domain.calendars.access import FETCHES_AN_HOUR, Door, reader_of
from scheduling.domain.calendars.entries import Detail, SameWords
from scheduling.domain.calendars.zone import zone_lines
from scheduling.selectors.calendar_feeds import (
    Content,
    OpenFeed,
    Said,
    content_of,
    feed_of_token,
)
from scheduling.services.calendar_feeds import note_fetch
from web.answering import answering, one_reading

log = logging.getLogger(__name__)

CALENDAR = "text/calendar; charset=utf-8"
OFTEN, SELDOM = "PT1H", "P7D"
LATER_SECONDS = 600
_HOUR = 3600


@csrf_exempt
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar, or that nothing has changed; one that was closed is empty, one that never was is not found."""
    if request.method not in ("GET", "HEAD"):
        return _plain(HttpResponseNotAllowed(["GET", "HEAD"]))
    if settings.MAINTENANCE:
        return _later()
    try:
        with planned_once(), one_reading(request):
            return _answer(request, token, timezone.now())
    except Exception as error:
        # Whatever it is: a program that is given a page instead of a calendar may throw its copy away.
        log.error("a calendar could not be given (%s)", type(error).__name__)
        return _later()


def _answer(request: HttpRequest, token: str, now: datetime) -> HttpResponse:
    found = feed_of_token(token)
    door = found.door(now=now) if found is not None else Door.GONE
    if found is None or door is Door.GONE:
        return _plain(HttpResponse("not found\n", status=404, content_type="text/plain"))
    if _is_too_often(found):
        return _plain(
            HttpResponse(
                "too often\n", status=429, content_type="text/plain", headers={"Retry-After": str(_HOUR)}
            )
        )
    if door is Door.EMPTIED:
        return _plain(HttpResponse(_empty(found), content_type=CALENDAR))
    with answering(request, found.clinic_id):
        content = content_of(found, head=_head(found, OFTEN), said=_said(found), now=now)
        reader = reader_of(request.headers.get("User-Agent", ""))
        modified_at = note_fetch(found, etag=content.version, reader=reader, now=now)
        return _given(request, content, modified_at)


def _given(request: HttpRequest, content: Content, modified_at: datetime) -> HttpResponse:
    etag = f'"{content.version}"'
    if _is_known(request, etag, modified_at):
        response = HttpResponse(status=304)
        del response["Content-Type"]
    else:
        response = HttpResponse(content.body(), content_type=CALENDAR)
        response["Content-Length"] = str(len(response.content))
        response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["ETag"] = etag
    response["Last-Modified"] = http_date(modified_at.timestamp())
    return _plain(response)


def _is_known(request: HttpRequest, etag: str, modified_at: datetime) -> bool:
    """RFC 9110, 13.1: a tag outweighs a date; compared weakly, since a proxy that packs makes the tag weak."""
    if (tags := request.headers.get("If-None-Match")) is not None:
        known = [tag.removeprefix("W/") for tag in parse_etags(tags)]
        return "*" in known or etag in known
    since = parse_http_date_safe(request.headers.get("If-Modified-Since", ""))
    return since is not None and since >= int(modified_at.timestamp())


def _said(found: OpenFeed) -> Said:
    if found.language is not None:
        return words_for_patient(
            clinic_id=found.clinic_id,
            name=found.clinic_name,
            phone=found.clinic_phone,
            language=found.language,
        )
    detail = found.detail_now()
    return SameWords() if detail is Detail.BUSY else detail


def _head(found: OpenFeed, refresh: str) -> bytes:
    return writer.head(name=text.name(found.label), zone=zone_lines(found.time_zone), refresh=refresh)


def _empty(found: OpenFeed) -> bytes:
    return b"".join(writer.calendar(_head(found, SELDOM), []))


def _is_too_often(found: OpenFeed) -> bool:
    """By the link and not by the address: one server of Google's asks for many."""
    key = f"feed:{found.pk}:{int(datetime.now(UTC).timestamp()) // _HOUR}"
    try:
        return cache.incr(key) > FETCHES_AN_HOUR
    except ValueError:  # the first of this hour
        cache.add(key, 1, _HOUR)
        return False


def _later() -> HttpResponse:
    response = HttpResponse("later\n", status=503, content_type="text/plain")
    response["Retry-After"] = str(LATER_SECONDS)
    return _plain(response)


def _plain(response: HttpResponse) -> HttpResponse:
    """Kept by the one who asked and asked for again each time; in no search engine and in no other site's log."""
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    response.is_for_programs = True  # type: ignore[attr-defined]
    return response
