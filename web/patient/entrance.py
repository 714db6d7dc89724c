"""The way in: a token is exchanged for a cookie, so that it stays in no address bar and reaches no other page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from notifications.services.links import mark_opened, open_link, ref_of
from web.answering import answering
from web.patient.closed import closed, sealed
from web.patient.passes import Pass, give_pass


def entrance(request: HttpRequest, token: str) -> HttpResponse:
    """Let the holder of a good link in. By GET or HEAD, which change nothing: a mail scanner may look."""
    if request.method not in ("GET", "HEAD"):
        return closed(request)
    now = timezone.now()
    link = open_link(token=token, now=now)
    if link is None:
        return closed(request)
    with answering(request, link.clinic_id):
        mark_opened(link, now=now)
    response = redirect("patient:page", ref=ref_of(link))
    give_pass(response, link, Pass(language=link.patient.language))
    # For this address alone: with it on a page, browsers would send no origin and forms could not be told from forged ones.
    return sealed(response, referrer="no-referrer")
