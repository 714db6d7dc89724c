"""A patient's own link to a calendar of the patient's visits, asked for by whoever holds a link of theirs to a page."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from notifications.services.answers import LinkClosed
from notifications.services.links import good_links
from scheduling.services.calendar_feeds import create_patients_feed


def subscribe(*, link_id: int, label: str, now: datetime) -> str:
    """The token of a new calendar link; it is not kept and cannot be shown again.

    Raises LinkClosed, RecordError where the patient has too many.
    """
    with transaction.atomic():
        link = good_links(now).filter(pk=link_id).first()
        if link is None:
            raise LinkClosed
        return create_patients_feed(clinic=link.clinic, patient=link.patient, label=label, now=now)[1]
