"""Settings of whoever carries messages: mail and texts. All from the environment; see docs/reference/settings.md."""

from config.environment import PROVIDERS_OWN, env

# --- Mail -------------------------------------------------------------------------------------------

# EMAIL_URL (smtp+tls://user:password@host:587) sends; without it, messages stay in the Messages page.
vars().update(env.mail("EMAIL_URL"))
EMAIL_BACKEND = env.str(
    "EMAIL_BACKEND",
    default="notifications.backends.SmtpBackend"
    if env.str("EMAIL_URL", default="")
    else "notifications.backends.InAppBackend",
)
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=20.0)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Refillwise <no-reply@localhost>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# A mailbox that somebody reads: mail programs then offer to unsubscribe. Better none than one that nobody reads.
EMAIL_UNSUBSCRIBE_TO = env.str("EMAIL_UNSUBSCRIBE_TO", default="")
# The provider's own settings (key, domain) by name: ANYMAIL_POSTMARK_SERVER_TOKEN and the like.
ANYMAIL = (
    env.beginning_with(PROVIDERS_OWN)
    | {
        "REQUESTS_TIMEOUT": EMAIL_TIMEOUT,
        "IGNORE_UNSUPPORTED_FEATURES": True,  # metadata and switching off the counting of clicks, where there is none
        "WEBHOOK_SECRET": env.list("ANYMAIL_WEBHOOK_SECRET", default=[]),
    }
)

# --- Text messages ----------------------------------------------------------------------------------

# Twilio or a gateway of one's own; without either, texts stay in the Messages page.
TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.str("TWILIO_FROM", default="")
TWILIO_MESSAGING_SERVICE_SID = env.str("TWILIO_MESSAGING_SERVICE_SID", default="")
TWILIO_API_URL = env.address("TWILIO_API_URL", "https", "http")
# Twilio signs what it sends with the account's token; a second one while tokens are changed.
TWILIO_WEBHOOK_TOKENS = env.list(
    "TWILIO_WEBHOOK_TOKENS", default=[TWILIO_AUTH_TOKEN] if TWILIO_AUTH_TOKEN else []
)
# After this time Twilio has taken a message in or never will: its longest stall and our own time-out.
TWILIO_SETTLE_SECONDS = env.float("TWILIO_SETTLE_SECONDS", default=600.0)
GATEWAY_URL = env.address("GATEWAY_URL", "https", "http").rstrip("/")
GATEWAY_TOKEN = env.str("GATEWAY_TOKEN", default="")
GATEWAY_SENDER = env.str("GATEWAY_SENDER", default="")
GATEWAY_WEBHOOK_SECRETS = env.list("GATEWAY_WEBHOOK_SECRETS", default=[])
# What the gateway promises; 0: nothing.
GATEWAY_IDEMPOTENT_SECONDS = env.float("GATEWAY_IDEMPOTENT_SECONDS", default=0.0)
GATEWAY_SETTLE_SECONDS = env.float("GATEWAY_SETTLE_SECONDS", default=0.0)
SMS_PROVIDER = env.str(
    "SMS_PROVIDER", default="twilio" if TWILIO_ACCOUNT_SID else "gateway" if GATEWAY_URL else "in_app"
)
SMS_TIMEOUT = env.float("SMS_TIMEOUT", default=20.0)
