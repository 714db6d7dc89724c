"""Settings of accounts, second factors and sessions; see docs/how-to/sign-in.md and docs/reference/settings.md."""

from config.environment import env
from config.place import EMBEDDED, HTTPS, installation

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
    "SECOND_FACTOR_KEYS", default=[installation.second_factor_key] if installation else []
)

SESSION_COOKIE_AGE = env.int("SESSION_IDLE_SECONDS", default=900)  # idle time-out, 45 CFR 164.312(a)(2)(iii)
SESSION_ABSOLUTE_SECONDS = env.int("SESSION_ABSOLUTE_SECONDS", default=12 * 3600)  # whatever one does
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
LANGUAGE_COOKIE_NAME = "language"  # chosen before signing in; an account keeps its own
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True
# The __Host- prefix binds a cookie to this host and to TLS; browsers refuse it over plain http.
SESSION_COOKIE_NAME = "__Host-sid" if HTTPS else "sid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
