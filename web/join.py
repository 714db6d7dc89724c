"""Accepting an invitation by its secret link, which is exchanged for a cookie at once; shown on GET, done on POST.

A new address chooses a name and a password. An address that has an account joins by being signed in to that account,
with all that its sign-in asks for: the link alone proves nothing about whose account it is.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from clinic.selectors.rows import ROLE_LABELS, Invitation
from clinic.services.accounts import (
    Origin,
    accept_invitation,
    has_account,
    join_with_account,
    open_invitation,
)
from web.forms import RecordForm
from web.link_cookies import LinkCookie
from web.words import said

OPENED = LinkCookie(
    "__Host-invitation" if settings.HTTPS else "invitation", "refillwise.invitation", timedelta(hours=2)
)
"""The invitation opened last in a browser: until it is used or laid aside, through signing in and out."""


class JoinForm(RecordForm):
    """What somebody fills in who has no account yet."""

    invitation = forms.CharField(widget=forms.HiddenInput, max_length=36)
    display_name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        help_text=_("As colleagues know you."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 12 characters."),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    rows = ("display_name", "password", "invitation")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def join(request: HttpRequest) -> HttpResponse:
    """Join a clinic. A link that was guessed looks like one that has expired."""
    if "invitation" in request.GET and request.method != "POST":
        return _exchange(request, request.GET["invitation"][:200])
    token = OPENED.read(request)
    if token is None:
        return render(request, "join/no_cookie.html", status=HTTPStatus.FORBIDDEN)
    if "later" in request.POST:
        return _done(redirect("home"))
    invitation = open_invitation(token=token, now=timezone.now())
    if invitation is None:
        return _done(_closed(request))
    if request.method == "POST" and request.POST.get("invitation") != str(invitation.ref):
        messages.error(
            request,
            gettext("Another invitation was opened in this browser. Here it is; nothing was accepted yet."),
        )
        return redirect("join")
    if has_account(invitation.email):
        return _with_account(request, invitation, token)
    return _with_new_account(request, invitation, token)


def is_invited(request: HttpRequest) -> bool:
    """Whether this browser has opened an invitation for whoever is signed in, and it is still open."""
    token = OPENED.read(request)
    invitation = open_invitation(token=token, now=timezone.now()) if token is not None else None
    return invitation is not None and _is_theirs(request, invitation)


def _exchange(request: HttpRequest, token: str) -> HttpResponse:
    """Put a good token into the cookie. By GET or HEAD, which write nothing: a mail scanner may look."""
    if open_invitation(token=token, now=timezone.now()) is None:
        return _closed(request)
    response = redirect("join")
    OPENED.give(response, token)
    response["Referrer-Policy"] = "no-referrer"
    return response


def _closed(request: HttpRequest) -> HttpResponse:
    return render(request, "join/closed.html", status=HTTPStatus.NOT_FOUND)


def _done(response: HttpResponse) -> HttpResponse:
    OPENED.take(response)
    return response


def _with_new_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST or None, initial={"invitation": invitation.ref})
    if form.is_valid():
        try:
            user = accept_invitation(
                token=token,
                display_name=form.cleaned_data["display_name"],
                password=form.cleaned_data["password"],
                now=timezone.now(),
                origin=_origin(request),
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            logout(request)
            record_authentication(request, user, "password")  # just chosen
            messages.success(request, _welcome(invitation))
            return _done(perform_login(request, user, redirect_url=reverse("home")))
    context = {"form": form, **_about(invitation)}
    return render(request, "join/page.html", context, status=422 if form.errors else 200)


def _with_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    is_theirs = _is_theirs(request, invitation)
    refused = ""
    if request.method == "POST" and is_theirs and request.user.pk is not None:
        try:
            join_with_account(
                token=token, user_id=request.user.pk, now=timezone.now(), origin=_origin(request)
            )
        except RecordError as error:
            refused = said(error.reason)
        else:
            messages.success(request, _welcome(invitation))
            return _done(redirect("home"))
    context = {
        "is_theirs": is_theirs,
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': reverse('join')})}",
        "refused": refused,
        **_about(invitation),
    }
    status = 422 if refused else 403 if request.method == "POST" else 200
    return render(request, "join/account.html", context, status=status)


def _is_theirs(request: HttpRequest, invitation: Invitation) -> bool:
    person = request.user
    return person.is_authenticated and person.email.lower() == invitation.email.lower()


def _about(invitation: Invitation) -> dict[str, object]:
    return {"invitation": invitation, "role": ROLE_LABELS[Role(invitation.role)]}


def _welcome(invitation: Invitation) -> str:
    return gettext("Welcome to %(clinic)s.") % {"clinic": invitation.clinic.name}


def _origin(request: HttpRequest) -> Origin:
    adapter = get_adapter(request)
    return Origin(ip=adapter.get_client_ip(request), program=adapter.get_http_user_agent(request))
