"""Accepting an invitation by its secret link: shown on GET, done on POST."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from clinic.domain.checks import RecordError
from clinic.domain.roles import Role
from clinic.selectors.rows import ROLE_LABELS
from clinic.services.accounts import accept_invitation, open_invitation
from web.forms import RecordForm


class JoinForm(RecordForm):
    """What somebody fills in who accepts an invitation."""

    token = forms.CharField(widget=forms.HiddenInput, max_length=200)
    display_name = forms.CharField(
        label=_("Your name"),
        max_length=120,
        required=False,
        help_text=_("As colleagues know you. If you have an account already, it keeps its name."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=200,
        strip=False,
        help_text=_("At least 12 characters. If you have an account already, its password."),
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
    now = timezone.now()
    token = request.POST.get("token") or request.GET.get("invitation", "")
    invitation = open_invitation(token=token[:200], now=now)
    if invitation is None:
        return render(request, "join/closed.html", status=404)
    form = JoinForm(request.POST or None, initial={"token": token})
    if form.is_valid():
        try:
            user = accept_invitation(now=now, **form.cleaned_data)
        except RecordError as error:
            form.add_record_error(error)
        else:
            logout(request)
            login(request, user, backend="allauth.account.auth_backends.AuthenticationBackend")
            messages.success(request, gettext("Welcome to %(clinic)s.") % {"clinic": invitation.clinic.name})
            return redirect("home")
    context = {"form": form, "invitation": invitation, "role": ROLE_LABELS[Role(invitation.role)]}
    return render(request, "join/page.html", context, status=422 if form.errors else 200)
