"""In which language a page is written: whose choice counts, and how it is made (docs/adr/0038).

A person's own choice, else this browser's (made before signing in), else the clinic's, else what the browser asks for.
What programs read is English whoever asks; pages for patients see to their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_POST

from clinic.selectors.accounts import clinics_of
from clinic.selectors.rows import Clinic, Language
from clinic.services.accounts import choose_language
from clinic.writing import country_of_clinic, write_as_in, written_in
from web.signed_in import person_id

R = TypeVar("R", bound=HttpResponseBase)
OWN_NAMES = {"en": "English", "es": "Español", "fr": "Français"}
"""Each in its own words: whoever cannot read the page must find the way to one that can be read."""
_PROGRAMS_AND_PATIENTS = (
    "/api/",
    "/hooks/",
    "/calendars/",
    "/l/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/robots.txt",
)


class ReadersLanguage:
    """Answers in the reader's language and says in the header which it was.

    A clinic's page is known to be one only when its view is found: there ``in_clinics_language`` takes over.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_PROGRAMS_AND_PATIENTS):
            with translation.override(settings.LANGUAGE_CODE):
                return _with_name(self.get_response(request))
        with translation.override(chosen_by(request) or get_language_from_request(request)), written_in(""):
            response = _with_name(self.get_response(request))
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        return response

    def process_view(self, request: HttpRequest, _view: Any, _args: Any, kwargs: dict[str, Any]) -> None:
        """Outside the clinics' pages, whoever works in one reads as there."""
        if "clinic_slug" in kwargs or request.path_info.startswith(_PROGRAMS_AND_PATIENTS):
            return
        if request.user.is_authenticated and not chosen_by(request):
            for clinic in clinics_of(user_id=person_id(request))[:1]:
                in_clinics_language(request, clinic)


def chosen_by(request: HttpRequest) -> str:
    """What the person has chosen, or whoever sat at this browser before signing in; empty where nobody has."""
    own = request.user.language if request.user.is_authenticated else ""
    chosen = own or request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in Language.values else ""


def in_clinics_language(request: HttpRequest, clinic: Clinic) -> None:
    """From here to the end of the answer: in the clinic's language where nobody chose, and its country's figures."""
    if not chosen_by(request) and clinic.language in Language.values:
        translation.activate(clinic.language)
    write_as_in(country_of_clinic(clinic))


def in_english(view: Callable[..., R]) -> Callable[..., R]:
    """For a file that other programs read: the same words and figures whoever takes it. Stands below ``clinic_page``."""

    @wraps(view)
    def file(*args: Any, **kwargs: Any) -> R:
        with translation.override(settings.LANGUAGE_CODE):
            return view(*args, **kwargs)

    return file


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Read in another language from now on: kept with the account, without one in this browser.

    Back to where it was chosen, as the browser says: an address in the page might name a patient whom it does not show.
    """
    language, back = request.POST.get("language", ""), request.headers.get("Referer", "")
    if language not in Language.values:
        return HttpResponse(status=HTTPStatus.UNPROCESSABLE_ENTITY)
    is_ours = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    response = redirect(back if is_ours else "home")
    if request.user.is_authenticated:
        choose_language(user_id=person_id(request), language=language)
    else:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite="Lax",
        )
    return response


def _with_name(response: HttpResponseBase) -> HttpResponseBase:
    response.headers.setdefault("Content-Language", translation.get_language() or settings.LANGUAGE_CODE)
    return response
