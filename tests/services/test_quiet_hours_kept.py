"""A text that falls due in the night leaves in the morning of whoever reads it, also when the clock changes that night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.audit import recording
from clinic.models import Clinic, ContactPoint
from notifications.domain.states import State
from notifications.models import InAppMail, Message
from notifications.services.delivery import deliver_batch
from tests.factories import make_clinic
from tests.message_rows import make_due_messages

pytestmark = pytest.mark.django_db

NIGHTS = [
    # the evening on the reader's clock, eight in the morning after it
    ("America/New_York", "2026-11-21T22:30", "2026-11-22T13:00"),
    ("America/New_York", "2026-10-31T22:30", "2026-11-01T13:00"),  # an hour comes twice
    ("America/New_York", "2026-03-07T22:30", "2026-03-08T12:00"),  # an hour is left out
    ("Europe/Amsterdam", "2026-10-24T21:00", "2026-10-25T07:00"),
    ("Europe/Amsterdam", "2026-03-29T07:30", "2026-03-29T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T23:59", "2026-04-04T21:30"),  # half an hour
    ("Australia/Lord_Howe", "2026-10-03T22:00", "2026-10-03T21:00"),
]


def at(text: str, zone: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize("is_readers_own", [False, True])
@pytest.mark.parametrize(("zone", "evening", "morning"), NIGHTS)
def test_it_waits_for_the_readers_morning(
    zone: str, evening: str, morning: str, is_readers_own: bool
) -> None:
    due_at, leaves_at = at(evening, zone), datetime.fromisoformat(morning).replace(tzinfo=UTC)
    house = make_clinic(now=due_at - timedelta(days=30))
    (pk,) = make_due_messages(house.clinic, number=1, actor_id=house.nurse.id, now=due_at)
    with recording(actor_id=house.nurse.id, reason="where they live"):
        if is_readers_own:  # the clinic's clock shows noon or so meanwhile
            ContactPoint.objects.update(time_zone=zone)
            Clinic.objects.filter(pk=house.clinic.pk).update(time_zone="Etc/GMT+12")
        else:
            Clinic.objects.filter(pk=house.clinic.pk).update(time_zone=zone)
    message = Message.objects.get(pk=pk)

    for moment in (due_at, leaves_at - timedelta(minutes=1)):
        deliver_batch(now=moment)
        message.refresh_from_db()
        assert (message.state, message.due_at, message.attempts_made) == (State.QUEUED, leaves_at, 0)
    deliver_batch(now=leaves_at)
    message.refresh_from_db()
    assert message.state == State.ACCEPTED
    assert InAppMail.objects.count() == 1
