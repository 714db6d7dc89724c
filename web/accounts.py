"""Accounts come by an administrator's invitation; nobody signs up alone."""

import logging
from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.selectors.rows import User
from notifications.domain.words.purposes import Purpose
from web.account_letters import tell
from web.second_factor import is_setting_up_first

log = logging.getLogger(__name__)

TOLD = {
    "account/email/password_changed": Purpose.PASSWORD_CHANGED,
    "account/email/password_reset": Purpose.PASSWORD_CHANGED,
    "account/email/password_set": Purpose.PASSWORD_CHANGED,
    "mfa/email/totp_activated": Purpose.FACTOR_ADDED,
    "mfa/email/totp_deactivated": Purpose.FACTOR_REMOVED,
    "mfa/email/webauthn_added": Purpose.FACTOR_ADDED,
    "mfa/email/webauthn_removed": Purpose.FACTOR_REMOVED,
    "mfa/email/recovery_codes_generated": Purpose.CODES_MADE,
}
"""What allauth would mail a person about, by its name for it."""


class InvitedOnlyAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes self sign-up: who works in a clinic is the clinic's decision."""

    error_messages: ClassVar[dict[str, str | Promise]] = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": _("The e-mail address or the password is not correct."),
        "too_many_login_attempts": _("Too many wrong attempts. Wait five minutes, then try again."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for the first second factor right after signing in: the password was given a moment ago."""
        request = context.request
        if app == "allauth.mfa" and is_setting_up_first(request):
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("home")

    def send_notification_mail(self, template_prefix: str, user: User, *args: Any, **kwargs: Any) -> None:
        """By the outbox like every other letter: allauth would have the person wait for the mail server."""
        if what := TOLD.get(template_prefix):
            tell(user.pk, what)
        else:
            log.error("no letter for %s", template_prefix)
