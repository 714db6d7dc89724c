"""`manage.py found_clinic`: how a clinic comes into an installation of one's own servers."""

from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from clinic.domain.roles import Role
from clinic.models import Clinic, Membership

ANSWERS = ["North", "Madrid", "Europe/Madrid", "Ada", "ada@example.org"]
GOOD = "correct horse battery"


def answer(monkeypatch: pytest.MonkeyPatch, lines: list[str], passwords: list[str]) -> None:
    given: Iterator[str] = iter(passwords)
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
    monkeypatch.setattr("getpass.getpass", lambda _: next(given))


@pytest.mark.django_db
def test_a_clinic_is_made_from_answers_and_asked_again_what_was_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, ANSWERS, ["one", "other", "short", "short", GOOD, GOOD])
    call_command("found_clinic")
    (clinic,) = Clinic.objects.all()
    assert (clinic.name, clinic.time_zone) == ("North", "Europe/Madrid")
    member = Membership.objects.for_clinic(clinic.id).get()
    assert (member.user.email, member.role) == ("ada@example.org", Role.ADMINISTRATOR)
    assert member.user.check_password(GOOD)
    said = capsys.readouterr().out
    assert "No such time zone" in said
    assert "The two are not the same" in said
    assert GOOD not in said


@pytest.mark.django_db
def test_nothing_is_made_when_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, ANSWERS[:3], [])
    with pytest.raises(CommandError, match="Nothing was made"):
        call_command("found_clinic")
    assert not Clinic.objects.exists()
