"""Settings, all from the environment; without any, everything is served from this machine under `var/`.

DATABASE_URL         the application's role (rows only: no superuser, no BYPASSRLS, no DDL)
DATABASE_OWNER_URL   the owner of the tables, for `migrate` only; leave it out of web and worker
REDIS_URL            Celery's broker (noeviction), CACHE_URL the cache: two servers in production, or neither
SECRET_KEY, ALLOWED_HOSTS, HTTPS, ...  see the reference in docs/

Without DATABASE_URL, `config.embedded` keeps PostgreSQL and Valkey under REFILLWISE_VAR (var/run or var/demo)
and starts them when a connection is first opened, never before.
"""

import tomllib
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.environment import env
from config.logs import LEVELS, settings_of_logs
from config.place import BASE_DIR, EMBEDDED, HTTPS, LOG_FORMAT, VAR_DIR, installation

# Which program this is, for its figures: the number, and what was built into the image.
VERSION: str = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
REVISION = env.str("REVISION", default="unknown")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default=installation.secret_key if installation else "")
MAINTENANCE = env.bool("MAINTENANCE", default=False)
"""Programs that ask for calendars are told to come back later."""
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY: with DATABASE_URL set there is no key of our own.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where patients' links lead: https://visits.example.org, without a slash at the end. Never taken from a request.
# The host is read on lock screens: let it say nothing.
PUBLIC_URL = env.address(
    "PUBLIC_URL",
    *("https", "http"),
    default=f"http://localhost:{env.int('PORT', default=8000)}" if EMBEDDED else "",
).rstrip("/")

# --- Applications -----------------------------------------------------------------------------------

INSTALLED_APPS = [
    "config.apps.ConfigConfig",  # first: its `migrate` goes before Django's
    "web.apps.WebConfig",
    "notifications.apps.NotificationsConfig",
    "scheduling.apps.SchedulingConfig",
    "clinic.apps.ClinicConfig",
    "whitenoise.runserver_nostatic",
    "web.apps.CatalogueAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "anymail",
    "csp",
]

MIDDLEWARE = [
    "web.request_ids.RequestIds",
    "web.request_figures.RequestFigures",
    "web.feeds.headers.ForPrograms",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.methods.FormsOnly",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "web.language.ReadersLanguage",  # after authentication: a person's own choice comes first
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "web.session_ends.NothingIsKept",
    "web.session_ends.AbsoluteTimeOut",
    "web.door.ShutWithoutLimits",
    "web.second_factor.SecondFactorFirst",
    "django_htmx.middleware.HtmxMiddleware",
    "web.seeing.AccessMiddleware",  # around the next one: who saw whom is one statement of its own
    "web.history.ActorMiddleware",  # after authentication: every change names its person
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SITE_NAME = "Refillwise"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.clinic_frame",
            ],
        },
    },
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Database ---------------------------------------------------------------------------------------

_DATABASE_DEFAULTS: dict[str, Any] = {
    # The server keeps plans for a connection: a page on a new one takes a tenth of a second longer. An hour bounds what
    # plans take of its memory, some 25 MB.
    "CONN_MAX_AGE": 3600,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {"connect_timeout": 5, "application_name": "refillwise"},
}
# Values travel apart from the statement, so a server's log of a failed or slow statement holds no
# patient data whatever its settings (docs/adr/0002-parameters-apart-from-statements.md).
_APART = {"server_side_binding": True}


def _database(variable: str, role: str) -> dict[str, Any]:
    if EMBEDDED:
        # The name, host, port and password are read when a connection is opened: see config.embedded.
        place: dict[str, Any] = {"ENGINE": "config.embedded.postgresql", "USER": role, "NAME": "refillwise"}
    else:
        place = env.database(variable) | {"ENGINE": "config.postgresql"}
    # What the address says of the connection (?sslmode=verify-full) goes before what we say of every one.
    options = _DATABASE_DEFAULTS["OPTIONS"] | place.get("OPTIONS", {}) | _APART
    return _DATABASE_DEFAULTS | place | {"OPTIONS": options}


DATABASES = {"default": _database("DATABASE_URL", "refillwise_app")}
if EMBEDDED or env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = _database("DATABASE_OWNER_URL", "refillwise_owner")
    # One test database, made and flushed by the owner; `default` looks at the same one with its own role.
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
    DATABASES["owner"]["TEST"] = {"DEPENDENCIES": []}
DATABASE_ROUTERS = ["config.routers.OwnerMigrates"]

# Public keys (age1...) of whoever may read a backup, and where pg_dump and pg_restore of the server's version are.
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])
POSTGRESQL_PROGRAMS = env.str("POSTGRESQL_PROGRAMS", default="")

PGHISTORY_APPEND_ONLY = True  # history rows are never updated or deleted, by anybody

# Where the sum of each seal over the audit trail is written down too, a line each; see docs/reference/audit.md.
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default="")

# --- Broker, cache and the work behind the pages: names in capitals of config/queues.py ------------

from config.queues import *  # noqa: E402, F403

# How long a dispatcher has what it took before others take it for dead; see docs/reference/messages.md.
MESSAGE_LEASE_SECONDS = env.float("MESSAGE_LEASE_SECONDS", default=60.0)
# An address of an outside monitor (dead man's switch), asked while every clinic's night and outbox are.
MONITOR_URL = env.address("MONITOR_URL", "https", "http")

# Where every clinic's paper list is kept, each in a folder of its own, readable while the system is down.
PAPER_LIST_DIR = env.str("PAPER_LIST_DIR", default=str(VAR_DIR / "paper"))

# --- People: names in capitals of config/people.py -------------------------------------------------

from config.people import *  # noqa: E402, F403

# --- The web's dangers ------------------------------------------------------------------------------

SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]  # asked by probes inside the network
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
# To be preloaded binds a whole domain for years: its owner decides that, not a program on one of its hosts.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.bool("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],  # data: for the icons inside Bootstrap's own style sheet
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
DATA_UPLOAD_MAX_NUMBER_FILES = 5
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_PERMISSIONS = 0o600
REGISTER_UPLOAD_MAX_BYTES = 10 * 1024 * 1024

REST_FRAMEWORK = {
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "web.api.door.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "web.api.door.PerToken",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"},
    "EXCEPTION_HANDLER": "web.api.problems.answer_to",
    "DEFAULT_SCHEMA_CLASS": "web.api.description.Schema",
    "COERCE_DECIMAL_TO_STRING": True,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Refillwise",
    "DESCRIPTION": "Follow-up and refill scheduling for clinics whose patients live with an implanted drug pump.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "SCHEMA_PATH_PREFIX": "/api/v1/",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        f"{name}Enum": f"clinic.selectors.rows.{name}.choices"
        for name in ("ConcentrationUnit", "ContactKind", "EventKind", "ProgramKind")
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "web.api.description.with_names",
        "web.api.description.with_problems",
        "web.api.description.with_headers",
    ],
}

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without one, /metrics answers this machine only

# --- Words and time ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# The second folder is the patient pages' own: their words name no drug, device or illness.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "web" / "patient" / "locale"]
LANGUAGES = [("en", _("English")), ("es", _("Spanish")), ("fr", _("French"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Static files: our own, and of each npm package only the folder that a page needs -----------------

STATIC_URL = "static/"
STATICFILES_DIRS = [
    BASE_DIR / "web" / "static",
    ("bootstrap", BASE_DIR / "node_modules" / "bootstrap" / "dist"),
    ("bootstrap-icons", BASE_DIR / "node_modules" / "bootstrap-icons" / "font"),
    # The calendar, free views only; whole, because its style sheet lies beside its code. Version 7 keeps its
    # styles in files, version 6 needs a content policy with a hole (docs/adr/0013-clinic-time-is-worked-out-once.md).
    ("fullcalendar", BASE_DIR / "node_modules" / "fullcalendar"),
]
# From the source folders at once (a first try, tests), or collected, compressed and named by their content.
STATIC_FROM_SOURCE = env.bool("STATIC_FROM_SOURCE", default=EMBEDDED)
WHITENOISE_USE_FINDERS = STATIC_FROM_SOURCE
STATIC_ROOT = None if STATIC_FROM_SOURCE else env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if STATIC_FROM_SOURCE
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Mail and text messages: names in capitals of config/carriers.py ---------------------------------

from config.carriers import *  # noqa: E402, F403

# --- Logs: what happened, never to whom ---------------------------------------------------------------

LOGGING = settings_of_logs(level=env.one_of("LOG_LEVEL", *LEVELS, default="INFO"), form=LOG_FORMAT)
