"""Writing one message: whose words, filled with what, for which channel."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from notifications.domain.kinds import ChannelName
from notifications.domain.transport import Outgoing
from notifications.domain.words.purposes import ABOUT_A_VISIT, TO_STAFF, Occasion, Placeholder, purpose_of
from notifications.domain.words.shipped import shipped
from notifications.domain.words.values import one_line
from notifications.domain.words.writing import Words, fill, write_text
from notifications.models import Message
from notifications.selectors.words import words_in_use
from notifications.selectors.world import Seen, is_withdrawal, see
from notifications.services.words.facts import Written, carried_by, written_for
from notifications.services.words.invite import invite_with
from notifications.services.words.letter import as_html
from notifications.services.words.links import LinkOf, likely_address, make_address


class VisitMissing(ValueError):
    """Words about a visit were asked for, and the message names none: a defect of whoever planned it."""


def compose(seen: Seen, *, now: datetime) -> Outgoing | None:
    """The message as it goes out, from the record as it was seen; None when there is no such address any more.

    Makes the link it names. Composed again, it is the same while the record is. Raises nothing for what a record
    may hold; a visit's words without a visit are a defect (``VisitMissing``).
    """
    letter = _write(seen, link=partial(make_address, now=now), now=now)
    if letter is None or letter.channel is not ChannelName.EMAIL:
        return letter
    return replace(letter, invite=invite_with(seen, address=letter.address, now=now))


def as_it_would_read(message: Message, *, now: datetime) -> Outgoing | None:
    """The same for a person of the clinic to read: nothing is written, and its link opens nothing.

    None as well where there is nothing to say.
    """
    try:
        seen = see(message.pk, clinic_id=message.clinic_id, now=now)
        return _write(seen, link=likely_address, now=now)
    except VisitMissing:
        return None


def _write(seen: Seen, *, link: LinkOf, now: datetime) -> Outgoing | None:
    row = seen.message
    address = address_for(row)
    if address is None:
        return None
    carried = carried_by(row, now=now) if seen.facts["has_carried"] else []
    purpose = purpose_of(kind=row.kind, step=row.step, wants_answer=row.wants_answer, is_digest=bool(carried))
    if purpose in ABOUT_A_VISIT and row.visit is None:
        raise VisitMissing
    written = written_for(row, place=seen.policy.place, purpose=purpose, carried=carried, link=link, now=now)
    channel = ChannelName(row.channel)
    occasion = Occasion(purpose, channel, written.language)
    has_own = seen.facts["has_own_words"]
    words = words_in_use(clinic_id=row.clinic_id, occasion=occasion) if has_own else shipped(occasion)
    return outgoing(written, words, key=str(row.ref), channel=channel, address=address)


def address_for(message: Message) -> str | None:
    """Where the message goes; None when the address or the account is no longer in use."""
    if message.user is not None:
        return message.user.email if message.user.is_active and message.channel == ChannelName.EMAIL else None
    contact = message.recipient
    if contact is None or not (contact.is_active or is_withdrawal(message)):
        return None
    if message.channel == ChannelName.SMS:
        return contact.dialable or None
    return contact.dialable or contact.value


def outgoing(written: Written, words: Words, *, key: str, channel: ChannelName, address: str) -> Outgoing:
    """The words filled with the values, in the shape of their channel."""
    values = written.values(False)
    sender = values.get(Placeholder.CLINIC_NAME, "") if written.purpose not in TO_STAFF else "Refillwise"
    if channel is ChannelName.SMS:
        text = write_text(words.body, values=written.values)
        return Outgoing(key=key, channel=channel, address=address, text=text, sender_name=sender)
    body = fill(words.body, values)
    return Outgoing(
        key=key,
        channel=channel,
        address=address,
        subject=one_line(fill(words.subject, values)),
        text=body + "\n",
        html=as_html(body, values=values, purpose=written.purpose, language=written.language, sender=sender),
        sender_name=sender,
    )
