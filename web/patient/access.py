"""Who gets in: whoever opened the link in this browser a short while ago, as long as the link is good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from clinic.domain.manners import country_of
from clinic.seeing import by_link, saw
from clinic.selectors.rows import Language
from notifications.selectors.patient_pages import place_of, today_of
from notifications.selectors.rows import PatientLink
from notifications.services.answers import LinkClosed, NoLongerSo, NoMoreTries
from notifications.services.links import link_by_ref, ref_of
from scheduling.domain.slot_refusals import BusyTryAgain
from web.answering import answering
from web.language import OWN_NAMES
from web.patient.closed import closed, sealed
from web.patient.passes import Pass, give_pass, read_pass
from web.patient.words import Writing, clock_words, phone_link


class PatientRequest(HttpRequest):
    """A request for a page behind a link; ``link_page`` sets these."""

    link: PatientLink
    given: Pass
    now: datetime
    today: date
    writing: Writing


View = Callable[..., HttpResponse]


def link_page(*purposes: str) -> Callable[[View], View]:
    """Let in whoever has opened a link for one of these purposes; anybody else sees what a guessed link shows.

    The view runs in the reader's language and the clinic's time zone. Nothing of it is kept by a browser or a proxy.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def page(request: PatientRequest, ref: str, **kwargs: Any) -> HttpResponse:
            request.now = timezone.now()
            link = link_by_ref(ref=ref, now=request.now)
            if link is None or link.purpose not in purposes:
                return closed(request)
            request.link, request.today = link, today_of(link, request.now)
            by_link(ref)
            saw(link.clinic_id, [link.patient_id])
            country = country_of(link.clinic.holiday_country, link.clinic.phone)
            request.writing = Writing(country, request.today)
            found = read_pass(request, link)
            given = _with_chosen_language(request, found or Pass(link.patient.language))
            request.given = given
            zone = ZoneInfo(link.clinic.time_zone)
            with (
                translation.override(given.language),
                timezone.override(zone),
                answering(request, link.clinic_id),
            ):
                response = _answer(view, request, kwargs) if found else _no_cookie(request)
            if found is not None and request.given != found and response.status_code != HTTPStatus.NOT_FOUND:
                give_pass(response, link, request.given)
            return sealed(response)

        guarded: View = require_http_methods(["GET", "HEAD", "POST"])(cast("Any", page))
        return guarded

    return decorate


def show(
    request: PatientRequest, template: str, context: dict[str, Any], *, status: int = HTTPStatus.OK
) -> HttpResponse:
    """A page in the frame that all of them share: the clinic, its telephone, the languages."""
    clinic = request.link.clinic
    frame = {
        "ref": ref_of(request.link),
        "clinic_name": clinic.name,
        "phone": clinic.phone,
        "phone_link": phone_link(clinic.phone),
        "place": place_of(clinic_id=clinic.pk),
        "clock": clock_words(clinic.time_zone),
        "first_name": request.link.patient.first_name,
        "language": request.given.language,
        "languages": OWN_NAMES.items(),
        "is_known": request.given.is_known,
    }
    response = render(request, template, frame | context, status=status)
    response["Content-Language"] = request.given.language
    return response


def back_to_page(request: PatientRequest) -> HttpResponse:
    """To the link's page, which shows what has become of it."""
    return redirect(_page(request))


def remember_known(request: PatientRequest) -> None:
    """Ask no second time: the reader has given the day of birth."""
    request.given = replace(request.given, is_known=True)


def _with_chosen_language(request: HttpRequest, given: Pass) -> Pass:
    chosen = request.GET.get("lang", "")
    return replace(given, language=chosen) if chosen in Language.values else given


def _answer(view: View, request: PatientRequest, kwargs: dict[str, Any]) -> HttpResponse:
    """What the view answers, or what has become of the link or of what it shows in the meantime."""
    try:
        return view(request, **kwargs)
    except LinkClosed:
        return closed(request)
    except NoMoreTries:
        return show(request, "patient/phone.html", {}, status=HTTPStatus.FORBIDDEN)
    except NoLongerSo:
        return redirect(f"{_page(request)}?now=changed")
    except BusyTryAgain:
        return redirect(f"{_page(request)}?now=busy")


def _page(request: PatientRequest) -> str:
    return reverse("patient:page", kwargs={"ref": ref_of(request.link)})


def _no_cookie(request: PatientRequest) -> HttpResponse:
    """The browser keeps no cookies, or the link was opened long ago: what to do, and whom to call."""
    return show(request, "patient/no_cookie.html", {}, status=HTTPStatus.FORBIDDEN)
