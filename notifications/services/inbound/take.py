"""Keeping a text that came in, once, and having it acted on."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from clinic.domain.phones import dialable
from clinic.selectors.numbers import NumberOwner, only_clinic_id, owners_of
from notifications.domain.inbound import Meaning, meaning_of
from notifications.domain.kinds import ChannelName
from notifications.models import InboundMessage, WebhookEvent
from notifications.services.inbound.acts import act_on, hand_to_person
from notifications.services.inbound.stopping import lift_elsewhere, stop_elsewhere

log = logging.getLogger(__name__)

LONGEST_BODY = 2_000
RECEIVED = "received"


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """A text as a provider hands it on. Patient data. ``event_id``: the provider's name for it.

    ``has_provider_answered``: the provider itself has confirmed the stop already, and once is enough.
    """

    provider: str
    event_id: str
    payload_sha256: str
    from_address: str
    body: str
    has_provider_answered: bool = False


def take_text(came: CameIn, *, now: datetime) -> bool:
    """Keep the text and act on it; False for one that was taken before.

    Once it is committed nothing of it is lost: what cannot be acted on is left to a person, and what a process that
    ended here left behind is taken up by ``take_up_left``.
    """
    number = dialable(came.from_address, "") or came.from_address[:254]
    owners = owners_of(kind="phone", dialable=number)
    is_certain = len(owners) == 1 and owners[0].is_own
    kept = _keep(came, number, owners, now)
    for row in kept:
        if row.handled_at is not None:
            continue
        if row.clinic_id is None:
            log.warning("a text came from a number that no clinic knows: manage.py texts_of_nobody")
            continue
        own = [owner for owner in owners if owner.clinic_id == row.clinic_id]
        may_reply = row is kept[0] and not came.has_provider_answered
        act_or_ask(row, owners=own, is_certain=is_certain, may_reply=may_reply, now=now)
    return bool(kept)


def act_or_ask(
    row: InboundMessage, *, owners: Sequence[NumberOwner], is_certain: bool, may_reply: bool, now: datetime
) -> None:
    """Act on the text as ``act_on`` does; where that fails, a person reads it."""
    try:
        act_on(row, owners=owners, is_certain=is_certain, may_reply=may_reply, now=now)
    except Exception as error:
        log.error("inbound %s could not be acted on (%s)", row.pk, type(error).__name__)
        hand_to_person(row, now=now)


def _keep(came: CameIn, number: str, owners: list[NumberOwner], now: datetime) -> list[InboundMessage]:
    """One row for each clinic that knows the number, with the patient where it can be only one; [] for a repeat.

    In the clinics that do not know it, stop and start are done in the same commit.
    """
    clinic_ids: list[int | None] = sorted({owner.clinic_id for owner in owners})  # type: ignore[assignment]
    patient_ids = {owner.patient_id for owner in owners}
    body = came.body.replace("\x00", "")[:LONGEST_BODY]
    meaning = meaning_of(body)
    is_done = not owners and meaning in (Meaning.STOP, Meaning.START)
    event = WebhookEvent(
        provider=came.provider,
        event_id=came.event_id[:150],
        payload_sha256=came.payload_sha256,
        status=RECEIVED,
        received_at=now,
        applied_at=now,
    )
    with transaction.atomic():
        if not _is_first(event):
            return []
        _heed_elsewhere(meaning, body, number, owners, now)
        return [
            InboundMessage.objects.create(
                clinic_id=clinic_id,
                patient_id=next(iter(patient_ids)) if len(patient_ids) == 1 else None,
                channel=ChannelName.SMS,
                from_address=number,
                body=body,
                received_at=now,
                meaning=meaning,
                handled_at=now if is_done else None,
            )
            for clinic_id in clinic_ids or [only_clinic_id()]
        ]


def _heed_elsewhere(
    meaning: Meaning, body: str, number: str, owners: Sequence[NumberOwner], now: datetime
) -> None:
    """Where several people have the number, their start is for a person to read."""
    if meaning is Meaning.STOP:
        stop_elsewhere(owners, number=number, words=body, now=now)
    elif meaning is Meaning.START and len(owners) <= 1:
        lift_elsewhere(owners, number=number, now=now)


def _is_first(event: WebhookEvent) -> bool:
    """Write the event; False where it, or the same event in another transaction, was there first."""
    try:
        with transaction.atomic():
            event.save(force_insert=True)
    except IntegrityError:
        return False
    return True
