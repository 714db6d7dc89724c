"""The doors that belong to no clinic: what each answers to nobody, to somebody signed in, to a superuser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from clinic.models import User
from notifications.services.links import ref_of
from tests.bookings import book, open_day
from tests.factories import House, make_patient
from tests.patient_links import send_link
from tests.second_factors import sign_in
from tests.web.matrix.asking import OVERRIDE, Answer, Caller, ask, hold
from tests.web.matrix.doors import ADMIN, DOORS, INTERFACE, LINKS, PROVIDERS, Door
from tests.web.matrix.people import of_no_clinic
from tests.web.matrix.rows import METHODS, keys_of
from tests.web.table_rows import CANARY

SOME = ("GET", "HEAD", "POST", "DELETE")
FORM_TYPE = "application/x-www-form-urlencoded"
Things = dict[str, dict[str, Any]]


@pytest.fixture
def things(house: House) -> Things:
    """What a door's address names: somebody else's where it can be somebody's."""
    passkey = Authenticator.objects.create(user=house.outsider, type="webauthn", data={"name": "Theirs"})
    session = UserSession.objects.create(
        user=house.outsider, session_key="theirs", ip="10.0.0.1", user_agent="-", last_seen_at=timezone.now()
    )
    patient = make_patient(house, first_name=CANARY, last_name=CANARY)
    link = send_link(house, book(house, patient, on=open_day(house)), lasts=timedelta(days=9))
    return {
        "": {},
        "somebody's session": {"session_id": session.pk},
        "somebody's passkey": {"pk": passkey.pk},
        "guessed key": {"uidb36": "1", "key": "x-y"},
        "link": {"ref": ref_of(link.row)},
        "time of a link": {"ref": ref_of(link.row), "at": 1_800_000_000},
        "guessed token": {"token": "x" * 43},
        "provider": {"esp": "postmark"},
        "app": {"app_label": "clinic"},
        "nothing": {"url": "clinic/nothing/"},
        "entry": {"object_id": "1"},
    }


def address_of(door: Door, things: Things) -> str:
    if door.about == "nothing":
        return reverse("admin:index") + str(things["nothing"]["url"])
    return reverse(door.name, kwargs=things[door.about])


def codes_of(door: Door, caller: Caller) -> tuple[int, int]:
    """For reading and for an empty form; 405 where that is not taken."""
    codes = door.nobody if caller.person is None else door.member
    if caller.role == "superuser" and door.superuser is not None:
        codes = door.superuser
    return (codes[0] or 405, codes[1] or 405)


def ask_door(door: Door, caller: Caller, things: Things, method: str) -> Answer:
    more = {"data": "_method=DELETE"} if method == "POST" else {}
    address = address_of(door, things)
    return ask(caller, door.name, method, address, content_type=FORM_TYPE, headers=OVERRIDE, **more)


def faults_of(door: Door, caller: Caller, things: Things, methods: Iterable[str]) -> Iterator[str]:
    read, sent = codes_of(door, caller)
    for method in methods:
        answer = ask_door(door, caller, things, method)
        where = f"{method} {door.name} by {caller}"
        expected = {"GET": {read}, "HEAD": {read}, "POST": {sent}}.get(method, {door.others})
        if answer.code not in expected:
            yield f"{where}: {answer.code} {answer.headers.get('Location', '')}, not {sorted(expected)}"
        if unasked := answer.wrote - set(door.writes):
            yield f"{where}: wrote {sorted(unasked)}"
        if CANARY.encode() in answer.body:
            yield f"{where}: shows the patient"
        if answer.is_json and (unknown := keys_of(answer.json()) - door.keys):
            yield f"{where}: names {sorted(unknown)}"


def walk(
    callers: Iterable[Caller], doors: Iterable[Door], things: Things, methods: Iterable[str]
) -> Iterator[str]:
    for caller in callers:
        for door in doors:
            yield from faults_of(door, caller, things, methods)


def test_nobody_and_a_member(house: House, things: Things) -> None:
    nobody = Caller("nobody", "none", house.clinic)
    member = Caller("nurse", "own", house.clinic, None, house.nurse)
    hold([*walk([nobody], DOORS, things, SOME), *walk([member], DOORS, things, METHODS)])


def test_no_form_is_taken_without_its_page_s_secret(house: House, things: Things) -> None:
    """Another site's form; reports of providers are signed and have no page, programs neither, and a guessed link shows its page."""
    caller = Caller("nurse", "own", house.clinic, None, house.nurse)
    caller.check_forms()
    for door in DOORS:
        if door.member[1] is not None and door not in (*PROVIDERS, *INTERFACE):
            answer = ask_door(door, caller, things, "POST")
            assert (answer.code, answer.wrote) == (403, frozenset()), door.name


def test_who_left_and_whose_account_was_disabled(house: House, things: Things) -> None:
    doors = [
        door for door in DOORS if door not in ADMIN and door.name != "home"
    ]  # who left is led to no clinic
    hold(walk(of_no_clinic(house)[:-1], doors, things, ("GET", "POST")))


def test_a_superuser_at_the_catalogue(house: House, things: Things) -> None:
    hold(walk([Caller("superuser", "own", house.clinic, None, house.administrator)], ADMIN, things, SOME))


def test_a_report_without_a_signature(house: House, things: Things, settings: Settings) -> None:
    """Where the providers are set up; without them their addresses are not there."""
    settings.TWILIO_WEBHOOK_TOKENS = settings.GATEWAY_WEBHOOK_SECRETS = ["a secret"]
    settings.ANYMAIL = {"WEBHOOK_SECRET": "name:secret", "POSTMARK_SERVER_TOKEN": "x"}
    caller = Caller("nobody", "none", house.clinic)
    for door in PROVIDERS:
        settings.SMS_PROVIDER = door.name.removeprefix("hooks:").split("_")[0]
        answer = ask_door(door, caller, things, "POST")
        assert answer.code == 403, door.name
        assert answer.wrote <= {"notifications_webhookrefusal"}, door.name


def test_who_opened_a_link_sees_its_own_pages_and_no_other_link_s(house: House, things: Things) -> None:
    patient = make_patient(house)
    theirs = send_link(house, book(house, patient, on=open_day(house, 14)))
    caller = Caller("patient", "sibling", house.clinic, client=theirs.open(raise_request_exception=False))
    links = [door for door in LINKS if "link" in door.about]
    hold(walk([caller], links, things, ("GET", "HEAD", "POST")))
    own = things | {"link": {"ref": ref_of(theirs.row)}}
    caller.relation = "own"
    for door in links:
        if door.about == "link":
            assert ask_door(door, caller, own, "GET").code in (200, 302), door.name


def test_somebody_else_s_passkey_is_not_there(house: House, things: Things) -> None:
    """Also for who proved a moment ago to be who that is."""
    caller = Caller("nurse", "other", house.clinic, None, house.nurse)
    caller.client = sign_in(house.nurse)
    for name in ("mfa_remove_webauthn", "mfa_edit_webauthn"):
        door = next(each for each in DOORS if each.name == name)
        for method in ("GET", "POST"):
            answer = ask_door(door, caller, things, method)
            assert (answer.code, answer.wrote) == (404, frozenset()), name


def test_the_superuser_is_one(house: House) -> None:
    assert User.objects.get(pk=house.administrator.pk).is_superuser
