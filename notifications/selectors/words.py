"""The words in use: the clinic's own where it has some, the shipped ones otherwise."""

from __future__ import annotations

from notifications.domain.kinds import ChannelName
from notifications.domain.words.purposes import Purpose
from notifications.domain.words.shipped import shipped
from notifications.domain.words.writing import Words
from notifications.models import MessageTemplate


def words_in_use(*, clinic_id: int, purpose: Purpose, channel: ChannelName, language: str) -> Words:
    """The newest row of the clinic; none, or one without a text: the shipped words."""
    own = (
        MessageTemplate.objects.for_clinic(clinic_id)
        .filter(purpose=purpose, channel=channel, language=language)
        .order_by("-id")
        .first()
    )
    if own is None or not own.body:
        return shipped(purpose, channel, language)
    return Words(own.body, own.subject)
