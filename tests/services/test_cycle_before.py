"""What the record knows of the last fill and of printouts bears on the date, however little else is known."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.entries import ProgramEntry
from clinic.models import Implant
from clinic.services.programs import record_program
from scheduling.models import Forecast
from scheduling.services.forecasts import SECOND_CHECK
from tests.factories import (
    House,
    make_fill,
    make_implant,
    make_program,
    make_reading,
    make_running_pump,
)

pytestmark = pytest.mark.django_db


def codes() -> set[str]:
    """What is found, whoever must check it."""
    return {finding["code"] for finding in Forecast.objects.get().findings} - {SECOND_CHECK}


def refill_after_a_cycle_without_flow(house: House, **older: str) -> Implant:
    implant = make_implant(house)
    today = house.today - timedelta(days=10)
    make_fill(house, implant, filled_on=today - timedelta(days=50), **older)
    make_fill(house, implant, filled_on=today)
    make_program(house, implant, starts_on=today)
    return implant


def test_another_concentration_asks_for_a_bridge_though_no_earlier_program_is_recorded(house: House) -> None:
    refill_after_a_cycle_without_flow(house, concentration="500")
    assert codes() == {"missing_bridge"}
    assert Forecast.objects.get().must_refill_by is None


def test_another_drug_is_a_stop_though_no_earlier_program_is_recorded(house: House) -> None:
    refill_after_a_cycle_without_flow(house, drug="morphine", concentration="10000")
    assert codes() == {"drug_mismatch"}


def test_another_concentration_asks_for_a_bridge_after_a_cycle_in_which_the_pump_stood_still(
    house: House,
) -> None:
    implant = refill_after_a_cycle_without_flow(house, concentration="500")
    record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=house.today - timedelta(days=60), kind="stopped"),
        actor_id=house.nurse.id,
        now=house.now,
    )
    assert codes() == {"missing_bridge"}


def test_more_found_than_was_put_in_is_a_stop_without_a_program_to_compare_with(house: House) -> None:
    implant = make_implant(house)
    make_fill(house, implant, filled_on=house.today - timedelta(days=60), volume_ml="20")
    make_fill(house, implant, residual_ml=Decimal(21))
    make_program(house, implant)
    assert codes() == {"residual_exceeds_fill"}


@pytest.mark.parametrize("hours", [(15, 9), (None, None), (None, 9)])
def test_of_printouts_of_one_day_the_last_counts_or_the_earliest_date(
    house: House, hours: tuple[int | None, int | None]
) -> None:
    implant = make_running_pump(house)
    day, zone = house.today - timedelta(days=2), ZoneInfo(house.clinic.time_zone)
    soon = house.today + timedelta(days=20)
    for hour, printed_on in zip(hours, (soon, soon + timedelta(days=80)), strict=True):
        at = None if hour is None else datetime.combine(day, time(hour), zone)
        make_reading(house, implant, read_on=day, read_at=at, reservoir_ml="35", printed_refill_on=printed_on)
    assert Forecast.objects.get().must_refill_by == soon


def test_a_printout_read_on_the_day_of_the_refill_does_not_hide_the_refills_own(house: House) -> None:
    implant = make_implant(house)
    soon = house.today + timedelta(days=20)
    make_reading(house, implant, read_on=house.today, printed_refill_on=soon + timedelta(days=80))
    make_fill(house, implant, filled_on=house.today, printed_refill_on=soon)
    make_program(house, implant, starts_on=house.today)
    assert Forecast.objects.get().must_refill_by == soon
