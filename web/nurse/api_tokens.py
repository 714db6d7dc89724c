"""Keys of programs that use the REST interface: made, seen once, listed, revoked."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.api_tokens import LONGEST_DAYS, USUAL_DAYS, TokenEntry, grantable
from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission, Role
from clinic.selectors.accounts import active_membership
from clinic.selectors.api_tokens import tokens
from clinic.selectors.rows import ApiToken
from clinic.services.api_tokens import make_token, restore_token, revoke_token
from web.access import ClinicRequest, clinic_page, recently_authenticated
from web.addresses import public_address
from web.forms import CountField, RecordForm
from web.nurse.frame import clinic_reverse
from web.nurse.members import POWERS
from web.undo import Undo, say_done


class TokenForm(RecordForm):
    """A token as it is asked for: never more than its person may do."""

    name = forms.CharField(
        label=gettext_lazy("What uses it"),
        max_length=80,
        help_text=gettext_lazy("One token for each program, such as “Hospital record, test”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    permissions = forms.MultipleChoiceField(label=gettext_lazy("It may"), widget=forms.CheckboxSelectMultiple)
    days = CountField(label=gettext_lazy("Days until it ends"), min_value=1, max_value=LONGEST_DAYS)
    rows = ("name", "permissions", "days")

    def __init__(self, *args: Any, role: Role, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["permissions"].choices = [  # type: ignore[attr-defined]
            (each.value, POWERS[each]) for each in grantable(role)
        ]

    def entry(self) -> TokenEntry:
        """What the service takes."""
        cleaned = self.cleaned_data
        permissions = tuple(Permission(each) for each in cleaned["permissions"])
        return TokenEntry(name=cleaned["name"], permissions=permissions, days=cleaned["days"])


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
@recently_authenticated
def api_tokens(request: ClinicRequest) -> HttpResponse:
    """A person's tokens in this clinic, with a form for another; whoever manages members sees everybody's."""
    form = TokenForm(
        request.POST or None,
        role=_role(request),
        initial={"days": USUAL_DAYS, "permissions": [Permission.VIEW_PATIENTS.value]},
    )
    if form.is_valid():
        try:
            token, secret = make_token(
                clinic=request.clinic, entry=form.entry(), user_id=request.user.id, now=request.now
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            return _made(request, token, secret)
    mine = tokens(clinic_id=request.clinic.id, user_id=request.user.id)
    context: dict[str, Any] = {
        "heading": _("API tokens"),
        "trail": [(_("API tokens"), "")],
        "form": form,
        "rows": [_row(request, token) for token in mine],
        "description_url": reverse("api:docs"),
    }
    if request.may(Permission.MANAGE_MEMBERS):
        others = tokens(clinic_id=request.clinic.id).exclude(user_id=request.user.id)
        context |= {"sees_others": True, "others": [_row(request, token) for token in others]}
    return render(request, "nurse/api_tokens/page.html", context, status=422 if form.errors else 200)


@require_POST
@clinic_page(Permission.VIEW_PATIENTS)
def api_token_revoke(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """End a token of one's own, or any where one manages members."""
    token = _theirs(request, ref)
    revoke_token(clinic=request.clinic, token_ref=ref, actor_id=request.user.id, now=request.now)
    say_done(
        request,
        _("“%(name)s” is revoked.") % {"name": token.name},
        undo=Undo(clinic_reverse(request, "api_token_restore", ref=ref)),
    )
    return redirect(clinic_reverse(request, "api_tokens"))


@require_POST
@clinic_page(Permission.VIEW_PATIENTS)
def api_token_restore(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take a revocation back: only one's own, for it opens a door in one's own name."""
    token = _theirs(request, ref)
    if token.user_id != request.user.id:
        raise Http404
    return _restore(request, token)


@recently_authenticated
def _restore(request: ClinicRequest, token: ApiToken) -> HttpResponse:
    restore_token(clinic=request.clinic, token_ref=token.ref, actor_id=request.user.id)
    say_done(request, _("“%(name)s” works again.") % {"name": token.name})
    return redirect(clinic_reverse(request, "api_tokens"))


def _theirs(request: ClinicRequest, ref: UUID) -> ApiToken:
    """404 for a colleague's token, which is not there for others."""
    of = None if request.may(Permission.MANAGE_MEMBERS) else request.user.id
    found = tokens(clinic_id=request.clinic.id, user_id=of).filter(ref=ref).first()
    if found is None:
        raise Http404
    return found


def _made(request: ClinicRequest, token: ApiToken, secret: str) -> HttpResponse:
    """The secret, this once: only its hash is kept."""
    back = clinic_reverse(request, "api_tokens")
    context = {
        "heading": _("Your API token"),
        "trail": [(_("API tokens"), back), (token.name, "")],
        "token": token,
        "secret": secret,
        "address": public_address(
            request, reverse("api:patients", kwargs={"clinic_slug": request.clinic.slug})
        ),
        "cancel_url": back,
    }
    return render(request, "nurse/api_tokens/made.html", context)


def _role(request: ClinicRequest) -> Role:
    """The person's own role: what emergency access adds is not for programs."""
    membership = active_membership(user_id=request.user.id, clinic_slug=request.clinic.slug)
    if membership is None:
        raise Http404
    return Role(membership.role)


def _row(request: ClinicRequest, token: ApiToken) -> dict[str, Any]:
    is_over = token.expires_at <= request.now
    return {
        "token": token,
        "may": [POWERS[each] for each in Permission if each.value in token.permissions],
        "is_revoked": token.revoked_at is not None,
        "is_over": is_over,
        "lives": token.revoked_at is None and not is_over,
        "owner": str(token.user),
    }


urlpatterns = [
    path("api-tokens/", api_tokens, name="api_tokens"),
    path("api-tokens/<uuid:ref>/revoke/", api_token_revoke, name="api_token_revoke"),
    path("api-tokens/<uuid:ref>/restore/", api_token_restore, name="api_token_restore"),
]
