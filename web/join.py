"""Accepting an invitation by its secret link: shown on GET, done on POST.

A new address chooses a name and a password. An address that has an account joins by being signed in to that account,
with all that its sign-in asks for: the link alone proves nothing about whose account it is.
"""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.utils import perform_login
from django import forms
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
from web.words import said


class JoinForm(RecordForm):
    """What somebody fills in who has no account yet."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=200)
    display_name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        required=False,
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
    rows = ("display_name", "password", "token")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters()
def join(request: HttpRequest) -> HttpResponse:
    """Join a clinic. A link that was guessed looks like one that has expired.

    The token stands in the query, which no log keeps, and no other site is told it (referrer policy).
    """
    token = (request.POST.get("token") or request.GET.get("invitation", ""))[:200]
    invitation = open_invitation(token=token, now=timezone.now())
    if invitation is None:
        return render(request, "join/closed.html", status=404)
    if has_account(invitation.email):
        return _with_account(request, invitation, token)
    return _with_new_account(request, invitation, token)


def _with_new_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST or None, initial={"token": token})
    if form.is_valid():
        try:
            user = accept_invitation(now=timezone.now(), origin=_origin(request), **form.cleaned_data)
        except RecordError as error:
            form.add_record_error(error)
        else:
            logout(request)
            record_authentication(request, user, "password")  # just chosen
            messages.success(request, _welcome(invitation))
            return perform_login(request, user, redirect_url=reverse("home"))  # type: ignore[no-any-return]
    context = {"form": form, **_about(invitation)}
    return render(request, "join/page.html", context, status=422 if form.errors else 200)


def _with_account(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    here = f"{reverse('join')}?{urlencode({'invitation': token})}"
    person = request.user
    is_theirs = person.is_authenticated and person.email.lower() == invitation.email.lower()
    refused = ""
    if request.method == "POST" and is_theirs and person.pk is not None:
        try:
            join_with_account(token=token, user_id=person.pk, now=timezone.now(), origin=_origin(request))
        except RecordError as error:
            refused = said(error.reason)
        else:
            messages.success(request, _welcome(invitation))
            return redirect("home")
    context = {
        "token": token,
        "is_theirs": is_theirs,
        "sign_in": f"{reverse('account_login')}?{urlencode({'next': here})}",
        "refused": refused,
        **_about(invitation),
    }
    status = 422 if refused else 403 if request.method == "POST" else 200
    return render(request, "join/account.html", context, status=status)


def _about(invitation: Invitation) -> dict[str, object]:
    return {"invitation": invitation, "role": ROLE_LABELS[Role(invitation.role)]}


def _welcome(invitation: Invitation) -> str:
    return gettext("Welcome to %(clinic)s.") % {"clinic": invitation.clinic.name}


def _origin(request: HttpRequest) -> Origin:
    adapter = get_adapter(request)
    return Origin(ip=adapter.get_client_ip(request), program=adapter.get_http_user_agent(request))
