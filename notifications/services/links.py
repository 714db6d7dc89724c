"""Secret links for patients: made when a message is written, opened by whoever holds them.

A link is good while its time runs, nobody has revoked it, the patient lives, and the address it was sent to is still
the patient's or the helper's. The last three are asked of the record each time, so nothing has to remember to close
a link. See docs/explanation/patient-links.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import F, Q, QuerySet

from clinic.scope import across_clinics
from notifications.domain.patient_acts import MOST_WRONG_TRIES
from notifications.models import Message, PatientLink

TOKEN_BYTES = 16
"""128 bits, so that a link fits into a text message; see ASVS 11.5.1."""
KEPT_AFTER_VISIT = timedelta(days=1)
"""A link to a visit is good until so long after it."""
REF_LENGTH = 16


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
    made = {
        "clinic": message.clinic_id,
        "patient": message.patient_id,
        "visit": message.visit_id,
        "follow_up": message.follow_up_id,
        "message": message.pk,
        "purpose": str(purpose),
        "token_sha256": hash_of(token),
        "now": now,
        "expires_at": expires_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MAKE, made)
    return token


# Every text takes it, and the ORM takes longer to put it together than the database to do it.
_MAKE = """
INSERT INTO notifications_patientlink (
    clinic_id, patient_id, visit_id, follow_up_id, message_id, purpose, token_sha256, created_at, expires_at, wrong_tries
) VALUES (
    %(clinic)s, %(patient)s, %(visit)s, %(follow_up)s, %(message)s, %(purpose)s, %(token_sha256)s, %(now)s, %(expires_at)s, 0
) ON CONFLICT DO NOTHING
"""


@across_clinics("a link is known by its secret alone")
def open_link(*, token: str, now: datetime) -> PatientLink | None:
    """The link behind a token while it is good; None for expired, revoked and never made alike."""
    return good_links(now).filter(token_sha256=hash_of(token)).first()


@across_clinics("a link is known by its secret alone")
def link_by_ref(*, ref: str, now: datetime) -> PatientLink | None:
    """The link behind the reference in a page's address while it is good. A reference alone opens nothing."""
    return good_links(now).filter(token_sha256__startswith=ref).first() if len(ref) == REF_LENGTH else None


def good_links(now: datetime) -> QuerySet[PatientLink]:
    """The links that open something at ``now``, with their clinic, patient and message."""
    is_theirs = Q(message__recipient__is_active=True) & (
        Q(message__recipient__proxy__isnull=True)
        | Q(message__recipient__proxy__is_active=True, message__recipient__proxy__may_receive_reminders=True)
    )
    return PatientLink.objects.filter(
        Q(message__isnull=True) | is_theirs,
        revoked_at__isnull=True,
        expires_at__gt=now,
        patient__died_on__isnull=True,
        patient__clinic_id=F("clinic_id"),
    ).select_related("clinic", "patient", "message__recipient")


def mark_opened(link: PatientLink, *, now: datetime) -> None:
    """Note that the link was first seen. By a person or by a mail scanner: it proves nothing."""
    if link.opened_at is None:
        PatientLink.objects.filter(pk=link.pk, opened_at__isnull=True).update(opened_at=now)


def mark_used(link: PatientLink, *, now: datetime, until: datetime | None = None) -> None:
    """Note that the link was first acted upon; one whose visit moved stays good ``until`` after the visit."""
    fields = {"used_at": link.used_at or now}
    if until is not None and until > link.expires_at:
        fields["expires_at"] = until
    PatientLink.objects.filter(pk=link.pk).update(**fields)


def count_wrong_try(link: PatientLink) -> None:
    """Count one more wrong answer to the question that a machine cannot answer."""
    PatientLink.objects.filter(pk=link.pk, wrong_tries__lt=MOST_WRONG_TRIES).update(
        wrong_tries=F("wrong_tries") + 1
    )


def revoke_links(*, clinic_id: int, address: str, channel: str, now: datetime) -> int:
    """Close every link that was sent to an address; how many. They look from then on as if never made."""
    sent_there = (
        Message.objects.for_clinic(clinic_id)
        .filter(channel=channel)
        .filter(Q(recipient__dialable=address) | Q(recipient__value__iexact=address))
    )
    return (
        PatientLink.objects.for_clinic(clinic_id)
        .filter(revoked_at__isnull=True, message__in=sent_there)
        .update(revoked_at=now)
    )


def ref_of(link: PatientLink) -> str:
    """What names the link in the addresses of its pages: no secret, no number, and good for nothing by itself."""
    return link.token_sha256[:REF_LENGTH]


def address_of(token: str) -> str:
    """The address that a message names."""
    return f"{settings.PUBLIC_URL}/l/{token}"


def hash_of(token: str) -> str:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _key() -> bytes:
    return hashlib.sha256(b"refillwise.links." + settings.SECRET_KEY.encode()).digest()
