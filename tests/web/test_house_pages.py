"""Settings, closed days, members, invitations, the way in, and the pages of what went wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pytest_django import Settings

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission, Role
from clinic.models import Clinic, Closure, Invitation, Membership, User
from clinic.services.accounts import invite_member, revoke_invitation
from config.settings import LANGUAGES
from scheduling.models import SweepRun
from scheduling.services.sweeps import run_everything
from tests.factories import PASSWORD, House, make_clinic, make_running_pump
from web.nurse.members import POWERS

Url = Callable[..., str]


def settings_form(clinic: Clinic, **changed: object) -> dict[str, object]:
    return {
        "name": clinic.name,
        "phone": clinic.phone,
        "time_zone": clinic.time_zone,
        "language": "en",
        "open_weekdays": ["0", "1", "2", "3", "4"],
        "target_margin_days": "10",
        "latest_margin_days": "3",
        "max_interval_days": "",
        "pharmacy_lead_days": "7",
        "sweep_hour": "2",
    } | changed


def test_a_setting_that_moves_dates_works_the_clinic_out_anew(
    house: House, administrator: Client, url: Url
) -> None:
    make_running_pump(house)
    response = administrator.post(url("settings"), settings_form(house.clinic, latest_margin_days="5"))
    run = SweepRun.objects.get(clinic=house.clinic, kind="recalculation")
    assert response.url == url("recalculation", run_id=run.id)
    assert "every 1s" in administrator.get(response.url).content.decode()
    run_everything(now=house.now)
    done = administrator.get(response.url, headers={"HX-Request": "true"}).content.decode()
    assert "every 1s" not in done
    assert "1 pump worked out anew" in done
    assert "1 date changed" in done


@pytest.mark.parametrize("page", ["settings", "closure_new"])
def test_a_change_whose_run_cannot_begin_is_not_kept(
    house: House, administrator: Client, url: Url, page: str
) -> None:
    """Otherwise every date would stay as it was until the night, and nobody would know."""

    def break_off(execute: Any, statement: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if str(statement).startswith('INSERT INTO "scheduling_sweeprun"'):
            raise OperationalError("the connection ends here")
        return execute(statement, params, many, context)

    form = {
        "settings": settings_form(house.clinic, max_interval_days="60"),
        "closure_new": {"closed_on": "2030-12-24", "reason": ""},
    }[page]
    with connection.execute_wrapper(break_off), pytest.raises(OperationalError):
        administrator.post(url(page), form)
    house.clinic.refresh_from_db()
    assert house.clinic.max_interval_days is None
    assert not Closure.objects.exists()


def test_a_setting_that_moves_nothing_starts_nothing(house: House, administrator: Client, url: Url) -> None:
    response = administrator.post(url("settings"), settings_form(house.clinic, phone="+1 312 555 0199"))
    assert response.url == url("settings")
    assert not SweepRun.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"open_weekdays": []}, "open_weekdays"),
        ({"open_weekdays": ["7"]}, "open_weekdays"),
        ({"target_margin_days": "2"}, "target_margin_days"),
        ({"target_margin_days": "61"}, "target_margin_days"),
        ({"max_interval_days": "6"}, "max_interval_days"),
        ({"sweep_hour": "24"}, "sweep_hour"),
    ],
)
def test_a_refused_setting_is_told_at_the_field(
    house: House, administrator: Client, url: Url, changed: dict[str, object], field: str
) -> None:
    response = administrator.post(url("settings"), settings_form(house.clinic, **changed))
    assert response.status_code == 422
    assert field in response.context["form"].errors


def test_a_closed_day_is_entered_and_opened_again(house: House, administrator: Client, url: Url) -> None:
    day = house.today + timedelta(days=30)
    response = administrator.post(url("closure_new"), {"closed_on": str(day), "reason": "Holiday"})
    assert "recalculations" in response.url
    closure = Closure.objects.get(clinic=house.clinic)
    assert (closure.closed_on, closure.reason) == (day, "Holiday")
    administrator.post(url("closure_remove", closure_id=closure.id))
    assert not Closure.objects.exists()
    assert SweepRun.objects.filter(clinic=house.clinic).count() == 2


def test_a_closed_day_needs_a_day(house: House, administrator: Client, url: Url) -> None:
    response = administrator.post(url("closure_new"), {"closed_on": ""})
    assert response.status_code == 422
    assert "closed_on" in response.context["closure_form"].errors


def test_a_guessed_link_looks_like_an_expired_a_used_and_a_taken_back_one(house: House) -> None:
    def token(email: str, **late: object) -> str:
        _, secret = invite_member(
            clinic=house.clinic,
            email=email,
            role=Role.NURSE,
            actor_id=house.administrator.id,
            now=house.now - timedelta(days=8) if late else house.now,
        )
        return secret

    expired, back = token("late@example.org", late=True), token("back@example.org")
    revoke_invitation(
        clinic=house.clinic,
        invitation_ref=Invitation.objects.get(email="back@example.org").ref,
        actor_id=house.administrator.id,
        now=house.now,
    )
    pages = {
        re.sub(
            rb'name="csrfmiddlewaretoken" value="\w+"',
            b"",
            Client().get("/join/", {"invitation": secret}).content,
        )
        for secret in ("guessed", "", "\x00", "x" * 5000, expired, back)
    }
    assert len(pages) == 1


def test_one_address_is_sent_three_letters_a_day_and_one_person_sends_thirty_an_hour(
    house: House, administrator: Client, url: Url
) -> None:
    def sent(email: str) -> str:
        answer = administrator.post(url("member_invite"), {"email": email, "role": "nurse"})
        return " ".join(answer.context["form"].errors["email"]) if answer.status_code == 422 else ""

    assert [sent(email) for email in ("new@example.org", "NEW@example.org", "new@example.org")] == [""] * 3
    assert "3 invitations went to this address within a day" in sent("New@example.org")
    assert len(mail.outbox) == 3
    assert Invitation.objects.get(email="new@example.org", revoked_at=None).expires_at, "the last still opens"
    already = Invitation.objects.filter(clinic=house.clinic, invited_by=house.administrator).count()
    assert [sent(f"{number}@example.org") for number in range(30 - already)] == [""] * (30 - already)
    assert "You have sent 30 invitations within an hour" in sent("one-more@example.org")
    by = {"clinic": house.clinic, "role": Role.NURSE, "actor_id": house.administrator.id}
    with pytest.raises(RecordError, match="within a day"):
        invite_member(email="new@example.org", now=timezone.now() + timedelta(hours=2), **by)
    assert invite_member(email="new@example.org", now=timezone.now() + timedelta(hours=25), **by)


def test_a_letter_that_did_not_leave_counts_for_none(
    house: House, administrator: Client, url: Url, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_PORT = 9
    for _ in range(4):
        answer = administrator.post(url("member_invite"), {"email": "new@example.org", "role": "nurse"})
        assert answer.status_code == 302
    assert Invitation.objects.filter(email="new@example.org", is_unsent=True).count() == 4


def test_every_permission_has_words_in_every_language_of_the_pages() -> None:
    assert set(POWERS) == set(Permission)
    in_english = [str(words) for words in POWERS.values()]
    assert len(set(in_english)) == len(Permission)
    for language, _name in LANGUAGES:
        with override(language):
            said = [str(words) for words in POWERS.values()]
        assert all(said)
        assert (language == "en") == (said == in_english)


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"display_name": "Nina", "password": "short"}, "password"),
        ({"display_name": "", "password": "a-long-enough-secret"}, "display_name"),
        ({"display_name": "Nina", "password": ""}, "password"),
    ],
)
def test_a_refused_acceptance_is_told_at_the_field(house: House, form: dict[str, str], field: str) -> None:
    _, token = invite_member(
        clinic=house.clinic,
        email="new@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now,
    )
    client = Client()
    page = client.get("/join/", {"invitation": token}, follow=True)
    response = client.post("/join/", form | {"invitation": str(page.context["invitation"].ref)})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not User.objects.filter(email="new@example.org").exists()


def test_a_clinic_keeps_an_administrator(house: House, administrator: Client, url: Url) -> None:
    own = Membership.objects.get(user=house.administrator)
    response = administrator.post(
        url("member_edit", membership_id=own.id), {"role": "nurse", "is_active": "on"}
    )
    assert "at least one administrator" in response.context["form"].errors["role"][0]
    own.refresh_from_db()
    assert own.role == Role.ADMINISTRATOR


def test_a_member_gets_another_role_and_leaves(house: House, administrator: Client, url: Url) -> None:
    membership = Membership.objects.get(user=house.nurse)
    address = url("member_edit", membership_id=membership.id)
    administrator.post(address, {"role": "prescriber", "is_active": "on"})
    membership.refresh_from_db()
    assert membership.role == Role.PRESCRIBER
    administrator.post(address, {"role": "prescriber"})
    membership.refresh_from_db()
    assert not membership.is_active


def test_an_invitation_is_taken_back(house: House, administrator: Client, url: Url) -> None:
    invitation, _ = invite_member(
        clinic=house.clinic,
        email="new@example.org",
        role=Role.NURSE,
        actor_id=house.administrator.id,
        now=house.now,
    )
    assert "new@example.org" in administrator.get(url("members")).content.decode()
    administrator.post(url("invitation_revoke", ref=invitation.ref))
    assert "new@example.org" not in administrator.get(url("members")).content.decode()


def test_a_person_signs_in_resets_and_changes_the_password(house: House) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": house.nurse.email})
    (letter,) = mail.outbox
    link = next(word for word in letter.body.split() if "/password/reset/key/" in word)
    form_page = client.get(urlsplit(link).path, follow=True)
    new = "another-long-secret"
    address = form_page.redirect_chain[-1][0]
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302
    assert client.post("/accounts/login/", {"login": house.nurse.email, "password": new}).status_code == 302
    newer = "yet-another-long-secret"
    changed = client.post(
        "/accounts/password/change/", {"oldpassword": new, "password1": newer, "password2": newer}
    )
    assert changed.url == "/"
    assert client.get(changed.url).status_code == 302


def test_an_unknown_address_gets_no_letter_and_the_same_answer(house: House) -> None:
    known = Client().post("/accounts/password/reset/", {"email": house.nurse.email})
    unknown = Client().post("/accounts/password/reset/", {"email": "nobody@example.org"})
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("path", ["/accounts/signup/", "/accounts/email/", "/accounts/password/set/"])
def test_nobody_makes_or_changes_an_account_alone(house: House, path: str) -> None:
    form = {"email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    Client().post(path, form)
    assert not User.objects.filter(email="x@example.org").exists()


def test_last_nights_check_that_did_not_finish_is_told_on_every_page(
    db: None, signed_in: Callable[..., Client]
) -> None:
    house = make_clinic(now=datetime.now(UTC) - timedelta(days=3))
    client = signed_in(house.nurse)
    page = client.get(f"/c/{house.clinic.slug}/patients/").content.decode()
    assert "did not finish" in page
    run_everything(now=datetime.now(UTC))
    assert "did not finish" not in client.get(f"/c/{house.clinic.slug}/patients/").content.decode()


def test_a_form_sent_without_its_token_is_told_kindly(house: House) -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "x", "password": "y"})
    assert response.status_code == 403
    assert "Nothing was saved" in response.content.decode()


def test_a_page_that_does_not_exist_is_told_in_the_same_frame(nurse: Client, url: Url) -> None:
    response = nurse.get(url("patients") + "nothing/here/")
    assert response.status_code == 404
    assert "This page does not exist" in response.content.decode()


def test_what_a_role_does_not_include_is_told(nurse: Client, url: Url) -> None:
    response = nurse.get(url("settings"))
    assert response.status_code == 403
    assert "Your role does not include this" in response.content.decode()


def test_no_page_carries_a_script_or_a_style_of_its_own(
    house: House, administrator: Client, url: Url
) -> None:
    implant = make_running_pump(house)
    for address in (
        url("patients"),
        url("patient_record", ref=implant.patient.ref),
        url("implant_edit", ref=implant.ref),
        url("settings"),
        "/accounts/password/change/",
    ):
        page = administrator.get(address).content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert page.count("<script") == page.count("<script src=")
        assert " onclick=" not in page


def test_a_page_claims_the_language_it_is_written_in(nurse: Client, url: Url) -> None:
    page = nurse.get(url("patients"), headers={"Accept-Language": "es"}).content.decode()
    assert '<html lang="en"' in page
