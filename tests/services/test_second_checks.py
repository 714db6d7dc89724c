"""What waits for a second person, end to end: from any way into the record to dates, visits and matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.entries import BridgeEntry, DrugEntry, FillEntry, ImplantEntry, ProgramEntry
from clinic.models import Fill, Implant, ProgramVersion
from clinic.services.fills import correct_fill, void_fill
from clinic.services.implants import record_explant, update_implant, withdraw_explant
from clinic.services.programs import correct_program, record_program
from scheduling.models import Forecast, SecondCheck, SecondCheckStep, StandingDates
from scheduling.services.forecasts import reproject
from tests.factories import House, make_clinic, make_fill, make_implant, make_program
from tests.second_checks import by_hand, change_dose, given, must_of, plain_pump, running, signed_by

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def house() -> House:
    return make_clinic(time_zone="UTC")


@pytest.fixture
def implant(house: House) -> Implant:
    return plain_pump(house)


# --- What waits, and what does not ------------------------------------------------------------------------


def test_an_earlier_date_is_in_effect_at_once(house: House, implant: Implant) -> None:
    before = must_of(implant)
    change_dose(house, implant, "900")
    assert must_of(implant) < before
    assert running(implant) is None


def test_a_date_more_than_three_days_later_waits_and_is_in_effect_once_signed(
    house: House, implant: Implant
) -> None:
    before = must_of(implant)
    change_dose(house, implant, "400")
    check = running(implant)
    assert check is not None
    assert (must_of(implant), check.reasons, check.author_id) == (before, ["later"], house.nurse.id)
    assert check.holds == before
    would_be = check.would_be
    assert would_be is not None
    assert would_be > before + 3 * DAY
    assert signed_by(house, implant, given()) == []
    assert must_of(implant) == would_be
    assert running(implant) is None
    assert StandingDates.objects.get(implant=implant).second_check_id == check.id


def test_three_days_later_need_nobody_and_small_steps_add_up(house: House, implant: Implant) -> None:
    before = must_of(implant)
    change_dose(house, implant, "442")
    after = must_of(implant)
    assert before < after <= before + 3 * DAY
    assert running(implant) is None
    correct_program(
        clinic=house.clinic,
        program_id=ProgramVersion.objects.filter(implant=implant).latest("id").id,
        entry=ProgramEntry(
            starts_on=house.today, kind="continuous", dose=Decimal("432"), dose_unit="mcg/day"
        ),
        reason="a little less",
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert running(implant) is not None
    assert must_of(implant) == before


def test_a_plain_refill_needs_nobody(house: House, implant: Implant) -> None:
    make_fill(house, implant, filled_on=house.today)
    assert running(implant) is None
    assert must_of(implant) == house.today + 168 * DAY


def test_a_lower_dose_at_a_refill_waits_at_what_the_old_dose_gives(house: House, implant: Implant) -> None:
    program = ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal("400"), dose_unit="mcg/day")
    make_fill(house, implant, filled_on=house.today, program=program)
    check = running(implant)
    assert check is not None
    assert check.reasons == ["later"]
    assert must_of(implant) == house.today + 168 * DAY
    signed_by(house, implant, given())
    assert must_of(implant) == house.today + 180 * DAY


def other_concentration(house: House, implant: Implant, concentration: str, dose: str = "450") -> Fill:
    return make_fill(
        house,
        implant,
        filled_on=house.today,
        concentration=concentration,
        bridge=BridgeEntry(old_volume_ml=Decimal("0.3"), old_concentration=Decimal(2000), old_unit="mcg/mL"),
    )


def test_another_concentration_waits_at_the_lower_of_the_two(house: House, implant: Implant) -> None:
    other_concentration(house, implant, "3000")
    check = running(implant)
    assert check is not None
    assert "concentration" in check.reasons
    assert must_of(implant) == house.today + 168 * DAY  # as if still 2000; never at once
    signed_by(house, implant, given("450", concentration="3000"))
    assert must_of(implant) == house.today + 180 * DAY


def test_a_lower_concentration_is_earlier_at_once_and_still_to_be_checked(
    house: House, implant: Implant
) -> None:
    other_concentration(house, implant, "1000")
    check = running(implant)
    assert check is not None
    assert check.reasons == ["concentration"]
    assert must_of(implant) == check.would_be
    assert must_of(implant) < house.today + 100 * DAY


def test_another_drug_waits_and_the_pump_stays_in_review(house: House, implant: Implant) -> None:
    make_fill(house, implant, filled_on=house.today, drug="morphine", concentration="10000")
    check = running(implant)
    assert check is not None
    assert set(check.reasons) >= {"drug", "override"}
    row = Forecast.objects.get(implant=implant)
    assert row.status == "review"
    assert row.review_by is not None
    assert row.review_by <= house.today + 168 * DAY


def test_a_stop_saved_all_the_same_waits_and_goes_when_it_is_mended(house: House, implant: Implant) -> None:
    fill = make_fill(house, implant, filled_on=house.today, concentration="3000")  # no bridge: a stop
    check = running(implant)
    assert check is not None
    assert set(check.reasons) == {"concentration", "override"}
    void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="never", actor_id=house.nurse.id, now=house.now)
    check.refresh_from_db()
    assert check.state == "withdrawn"
    assert running(implant) is None


def test_a_first_fill_has_nothing_to_be_held_back_to(house: House) -> None:
    new = make_implant(house)
    make_program(house, new, starts_on=house.today, dose="450")
    make_fill(house, new, filled_on=house.today)
    assert running(new) is None
    assert must_of(new) == house.today + 168 * DAY


# --- Whatever way it comes --------------------------------------------------------------------------------


def lower_by_sql(house: House, implant: Implant) -> None:
    with recording(actor_id=house.nurse.id, reason="by hand"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO clinic_programversion (clinic_id, implant_id, starts_on, kind, dose, dose_unit,"
            " bolus_unit, note, recorded_at, recorded_by_id, is_void, correction_reason)"
            " VALUES (%s, %s, %s, 'continuous', 100, 'mcg/day', '', '', %s, %s, false, '')",
            [house.clinic.id, implant.id, house.today, house.now - 400 * DAY, house.nurse.id],
        )
    reproject(house.clinic.id, [implant.id], house.now)


def lower_the_threshold(house: House, implant: Implant) -> None:
    update_implant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ImplantEntry(
            pump_model_key=implant.pump_model.key,
            serial=implant.serial,
            implanted_on=implant.implanted_on,
            threshold_ml=Decimal("0.5"),
        ),
        actor_id=house.nurse.id,
        now=house.now,
    )


def around_by_an_explant(house: House, implant: Implant) -> None:
    acts: dict[str, Any] = {
        "clinic": house.clinic,
        "implant_ref": implant.ref,
        "actor_id": house.nurse.id,
        "now": house.now,
    }
    record_explant(explanted_on=house.today, why="a slip", **acts)
    change_dose(house, implant, "100")
    withdraw_explant(reason="a slip", **acts)


def by_a_forecast_that_is_gone(house: House, implant: Implant) -> None:
    Forecast.objects.filter(implant=implant).delete()
    lower_by_sql(house, implant)


def by_moving_the_fill(house: House, implant: Implant) -> None:
    fill = Fill.objects.get(implant=implant)
    for days in (15, 10):
        fill = correct_fill(
            clinic=house.clinic,
            fill_ref=fill.ref,
            entry=FillEntry(
                filled_on=house.today - days * DAY,
                fill_volume_ml=Decimal(40),
                drugs=(
                    DrugEntry(drug_key="baclofen", concentration=Decimal(2000), concentration_unit="mcg/mL"),
                ),
            ),
            reason="another day",
            actor_id=house.nurse.id,
            now=house.now,
        )


def by_doubt(house: House, implant: Implant) -> None:
    stopped = record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=house.today, kind="stopped"),
        actor_id=house.nurse.id,
        now=house.now,
    )
    correct_program(
        clinic=house.clinic,
        program_id=stopped.id,
        entry=ProgramEntry(starts_on=house.today, kind="continuous", dose=Decimal(100), dose_unit="mcg/day"),
        reason="it runs",
        actor_id=house.nurse.id,
        now=house.now,
    )


WAYS: list[Callable[[House, Implant], None]] = [
    lower_by_sql,
    lower_the_threshold,
    around_by_an_explant,
    by_a_forecast_that_is_gone,
    by_moving_the_fill,
    by_doubt,
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_way_moves_a_date_later_alone(
    house: House, implant: Implant, way: Callable[[House, Implant], None]
) -> None:
    before = must_of(implant)
    way(house, implant)
    assert must_of(implant) <= before
    check = running(implant)
    assert check is not None
    assert check.would_be is not None
    assert check.would_be > before
    assert house.nurse.id in check.author_ids
    with pytest.raises(RecordError):
        signed_by(house, implant, given(), house.nurse)


def test_the_database_itself_refuses_a_later_date(house: House, implant: Implant) -> None:
    later = must_of(implant) + 4 * DAY
    for statement in (
        "UPDATE scheduling_forecast SET must_refill_by = %s WHERE implant_id = %s",
        "UPDATE scheduling_standingdates SET must_refill_by = %s WHERE implant_id = %s",
        "UPDATE scheduling_standingdates SET must_refill_by = NULL, stood_at = coalesce(%s, now())"
        " WHERE implant_id = %s",
        "DELETE FROM scheduling_standingdates WHERE must_refill_by < %s AND implant_id = %s",
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, [later, implant.id])
    with connection.cursor() as cursor:  # three days, and earlier, are nobody's business
        cursor.execute(
            "UPDATE scheduling_forecast SET must_refill_by = must_refill_by + 3 WHERE implant_id = %s",
            [implant.id],
        )


def test_the_database_refuses_that_an_author_signs(house: House, implant: Implant) -> None:
    change_dose(house, implant, "400")
    check = running(implant)
    assert check is not None
    signature = {"state": "signed", "signed_at": house.now, "closed_at": house.now}
    with pytest.raises(IntegrityError), by_hand(house):
        SecondCheck.objects.filter(pk=check.pk).update(signer=house.nurse, **signature)
    with by_hand(house):
        SecondCheck.objects.filter(pk=check.pk).update(author=None)
    with pytest.raises(IntegrityError), by_hand(house):  # one of several authors
        SecondCheck.objects.filter(pk=check.pk).update(signer=house.nurse, **signature)
    with pytest.raises(DatabaseError), transaction.atomic():
        SecondCheckStep.objects.filter(second_check=check).update(note="nothing happened")
    signed_by(house, implant, given())
    with pytest.raises(DatabaseError), by_hand(house):
        SecondCheck.objects.filter(pk=check.pk).update(state="open", signer=None, signed_at=None)
