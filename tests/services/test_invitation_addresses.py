"""Whose calendar holds a visit: addresses that change, helpers, and whoever wants nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from clinic.domain.entries import ProxyEntry
from clinic.models import Patient
from clinic.services.patients import add_contact_point, add_proxy, record_consent, retire_contact_point
from notifications.models import Message, PatientLink, StoppedAddress
from notifications.services.answers import disown
from notifications.services.plan import replan_patients
from scheduling.models import Visit
from tests.bookings import book, open_day
from tests.factories import House
from tests.invitations import (
    SOON,
    Client,
    at,
    invited,
    inviting_clinic,
    mails,
    move,
    reader,
    start_of,
)
from tests.services.test_visit_messages import NOW, by

pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return inviting_clinic()


@pytest.fixture
def patient(house: House) -> Patient:
    return reader(house)


@pytest.fixture
def visit(house: House, patient: Patient) -> Visit:
    return book(house, patient, on=open_day(house, 30))


def test_a_new_address_is_invited_and_the_old_one_is_taken_off(house: House, visit: Visit) -> None:
    old, new = Client("ursula@example.org"), Client("ode@example.org")
    letters = mails(NOW + SOON)
    old.take(letters)
    now = NOW + SOON
    retire_contact_point(contact_id=visit.patient.contact_points.get().id, **at(house, now))
    add_contact_point(patient_ref=visit.patient.ref, kind="email", value="ode@example.org", **at(house, now))
    letters = mails(now + SOON)
    old.take(letters)
    new.take(letters)
    assert (old.shows, new.shows) == ([], [start_of(visit)])
    (goodbye,) = [letter for letter in letters if letter.to == "ursula@example.org"]
    assert goodbye.calendar is not None
    assert (goodbye.calendar.method, goodbye.event.status) == ("CANCEL", None)
    assert "/l/" not in goodbye.text
    assert "Ursula" not in goodbye.text
    move(house, visit, now + SOON)
    letters = mails(now + SOON * 2)
    old.take(letters)
    new.take(letters)
    assert [letter.to for letter in letters] == ["ode@example.org"]
    assert new.shows == [start_of(visit)]


def test_an_address_that_comes_back_is_invited_anew(house: House, visit: Visit) -> None:
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    point = visit.patient.contact_points.get()
    retire_contact_point(contact_id=point.id, **at(house, now))
    now += SOON
    client.take(mails(now))
    assert client.shows == []
    add_contact_point(
        patient_ref=visit.patient.ref, kind="email", value="Ursula@example.org", **at(house, now)
    )
    client.take(mails(now + SOON))
    assert client.shows == [start_of(visit)]


def test_the_same_mailbox_in_other_letters_is_not_taken_off(house: House, visit: Visit) -> None:
    client, now = Client("ursula@example.org"), NOW + SOON
    client.take(mails(now))
    retire_contact_point(contact_id=visit.patient.contact_points.get().id, **at(house, now))
    add_contact_point(
        patient_ref=visit.patient.ref, kind="email", value="URSULA@example.org", **at(house, now)
    )
    client.take(mails(now + SOON))
    assert client.shows == [start_of(visit)]
    assert not client.dead


def _stop(house: House, visit: Visit, now: datetime) -> None:
    StoppedAddress.objects.create(
        clinic=house.clinic, channel="email", address="ursula@example.org", words="stop", stopped_at=now
    )
    replan_patients(house.clinic.id, [visit.patient_id], now)


def _not_me(house: House, visit: Visit, now: datetime) -> None:
    disown(link_id=PatientLink.objects.get().pk, now=now)


def _take_consent_back(house: House, visit: Visit, now: datetime) -> None:
    record_consent(
        patient_ref=visit.patient.ref, channel="email", is_granted=False, wording="No.", **at(house, now)
    )


@pytest.mark.parametrize("refusal", [_stop, _not_me, _take_consent_back])
@pytest.mark.parametrize("has_new_address", [False, True])
def test_nothing_goes_where_nobody_wants_it(
    house: House, visit: Visit, refusal: Callable[[House, Visit, datetime], None], has_new_address: bool
) -> None:
    invited()
    now = NOW + SOON
    refusal(house, visit, now)
    retire_contact_point(contact_id=visit.patient.contact_points.get().id, **at(house, now))
    if has_new_address:
        add_contact_point(
            patient_ref=visit.patient.ref, kind="email", value="ode@example.org", **at(house, now)
        )
    move(house, visit, now)
    assert "ursula@example.org" not in [letter.to for letter in mails(now + SOON)]
    withdrawals = Message.objects.filter(step="withdrawn")
    assert {row.reason for row in withdrawals} == ({"no_consent"} if refusal is _take_consent_back else set())


def test_a_stop_at_the_new_address_holds_for_the_old_one_too(house: House, visit: Visit) -> None:
    """Who wants no more e-mails wants none at an address of before either."""
    invited()
    now = NOW + SOON
    retire_contact_point(contact_id=visit.patient.contact_points.get().id, **at(house, now))
    add_contact_point(patient_ref=visit.patient.ref, kind="email", value="ode@example.org", **at(house, now))
    StoppedAddress.objects.create(
        clinic=house.clinic, channel="email", address="ode@example.org", words="stop", stopped_at=now
    )
    replan_patients(house.clinic.id, [visit.patient_id], now)
    assert mails(now + SOON) == []


def test_helpers_are_invited_each_by_a_mail_of_their_own(house: House, patient: Patient) -> None:
    proxy = add_proxy(
        patient_ref=patient.ref, entry=ProxyEntry(name="Per Ode", may_receive_reminders=True), **by(house)
    )
    add_contact_point(
        patient_ref=patient.ref, kind="email", value="per@example.org", proxy_id=proxy.id, **by(house)
    )
    clients = [Client("ursula@example.org"), Client("per@example.org")]
    visit = book(house, patient, on=open_day(house, 30))
    letters = mails(NOW + SOON)
    assert sorted(letter.to for letter in letters) == ["per@example.org", "ursula@example.org"]
    move(house, visit, NOW + SOON)
    letters += mails(NOW + SOON * 2)
    for client in clients:
        client.take(letters)
        assert client.shows == [start_of(visit)]
