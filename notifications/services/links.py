"""Secret links for patients: made when a message is written, opened by whoever holds them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from django.conf import settings

from notifications.models import Message, PatientLink

TOKEN_BYTES = 16
"""128 bits, so that a link fits into a text message; see ASVS 11.5.1."""


def token_of(message: Message, purpose: str) -> str:
    """The token of the message's link: unguessable, and the same at every attempt to send the same message.

    A second attempt under the same key must carry the same text, and a token is stored only as its hash; so it is a
    keyed hash of the message's random reference, under a key that is in no database.
    """
    digest = hmac.new(_key(), f"{purpose}:{message.ref}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).decode().rstrip("=")


def make_link(*, message: Message, purpose: str, expires_at: datetime, now: datetime) -> str:
    """The token of a link that opens what the message is about; asked for again, the same link and token."""
    if message.patient_id is None:
        raise ValueError("a link opens something of a patient's")
    token = token_of(message, purpose)
    PatientLink.objects.bulk_create(
        [
            PatientLink(
                clinic_id=message.clinic_id,
                patient_id=message.patient_id,
                purpose=purpose,
                visit_id=message.visit_id,
                follow_up_id=message.follow_up_id,
                message=message,
                token_sha256=hash_of(token),
                created_at=now,
                expires_at=expires_at,
            )
        ],
        ignore_conflicts=True,
    )
    return token


def open_link(*, token: str, now: datetime) -> PatientLink | None:
    """The link behind a token while it is good; None for expired, revoked and never made alike."""
    return (
        PatientLink.objects.filter(token_sha256=hash_of(token), revoked_at__isnull=True, expires_at__gt=now)
        .select_related("clinic", "patient")
        .first()
    )


def address_of(token: str) -> str:
    """The address that a message names."""
    return f"{settings.PUBLIC_URL}/l/{token}"


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key() -> bytes:
    return hashlib.sha256(b"refillwise.links." + settings.SECRET_KEY.encode()).digest()
