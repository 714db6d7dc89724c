"""A file that was brought in counts as a whole when a second person has checked it; until then nothing is later."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from clinic.audit import recording
from clinic.domain.entries import ProgramEntry
from clinic.models import Fill, Implant, PumpModelValue
from clinic.services.fills import void_fill
from clinic.services.programs import record_program
from scheduling.domain.import_check import hash_of
from scheduling.models import (
    Forecast,
    ImportCheck,
    ImportCheckStep,
    ImportedPump,
    SecondCheck,
    StandingDates,
)
from scheduling.selectors.import_checks import waiting_imports
from scheduling.services.forecasts import reproject
from scheduling.services.import_check_acts.upkeep import keep_up_imports
from tests.factories import House, make_clinic, make_fill, make_implant, make_program
from tests.frame import count_to_check
from tests.imports import (
    all_re_entered,
    bring_file_in,
    checker,
    codes,
    given,
    implant_called,
    imported,
    known_pump,
    rows_of,
    signed,
    waits,
)
from tests.register_files import register
from tests.second_checks import must_of, running

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)
DAY, TODAY = timedelta(days=1), NOW.date()


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW, time_zone="UTC")


def stood(implant: Implant) -> date | None:
    return StandingDates.objects.get(implant=implant).must_refill_by


def by_hand(house: House, implant: Implant, *, dose: str, starts_on: date = TODAY) -> None:
    """The nurse enters another dose."""
    record_program(
        clinic=house.clinic,
        implant_ref=implant.ref,
        entry=ProgramEntry(starts_on=starts_on, kind="continuous", dose=Decimal(dose), dose_unit="mcg/day"),
        actor_id=house.nurse.id,
        now=NOW + timedelta(hours=1),
    )


# --- New pumps --------------------------------------------------------------------------------------------


def test_new_pumps_have_a_date_that_says_it_is_not_checked_and_wait_in_one_check(house: House) -> None:
    check = imported(house, 5)
    assert not SecondCheck.objects.exists()
    assert waits(check).pumps == 5
    for pump in check.pumps.select_related("implant"):
        assert must_of(pump.implant) == date(2026, 10, 1) + 180 * DAY
        assert codes(pump.implant) == {"import_unchecked"}
    assert (check.author_id, check.author_ids) == (house.administrator.id, [house.administrator.id])
    assert count_to_check(clinic_id=house.clinic.id, user_id=house.administrator.id) == 0
    assert count_to_check(clinic_id=house.clinic.id, user_id=house.nurse.id) == 1


def test_signed_nothing_waits_any_more(house: House) -> None:
    check = imported(house, 5)
    all_re_entered(house, check)
    assert signed(house, check) == 5
    check.refresh_from_db()
    assert (check.state, check.signer_id) == ("signed", checker(house).id)
    for pump in check.pumps.select_related("implant"):
        assert not pump.waits
        assert codes(pump.implant) == set()
        assert running(pump.implant) is None
    assert waiting_imports(clinic_id=house.clinic.id) == []
    assert count_to_check(clinic_id=house.clinic.id, user_id=house.nurse.id) == 0


def test_worked_out_again_nothing_is_written(house: House) -> None:
    check = imported(house, 3)
    tables = (ImportCheck, ImportedPump, ImportCheckStep, StandingDates, Forecast, SecondCheck)
    before = [list(table.objects.order_by("pk").values()) for table in tables]
    outcome = reproject(house.clinic.id, list(Implant.objects.values_list("id", flat=True)), NOW + DAY)
    assert outcome.changed == 0
    assert keep_up_imports(house.clinic.id, NOW + DAY) == 0
    assert before == [list(table.objects.order_by("pk").values()) for table in tables]
    assert waits(check).pumps == 3


# --- Pumps that were there before --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "reasons", "is_later"),
    [
        ({"filled_on": "2026-11-18"}, [], True),
        ({"filled_on": "2026-11-18", "dose": "150"}, ["later"], True),
        ({"filled_on": "2026-11-18", "concentration_1": "500"}, ["concentration", "override"], None),
        ({"filled_on": "2026-06-01", "fill_volume_ml": "20", "dose": "300"}, [], False),
    ],
)
def test_of_a_pump_that_was_there_the_earliest_date_counts_until_it_is_signed(
    house: House, cells: dict[str, str], reasons: list[str], is_later: bool | None
) -> None:
    implant = known_pump(house)
    before, stood_before = must_of(implant), stood(implant)
    bring_file_in(house, register(*rows_of(1, pump_serial="S1", **{"concentration_1": "1000"} | cells)))
    check = ImportCheck.objects.get(state="open")
    pump = check.pumps.get()
    assert (pump.is_first, pump.reasons) == (False, reasons)
    assert running(implant) is None, "the check of the import speaks for it"
    forecast = Forecast.objects.get(implant=implant)
    assert stood(implant) == stood_before
    if is_later is None:
        assert forecast.review_by is not None
        assert forecast.review_by <= before
        return
    assert forecast.must_refill_by is not None
    assert (forecast.must_refill_by == before) is is_later
    assert forecast.must_refill_by <= before
    expected = given(
        cells.get("dose", "300"),
        concentration=cells.get("concentration_1", "1000"),
        filled_on=cells["filled_on"],
        fill_volume_ml=Decimal(cells.get("fill_volume_ml", 40)),
    )
    all_re_entered(house, check, expected)
    signed(house, check)
    assert stood(implant) == must_of(implant)
    assert (must_of(implant) > before) is is_later


def test_a_refill_by_hand_leaves_the_import_behind(house: House) -> None:
    implant = known_pump(house)
    bring_file_in(
        house, register(*rows_of(1, pump_serial="S1", filled_on="2026-11-10", concentration_1="1000"))
    )
    make_fill(house, implant, filled_on=date(2026, 11, 19), concentration="1000")
    assert codes(implant) == set()
    assert must_of(implant) == date(2026, 11, 19) + 126 * DAY
    assert keep_up_imports(house.clinic.id, NOW) == 1
    assert ImportCheck.objects.get(state="withdrawn").closed_at == NOW


def test_back_to_what_stood_nothing_waits(house: House) -> None:
    implant = known_pump(house)
    before = must_of(implant)
    bring_file_in(
        house, register(*rows_of(1, pump_serial="S1", filled_on="2026-11-10", concentration_1="1000"))
    )
    fill = Fill.objects.current().get(implant=implant, filled_on=date(2026, 11, 10))
    void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="never", actor_id=house.nurse.id, now=NOW)
    assert (must_of(implant), codes(implant)) == (before, set())
    assert not ImportedPump.objects.filter(waits=True).exists()


# --- Again, unchanged, at the same time --------------------------------------------------------------------


def test_an_import_of_unchanged_rows_asks_nobody(house: House) -> None:
    check = imported(house, 3)
    pumps = list(ImportedPump.objects.order_by("pk").values())
    run = bring_file_in(house, register(*rows_of(3)))
    assert run.state == "finished"
    assert ImportCheck.objects.get().pk == check.pk
    assert list(ImportedPump.objects.order_by("pk").values()) == pumps


def test_a_telephone_number_is_nothing_to_check(house: House) -> None:
    known_pump(house)
    rows = rows_of(
        1,
        pump_serial="S1",
        filled_on="2026-06-01",
        concentration_1="1000",
        phone="+1 202 555 0177",
        notes="mornings",
    )
    run = bring_file_in(house, register(*rows))
    assert run.rows.get().result == "updated"
    assert not ImportCheck.objects.filter(state="open").exists()


def test_the_same_file_goes_on_with_its_check_and_after_the_signature_begins_a_new_one(house: House) -> None:
    refused = [*rows_of(1), {**rows_of(2)[1], "mrn": rows_of(1)[0]["mrn"]}]
    content = register(*refused)
    bring_file_in(house, content)
    assert not ImportCheck.objects.exists(), "rows that contradict each other are refused"
    check = imported(house, 2)
    fill = Fill.objects.current().get(implant__serial="S2")
    void_fill(clinic=house.clinic, fill_ref=fill.ref, reason="never", actor_id=house.nurse.id, now=NOW)
    bring_file_in(house, register(*rows_of(3)))
    other = ImportCheck.objects.exclude(pk=check.pk).get()
    assert [pump.implant.serial for pump in other.pumps.all()] == ["S3"]
    all_re_entered(house, other)
    signed(house, other)
    assert waits(check).pumps == 1, "the withdrawn fill left it, the other import did not sign for it"


def test_a_later_import_of_the_same_pump_is_what_is_checked(house: House) -> None:
    first = imported(house, 1)
    content = register(*rows_of(1, dose="310"))
    bring_file_in(house, content)
    second = ImportCheck.objects.get(sha256=hash_of(content))
    assert waits(first).pumps == 0
    assert waits(second).pumps == 1
    all_re_entered(house, second, given("310"))
    signed(house, second)
    assert codes(implant_called("S1")) == set()
    assert not ImportedPump.objects.filter(waits=True).exists()
    assert keep_up_imports(house.clinic.id, NOW) == 1
    first.refresh_from_db()
    assert first.state == "withdrawn"


def test_a_trial_leaves_nothing_to_check(house: House) -> None:
    from scheduling.services import register_import as importing

    run = importing.upload_register(
        clinic=house.clinic,
        file_name="register.csv",
        content=register(*rows_of(2)),
        uploaded_by_id=house.administrator.id,
        now=NOW,
    )
    importing.check_slice(import_id=run.pk, now=NOW, seconds=600)
    assert not ImportCheck.objects.exists()
    assert not ImportedPump.objects.exists()


# --- Changed by hand since --------------------------------------------------------------------------------


def test_a_pump_that_was_changed_since_has_a_check_of_its_own_that_its_importer_cannot_sign(
    house: House,
) -> None:
    check = imported(house, 4)
    implant = implant_called("S2")
    before = must_of(implant)
    by_hand(house, implant, dose="280")
    assert must_of(implant) == before
    single = running(implant)
    assert single is not None
    assert "import" in single.reasons
    assert set(single.author_ids) == {house.administrator.id, house.nurse.id}
    assert waits(check).pumps == 3
    all_re_entered(house, check)
    assert signed(house, check) == 3
    assert running(implant) == single, "the signature was not for what the nurse entered"


def test_a_date_moved_later_by_hand_is_held_at_the_imported_one(house: House) -> None:
    imported(house, 1, concentration_1="500")
    implant = implant_called("S1")
    before = must_of(implant)
    by_hand(house, implant, dose="100")
    assert must_of(implant) <= before
    single = running(implant)
    assert single is not None
    assert set(single.reasons) == {"import", "later"}


def test_a_check_that_ran_before_the_import_goes_on_by_itself(house: House) -> None:
    implant = known_pump(house)
    by_hand(house, implant, dose="150", starts_on=date(2026, 6, 2))
    single = running(implant)
    assert single is not None
    bring_file_in(
        house,
        register(*rows_of(1, pump_serial="S1", filled_on="2026-11-18", dose="150", concentration_1="1000")),
    )
    single.refresh_from_db()
    assert single.state == "open"
    assert set(single.author_ids) == {house.nurse.id, house.administrator.id}
    assert not waiting_imports(clinic_id=house.clinic.id)


def test_a_shared_value_that_changes_leaves_new_pumps_in_their_import(house: House) -> None:
    check = imported(house, 2)
    all_re_entered(house, check)
    with recording(actor_id=house.administrator.id, reason="catalogue"):
        rows = PumpModelValue.objects.filter(pump_model__key="synchromed-ii-40", quantity="threshold_ml")
        assert rows.update(value=Decimal(3)) == 1
    reproject(house.clinic.id, list(Implant.objects.values_list("id", flat=True)), NOW)
    assert not SecondCheck.objects.exists()
    assert waits(check).pumps == 2
    assert signed(house, check) == 2


def test_a_first_fill_by_hand_of_a_pump_that_waits_for_no_import_is_as_before(house: House) -> None:
    new = make_implant(house)
    make_program(house, new, starts_on=house.today, dose="450")
    make_fill(house, new, filled_on=house.today)
    assert codes(new) == set()
