"""Everything that belongs to no clinic's pages: accounts, the admin site, ways in, links, calendars, providers, figures.

A door is one address and what it answers for reading and for an empty form: to nobody, to somebody signed in, and to a
superuser where that differs. None: it does not take that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.web.matrix.rows import named

Codes = tuple[int | None, int | None]
"""For reading and for an empty form."""
SIGN_IN: Codes = (302, 302)


@dataclass(frozen=True)
class Door:
    name: str
    nobody: Codes
    member: Codes
    superuser: Codes | None = None
    about: str = ""
    """What the address names; see ``things`` in test_doors.py."""
    keys: frozenset[str] = frozenset()
    others: int = 405
    """For every other method."""
    writes: Mapping[str, str] = field(default_factory=dict)
    """Tables that an answer may write, each with why."""


def _open(name: str, read: int | None, sent: int | None, **more: object) -> Door:
    """The same for everybody."""
    return Door(name, (read, sent), (read, sent), **more)  # type: ignore[arg-type]


def _own(name: str, read: int | None, sent: int | None, **more: object) -> Door:
    """For whoever is signed in, about oneself; everybody else signs in first."""
    nobody = tuple(None if code is None else 302 for code in (read, sent))
    return Door(name, nobody, (read, sent), **more)  # type: ignore[arg-type]


def _catalogue(name: str, read: int, sent: int, about: str = "") -> Door:
    """Of the admin site: for superusers alone."""
    return Door(f"admin:{name}", SIGN_IN, SIGN_IN, (read, sent), about)


SESSIONS = dict.fromkeys(
    ("clinic_user", "clinic_userhistory", "pghistory_context", "usersessions_usersession"),
    "one's own sessions are ended: that is what it does",
)
ADDRESS = {"account_emailaddress": "allauth copies the account's address before it looks at the key"}

OPERATION = (
    _open("healthz", 200, None, keys=named("status")),
    _open(
        "readyz",
        503,
        None,
        keys=named("status")
        | named(
            "database broker worker beat dispatcher sweep lapse paper_list dispatch escalations", "checks."
        ),
    ),
    _open("metrics", 200, None),
    _open("robots", 200, None),
)

ACCOUNTS = (
    Door("account_login", (200, 200), (302, 302)),
    Door("account_logout", (302, 302), (200, 302)),
    _own("sessions", 200, None),
    _own("sessions_end", None, 302, writes=SESSIONS),
    _own("session_end", None, 404, about="somebody's session"),
    _own("account_reauthenticate", 200, 200),
    _own("mfa_index", 200, 405),
    Door("mfa_authenticate", (302, 302), (302, 302)),
    _own("mfa_reauthenticate", 302, 302),
    _own("mfa_activate_totp", 302, 302),
    _own("mfa_deactivate_totp", 404, 404),
    _own("mfa_view_recovery_codes", 404, 405),
    _own("mfa_generate_recovery_codes", 302, 302),
    _own("mfa_download_recovery_codes", 404, 404),
    _own("mfa_list_webauthn", 200, 405),
    _own("mfa_add_webauthn", 302, 302),
    _own("mfa_reauthenticate_webauthn", 302, 302),
    _own("mfa_remove_webauthn", 302, 302, about="somebody's passkey"),
    _own("mfa_edit_webauthn", 302, 302, about="somebody's passkey"),
    _own("mfa_login_webauthn", 302, 302),
    _open("account_inactive", 200, 405),
    Door("account_signup", (200, 200), (302, 302)),
    _open("account_email", 302, 302),
    _open("account_set_password", 302, 302),
    _own("account_change_password", 200, 200),
    _open("account_reset_password", 200, 200),
    _open("account_reset_password_done", 200, 405),
    _open("account_reset_password_from_key_done", 200, 405),
    _open("account_reset_password_from_key", 200, 200, about="guessed key", writes=ADDRESS),
)

WAYS_IN = (
    _own("home", 302, None),
    _own("clinics", 200, None),
    _own("emergency", 200, 422),
    _own("emergency_end", None, 302),
    _open("language", None, 422),
    Door("still_here", (None, 401), (None, 204)),
    _open("join", 403, 403),
)

LINKS = (
    _open("patient:page", 403, 403, about="link"),
    _open("patient:confirm", 403, 403, about="link"),
    _open("patient:cannot_come", 403, 403, about="link"),
    _open("patient:times", 403, 403, about="link"),
    _open("patient:take", 403, 403, about="time of a link"),
    _open("patient:ask", 403, 403, about="link"),
    _open("patient:calendars", 403, 403, about="link"),
    _open("patient:calendar", 403, 403, about="link"),
    _open("patient:not_me", 403, 403, about="link"),
    _open("patient:entrance", 404, 404, about="guessed token", others=404),
    _open("patient:closed", 404, 404, others=404),
    _open("calendar_feed", 404, None, about="guessed token"),
)

PROVIDERS = (
    _open("hooks:twilio_status", None, 404),
    _open("hooks:twilio_inbound", None, 404),
    _open("hooks:gateway_status", None, 404),
    _open("hooks:gateway_inbound", None, 404),
    _open("hooks:email", None, 404, about="provider"),
)

INTERFACE = (
    _open("api:docs", 200, None),
    _open("api:nowhere", 404, 404, keys=named("type title status detail"), others=404),
)

HISTORIES = ("pumpmodel", "pumpmodelvalue", "drug", "stability", "marketedstrength")
"""Of these the admin site shows the history."""
ADMIN = (
    _catalogue("index", 200, 200),
    Door("admin:login", SIGN_IN, (403, 403), SIGN_IN),
    _catalogue("logout", 302, 302),
    _catalogue("password_change", 302, 302),
    _catalogue("password_change_done", 200, 405),
    _catalogue("autocomplete", 403, 405),
    _catalogue("jsi18n", 200, 405),
    _catalogue("app_list", 200, 200, "app"),
    Door("admin:admin/(?P<url>.*)$", SIGN_IN, SIGN_IN, (404, 404), "nothing"),
    *(
        _catalogue(f"clinic_{model}_{page}", read, sent, about)
        for model in ("pumpmodel", "drug")
        for page, read, sent, about in (
            ("changelist", 200, 200, ""),
            ("add", 200, 200, ""),
            ("history", 200, 200, "entry"),
            ("delete", 403, 403, "entry"),
            ("change", 200, 200, "entry"),
        )
    ),
    *(
        _catalogue(f"clinic_{model}history_{page}", read, sent, about)
        for model in HISTORIES
        for page, read, sent, about in (
            ("changelist", 200, 200, ""),
            ("add", 403, 403, ""),
            ("history", 200, 200, "entry"),
            ("delete", 403, 403, "entry"),
            ("change", 200, 403, "entry"),
        )
    ),
)

DOORS = (*OPERATION, *ACCOUNTS, *WAYS_IN, *LINKS, *PROVIDERS, *INTERFACE, *ADMIN)
