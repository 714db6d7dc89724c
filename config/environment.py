"""Variables of the environment, read so that a wrong one stops the program by its name.

A secret may come from a file instead: `DATABASE_URL_FILE=/run/secrets/database_url` in place of `DATABASE_URL`. Whatever
is wrong is told with the variable's name and never with its value, which may be the secret itself.
"""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

FILE = "_FILE"
"""What a secret's name ends in when the variable names a file that holds it."""

SECRETS = frozenset({
    "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "SECRET_KEY", "SECRET_KEY_FALLBACKS",
    "SECOND_FACTOR_KEYS", "METRICS_TOKEN", "MONITOR_URL", "EMAIL_URL", "ANYMAIL_WEBHOOK_SECRET", "TWILIO_AUTH_TOKEN",
    "TWILIO_WEBHOOK_TOKENS", "GATEWAY_TOKEN", "GATEWAY_WEBHOOK_SECRETS",
})  # fmt: skip
OTHERS = frozenset({
    "DEBUG", "MAINTENANCE", "ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "PUBLIC_URL", "HTTPS", "BEHIND_TLS_PROXY",
    "TRUSTED_PROXY_COUNT", "MFA_REQUIRED", "ONE_ORGANISATION", "SIGN_IN_WITHOUT_CACHE", "SESSION_IDLE_SECONDS",
    "SESSION_ABSOLUTE_SECONDS", "EMAIL_BACKEND", "DEFAULT_FROM_EMAIL", "EMAIL_TIMEOUT", "EMAIL_UNSUBSCRIBE_TO",
    "SMS_PROVIDER", "SMS_TIMEOUT", "TWILIO_ACCOUNT_SID", "TWILIO_FROM", "TWILIO_MESSAGING_SERVICE_SID",
    "TWILIO_SETTLE_SECONDS", "TWILIO_API_URL", "GATEWAY_URL", "GATEWAY_SENDER", "GATEWAY_IDEMPOTENT_SECONDS",
    "GATEWAY_SETTLE_SECONDS", "STATIC_FROM_SOURCE", "STATIC_ROOT", "LOG_LEVEL", "LOG_FORMAT", "REVISION", "BROKER_VISIBILITY_TIMEOUT",
    "PAPER_LIST_DIR", "AUDIT_SEAL_SECONDS", "AUDIT_ANCHOR_FILE", "SWEEP_TICK_SECONDS", "MESSAGE_TICK_SECONDS",
    "MESSAGE_LEASE_SECONDS", "REFILLWISE_VAR", "BACKUP_RECIPIENTS", "POSTGRESQL_PROGRAMS",
    "PORT", "HOST", "WEB_PROCESSES", "ACCESS_LOG", "BROWSER_PROGRAM",
})  # fmt: skip
KNOWN = SECRETS | OTHERS
"""Every variable that is read; docs/reference/settings.md says what each means."""
PROVIDERS_OWN = "ANYMAIL_"
"""Settings of django-anymail, by whatever names its providers give them; each may be a secret."""

_YES, _NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_NAMES_OF_KINDS = {bool: "true or false", int: "a whole number", float: "a number"}
_ALIKE = 0.88
_SHORTEST_MISSPELT = 8


class Environment(environ.Env):  # type: ignore[misc]
    """django-environ, strict: nothing is guessed of a value that is not clear.

    A variable that is set and empty counts as not set. The library itself takes "5m" for 5 seconds, any word that it does
    not know for false, and a secret that begins with a dollar sign for the name of another variable.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        super().__init__()
        self.given = given

    def get_value(
        self, var: str, cast: Any = None, default: Any = environ.Env.NOTSET, parse_default: bool = False
    ) -> Any:
        """The variable's value, or the default. Raises ImproperlyConfigured with its name."""
        if var not in KNOWN:
            raise KeyError(f"{var} is missing in config.environment")
        text = self._text(var)
        if text is None:
            if default is self.NOTSET:
                raise ImproperlyConfigured(f"{var} is not set.")
            return default
        try:
            return _read(text, cast)
        except ValueError:
            raise ImproperlyConfigured(f"{var} is not {_NAMES_OF_KINDS[cast]}.") from None

    def address(self, var: str, *schemes: str, default: str = "") -> str:
        """An address with one of the schemes and a host; or the default."""
        found: str = self.get_value(var, default="")
        if found:
            self._check_address(var, found, schemes)
        return found or default

    def one_of(self, var: str, *words: str, default: str) -> str:
        """One of the words, or the default."""
        found: str = self.get_value(var, default=default)
        if found not in words:
            raise ImproperlyConfigured(f"{var} is none of: {', '.join(words)}.")
        return found

    def database(self, var: str) -> dict[str, Any]:
        """Django's settings of the PostgreSQL database at the address, which must be given."""
        address = self.get_value(var)
        self._check_address(var, address, ("postgres", "postgresql"), needs_host=False)
        found: dict[str, Any] = self.db_url_config(address)
        for part, what in (("NAME", "database"), ("USER", "role")):
            if not found.get(part):
                raise ImproperlyConfigured(
                    f"{var} names no {what}: postgres://role:password@host:5432/database"
                )
        return found

    def mail(self, var: str) -> dict[str, Any]:
        """Django's settings of the mail server at the address; none without one."""
        address = self.get_value(var, default="")
        if not address:
            return {}
        self._check_address(var, address, tuple(self.EMAIL_SCHEMES), needs_host=False)
        return dict(self.email_url_config(address))

    def beginning_with(self, prefix: str) -> dict[str, str]:
        """Every variable whose name begins so, by the rest of its name."""
        names = {name.removesuffix(FILE) for name in self.given if name.startswith(prefix)}
        texts = {name: self._text(name) for name in sorted(names)}
        return {name.removeprefix(prefix): text for name, text in texts.items() if text is not None}

    def secret_files(self) -> Iterator[tuple[str, Path]]:
        """The files that secrets are read from, each with its variable."""
        for name, value in self.given.items():
            if _may_be_file(name) and value:
                yield name, Path(value)

    def unknown(self) -> dict[str, str]:
        """Variables that nobody reads and that look as if somebody should; each with what may be meant."""
        names = KNOWN | {name + FILE for name in SECRETS}
        found = {}
        for name in self.given:
            if name in names or name.startswith(PROVIDERS_OWN):
                continue
            if name.removesuffix(FILE) in OTHERS or name.startswith("REFILLWISE_"):
                found[name] = name.removesuffix(FILE) if name.removesuffix(FILE) in OTHERS else ""
            elif len(name) >= _SHORTEST_MISSPELT and (
                alike := difflib.get_close_matches(name, names, n=1, cutoff=_ALIKE)
            ):
                found[name] = alike[0]
        return found

    def _text(self, var: str) -> str | None:
        """The text of the variable or of its file, without blanks around it; None when it is not set."""
        direct = self.given.get(var, "").strip()
        file = self.given.get(var + FILE, "") if _may_be_file(var + FILE) else ""
        if direct and file:
            raise ImproperlyConfigured(f"{var} and {var}{FILE} are both set: leave one out.")
        return _content(var + FILE, Path(file)) if file else direct or None

    def _check_address(
        self, var: str, found: str, schemes: tuple[str, ...], *, needs_host: bool = True
    ) -> None:
        allowed = ", ".join(f"{scheme}://" for scheme in schemes)
        try:
            parts = urlsplit(found)
            _ = parts.port
        except ValueError:
            raise ImproperlyConfigured(f"{var} is not an address that can be read.") from None
        if parts.scheme not in schemes:
            raise ImproperlyConfigured(f"{var} must begin with one of: {allowed}")
        if needs_host and not parts.hostname:
            raise ImproperlyConfigured(f"{var} names no host.")


def _may_be_file(name: str) -> bool:
    secret = name.removesuffix(FILE)
    return name.endswith(FILE) and (secret in SECRETS or secret.startswith(PROVIDERS_OWN))


def _content(var: str, file: Path) -> str:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:
        raise ImproperlyConfigured(f"{var}: {file} is not text.") from None
    except OSError as error:
        raise ImproperlyConfigured(f"{var}: {file} cannot be read ({error.strerror}).") from None
    if not text:
        raise ImproperlyConfigured(f"{var}: {file} is empty.")
    if len(text.splitlines()) > 1:
        raise ImproperlyConfigured(f"{var}: {file} holds more than one line.")
    return text


def _read(text: str, cast: Any) -> Any:
    """The text as what it is wanted for. Raises ValueError; no number of ours is below nothing or endless."""
    if cast is bool:
        if text.lower() not in (*_YES, *_NO):
            raise ValueError
        return text.lower() in _YES
    if cast in (int, float):
        number = cast(text)
        if not 0 <= number < float("inf"):
            raise ValueError
        return number
    if cast is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text if cast is None else cast(text)


def is_readable_by_others(file: Path) -> bool:
    """Whether any account of the machine may read the file; what is not there is not."""
    try:
        return bool(file.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False


env = Environment(os.environ)
