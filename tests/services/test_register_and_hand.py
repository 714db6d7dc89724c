"""What a person changed by hand stays when the same register is imported again."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from clinic.domain.entries import ImplantEntry, ProgramEntry
from clinic.models import Implant, ProgramVersion
from clinic.services.implants import update_implant
from clinic.services.programs import record_program
from clinic.services.register_rows import RowOutcome, import_rows
from tests.factories import House, make_clinic
from tests.register_files import register_row

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def bring_in(house: House, **cells: str) -> RowOutcome:
    (outcome,) = import_rows(
        clinic=house.clinic, rows=[register_row(**cells)], actor_id=house.administrator.id, now=NOW
    )
    return outcome


def change_by_hand(house: House, **values: object) -> None:
    implant = Implant.objects.get()
    kept = {name: getattr(implant, name) for name in ImplantEntry.__slots__ if name != "pump_model_key"}
    update_implant(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ImplantEntry(**({"pump_model_key": implant.pump_model.key} | kept | values)),  # type: ignore[arg-type]
        actor_id=house.nurse.id,
        now=NOW,
    )


def test_a_threshold_raised_by_hand_is_not_lowered_by_the_same_register_again(house: House) -> None:
    bring_in(house, threshold_ml="2", max_interval_days="120")
    change_by_hand(house, threshold_ml=Decimal(4), threshold_reason="early symptoms", max_interval_days=60)
    outcome = bring_in(house, threshold_ml="2", max_interval_days="120")
    assert (outcome.result, outcome.columns) == ("unchanged", ())
    implant = Implant.objects.get()
    assert (implant.threshold_ml, implant.max_interval_days) == (4, 60)


def test_a_register_that_says_something_new_counts_again(house: House) -> None:
    bring_in(house, threshold_ml="2")
    change_by_hand(house, threshold_ml=Decimal(4))
    assert bring_in(house, threshold_ml="3").columns == ("threshold_ml",)
    assert bring_in(house, threshold_ml="2").columns == ("threshold_ml",)
    assert Implant.objects.get().threshold_ml == 2


def test_an_implant_date_and_a_model_mended_by_hand_stay(house: House) -> None:
    bring_in(house)
    change_by_hand(house, implanted_on=date(2023, 1, 10), pump_model_key="synchromed-iii-40")
    assert bring_in(house).result == "unchanged"
    implant = Implant.objects.get()
    assert (implant.implanted_on, implant.pump_model.key) == (date(2023, 1, 10), "synchromed-iii-40")


def test_a_change_of_dose_later_on_the_day_of_the_fill_is_not_undone(house: House) -> None:
    bring_in(house, dose="250")
    record_program(
        clinic=house.clinic,
        implant_ref=Implant.objects.get().ref,
        entry=ProgramEntry(
            starts_on=date(2026, 10, 1),
            starts_at=datetime(2026, 10, 1, 21, tzinfo=UTC),
            kind="continuous",
            dose=Decimal(300),
            dose_unit="mcg/day",
        ),
        actor_id=house.nurse.id,
        now=NOW,
    )
    assert bring_in(house, dose="250").result == "unchanged"
    programs = ProgramVersion.objects.current().order_by("id")
    assert [program.dose for program in programs] == [250, 300]
    refused = bring_in(house, dose="240")
    assert refused.fault is not None
    assert refused.fault.column == "dose"
    assert programs.count() == 2
