"""Canary patients: whatever is sent, in whatever language and by whatever channel, holds nothing of the record."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, time
from itertools import product

import pytest

from clinic.domain.checks import RecordError
from clinic.models import Implant, Patient
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.transport import Outgoing
from notifications.domain.words.forbidden import forbidden_in
from notifications.domain.words.purposes import (
    LANGUAGES,
    ONLY_BY_EMAIL,
    TO_STAFF,
    Purpose,
    channels_of,
    purpose_of,
)
from notifications.models import Message, MessagingPolicy
from notifications.selectors.words import unspeakable_names
from notifications.selectors.world import see
from notifications.services.rules import PolicyEntry, set_policy
from notifications.services.words import compose
from scheduling.models import Visit
from tests.bookings import book
from tests.factories import House, make_clinic, make_patient, make_running_pump
from tests.services.test_compose import contact_of, message

NOW = datetime(2026, 11, 21, 16, 0, tzinfo=UTC)
MONDAY = date(2026, 11, 30)
BORN = date(1961, 5, 4)
ASKED = [
    *((kind, "d3", asks) for kind in MessageKind for asks in (False, True) if kind is not MessageKind.REPLY),
    (MessageKind.CHECK_IN, "chase1", False),
    (MessageKind.CHANGE, "cancelled", False),
    (MessageKind.INVITATION, "withdrawn", False),
    *((MessageKind.REPLY, step, False) for step in ("stop", "start", "help", "confirm", "reschedule", "decline", "?")),
    *((MessageKind.ESCALATION, purpose.value, False) for purpose in TO_STAFF),
]  # fmt: skip
CALLED_FOR = {Purpose.INVITATION}
"""What brings a visit to somebody who has none in the calendar, while the clinic does not ask for it."""
EMAIL = ChannelName.EMAIL
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    house = make_clinic(name="Riverside Clinic", now=NOW)
    MessagingPolicy.objects.update_or_create(clinic=house.clinic, defaults={"place": "Building C"})
    return house


def canary(house: House, language: str) -> tuple[Patient, Implant, Visit]:
    patient = make_patient(
        house, first_name="Ursula", last_name="Canarylast", mrn="CANARYMRN", notes="canary note, cancer",
        birth_date=BORN, language=language,
    )  # fmt: skip
    implant = make_running_pump(house, patient)
    visit = book(house, implant, on=MONDAY, at=time(10), note="canary remark about baclofen")
    return patient, implant, visit


def everything(house: House, language: str) -> list[tuple[Purpose, Outgoing]]:
    """Every purpose by every channel, to a canary, and a digest of two."""
    patient, implant, visit = canary(house, language)
    found = []
    for channel in ChannelName:
        recipient = contact_of(house, patient, channel=channel)
        for number, (kind, step, asks) in enumerate(ASKED):
            whom = {"user": house.nurse} if kind is MessageKind.ESCALATION else {"recipient": recipient}
            if channel not in channels_of(purpose_of(kind=kind, step=step, wants_answer=asks)):
                continue
            row = message(
                house, patient, kind=kind, step=step, wants_answer=asks, visit=visit, implant=implant,
                channel=channel, occurrence=f"visit:{number}", **whom,
            )  # fmt: skip
            outgoing = compose(see(row.pk, clinic_id=row.clinic_id, now=NOW), now=NOW)
            assert outgoing is not None
            found.append((purpose_of(kind=kind, step=step, wants_answer=asks), outgoing))
        main = Message.objects.get(recipient=recipient, occurrence="visit:2")
        message(
            house, patient, kind=MessageKind.CHECK_IN, recipient=recipient, channel=channel, carried_by=main,
            occurrence="carried", state="suppressed", reason="digest",
        )  # fmt: skip
        digest = compose(see(main.pk, clinic_id=main.clinic_id, now=NOW), now=NOW)
        assert digest is not None
        found.append((Purpose.DIGEST, digest))
    return found


def unfolded(calendar: str) -> str:
    return calendar.replace("\r\n ", "")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_holds_anything_of_the_record(house: House, language: str) -> None:
    written = everything(house, language)
    said_for = {(purpose, outgoing.channel) for purpose, outgoing in written}
    not_by_text = {(purpose, ChannelName.SMS) for purpose in ONLY_BY_EMAIL}
    assert said_for == set(product(Purpose, ChannelName)) - not_by_text
    implant = Implant.objects.get(patient__mrn="CANARYMRN")
    secrets = ("canary", "1961", "04/05", implant.serial, str(implant.ref), "Riverside Pump")
    names = unspeakable_names()
    for purpose, outgoing in written:
        calendar = unfolded(outgoing.invite.text) if outgoing.invite else ""
        assert bool(calendar) is (outgoing.channel is EMAIL and purpose in CALLED_FOR)
        for side in (outgoing.subject, outgoing.text, outgoing.html, outgoing.sender_name, calendar):
            said = re.sub(r"/l/[\w-]+", "", side).lower()
            assert not [secret for secret in secrets if secret.lower() in said], purpose
        assert not re.search("ursula(?!@)|ode|/l/|check|note", calendar, re.IGNORECASE)
        plain = re.sub(r"/l/[\w-]+", "", f"{outgoing.subject}\n{outgoing.text}")  # a token may spell anything
        assert forbidden_in(plain, names=names) == [], purpose


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_e_mail_fetches_anything_from_anywhere(house: House, language: str) -> None:
    for _, outgoing in everything(house, language):
        page = outgoing.html.lower()
        for means in ("<img", "<script", "<link", "url(", "@import", "src=", "<iframe", "onload"):
            assert means not in page
        assert page.count("http") == page.count("/l/") or "/c/" in page or "/accounts/" in page


def test_a_place_that_would_tell_why_somebody_comes_is_refused(house: House) -> None:
    entry = PolicyEntry(
        quiet_from=time(21), quiet_until=time(8), most_texts_a_day=1, most_texts_a_week=3, unanswered_days=3,
        place="Pain centre, 2nd floor", is_text_on=True, is_invitation_on=False,
    )  # fmt: skip
    by = {"clinic_id": house.clinic.id, "actor_id": house.administrator.id, "now": NOW}
    with pytest.raises(RecordError, match="place"):
        set_policy(entry=entry, **by)
    set_policy(entry=replace(entry, place="Building D, 2nd floor"), **by)
    assert MessagingPolicy.objects.get(clinic=house.clinic).place == "Building D, 2nd floor"
