"""What `manage.py check --deploy --database default` refuses: settings under which promises do not hold."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core import checks as django_checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from config.environment import env, is_readable_by_others

_BROKER_SECONDS = 2
TELLING_HOSTS = ("refill", "pump", "intrathecal", "spasm", "spastic", "pain", "cancer", "palliative")


@register("broker", deploy=True)
def broker_evicts_nothing(**_: Any) -> list[CheckMessage]:
    """A broker that evicts keys loses a whole queue at once, silently."""
    if not settings.REDIS_URL:
        return [
            django_checks.Warning(
                "REDIS_URL is not set: see that `manage.py run_dispatcher` runs, which does all the work.",
                id="refillwise.W003",
            )
        ]
    try:
        with redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=_BROKER_SECONDS, socket_connect_timeout=_BROKER_SECONDS
        ) as client:
            policy = client.config_get("maxmemory-policy").get("maxmemory-policy")
    except redis.ResponseError:
        return [
            django_checks.Warning(
                "The broker does not tell its maxmemory-policy: see that it is noeviction.",
                id="refillwise.W001",
            )
        ]
    except (redis.RedisError, OSError, ValueError):
        return [Error("The broker at REDIS_URL does not answer.", id="refillwise.E001")]
    if policy != "noeviction":
        return [
            Error(f"The broker's maxmemory-policy is {policy}: it must be noeviction.", id="refillwise.E002")
        ]
    return []


@register("cache", deploy=True)
def cache_is_shared(**_: Any) -> list[CheckMessage]:
    """Limits on sign-in attempts are counted in the cache: one per process counts too little."""
    if settings.CACHES["default"]["BACKEND"].endswith("LocMemCache"):
        return [
            Error(
                "CACHE_URL is not set: limits on attempts would be counted per process.", id="refillwise.E003"
            )
        ]
    return []


@register("second_factor", deploy=True)
def second_factor_is_required(**_: Any) -> list[CheckMessage]:
    """A password alone is not enough for a patient's record, and a factor's secret is never kept in clear."""
    found: list[CheckMessage] = []
    if not settings.MFA_REQUIRED:
        found.append(
            django_checks.Warning(
                "MFA_REQUIRED is off: a password alone opens patients' records.", id="refillwise.W004"
            )
        )
    if not settings.SECOND_FACTOR_KEYS:
        hint = "python -c 'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'"
        found.append(
            Error(
                "SECOND_FACTOR_KEYS is not set: nobody can set up a second factor.",
                hint=f"Make one with: {hint}",
                id="refillwise.E005",
            )
        )
    return found


@register("environment", deploy=True)
def environment_is_clear(**_: Any) -> list[CheckMessage]:
    """Secrets are in files that only their reader opens, and no variable is set in vain."""
    open_to_all = [name for name, file in env.secret_files() if is_readable_by_others(file)]
    found: list[CheckMessage] = [
        django_checks.Warning(
            f"{name} names a file that any account of this machine may read.",
            hint="chmod o= FILE, and give it to the group under which the processes run.",
            id="refillwise.W005",
        )
        for name in sorted(open_to_all)
    ]
    for name, meant in sorted(env.unknown().items()):
        hint = f"Is {meant} meant?" if meant else None
        found.append(
            django_checks.Warning(f"{name} is set, and nothing reads it.", hint=hint, id="refillwise.W006")
        )
    return found


@register("links", deploy=True)
def links_give_nothing_away(**_: Any) -> list[CheckMessage]:
    """The host of a patient's link is read on lock screens."""
    parts = re.split(r"[^a-z]+", urlsplit(settings.PUBLIC_URL).hostname or "")
    telling = [word for word in TELLING_HOSTS if any(part.startswith(word) for part in parts)]
    if telling:
        return [
            django_checks.Warning(
                f"PUBLIC_URL names a host that tells what patients come for: {', '.join(telling)}.",
                id="refillwise.W002",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def application_has_no_power(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Separation of clinics and the audit trail rest on a role that is not above them."""
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls OR rolcreaterole OR EXISTS"
            " (SELECT FROM pg_tables WHERE tableowner = current_user)"
            " FROM pg_roles WHERE rolname = current_user"
        )
        (has_power,) = cursor.fetchone()
    if has_power:
        return [
            Error(
                "The role in DATABASE_URL is a superuser, is above row security, makes roles or owns tables.",
                hint="Give the web and the worker a role that only works with rows; the owner is DATABASE_OWNER_URL.",
                id="refillwise.E004",
            )
        ]
    return []


@register(Tags.database, deploy=True)
def database_log_names_nobody(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """PostgreSQL tells the values of a violated constraint, and those of a slow statement, in its own log.

    Values travel apart from statements, so the statements say nothing; these settings are a superuser's to make.
    """
    if "default" not in (databases or ()):
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name LIKE 'log%%'")
        said = dict(cursor.fetchall())
    is_logged = said["log_statement"] in ("mod", "all") or said["log_min_duration_statement"] != "-1"
    wrong = [
        f"{name} = {wanted}"
        for name, wanted in (
            ("log_error_verbosity", "terse"),
            ("log_parameter_max_length_on_error", "0"),
            *((("log_parameter_max_length", "0"),) if is_logged else ()),
        )
        if said[name] != wanted
    ]
    if wrong:
        return [
            django_checks.Warning(
                "The database server's log would hold values of patients' rows.",
                hint=f"As its superuser: set {', '.join(wrong)}.",
                id="refillwise.W010",
            )
        ]
    return []
