"""What cannot be is refused at its field, and nothing is written."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from clinic.domain.checks import RecordError
from clinic.domain.entries import BolusEntry, BridgeEntry, ImplantEntry, ProgramEntry
from clinic.models import Implant
from clinic.services.implants import update_implant
from clinic.services.programs import record_program
from tests.factories import House, make_program
from tests.services.test_record import BACLOFEN, record

pytestmark = pytest.mark.django_db

FAR = Decimal("1E+300")
BAD_FILLS: list[tuple[str, dict[str, object]]] = [
    ("fill_volume_ml", {"fill_volume_ml": Decimal("NaN")}),
    ("fill_volume_ml", {"fill_volume_ml": Decimal("Infinity")}),
    ("fill_volume_ml", {"fill_volume_ml": Decimal(0)}),
    ("fill_volume_ml", {"fill_volume_ml": Decimal(-20)}),
    ("fill_volume_ml", {"fill_volume_ml": FAR}),
    ("fill_volume_ml", {"fill_volume_ml": Decimal("40.01")}),
    ("fill_volume_ml", {"fill_volume_ml": Decimal("20.1234567890123")}),
    ("residual_ml", {"residual_ml": Decimal("-0.1")}),
    ("filled_on", {"filled_on": date(1, 1, 1)}),
    ("filled_on", {"filled_on": date(9999, 12, 31)}),
    ("printed_refill_on", {"printed_refill_on": date(9999, 12, 31)}),
    ("drugs", {"drugs": ()}),
    ("drugs", {"drugs": (BACLOFEN, BACLOFEN)}),
    (
        "bridge_old_volume_ml",
        {"bridge": BridgeEntry(old_volume_ml=FAR, old_concentration=FAR, old_unit="mg/mL")},
    ),
]


@pytest.mark.parametrize(("field", "values"), BAD_FILLS)
def test_a_fill_that_cannot_be_is_refused_and_nothing_is_written(
    house: House, implant: Implant, field: str, values: dict[str, object]
) -> None:
    fills = implant.fills.count()
    with pytest.raises(RecordError) as refusal:
        record(house, implant, **values)
    assert refusal.value.field == field
    assert implant.fills.count() == fills


def test_a_fill_before_the_implant_is_refused(house: House, implant: Implant) -> None:
    with pytest.raises(RecordError) as refusal:
        record(house, implant, filled_on=implant.implanted_on - timedelta(days=1))
    assert refusal.value.field == "filled_on"


def test_a_first_program_before_the_implant_is_refused(house: House, implant: Implant) -> None:
    with pytest.raises(RecordError) as refusal:
        make_program(house, implant, starts_on=implant.implanted_on - timedelta(days=1))
    assert refusal.value.field == "starts_on"


def test_the_implant_cannot_move_past_what_is_recorded(house: House, implant: Implant) -> None:
    with pytest.raises(RecordError) as refusal:
        update_implant(
            clinic=house.clinic,
            implant_ref=implant.ref,
            entry=ImplantEntry(
                pump_model_key="synchromed-ii-40", serial=implant.serial, implanted_on=house.today
            ),
            actor_id=house.nurse.id,
            now=house.now,
        )
    assert refusal.value.field == "implanted_on"


BAD_PROGRAMS: list[tuple[str, dict[str, object]]] = [
    ("dose", {"dose": None}),
    ("dose", {"dose": Decimal(0)}),
    ("dose", {"dose": FAR}),
    ("dose", {"flow_ml_per_day": Decimal("0.3")}),
    ("dose_unit", {"dose_unit": ""}),
    ("pattern", {"kind": "flex", "dose": None, "dose_unit": ""}),
    ("dose", {"kind": "stopped"}),
    ("bolus_max_per_day", {"bolus": BolusEntry(dose=Decimal(1), unit="mg", max_per_day=10_000)}),
]


@pytest.mark.parametrize(("field", "values"), BAD_PROGRAMS)
def test_a_program_that_cannot_be_is_refused(
    house: House, implant: Implant, field: str, values: dict[str, object]
) -> None:
    whole: dict[str, object] = {
        "starts_on": house.today,
        "kind": "continuous",
        "dose": Decimal(300),
        "dose_unit": "mcg/day",
    }
    with pytest.raises(RecordError) as refusal:
        record_program(
            clinic=house.clinic,
            implant_ref=implant.ref,
            entry=ProgramEntry(**(whole | values)),  # type: ignore[arg-type]
            actor_id=house.nurse.id,
            now=house.now,
        )
    assert refusal.value.field == field
