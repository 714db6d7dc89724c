"""Secrets that somebody could guess, and forms that send letters for whoever asks."""

from __future__ import annotations

import random
import time
from base64 import urlsafe_b64decode
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from allauth.core.internal import ratelimit
from django.core import mail
from django.core.cache.backends import base, locmem
from django.test import Client

from clinic.domain.roles import Role
from clinic.services.accounts import invite_member
from notifications.models import Message
from notifications.services.links import token_of
from tests.factories import House
from tests.feeds import link

pytestmark = pytest.mark.django_db
MANY = 100_000
BITS = 128


def test_a22_the_secrets_of_links_are_128_bits_that_lean_to_no_side(house: House) -> None:
    """Booking Calendar CVE-2026-105193: a hash of the clock. A hundred thousand tokens, each bit as often 0 as 1."""
    ones = [0] * BITS
    seen = set()
    for _ in range(MANY):
        token = token_of(Message(ref=uuid4()), "visit")
        seen.add(token)
        number = int.from_bytes(urlsafe_b64decode(token + "=="))
        assert number < 1 << BITS
        for bit in range(0, BITS, 7):
            ones[bit] += number >> bit & 1
    assert len(seen) == MANY
    off_by = [abs(ones[bit] - MANY / 2) / (MANY / 4) ** 0.5 for bit in range(0, BITS, 7)]
    assert max(off_by) < 6, "standard deviations"


def test_a22_no_secret_comes_from_the_clock_or_from_what_can_be_seeded(
    house: House, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """The same moment, the same seed, and everything handed out is another."""
    by = {"clinic": house.clinic, "role": Role.NURSE, "actor_id": house.administrator.id, "now": house.now}
    handed_out = []
    for number in range(3):
        with monkeypatch.context() as still:
            still.setattr(time, "time", lambda: 1_800_000_000.0)
            random.seed(1)
            invited = invite_member(email=f"guess{number}@example.org", **by)
            handed_out += [invited[1], link(house)[1], token_of(Message(), "visit")]
    assert len(set(handed_out)) == len(handed_out)
    assert all(len(urlsafe_b64decode(token + "==")) * 8 >= BITS for token in handed_out)
    message = Message()
    one = token_of(message, "visit")
    assert token_of(message, "book") != one, "a token is for one purpose"
    settings.SECRET_KEY = "another"
    assert token_of(message, "visit") != one


def test_a25_whoever_asks_again_and_again_has_five_letters_sent_in_an_hour(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PHPJabbers CVE-2023-51293: a form that sent letters without end. From ever other addresses, over an hour,
    with the e-mail address written in different ways."""
    now = [0.0]
    later = SimpleNamespace(**{**vars(time), "time": lambda: time.time() + now[0]})
    for counting in (ratelimit, base, locmem):
        monkeypatch.setattr(counting, "time", later)
    email = house.nurse.email
    asked = 0
    for minute in range(0, 60, 6):
        now[0] = timedelta(minutes=minute).total_seconds()
        for number in range(8):
            written = (email, email.upper(), email.capitalize(), f" {email} ")[number % 4]
            client = Client(REMOTE_ADDR=f"198.51.{minute}.{number}")
            answer = client.post("/accounts/password/reset/", {"email": written})
            assert answer.status_code in (302, 429), answer.status_code
            asked += 1
    assert asked == 80
    assert 1 <= len(mail.outbox) <= 5
    assert {address for letter in mail.outbox for address in letter.to} == {email}
