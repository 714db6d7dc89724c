"""Second factors: their secrets at rest, who must have one, and what nobody sees without."""

from __future__ import annotations

import logging
import secrets
import time
from base64 import b32encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import segno
from allauth.account.internal.flows.login import get_authentication_records, record_authentication
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn import views as webauthn_views
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.selectors.rows import User
from clinic.services.accounts import end_sessions
from notifications.domain.words.purposes import Purpose
from notifications.services.staff_letters import tell_of_account
from web.account_letters import tell
from web.session_ends import end_all_but_this

log = logging.getLogger(__name__)

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
"""What counts as a second factor; recovery codes stand in for one."""

_OPEN_NAMES = frozenset(
    {
        *("account_login", "account_logout", "account_inactive", "account_reauthenticate", "still_here"),
        *("mfa_index", "mfa_activate_totp", "mfa_add_webauthn"),
        *("healthz", "readyz", "metrics", "robots"),
    }
)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How allauth keeps second factors here: encrypted, named for people, and never the last one taken away."""

    def get_totp_issuer(self) -> str:
        return settings.SITE_NAME

    def build_totp_svg(self, url: str) -> str:
        picture = BytesIO()  # whole, with its namespace: it is shown as a file of its own (data:)
        segno.make(url, error="m").save(picture, kind="svg", scale=5, border=4)
        return picture.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; where no key reads it, one that nobody has: then no code fits, and nothing breaks."""
        try:
            return _keys().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            log.error("no key of SECOND_FACTOR_KEYS reads a second factor")
            return b32encode(secrets.token_bytes(20)).decode()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one where one is required: a new one first."""
        others = Authenticator.objects.filter(user_id=authenticator.user_id, type__in=FACTORS)
        return not settings.MFA_REQUIRED or others.exclude(pk=authenticator.pk).exists()

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return _("Passkey %(number)d") % {"number": number}


def _keys() -> MultiFernet:
    if not settings.SECOND_FACTOR_KEYS:
        raise ImproperlyConfigured(
            "Set SECOND_FACTOR_KEYS: secrets of second factors are never kept in clear."
        )
    return MultiFernet([Fernet(key) for key in settings.SECOND_FACTOR_KEYS])


def encrypt_anew(authenticator: Authenticator) -> bool:
    """Encrypt a second factor's secret with the first key; False when that was done already or no key reads it."""
    name = {"totp": "secret", "recovery_codes": "seed"}.get(authenticator.type)
    if name is None or name not in authenticator.data:
        return False
    stored = authenticator.data[name].encode()
    try:
        Fernet(settings.SECOND_FACTOR_KEYS[0]).decrypt(stored)
    except InvalidToken:
        try:
            authenticator.data[name] = _keys().rotate(stored).decode()
        except InvalidToken:
            return False
        authenticator.save(update_fields=["data"])
        return True
    return False


def take_factors_away(*, email: str, reason: str) -> bool:
    """Remove every second factor of the account and end its sessions; False where there is no such account."""
    person = User.objects.filter(email__iexact=email).first()
    if person is None:
        return False
    with transaction.atomic():
        end_sessions(user_id=person.pk, actor_id=None, reason=f"second factor reset: {reason}")
        Authenticator.objects.filter(user_id=person.pk).delete()
        tell_of_account(user_id=person.pk, what=Purpose.FACTOR_REMOVED, now=timezone.now())
    return True


def has_second_factor(request: HttpRequest) -> bool:
    """Whether this very session began, or was completed, with a second factor."""
    records = get_authentication_records(request, request.user)
    return any(record["method"] == "mfa" for record in records)


def is_setting_up_first(request: HttpRequest) -> bool:
    """Whether the person signed in a moment ago and has no factor, or one from this very session."""
    now, records = time.time(), get_authentication_records(request, request.user)
    recent = [each for each in records if now - each["at"] < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT]
    if not any(each["method"] == "password" for each in recent):
        return False
    return any(each.get("is_set_up") for each in recent) or not is_mfa_enabled(request.user)


def is_second_factor_missing(request: HttpRequest) -> bool:
    """Whether this session has to be completed with one before it sees anything."""
    return settings.MFA_REQUIRED and not has_second_factor(request)


class SecondFactorFirst:
    """Where second factors are required, leads whoever signed in without one to set one up, and nowhere else.

    One place for pages, parts of pages, the REST interface and the admin site: what it does not name is shut.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        if not request.user.is_authenticated or not is_second_factor_missing(request):
            return None
        if is_mfa_enabled(request.user, FACTORS):
            logout(request)  # the person has one and this session did not use it: it is asked for at the door
            return None
        if _is_open(request):
            return None
        setup = reverse("mfa_index")
        if request.headers.get("HX-Request"):
            return HttpResponse(status=403, headers={"HX-Redirect": setup})
        if request.path.startswith(reverse("api:forecast").removesuffix("forecast")):
            return JsonResponse({"detail": "A second factor is required."}, status=403)
        return redirect(setup)


def _is_open(request: HttpRequest) -> bool:
    match = request.resolver_match
    if match is None or match.namespaces:
        return False
    return match.url_name in _OPEN_NAMES


def on_added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """A session in which the factor was set up has it; all others of the person had only the password."""
    if authenticator.type not in FACTORS:
        return
    is_first = not has_second_factor(request)
    what = {"id": authenticator.pk, "type": authenticator.type, "is_set_up": is_first or None}
    record_authentication(request, user, "mfa", **what)
    if is_first:
        end_all_but_this(request, reason="second factor set up")


def on_used(user: User, authenticator: Authenticator, **_: Any) -> None:
    """Allauth mails of everything but this: whoever found the paper signs in with it."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        tell(user.pk, Purpose.CODE_USED)


class _RemovePasskey(webauthn_views.RemoveWebAuthnView):  # type: ignore[misc]
    """Allauth asks only for an app whether it may go; a passkey may be the last factor as well."""

    def form_valid(self, form: Any) -> HttpResponse:
        if not SecondFactorAdapter().can_delete_authenticator(self.get_object()):
            messages.error(self.request, _("This is your only second factor. Set up another one first."))
            return redirect("mfa_list_webauthn")
        return super().form_valid(form)  # type: ignore[no-any-return]


remove_passkey = _RemovePasskey.as_view()
