"""A register from upload to record: checked, confirmed, imported; repeated, interrupted, thrown away."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from clinic.domain.register import RegisterUnusable
from clinic.models import Consent, Fill, Implant, Patient
from scheduling.domain.forecast_register import forecast_register
from scheduling.models import Forecast, RegisterImport
from scheduling.selectors.register_imports import Progress, import_progress, report_rows
from scheduling.services import register_import as importing
from scheduling.services.without_broker import bring_in_registers
from tests.factories import House, make_clinic
from tests.register_files import AS_OF, EXPECTED, EXPECTED_COLUMNS, SAMPLE, register

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 15, tzinfo=UTC)


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


def upload(house: House, content: bytes, **more: object) -> RegisterImport:
    return importing.upload_register(
        clinic=house.clinic,
        file_name="register.csv",
        content=content,
        uploaded_by_id=house.administrator.id,
        now=NOW,
        **more,  # type: ignore[arg-type]
    )


def check(run: RegisterImport, seconds: float = 600) -> bool:
    return importing.check_slice(import_id=run.pk, now=NOW, seconds=seconds)


def confirm(house: House, run: RegisterImport) -> bool:
    return importing.confirm_import(
        clinic=house.clinic, import_ref=run.ref, actor_id=house.administrator.id, now=NOW
    )


def go_on(run: RegisterImport, seconds: float = 600) -> bool:
    return importing.import_slice(import_id=run.pk, now=NOW, seconds=seconds)


def progress(run: RegisterImport) -> Progress:
    run.refresh_from_db()
    return import_progress(run)


def bring_in(house: House, content: bytes, **more: object) -> Progress:
    run = upload(house, content, **more)
    assert not check(run)
    assert confirm(house, run)
    assert not go_on(run)
    return progress(run)


def test_the_sample_comes_in_but_for_the_rows_a_person_refused(house: House) -> None:
    run = upload(house, SAMPLE)
    check(run)
    checked = progress(run)
    accepted = EXPECTED["rows"] - len(EXPECTED_COLUMNS)
    assert (checked.state, checked.rows, checked.by_result["created"]) == ("checked", 240, accepted)
    assert not Patient.objects.exists()
    report = report_rows(run)
    assert {row.line: row.column for row in report if row.foreseen == "refused"} == EXPECTED_COLUMNS
    confirm(house, run)
    go_on(run)
    done = progress(run)
    assert (done.state, done.by_result["created"], done.percent) == ("finished", accepted, 100)
    assert Implant.objects.count() == Fill.objects.count() == Forecast.objects.count() == accepted
    assert stored_dates() == dates_of_the_file(house)
    again = upload(house, SAMPLE)
    check(again)
    assert progress(again).by_result == {
        "created": 0,
        "updated": 0,
        "unchanged": accepted,
        "refused": len(EXPECTED_COLUMNS),
    }


DATES = ("must_refill_by", "low_reservoir_on", "empty_on", "target_visit_on", "latest_visit_on")


def stored_dates() -> dict[str, list[str | None]]:
    """What the pages show, by the file's ids."""
    rows = Forecast.objects.select_related("implant__patient")
    return {
        f"{row.implant.patient.mrn}/{row.implant.serial}": [
            *(day.isoformat() if (day := getattr(row, name)) else None for name in DATES),
            row.limited_by or None,
            row.status,
        ]
        for row in rows
    }


def dates_of_the_file(house: House) -> dict[str, list[str | None]]:
    """What the forecast command prints for the same file."""
    results = forecast_register(
        SAMPLE, as_of=AS_OF, timezone=ZoneInfo(house.clinic.time_zone), with_reasons=False
    )
    return {
        str(result["id"]): [result[name] for name in (*DATES, "limited_by", "status")]  # type: ignore[misc]
        for result in results
        if result["status"] != "error"
    }


def test_an_import_goes_on_where_it_was_stopped(house: House) -> None:
    run = upload(house, register(*[{"mrn": f"M{n}", "pump_serial": f"S{n}"} for n in range(301)]))
    slices = 1
    while check(run, seconds=0):
        slices += 1
    assert slices >= 3
    confirm(house, run)
    before = 0
    while go_on(run, seconds=0):
        assert Implant.objects.count() > before
        before = Implant.objects.count()
    assert (progress(run).state, Implant.objects.count()) == ("finished", 301)


def test_every_step_done_twice_does_it_once(house: House) -> None:
    run = upload(house, register({}))
    check(run)
    check(run)
    assert confirm(house, run)
    assert not confirm(house, run)
    go_on(run)
    go_on(run)
    assert progress(run).by_result["created"] == 1
    assert Fill.objects.count() == 1


def test_nothing_of_the_file_is_left_when_it_is_in(house: House) -> None:
    run = upload(house, register({}, {"dose": "NaN", "mrn": "M2", "pump_serial": "S2"}))
    check(run)
    assert [row.payload is None for row in run.rows.order_by("line")] == [False, True]
    confirm(house, run)
    go_on(run)
    run.refresh_from_db()
    assert run.content is None
    assert not run.rows.exclude(payload=None).exists()
    refused = run.rows.get(line=3)
    assert (refused.column, refused.message % refused.values) == ("dose", "“NaN” is not a finite number")


def test_a_discarded_import_imports_nothing(house: House) -> None:
    run = upload(house, register({}))
    check(run)
    assert importing.discard_import(clinic=house.clinic, import_ref=run.ref, now=NOW)
    assert not confirm(house, run)
    assert not go_on(run)
    assert not Implant.objects.exists()
    run.refresh_from_db()
    assert (run.state, run.content) == ("discarded", None)


def test_a_row_that_no_longer_fits_when_it_is_confirmed_is_refused_then(house: House) -> None:
    run = upload(house, register({}))
    check(run)
    bring_in(house, register({"mrn": "M9", "birth_date": "1950-01-01"}))
    confirm(house, run)
    go_on(run)
    row = run.rows.get()
    assert (row.foreseen, row.result, row.column) == ("created", "refused", "pump_serial")


def test_a_file_that_is_no_register_is_refused_at_once(house: House) -> None:
    with pytest.raises(RegisterUnusable, match="workbook"):
        upload(house, b"PK\x03\x04")
    assert not RegisterImport.objects.exists()


def test_attested_consent_comes_in_and_only_then(house: House) -> None:
    bring_in(house, register({}))
    assert not Consent.objects.exists()
    bring_in(house, register({}), consent_channels=frozenset({"email"}))
    assert Consent.objects.get().channel == "email"


def test_an_import_that_stands_still_is_taken_up_once(house: House) -> None:
    run = upload(house, register({}))
    later = NOW + timedelta(minutes=3)
    assert importing.take_up_stalled(now=NOW) == []
    assert importing.take_up_stalled(now=later) == [run.pk]
    assert importing.take_up_stalled(now=later) == []


def test_an_import_that_nobody_heard_the_ring_for_is_begun_and_gone_on_with_without_a_broker(
    house: House,
) -> None:
    run = upload(house, register({}))
    soon = NOW + timedelta(seconds=6)
    assert bring_in_registers(clock=lambda: NOW) == 0, "whoever was rung for may be on the way"
    assert bring_in_registers(clock=lambda: soon) == 1
    run.refresh_from_db()
    assert run.state == "checked"
    confirm(house, run)
    assert bring_in_registers(clock=lambda: soon + timedelta(seconds=6)) == 1
    run.refresh_from_db()
    assert run.state == "finished"
    assert bring_in_registers(clock=lambda: soon + timedelta(minutes=10)) == 0


def test_an_import_that_is_under_way_is_left_to_whoever_has_it(house: House) -> None:
    run = upload(house, register({}))
    RegisterImport.objects.update(progressed_at=NOW + timedelta(seconds=1))
    assert importing.take_up_stalled(now=NOW + timedelta(minutes=1)) == []
    assert importing.take_up_stalled(now=NOW + timedelta(minutes=3)) == [run.pk]


def test_a_file_nobody_confirms_is_thrown_away_after_a_week(house: House) -> None:
    run = upload(house, register({}))
    check(run)
    assert importing.take_up_stalled(now=NOW + timedelta(days=8)) == []
    run.refresh_from_db()
    assert (run.state, run.content) == ("discarded", None)


def test_another_clinic_cannot_confirm_or_discard(house: House) -> None:
    run = upload(house, register({}))
    check(run)
    theirs = {"clinic": house.elsewhere, "import_ref": run.ref, "now": NOW}
    assert not importing.confirm_import(actor_id=house.outsider.id, **theirs)  # type: ignore[arg-type]
    assert not importing.discard_import(**theirs)  # type: ignore[arg-type]
