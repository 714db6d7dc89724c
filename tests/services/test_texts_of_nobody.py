"""Texts from numbers that no clinic knows, and stops in the clinics that do not know the number."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from clinic.models import Consent
from notifications.domain.states import State
from notifications.models import Escalation, Message, StoppedAddress
from notifications.selectors.inbound import stops_of
from notifications.selectors.operation import texts_of_nobody
from tests.factories import House
from tests.texts import text, texter
from tests.visits import Desk

pytestmark = pytest.mark.django_db
STRANGER = "+13125550177"


def causes() -> list[str]:
    return sorted(Escalation.objects.values_list("cause", flat=True))


def stopped_in() -> set[int]:
    return set(StoppedAddress.objects.filter(lifted_at=None).values_list("clinic_id", flat=True))


def test_a_stop_from_nobodys_number_holds_in_every_clinic_from_then_on(house: House, desk: Desk) -> None:
    came = text(house, "Stop, please!", number=STRANGER)
    assert (came.one.clinic, came.one.patient, came.replies, causes()) == (None, None, [], [])
    assert (came.one.handled_at is not None, texts_of_nobody()) == (True, 0), "nothing is left to do"
    assert stopped_in() == {house.clinic.pk, house.elsewhere.pk}
    patient = texter(house, number=STRANGER)
    desk.book(patient)
    reminders = Message.objects.filter(patient=patient)
    assert set(reminders.values_list("state", "reason")) == {(State.SUPPRESSED, "stopped")}
    assert stops_of(clinic_id=house.clinic.pk, addresses=[STRANGER])[STRANGER].words == "Stop, please!"


def test_a_stop_holds_in_the_clinics_that_do_not_know_the_number_too_until_start(house: House) -> None:
    patient = texter(house)
    for body in ("stop", "STOP"):
        text(house, body)
        assert stopped_in() == {house.clinic.pk, house.elsewhere.pk}
    assert causes() == ["stopped"], "one call, by the clinic that knows whom"
    assert text(house, "start").replies == ["start"]
    assert stopped_in() == set()
    assert Consent.objects.filter(patient=patient).order_by("-id")[0].is_granted


def test_nobodys_start_takes_nobodys_stop_back(house: House) -> None:
    text(house, "stop", number=STRANGER)
    text(house, "start", number="+13125550178")
    assert stopped_in() == {house.clinic.pk, house.elsewhere.pk}, "somebody else's word"
    text(house, "start", number=STRANGER)
    assert (stopped_in(), texts_of_nobody()) == (set(), 0)


def test_a_start_from_a_shared_number_is_for_a_person_in_every_clinic(house: House) -> None:
    texter(house)
    texter(house)
    text(house, "stop")
    text(house, "start")
    assert stopped_in() == {house.clinic.pk, house.elsewhere.pk}


def test_other_words_of_nobody_wait_for_whoever_runs_the_installation(
    house: House, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    came = text(house, "canary: my pump beeps", number=STRANGER)
    again = text(house, "canary: hello?", number=STRANGER)
    assert (came.one.clinic, came.replies, causes()) == (None, [], [])
    assert texts_of_nobody() == 2
    assert "texts_of_nobody" in caplog.text
    assert "canary" not in caplog.text
    assert STRANGER not in caplog.text
    call_command("texts_of_nobody")
    assert "canary: my pump beeps" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("texts_of_nobody", give=came.one.ref, clinic="no-such-clinic")
    call_command("texts_of_nobody", give=came.one.ref, clinic=house.clinic.slug)
    assert "my pump beeps" not in capsys.readouterr().out
    matter = Escalation.objects.get()
    assert (matter.clinic, matter.cause, matter.inbound) == (house.clinic, "not_understood", came.one)
    with pytest.raises(CommandError):
        call_command("texts_of_nobody", give=came.one.ref, clinic=house.elsewhere.slug)
    call_command("texts_of_nobody", put_away=again.one.ref)
    assert (texts_of_nobody(), Escalation.objects.count()) == (0, 1)


def test_in_the_only_clinic_a_text_of_nobody_is_read_there(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("notifications.services.inbound.take.only_clinic_id", lambda: house.clinic.pk)
    came = text(house, "hello?", number=STRANGER)
    assert (came.one.clinic, came.replies, causes()) == (house.clinic, [], ["not_understood"])
    text(house, "stop", number=STRANGER)
    assert (causes(), texts_of_nobody()) == (["not_understood"], 0)
