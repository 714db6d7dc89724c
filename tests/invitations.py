"""Invitations from mail to mail: as the wire carries them, and as a calendar takes them in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from django.core import mail

from clinic.models import Patient
from clinic.services.patients import add_contact_point
from notifications.models import MessagingPolicy
from notifications.services.delivery import deliver_batch
from scheduling.domain.visit_entries import MoveEntry
from scheduling.models import Visit
from scheduling.services import booking
from tests import ical
from tests.bookings import open_day
from tests.factories import House, make_clinic, make_patient
from tests.services.test_visit_messages import NOW, agree, by

SOON = timedelta(minutes=11)
PLACE = "Building C; door 2, left"


def inviting_clinic() -> House:
    house = make_clinic(name="Riverside Clinic", now=NOW)
    MessagingPolicy.objects.update_or_create(
        clinic=house.clinic, defaults={"is_invitation_on": True, "place": PLACE}
    )
    return house


@dataclass(frozen=True)
class Mail:
    """One e-mail as the wire carries it."""

    to: str
    subject: str
    text: str
    calendar: ical.ReadCalendar | None
    types: tuple[str, ...]

    @property
    def event(self) -> ical.ReadEvent:
        assert self.calendar is not None
        (event,) = self.calendar.events
        return event


def parsed(letter: Any) -> Mail:
    wire: EmailMessage = message_from_bytes(letter.message().as_bytes(linesep="\r\n"), policy=policy.default)  # type: ignore[assignment]
    assert not wire.defects
    parts = [part for part in wire.walk() if not part.is_multipart()]
    assert not [part.defects for part in parts if part.defects]
    calendars = [part for part in parts if part.get_content_type() == "text/calendar"]
    text = next(part for part in parts if part.get_content_type() == "text/plain")
    calendar = None
    if calendars:
        (part,) = calendars
        content = part.get_payload(decode=True)
        calendar = ical.read(content)
        assert part.get_param("method") == calendar.method
        assert str(part.get_param("charset")).lower() == "utf-8"
        (attached,) = [each for each in parts if each.get_content_type() == "application/ics"]
        assert (attached.get_filename(), attached.get_payload(decode=True)) == ("invite.ics", content)
    return Mail(
        to=wire["To"],
        subject=wire["Subject"],
        text=text.get_content(),
        calendar=calendar,
        types=tuple(part.get_content_type() for part in wire.walk()),
    )


@dataclass
class Client:
    """A calendar that takes in what comes by mail (RFC 5546, 2.1.5): the newest counts, and the dead stay dead."""

    address: str
    held: dict[str, ical.ReadEvent] = field(default_factory=dict)
    dead: dict[str, int] = field(default_factory=dict)
    counted: dict[str, list[int]] = field(default_factory=dict)

    def take(self, letters: list[Mail]) -> None:
        for letter in letters:
            if letter.to == self.address and letter.calendar is not None:
                self._take(letter.calendar)

    def _take(self, calendar: ical.ReadCalendar) -> None:
        (event,) = calendar.events
        assert event.attendee == f"mailto:{self.address}"
        assert event.uid not in self.dead, "a cancelled entry is not asked for again"
        before = self.counted.setdefault(event.uid, [])
        assert not before or event.sequence > before[-1], "what is not newer is dropped"
        before.append(event.sequence)
        if calendar.method == "CANCEL":
            assert event.uid in self.held, "only what is there can be taken out"
            self.dead[event.uid] = event.sequence
            del self.held[event.uid]
        else:
            assert event.status == "CONFIRMED"
            self.held[event.uid] = event

    @property
    def shows(self) -> list[datetime | date]:
        return sorted((event.start for event in self.held.values()), key=str)


def reader(house: House, *, email: str = "ursula@example.org", phone: str = "", **values: Any) -> Patient:
    """A patient who agreed to e-mails, and to texts where there is a number."""
    patient = make_patient(house, first_name="Ursula", last_name="Ode", **values)
    agree(house, patient, "email")
    add_contact_point(patient_ref=patient.ref, kind="email", value=email, **by(house))
    if phone:
        agree(house, patient, "sms")
        add_contact_point(patient_ref=patient.ref, kind="phone", value=phone, **by(house))
    return patient


def at(house: House, now: datetime) -> dict[str, Any]:
    return {"clinic": house.clinic, "actor_id": house.nurse.id, "now": now}


def move(house: House, visit: Visit, now: datetime, *, days: int = 40, hour: int = 10) -> None:
    entry = MoveEntry(local_on=open_day(house, days), local_at=time(hour))
    booking.move_visit(visit_ref=visit.ref, entry=entry, **at(house, now))
    visit.refresh_from_db()


def cancel(house: House, visit: Visit, now: datetime) -> None:
    booking.cancel_visit(visit_ref=visit.ref, reason="has a cold", **at(house, now))


def undo(house: House, visit: Visit, now: datetime) -> None:
    booking.undo_last_status(visit_ref=visit.ref, reason="a mistake", **at(house, now))


def mails(now: datetime) -> list[Mail]:
    """What goes out until then, in order."""
    mail.outbox.clear()
    for _ in range(3):
        deliver_batch(now=now)
    return [parsed(letter) for letter in mail.outbox]


def start_of(visit: Visit) -> datetime:
    return visit.starts_at.astimezone(UTC)


def invited() -> Mail:
    """The one invitation that goes out for a visit that was booked a moment ago."""
    (letter,) = mails(NOW + SOON)
    assert letter.calendar is not None
    return letter
