"""Which link a message carries, and until when it is good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from notifications.domain.kinds import MessageKind
from notifications.domain.words.purposes import ABOUT_AN_ACCOUNT, Purpose
from notifications.models import Message
from notifications.models.links import LinkPurpose
from notifications.services.links import address_of, make_link
from scheduling.domain.local_time import start_of_day

LinkOf = Callable[[Message], str]
"""The address that a message names; the ways to have one: made, or as it would look."""

USUAL_DAYS = timedelta(days=30)
AFTER_VISIT = timedelta(days=1)
UNSEEN = "…"
_PURPOSE_OF = {
    MessageKind.BOOK_VISIT: LinkPurpose.BOOK,
    MessageKind.CHECK_IN: LinkPurpose.CHECK_IN,
    MessageKind.PREPARATION: LinkPurpose.PREPARATION,
}


def make_address(message: Message, *, now: datetime) -> str:
    """The address of the message's link, which exists from now on; for staff the page of what needs them."""
    if message.kind == MessageKind.ESCALATION:
        return staff_address(message)
    return address_of(
        make_link(message=message, purpose=purpose_of_link(message), expires_at=expiry(message, now), now=now)
    )


def likely_address(message: Message) -> str:
    """As the address would look: with no token, so that whoever reads it here opens nothing."""
    return staff_address(message) if message.kind == MessageKind.ESCALATION else address_of(UNSEEN)


def staff_address(message: Message) -> str:
    """The page that shows a member what needs somebody. Its address names nobody."""
    if message.step in ABOUT_AN_ACCOUNT:
        return f"{settings.PUBLIC_URL}/accounts/password/reset/"
    if message.step == Purpose.EMERGENCY_TAKEN:
        return f"{settings.PUBLIC_URL}/c/{message.clinic.slug}/emergencies/"
    where = f"escalations/{message.escalation.ref}/" if message.escalation else ""
    return f"{settings.PUBLIC_URL}/c/{message.clinic.slug}/{where}"


def purpose_of_link(message: Message) -> LinkPurpose:
    return _PURPOSE_OF.get(MessageKind(message.kind), LinkPurpose.VISIT)


def expiry(message: Message, now: datetime) -> datetime:
    """A visit's link: until a day after it; a check-in's: to the end of its last day; else a month. Never past."""
    purpose = purpose_of_link(message)
    good_until = now + USUAL_DAYS
    if purpose is LinkPurpose.VISIT and message.visit is not None:
        good_until = message.visit.ends_at + AFTER_VISIT
    elif purpose is LinkPurpose.CHECK_IN and message.follow_up is not None and message.follow_up.latest_on:
        zone = ZoneInfo(message.clinic.time_zone)
        good_until = start_of_day(message.follow_up.latest_on + timedelta(days=1), zone)
    return max(good_until, now + AFTER_VISIT)
