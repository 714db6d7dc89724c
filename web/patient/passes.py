"""What a browser keeps after a link was opened: a short, signed cookie that is good for that one link's pages alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from notifications.selectors.rows import PatientLink
from notifications.services.links import ref_of

LASTS = timedelta(hours=2)
_SALT = "refillwise.patient.pass"
_NAME = "__Secure-link" if settings.HTTPS else "link"


@dataclass(frozen=True, slots=True)
class Pass:
    """``language`` is what the pages are read in; ``is_known``: the reader has given the day of birth."""

    language: str
    is_known: bool = False


def give_pass(response: HttpResponse, link: PatientLink, given: Pass) -> None:
    """Set the cookie. Its path is the link's own, so two links that are open at once do not mix.

    Lax, because the way in begins in a mail or text: a strict cookie is not sent along with what follows from there.
    """
    value = signing.dumps([link.pk, given.language, given.is_known], salt=_SALT)
    response.set_cookie(
        _NAME,
        value,
        max_age=LASTS,
        path=_path(link),
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def read_pass(request: HttpRequest, link: PatientLink) -> Pass | None:
    """What the browser brings for this link; None when it brings nothing, something old, or another link's."""
    try:
        link_id, language, is_known = signing.loads(request.COOKIES.get(_NAME, ""), salt=_SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError):
        return None
    return Pass(language, is_known) if link_id == link.pk else None


def take_pass(response: HttpResponse, link: PatientLink) -> None:
    """Have the browser forget the link."""
    response.delete_cookie(_NAME, path=_path(link), samesite="Lax")


def _path(link: PatientLink) -> str:
    return reverse("patient:page", kwargs={"ref": ref_of(link)})
