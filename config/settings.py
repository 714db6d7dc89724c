"""Settings, all from the environment; without any, everything is served from this machine under `var/`.

DATABASE_URL         the application's role (rows only: no superuser, no BYPASSRLS, no DDL)
DATABASE_OWNER_URL   the owner of the tables, for `migrate` only; leave it out of web and worker
REDIS_URL            Celery's broker (noeviction), CACHE_URL the cache: two servers in production, or neither
SECRET_KEY, ALLOWED_HOSTS, HTTPS, ...  see the reference in docs/

Without DATABASE_URL, `config.embedded` keeps PostgreSQL and Valkey under REFILLWISE_VAR (var/run or var/demo)
and starts them when a connection is first opened, never before.
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config.embedded.folders import working_folder
from config.embedded.installation import Installation
from config.schedule import beat_schedule

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

VAR_DIR = working_folder(BASE_DIR / "var")
EMBEDDED = not env.str("DATABASE_URL", default="")
_installation = Installation.load_or_create(VAR_DIR) if EMBEDDED else None

DEBUG = env.bool("DEBUG", default=False)
HTTPS = env.bool("HTTPS", default=not EMBEDDED)
SECRET_KEY = env.str("SECRET_KEY", default=_installation.secret_key if _installation else "")
MAINTENANCE = env.bool("MAINTENANCE", default=False)
"""Programs that ask for calendars are told to come back later."""
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
if not SECRET_KEY:
    raise ImproperlyConfigured("Set SECRET_KEY: with DATABASE_URL set there is no key of our own.")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if EMBEDDED else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# Where patients' links lead: https://visits.example.org, without a slash at the end. Never taken from a request.
# The host is read on lock screens: let it say nothing.
PUBLIC_URL = env.str(
    "PUBLIC_URL", default=f"http://localhost:{env.int('PORT', default=8000)}" if EMBEDDED else ""
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
    "anymail",
    "csp",
]

MIDDLEWARE = [
    "web.feeds.headers.ForPrograms",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "web.methods.FormsOnly",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
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

_DATABASE_DEFAULTS = {
    "CONN_MAX_AGE": 60,
    "CONN_HEALTH_CHECKS": True,
    # Values travel apart from the statement, so a server's log of a failed or slow statement holds no
    # patient data whatever its settings (docs/adr/0002-parameters-apart-from-statements.md).
    "OPTIONS": {"server_side_binding": True, "connect_timeout": 5, "application_name": "refillwise"},
}


def _database(variable: str, role: str) -> dict[str, object]:
    if _installation:
        # The name, host, port and password are read when a connection is opened: see config.embedded.
        place: dict[str, object] = {
            "ENGINE": "config.embedded.postgresql",
            "USER": role,
            "NAME": "refillwise",
        }
    else:
        place = dict(env.db_url(variable)) | {"ENGINE": "config.postgresql"}
    return place | _DATABASE_DEFAULTS


DATABASES = {"default": _database("DATABASE_URL", "refillwise_app")}
if EMBEDDED or env.str("DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = _database("DATABASE_OWNER_URL", "refillwise_owner")
    # One test database, made and flushed by the owner; `default` looks at the same one with its own role.
    DATABASES["default"]["TEST"] = {"MIRROR": "owner"}
    DATABASES["owner"]["TEST"] = {"DEPENDENCIES": []}
DATABASE_ROUTERS = ["config.routers.OwnerMigrates"]

PGHISTORY_APPEND_ONLY = True  # history rows are never updated or deleted, by anybody

# Where the sum of each seal over the audit trail is written down too, a line each; see docs/reference/audit.md.
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default="")

# --- Broker and cache -------------------------------------------------------------------------------

REDIS_URL = env.str("REDIS_URL", default=_installation.broker_url if _installation else "")
CACHE_URL = env.str("CACHE_URL", default="")
CACHES = {
    "default": {"BACKEND": "config.cache.CacheThatMayGo", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL
# Only acks_late with reject_on_worker_lost gets a task back from a killed process; every task is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT, CELERY_TASK_SOFT_TIME_LIMIT = 300, 240
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER, CELERY_ACCEPT_CONTENT = "json", ["json"]
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD, CELERY_WORKER_MAX_MEMORY_PER_CHILD = 500, 300_000
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT, CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = 25, True
CELERY_WORKER_ETA_TASK_LIMIT = 100
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env.int("BROKER_VISIBILITY_TIMEOUT", default=900),
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_timeout": 5,
    "socket_connect_timeout": 2,
    "socket_keepalive": True,
    "health_check_interval": 25,
}
CELERY_TIMEZONE, CELERY_ENABLE_UTC = "UTC", True
MESSAGE_TICK_SECONDS = env.float("MESSAGE_TICK_SECONDS", default=30.0)
CELERY_BEAT_SCHEDULE = beat_schedule(
    {
        "scheduling.tick": env.float("SWEEP_TICK_SECONDS", default=600.0),
        "notifications.watch": env.float("SWEEP_TICK_SECONDS", default=600.0),
        "notifications.tick": MESSAGE_TICK_SECONDS,
        "clinic.seal": env.float("AUDIT_SEAL_SECONDS", default=300.0),
    }
)
# How long a dispatcher has what it took before others take it for dead; see docs/reference/messages.md.
MESSAGE_LEASE_SECONDS = env.float("MESSAGE_LEASE_SECONDS", default=60.0)
# An address of an outside monitor (dead man's switch), asked while every clinic's night and outbox are.
MONITOR_URL = env.str("MONITOR_URL", default="")

# Where every clinic's paper list is kept, each in a folder of its own, readable while the system is down.
PAPER_LIST_DIR = env.str("PAPER_LIST_DIR", default=str(VAR_DIR / "paper"))

# --- People -----------------------------------------------------------------------------------------

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "web.accounts.InvitedOnlyAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # an administrator's invitation is what proves the address
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = False  # the session ends with the browser, and earlier when idle
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # so long a repeated sign-in stands for acts that ask for one

# Attempts are counted by address and by account: 10 a minute and address, 5 in five minutes and account (allauth's).
# Whoever asks for a new password has five letters sent to an address in an hour, whatever the address of the asker.
ACCOUNT_RATE_LIMITS = {"reset_password": "20/m/ip,5/h/key"}
# While the cache that counts them is away, nobody signs in, unless somebody decides that it must be.
SIGN_IN_WITHOUT_CACHE = env.bool("SIGN_IN_WITHOUT_CACHE", default=False)
# How many proxies of one's own add to X-Forwarded-For; of others nothing is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int(
    "TRUSTED_PROXY_COUNT", default=int(env.bool("BEHIND_TLS_PROXY", default=False))
)

# Whether the clinics of this installation belong to one organisation: whoever gives care in one may then take emergency
# access in another. Off, a clinic does not even know of the others.
ONE_ORGANISATION = env.bool("ONE_ORGANISATION", default=False)

# Second factors (docs/how-to/sign-in.md). Required, nobody without one sees anything but the page to set one up.
MFA_REQUIRED = env.bool("MFA_REQUIRED", default=not EMBEDDED)
MFA_ADAPTER = "web.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # the invitation proved it
# Fernet keys of their secrets, apart from SECRET_KEY: the first encrypts, all decrypt.
SECOND_FACTOR_KEYS = env.list(
    "SECOND_FACTOR_KEYS", default=[_installation.second_factor_key] if _installation else []
)

SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=900)  # idle time-out, 45 CFR 164.312(a)(2)(iii)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 3600)  # whatever one does
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
# The __Host- prefix binds a cookie to this host and to TLS; browsers refuse it over plain http.
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"

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
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_THROTTLE_CLASSES": [
        "rest_framework.throttling.AnonRateThrottle",
        "rest_framework.throttling.UserRateThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {"anon": "60/min", "user": "600/min"},
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "COERCE_DECIMAL_TO_STRING": True,
}

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # without one, /metrics answers this machine only

# --- Words and time ---------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
# The second folder is the patient pages' own: they speak their reader's language whatever the nurse pages do.
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "web" / "patient" / "locale"]
# The pages' languages: those with a catalogue. A page half translated would also claim the wrong language.
LANGUAGES = [
    (code, name)
    for code, name in (("en", _("English")), ("es", _("Spanish")), ("fr", _("French")))
    if code == LANGUAGE_CODE or (LOCALE_PATHS[0] / code / "LC_MESSAGES" / "django.mo").exists()
]
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

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_personal_data": {"()": "config.logs.NoPersonalData"}},
    "formatters": {"plain": {"()": "config.logs.PlainFormatter"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["no_personal_data"],
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        # Statements with their values: never, at any level.
        "django.db.backends": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        "celery": {"handlers": [], "level": "INFO", "propagate": True},
        # They name addresses and numbers of what they ask.
        "twilio": {"handlers": [], "level": "CRITICAL", "propagate": False},
        "urllib3": {"handlers": [], "level": "ERROR", "propagate": False},
        "requests": {"handlers": [], "level": "ERROR", "propagate": False},
    },
}
