"""Re-entered and signed, or put into effect alone for a while; again, and at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from clinic.domain.checks import RecordError
from clinic.domain.entries import ProgramEntry
from clinic.domain.roles import Role
from clinic.models import Implant, ProgramVersion
from clinic.services.programs import correct_program, void_program
from notifications.models import Escalation
from notifications.services.raising import raise_due
from scheduling.domain.second_check import EMERGENCY
from scheduling.models import Forecast, SecondCheck, SecondCheckStep, StandingDates
from scheduling.services.forecasts import reproject
from scheduling.services.second_check_acts.acting import act_in_emergency, end_emergencies, sign
from scheduling.services.second_check_acts.reentry import Reentered
from tests.factories import House, make_clinic, make_fill, make_implant, make_program
from tests.second_checks import change_dose, given, must_of, plain_pump, running, signed_by

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def house() -> House:
    return make_clinic(time_zone="UTC")


@pytest.fixture
def implant(house: House) -> Implant:
    return plain_pump(house)


# --- Re-entering ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reentered", "differing"),
    [
        (given("40"), ["dose"]),
        (given(volume="20"), ["fill_volume_ml"]),
        (given(concentration="500"), ["drugs.1.concentration"]),
        (given(is_stopped="yes"), ["is_stopped"]),
        (Reentered([("morphine", Decimal(2000))], given().values), ["drugs.1.drug"]),
    ],
)
def test_what_differs_is_said_by_its_field_only(
    house: House, implant: Implant, reentered: Reentered, differing: list[str]
) -> None:
    before = must_of(implant)
    change_dose(house, implant, "400")
    assert signed_by(house, implant, reentered) == differing
    check = running(implant)
    assert check is not None
    assert (check.state, check.mismatches, must_of(implant)) == ("open", 1, before)
    step = check.steps.get(what="differed")
    assert (step.note, step.user_id) == (", ".join(differing), house.person(Role.PRESCRIBER).id)


def test_twice_differing_is_somebodys_matter_until_it_is_signed(house: House, implant: Implant) -> None:
    change_dose(house, implant, "400")
    signed_by(house, implant, given("40"))
    raise_due(house.now)
    assert not Escalation.objects.filter(cause="second_check").exists()
    signed_by(house, implant, given("41"))
    raise_due(house.now)
    raise_due(house.now)
    matter = Escalation.objects.get(cause="second_check")
    assert matter.implant_id == implant.id
    signed_by(house, implant, given("400"))
    raise_due(house.now)
    matter.refresh_from_db()
    assert matter.gone_because == "settled"


def test_a_correction_between_reading_and_signing_is_what_is_compared(house: House, implant: Implant) -> None:
    program = change_dose(house, implant, "400")
    correct_program(
        clinic=house.clinic,
        program_id=program.id,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(380), dose_unit="mcg/day"),
        reason="a slip",
        actor_id=house.nurse.id,
        now=house.now + timedelta(minutes=1),
    )
    assert signed_by(house, implant, given("400")) == ["dose"]
    assert signed_by(house, implant, given("380")) == []


def test_taken_back_there_is_nothing_to_sign(house: House, implant: Implant) -> None:
    program = change_dose(house, implant, "400")
    check = running(implant)
    assert check is not None
    void_program(
        clinic=house.clinic, program_id=program.id, reason="never", actor_id=house.nurse.id, now=house.now
    )
    with pytest.raises(RecordError):
        sign(
            clinic=house.clinic,
            check_ref=check.ref,
            given=given(),
            signer_id=house.person(Role.PRESCRIBER).id,
            now=house.now,
        )


def test_a_check_of_another_clinic_is_not_there(house: House, implant: Implant) -> None:
    change_dose(house, implant, "400")
    check = running(implant)
    assert check is not None
    with pytest.raises(SecondCheck.DoesNotExist):
        sign(
            clinic=house.elsewhere,
            check_ref=check.ref,
            given=given(),
            signer_id=house.outsider.id,
            now=house.now,
        )


# --- In an emergency --------------------------------------------------------------------------------------


def test_a_first_entry_that_one_alone_put_into_effect_is_said_to_be_in_effect(house: House) -> None:
    """There is no earlier date that could stay."""
    first = make_implant(house)
    make_program(house, first, starts_on=house.today, dose="90000")  # more than the pump can: a stop
    make_fill(house, first, filled_on=house.today)

    def said() -> list[str]:
        return [found["code"] for found in Forecast.objects.get(implant=first).findings]

    assert "second_check" in said()
    act(house, first)
    assert "second_check" not in said()
    assert "in_emergency" in said()


def act(house: House, implant: Implant, reason: str = "withdrawal, nobody else here") -> None:
    check = running(implant)
    assert check is not None
    act_in_emergency(
        clinic=house.clinic, check_ref=check.ref, reason=reason, actor_id=house.nurse.id, now=house.now
    )


def test_one_alone_acts_for_three_days_then_the_earlier_date_is_back(house: House, implant: Implant) -> None:
    before = must_of(implant)
    change_dose(house, implant, "400")
    with pytest.raises(RecordError):
        act(house, implant, "hurry")
    act(house, implant)
    check = running(implant)
    assert check is not None
    assert must_of(implant) == check.would_be
    reproject(house.clinic.id, [implant.id], house.now + EMERGENCY - timedelta(minutes=1))
    assert must_of(implant) == check.would_be
    late = house.now + EMERGENCY
    raise_due(late)
    assert must_of(implant) == before
    assert Escalation.objects.filter(cause="second_check", implant=implant).exists()
    assert end_emergencies(house.clinic.id, late) == 0
    with pytest.raises(RecordError):
        act(house, implant)
    assert signed_by(house, implant, given()) == []
    assert must_of(implant) == check.would_be


def test_an_emergency_covers_what_it_was_about_and_nothing_later(house: House, implant: Implant) -> None:
    change_dose(house, implant, "430")
    act(house, implant)
    allowed = must_of(implant)
    program = ProgramVersion.objects.filter(implant=implant).latest("id")
    correct_program(
        clinic=house.clinic,
        program_id=program.id,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(250), dose_unit="mcg/day"),
        reason="less",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert must_of(implant) == allowed


# --- Again, and at once -----------------------------------------------------------------------------------


def test_worked_out_again_nothing_is_written(house: House, implant: Implant) -> None:
    change_dose(house, implant, "400")
    rows = list(SecondCheck.objects.values()), list(SecondCheckStep.objects.values())
    stood, forecast = list(StandingDates.objects.values()), list(Forecast.objects.values())
    outcome = reproject(house.clinic.id, [implant.id], house.now + timedelta(hours=1))
    assert outcome.changed == 0
    assert rows == (list(SecondCheck.objects.values()), list(SecondCheckStep.objects.values()))
    assert stood == list(StandingDates.objects.values())
    assert forecast == list(Forecast.objects.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_who_sign_at_once_one_does() -> None:
    house = make_clinic(time_zone="UTC")
    implant = make_implant(house)
    make_program(house, implant, starts_on=house.today - 20 * DAY, dose="450")
    make_fill(house, implant, filled_on=house.today - 20 * DAY)
    change_dose(house, implant, "400")
    check = running(implant)
    assert check is not None
    people = [house.person(Role.PRESCRIBER), house.administrator]

    def one(person: Any) -> str:
        try:
            sign(
                clinic=house.clinic,
                check_ref=check.ref,
                given=given(),
                signer_id=person.id,
                now=house.now,
            )
            return "signed"
        except RecordError:
            return "too late"
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, people)) == ["signed", "too late"]
    assert check.steps.filter(what="signed").count() == 1
    assert must_of(implant) == house.today - 20 * DAY + 180 * DAY
