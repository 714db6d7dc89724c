"""Second factors as a person has them: an app that shows codes, and signing in with one."""

from __future__ import annotations

import time
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client

from clinic.models import User
from tests.factories import PASSWORD

ROOM_SECONDS = 3


def code(secret: str) -> str:
    """What the app shows; where the next code is near, that one, when it is there."""
    left = 30 - time.time() % 30
    if left < ROOM_SECONDS:
        time.sleep(left + 0.05)
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def give_app(person: User) -> str:
    """Set up an authenticator app; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(person, secret)
    return secret


def sign_in(person: User, secret: str = "", **headers: Any) -> Client:
    """A browser in which the person has signed in, with the app's code where there is an app."""
    client = Client(**headers)
    answer = client.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.status_code
    if secret:
        cache.clear()  # a code works once; tests sign in twice within its half minute
        answer = client.post("/accounts/2fa/authenticate/", {"code": code(secret)})
        assert answer.status_code == 302, answer.content
    return client


def has_factor(person: User) -> bool:
    return Authenticator.objects.filter(user=person).exists()
