"""Letters to staff: emergency access to administrators, what happened to an account to its person."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import resolve

from clinic.audit import recording
from clinic.domain.roles import Role
from clinic.models import Clinic, EmergencyAccess, User
from clinic.services.accounts import change_membership, choose_language
from clinic.services.emergencies import review_emergency_access, take_emergency_access
from notifications.domain.words.purposes import ABOUT_AN_ACCOUNT, Purpose
from notifications.models import Message
from notifications.services.delivery import deliver_batch
from notifications.services.raising import raise_due
from notifications.services.staff_letters import tell_of_account
from tests.factories import House, join, make_clinic

pytestmark = pytest.mark.django_db
REASON = "Ursula Ode's alarm sounds"


@pytest.fixture
def house() -> House:
    return make_clinic(name="Riverside Clinic")


def take(house: House, person: Any = None) -> EmergencyAccess:
    return take_emergency_access(
        user_id=(person or house.nurse).id,
        clinic_slug=house.clinic.slug,
        reason=REASON,
        is_one_organisation=False,
        now=house.now,
    )


def another_administrator(house: House) -> User:
    return join(house.clinic, Role.ADMINISTRATOR, invited_by=house.administrator, now=house.now)


def letters(house: House, *, minutes: int = 1) -> list[Any]:
    """What is mailed by then."""
    mail.outbox.clear()
    now = house.now + timedelta(minutes=minutes)
    raise_due(now)
    raise_due(now)
    deliver_batch(now=now)
    return mail.outbox


def test_every_administrator_has_one_letter_that_names_nobody(house: House) -> None:
    second = another_administrator(house)
    take(house)
    sent = letters(house)
    assert sorted(letter.to[0] for letter in sent) == sorted([house.administrator.email, second.email])
    for letter in sent:
        said = f"{letter.subject}\n{letter.body}\n{letter.alternatives[0].content}"
        assert "Riverside Clinic" in letter.body
        assert f"/c/{house.clinic.slug}/emergencies/" in letter.body
        assert "If you do not act in time" not in said, "nobody is asked after them"
        for secret in ("Ursula", "Ode", "alarm", str(house.nurse), house.nurse.email):
            assert secret not in said
    assert letters(house, minutes=2) == [], "once"
    take(house)
    assert len(letters(house, minutes=3)) == 2, "each time it is taken"


def test_whoever_took_it_is_not_told_and_has_it_reviewed_by_another(house: House) -> None:
    second = another_administrator(house)
    take(house, house.administrator)
    assert [letter.to for letter in letters(house)] == [[second.email]]


def test_nobody_is_told_of_what_was_reviewed_or_long_ago_or_elsewhere_or_has_left(house: House) -> None:
    gone = another_administrator(house)
    by = {"clinic": house.clinic, "actor_id": house.administrator.id, "now": house.now}
    membership = gone.memberships.get()
    change_membership(membership_id=membership.id, role=Role.ADMINISTRATOR, is_active=False, **by)
    taken = take(house)
    assert letters(house, minutes=60 * 25) == []
    review_emergency_access(ref=taken.ref, comment="it was one", **by)
    assert letters(house) == []
    take(house)
    assert [letter.to for letter in letters(house)] == [[house.administrator.email]]


def test_a_mail_server_that_is_away_holds_nothing_up(house: House, settings: Any) -> None:
    settings.EMAIL_BACKEND = "notifications.backends.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    take(house)
    assert tell_of_account(user_id=house.nurse.id, what=Purpose.CODE_USED, now=house.now)
    raise_due(house.now)
    deliver_batch(now=house.now)
    rows = Message.objects.filter(user__isnull=False)
    assert {row.step for row in rows} == {"emergency_taken", "code_used"}
    assert not rows.filter(state="accepted").exists()
    assert rows.filter(state="queued").count() == 2, "tried again later"


@pytest.mark.parametrize("what", sorted(ABOUT_AN_ACCOUNT))
@pytest.mark.parametrize(
    ("language", "word"), [("en", "administrator"), ("es", "administrador"), ("fr", "administrateur")]
)
def test_a_person_is_told_in_the_clinics_language_what_happened_and_what_to_do(
    house: House, what: Purpose, language: str, word: str
) -> None:
    with recording(actor_id=house.administrator.id, reason="for a test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(language=language)
    assert tell_of_account(user_id=house.nurse.id, what=what, now=house.now)
    (letter,) = letters(house)
    assert letter.to == [house.nurse.email]
    assert word in letter.body
    assert "Riverside" not in letter.body, "it is the account's and no clinic's"
    link = next(each for each in letter.body.split() if each.startswith("http"))
    assert resolve("/" + link.split("/", 3)[3]).view_name == "account_reset_password"


def test_a_person_s_own_language_goes_before_the_clinic_s(house: House) -> None:
    with recording(actor_id=house.administrator.id, reason="for a test"):
        Clinic.objects.filter(pk=house.clinic.pk).update(language="es")
    choose_language(user_id=house.nurse.id, language="fr")
    for person in (house.nurse, house.administrator):
        assert tell_of_account(user_id=person.id, what=Purpose.PASSWORD_CHANGED, now=house.now)
    said = {letter.to[0]: letter.body for letter in letters(house)}
    assert "administrateur" in said[house.nurse.email]
    assert "administrador" in said[house.administrator.email]


def test_somebody_who_works_nowhere_has_no_letter(house: House) -> None:
    membership = house.nurse.memberships.get()
    change_membership(
        clinic=house.clinic,
        membership_id=membership.id,
        role=Role.NURSE,
        is_active=False,
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert not tell_of_account(user_id=house.nurse.id, what=Purpose.CODE_USED, now=house.now)
    assert letters(house) == []
