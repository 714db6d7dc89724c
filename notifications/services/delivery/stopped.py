"""A number that said stop to the provider itself: we hear of it when the next text is refused."""

from __future__ import annotations

from datetime import datetime

from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.numbers import owners_of
from notifications.domain.kinds import ChannelName
from notifications.models import Message
from notifications.services.inbound.stopping import stop_address, stop_elsewhere
from scheduling.services.booking.transactions import in_one_transaction

BY_PROVIDER_OF_TEXTS = gettext_noop("the patient, by the provider of texts")
WORDS = gettext_noop("said stop to the provider of texts")


def heed_stop(message_id: int, *, now: datetime) -> None:
    """No more texts to the number of a message, in any clinic, as if the stop had come to us.

    Each clinic in a transaction of its own, and never within the message's: patients are locked before messages.
    """
    number = Message.objects.values_list("recipient__dialable", flat=True).get(pk=message_id)
    owners = owners_of(kind="phone", dialable=number or "")
    if not number or not owners:
        return
    for clinic_id in sorted({owner.clinic_id for owner in owners}):
        of_clinic = [owner for owner in owners if owner.clinic_id == clinic_id]
        in_one_transaction(
            lambda those=of_clinic: stop_address(  # type: ignore[misc]
                those,
                channel=ChannelName.SMS,
                address=number,
                words=WORDS,
                reason=BY_PROVIDER_OF_TEXTS,
                now=now,
            ),
            actor_id=None,
            reason=BY_PROVIDER_OF_TEXTS,
        )
    stop_elsewhere(owners, number=number, words=WORDS, now=now)
