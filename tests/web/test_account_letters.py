"""Whoever changes how an account signs in, its person has a letter; and no letter holds the change up."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import allauth
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.core.management import call_command
from django.db import connections
from django.test import Client
from pytest_django import Settings

from notifications.models import Message
from notifications.services.delivery import deliver_batch
from tests.factories import PASSWORD, House, make_clinic
from tests.second_factors import code, give_app, sign_in
from tests.web.test_second_factor import set_up_app
from web.accounts import TOLD

NEW = "another-long-secret"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def house(transactional_db: None) -> House:
    return make_clinic()


def told(house: House) -> list[str]:
    """What the nurse was told of, in order."""
    return list(Message.objects.filter(user=house.nurse).order_by("id").values_list("step", flat=True))


def change_password(client: Client, *, old: str = PASSWORD) -> None:
    form = {"oldpassword": old, "password1": NEW, "password2": NEW}
    assert client.post("/accounts/password/change/", form).status_code == 302


def test_a_password_that_is_changed_or_chosen_by_the_letters_link(house: House) -> None:
    change_password(sign_in(house.nurse))
    assert told(house) == ["password_changed"]
    client = Client()
    client.post("/accounts/password/reset/", {"email": house.nurse.email})
    assert told(house) == ["password_changed"], "asking for it changes nothing"
    link = next(word for word in mail.outbox[0].body.split() if "/password/reset/key/" in word)
    address = client.get(urlsplit(link).path, follow=True).redirect_chain[-1][0]
    client.post(address, {"password1": PASSWORD, "password2": PASSWORD})
    assert told(house) == ["password_changed"] * 2


def test_an_app_that_is_set_up_and_removed_and_codes_that_are_made_anew(house: House) -> None:
    client = sign_in(house.nurse)
    set_up_app(client)
    assert told(house) == ["factor_added"], "and not of the codes that came with it"
    assert client.post("/accounts/2fa/recovery-codes/generate/").status_code == 302
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert not Authenticator.objects.exists()
    assert told(house) == ["factor_added", "codes_made", "factor_removed"]


def test_a_recovery_code_that_is_used_and_no_code_of_the_app(house: House) -> None:
    secret = give_app(house.nurse)
    spare = RecoveryCodes.activate(house.nurse).get_unused_codes()[0]
    for given, letters in ((code(secret), []), ("00000000", []), (spare, ["code_used"])):
        client = Client()
        client.post("/accounts/login/", {"login": house.nurse.email, "password": PASSWORD})
        client.post("/accounts/2fa/authenticate/", {"code": given})
        assert told(house) == letters
    deliver_batch(now=Message.objects.get().due_at)
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == ([house.nurse.email], "Refillwise: a recovery code was used")
    assert spare not in letter.body
    assert secret not in letter.body


def test_factors_that_the_operator_takes_away(house: House) -> None:
    give_app(house.nurse)
    call_command("reset_second_factor", house.nurse.email, reason="telephone stolen")
    assert told(house) == ["factor_removed"]


def test_a_mail_server_that_is_away_holds_nothing_up(house: House, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "notifications.backends.SmtpBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    change_password(sign_in(house.nurse))
    house.nurse.refresh_from_db()
    assert house.nurse.check_password(NEW)
    assert told(house) == ["password_changed"]


def test_a_letter_that_cannot_be_written_leaves_what_was_done(house: House) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE notifications_message ADD CONSTRAINT no_more CHECK (false) NOT VALID")
    try:
        change_password(sign_in(house.nurse))
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("ALTER TABLE notifications_message DROP CONSTRAINT no_more")
    house.nurse.refresh_from_db()
    assert house.nurse.check_password(NEW)
    assert told(house) == []


def test_all_that_allauth_tells_of_is_known() -> None:
    """A new version of it may tell of more."""
    source = Path(allauth.__file__).parent
    texts = [path.read_text() for part in ("account", "mfa") for path in (source / part).rglob("*.py")]
    named = {name for text in texts for name in re.findall(r"\"((?:account|mfa)/email/\w+)\"", text)}
    others = {
        "email_changed",
        "email_confirm",
        "email_deleted",
        "email_confirmation",
        "email_confirmation_signup",
    }
    of_codes = {
        "login_code",
        "password_reset_code",
        "password_reset_key",
        "unknown_account",
        "account_already_exists",
    }
    assert named - {f"account/email/{name}" for name in others | of_codes} == set(TOLD)
