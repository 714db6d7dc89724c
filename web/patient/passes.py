"""What a browser keeps after a link was opened: a short, signed cookie that is good for that one link's pages alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from notifications.selectors.rows import PatientLink
from notifications.services.links import ref_of
from web.link_cookies import LinkCookie

LASTS = timedelta(hours=2)
_COOKIE = LinkCookie("__Secure-link" if settings.HTTPS else "link", "refillwise.patient.pass", LASTS)


@dataclass(frozen=True, slots=True)
class Pass:
    """``language`` is what the pages are read in; ``is_known``: the reader has given the day of birth."""

    language: str
    is_known: bool = False


def give_pass(response: HttpResponse, link: PatientLink, given: Pass) -> None:
    """Set the cookie. Its path is the link's own, so two links that are open at once do not mix."""
    _COOKIE.give(response, [link.pk, given.language, given.is_known], path=_path(link))


def read_pass(request: HttpRequest, link: PatientLink) -> Pass | None:
    """What the browser brings for this link; None when it brings nothing, something old, or another link's."""
    found = _COOKIE.read(request)
    if found is None:
        return None
    link_id, language, is_known = found
    return Pass(language, is_known) if link_id == link.pk else None


def take_pass(response: HttpResponse, link: PatientLink) -> None:
    """Have the browser forget the link."""
    _COOKIE.take(response, path=_path(link))


def _path(link: PatientLink) -> str:
    return reverse("patient:page", kwargs={"ref": ref_of(link)})
