"""When a session ends although nobody signed out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.sessions.models import Session
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers

from clinic.services.accounts import end_sessions

SIGNED_IN_AT = "signed_in_at"


class NothingIsKept:
    """No browser or proxy keeps what somebody who is signed in was shown: pages, files and the REST interface alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_signed_in = request.user.is_authenticated  # before the view, which may sign out
        response = self.get_response(request)
        if is_signed_in and not response.has_header("Cache-Control"):
            add_never_cache_headers(response)
        return response


class AbsoluteTimeOut:
    """Ends a session so many seconds after signing in, however busy it is. What was asked for needs a new sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            began = request.session.get(SIGNED_IN_AT)
            if began is None:
                request.session[SIGNED_IN_AT] = time.time()  # from before this rule: it begins now
            elif time.time() - began > settings.SESSION_ABSOLUTE_SECONDS:
                logout(request)
        return self.get_response(request)


def on_signed_in(request: HttpRequest, **_: Any) -> None:
    """Signing in again starts the clock anew, also in a session that goes on."""
    request.session[SIGNED_IN_AT] = time.time()


def end_all_but_this(request: HttpRequest, *, reason: str) -> None:
    """End every session of the person but the one that asks, also those that no list knows."""
    assert request.user.pk is not None  # noqa: S101 - signed in
    end_sessions(user_id=request.user.pk, actor_id=request.user.pk, reason=reason)
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    UserSession.objects.create_from_request(request)  # its key is a new one


def sign_everybody_out(*, using: str) -> None:
    """Take away every session of everybody: after a restore those that had ended since the backup would live again."""
    UserSession.objects.using(using).all().delete()
    Session.objects.using(using).all().delete()
