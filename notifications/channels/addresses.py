"""Where providers report to. The faces' own tests hold these against the addresses that the site answers at."""

from __future__ import annotations

from django.conf import settings

TWILIO_STATUS = "/hooks/twilio/status"
TWILIO_INBOUND = "/hooks/twilio/inbound"
GATEWAY_STATUS = "/hooks/gateway/status"
GATEWAY_INBOUND = "/hooks/gateway/inbound"


def public(path: str) -> str:
    """The address as the world knows it; from the settings, never from a request."""
    return f"{settings.PUBLIC_URL}{path}"
