"""The nightly check: what it costs, what it finds, and that it accounts for every pump."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Fill, FillDrug, Implant
from clinic.services.closures import add_closure
from clinic.services.patients import record_death
from scheduling.models import Forecast, SweepRun
from scheduling.models.runs import ChunkState, RunKind, RunState
from scheduling.selectors.sweeps import are_all_accounted, late_sweep, queued_chunks, run_progress
from scheduling.services import sweeps
from scheduling.services.sweeps import begin_due_nights, run_chunk, run_everything, start_recalculation
from tests.factories import House, make_clinic, make_fill, make_implant, make_patient, make_running_pump

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # 03:00 in Chicago, 10:00 in Madrid
TONIGHT = NOW.date()
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.fixture
def pumps(house: House) -> list[Implant]:
    return [make_running_pump(house) for _ in range(4)]


def night_of(house: House) -> SweepRun:
    return SweepRun.objects.get(clinic=house.clinic, kind=RunKind.NIGHT)


def insert_fill_behind_the_back(implant: Implant, *, days_ago: int) -> None:
    """A row written without a use case, as a restore or a hand in the database would."""
    old = Fill.objects.filter(implant=implant).latest("id")
    with recording(actor_id=None, reason="behind the back"):
        fill = Fill.objects.create(
            clinic_id=old.clinic_id,
            implant=implant,
            filled_on=TONIGHT - timedelta(days=days_ago),
            fill_volume_ml=Decimal(38),
            recorded_at=NOW,
            recorded_by_id=old.recorded_by_id,
        )
        for drug in old.drugs.all():
            drug.pk, drug.fill = None, fill
            drug.save()


def test_a_night_accounts_for_every_pump(house: House, pumps: list[Implant]) -> None:
    make_implant(house)  # never filled: flagged
    run_everything(now=NOW)
    run = night_of(house)
    assert (run.state, run.business_date) == (RunState.FINISHED, TONIGHT)
    assert (run.expected, run.projected, run.flagged, run.missing) == (5, 4, 1, 0)
    assert (run.changed, run.drifted, run.failed) == (0, 0, 0)
    assert are_all_accounted(now=NOW + timedelta(hours=3))


def test_a_second_sweep_on_the_same_night_does_nothing(house: House, pumps: list[Implant]) -> None:
    run_everything(now=NOW)
    before = list(Forecast.objects.order_by("pk").values())
    assert run_everything(now=NOW + timedelta(minutes=10)) == (0, 0)
    assert list(Forecast.objects.order_by("pk").values()) == before
    assert SweepRun.objects.filter(clinic=house.clinic).count() == 1


def test_each_clinic_sweeps_in_its_own_night(house: House) -> None:
    early = NOW.replace(hour=6)  # midnight in Chicago, 07:00 in Madrid
    begin_due_nights(now=early)
    nights = dict(SweepRun.objects.values_list("clinic_id", "business_date"))
    assert nights == {house.clinic.id: TONIGHT - timedelta(days=1), house.elsewhere.id: TONIGHT}
    begin_due_nights(now=NOW)
    assert SweepRun.objects.filter(clinic=house.clinic).count() == 2


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "CHUNK_IMPLANTS", 2)


def test_a_chunk_costs_the_same_number_of_queries_whatever_its_size(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for more in (1, 9):
        for _ in range(more):
            make_running_pump(house)
        SweepRun.objects.all().delete()
        begin_due_nights(now=NOW)
        (chunk_id,) = queued_chunks(run_id=night_of(house).pk)
        Forecast.objects.all().update(must_refill_by="2000-01-01", target_visit_on=None, latest_visit_on=None)
        with CaptureQueriesContext(connection) as queries:
            assert run_chunk(chunk_id=chunk_id, now=NOW)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    assert (
        counts[0] <= 95
    )  # three of them: the dates that stand, what waits for a second person, what imports brought


def test_a_sweep_writes_only_the_rows_that_changed(house: House, pumps: list[Implant]) -> None:
    Forecast.objects.filter(implant=pumps[1]).update(
        must_refill_by="2001-01-01", target_visit_on=None, latest_visit_on=None
    )
    untouched = Forecast.objects.exclude(implant=pumps[1])
    before = list(untouched.order_by("pk").values())
    later = NOW + timedelta(hours=1)
    run_everything(now=later)
    assert night_of(house).changed == 1
    assert Forecast.objects.get(implant=pumps[1]).computed_at == later
    assert Forecast.objects.get(implant=pumps[1]).must_refill_by.year > 2001
    assert list(untouched.order_by("pk").values()) == before


def test_a_fill_written_behind_the_back_is_worked_out_and_counted_as_drift(
    house: House, pumps: list[Implant]
) -> None:
    old = Forecast.objects.get(implant=pumps[0]).must_refill_by
    insert_fill_behind_the_back(pumps[0], days_ago=1)
    run_everything(now=NOW)
    run = night_of(house)
    assert (run.drifted, run.changed) == (1, 1)
    assert Forecast.objects.get(implant=pumps[0]).must_refill_by > old


def test_a_pump_whose_patient_died_behind_the_back_loses_its_forecast(
    house: House, pumps: list[Implant]
) -> None:
    with recording(actor_id=None, reason="behind the back"):
        pumps[0].patient.died_on = TONIGHT
        pumps[0].patient.save()
    run_everything(now=NOW)
    assert not Forecast.objects.filter(implant=pumps[0]).exists()
    run = night_of(house)
    assert (run.expected, run.projected) == (3, 3)


def test_a_death_ends_the_forecast_at_once(house: House, pumps: list[Implant]) -> None:
    patient = pumps[0].patient
    record_death(
        clinic=house.clinic, patient_ref=patient.ref, died_on=TONIGHT, actor_id=house.nurse.id, now=NOW
    )
    assert not Forecast.objects.filter(implant=pumps[0]).exists()


def test_a_record_that_contradicts_itself_is_flagged_and_stops_no_other(
    house: House, pumps: list[Implant], small_chunks: None
) -> None:
    with recording(actor_id=None, reason="behind the back"):
        Implant.objects.filter(pk=pumps[1].pk).update(implanted_on=TONIGHT + timedelta(days=9))
    run_everything(now=NOW)
    run = night_of(house)
    assert (run.state, run.projected, run.flagged) == (RunState.FINISHED, 3, 1)
    assert Forecast.objects.get(implant=pumps[1]).status == "review"


@contextmanager
def refusing(implant: Implant, *, unless: str) -> Iterator[None]:
    """Have the database refuse this implant's forecasts, but for some, as a constraint would."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(REFUSE.format(implant=implant.pk, unless=unless))
    try:
        yield
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON scheduling_forecast; DROP FUNCTION refuse()")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("refuses_everything", [False, True])
def test_a_forecast_that_the_database_refuses_stops_no_other(refuses_everything: bool) -> None:
    house = make_clinic(now=NOW)
    pumps = [make_running_pump(house) for _ in range(5)]
    Forecast.objects.filter(clinic=house.clinic).delete()
    with refusing(pumps[2], unless="false" if refuses_everything else REVIEW):
        run_everything(now=NOW)
    run = night_of(house)
    assert (run.state, run.expected, run.projected, run.failed) == (RunState.FINISHED, 5, 4, 1)
    assert run.unaccounted == int(refuses_everything)
    assert are_all_accounted(now=NOW + timedelta(hours=3)) is not refuses_everything
    late = late_sweep(clinic_id=house.clinic.id, now=NOW + timedelta(hours=3))
    assert (late.unaccounted if late else 0) == int(refuses_everything)


@pytest.mark.django_db(transaction=True)
def test_a_forecast_that_the_database_refuses_does_not_keep_a_fill_from_being_recorded() -> None:
    house = make_clinic(now=NOW)
    implant = make_running_pump(house)
    with refusing(implant, unless=REVIEW):
        fill = make_fill(house, implant, filled_on=TONIGHT - timedelta(days=1))
    assert Fill.objects.filter(pk=fill.pk).exists()
    forecast = Forecast.objects.get(implant=implant)
    assert (forecast.status, forecast.must_refill_by) == ("review", None)
    assert forecast.findings[0]["code"] == "cannot_compute"


REVIEW = "NEW.status = 'review'"
REFUSE = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.implant_id = {implant} AND NOT ({unless}) THEN RAISE EXCEPTION 'refused'; END IF; RETURN NEW;
END $$;
CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON scheduling_forecast FOR EACH ROW EXECUTE FUNCTION refuse()
"""


@pytest.mark.django_db(transaction=True)
def test_a_chunk_that_raises_stays_queued_and_the_others_go_on(small_chunks: None) -> None:
    house = make_clinic(now=NOW)
    pumps = [make_running_pump(house) for _ in range(4)]
    with transaction.atomic(using="owner"), connection.cursor() as cursor:
        Implant.objects.using("owner").select_for_update().get(pk=pumps[0].pk)
        cursor.execute("SET lock_timeout = '50ms'")
        assert run_everything(now=NOW) == (1, 1)
        cursor.execute("RESET lock_timeout")
    run = night_of(house)
    stuck = run.chunks.get(state=ChunkState.QUEUED)
    assert (run.state, stuck.attempts, stuck.last_error) == (RunState.RUNNING, 1, "OperationalError")
    assert run_progress(clinic_id=house.clinic.id, run_id=run.pk).is_stuck
    assert late_sweep(clinic_id=house.clinic.id, now=NOW + timedelta(hours=3)).started_at == NOW
    assert run_everything(now=NOW) == (1, 0), "the next tick tries it again"
    assert night_of(house).accounts_for_all


def test_chunks_together_hold_every_implant_once(house: House, small_chunks: None) -> None:
    implants = [make_implant(house) for _ in range(5)]
    begin_due_nights(now=NOW)
    chunks = list(night_of(house).chunks.order_by("first_implant_id"))
    assert len(chunks) == 3
    for implant in implants:
        assert sum(c.first_implant_id <= implant.pk <= c.last_implant_id for c in chunks) == 1


def test_a_pump_added_after_the_chunks_were_laid_out_is_in_the_last_one(
    house: House, small_chunks: None
) -> None:
    make_implant(house)
    begin_due_nights(now=NOW)
    late = make_running_pump(house)
    Forecast.objects.filter(implant=late).delete()
    run_everything(now=NOW)
    assert Forecast.objects.for_clinic(house.clinic.id).filter(implant=late).exists()
    assert night_of(house).accounts_for_all


def test_a_clinic_without_pumps_finishes_at_once(house: House) -> None:
    begin_due_nights(now=NOW)
    assert night_of(house).state == RunState.FINISHED


def test_a_night_that_never_finished_gives_way_to_the_next(house: House, pumps: list[Implant]) -> None:
    begin_due_nights(now=NOW)
    begin_due_nights(now=NOW + timedelta(days=1))
    old, new = SweepRun.objects.filter(clinic=house.clinic).order_by("business_date")
    assert (old.state, new.state) == (RunState.SUPERSEDED, RunState.RUNNING)
    assert not run_chunk(chunk_id=old.chunks.get().pk, now=NOW)


def test_the_banner_names_a_night_that_did_not_finish(house: House, pumps: list[Implant]) -> None:
    late = NOW + timedelta(hours=1, minutes=30)  # 04:30 in Chicago: two and a half hours after the sweep hour
    clinic_id = house.clinic.id
    with recording(actor_id=None, reason="founded long ago"):
        house.clinic.created_at = NOW - timedelta(days=30)
        house.clinic.save()
    assert late_sweep(clinic_id=clinic_id, now=late).started_at is None
    begin_due_nights(now=NOW)
    assert late_sweep(clinic_id=clinic_id, now=late).started_at == NOW
    assert late_sweep(clinic_id=clinic_id, now=late).business_date == TONIGHT
    run_everything(now=late)
    assert late_sweep(clinic_id=clinic_id, now=late) is None


def test_a_closure_is_worked_in_by_a_recalculation_with_progress(
    house: House, pumps: list[Implant], small_chunks: None
) -> None:
    target = Forecast.objects.get(implant=pumps[0]).target_visit_on
    add_closure(clinic=house.clinic, closed_on=target, reason="holiday", actor_id=house.administrator.id)
    run = start_recalculation(clinic_id=house.clinic.id, now=NOW, actor_id=house.administrator.id)
    first, second = queued_chunks(run_id=run.pk)
    run_chunk(chunk_id=first, now=NOW)
    progress = run_progress(clinic_id=house.clinic.id, run_id=run.pk)
    assert (progress.percent, progress.is_over) == (50, False)
    run_chunk(chunk_id=second, now=NOW)
    progress = run_progress(clinic_id=house.clinic.id, run_id=run.pk)
    assert (progress.percent, progress.is_over, progress.changed) == (100, True, 4)
    run.refresh_from_db()
    assert (run.drifted, run.started_by_id) == (0, house.administrator.id)
    assert Forecast.objects.get(implant=pumps[0]).target_visit_on < target


def test_a_newer_recalculation_takes_the_place_of_one_that_is_going_on(
    house: House, pumps: list[Implant]
) -> None:
    old = start_recalculation(clinic_id=house.clinic.id, now=NOW)
    new = start_recalculation(clinic_id=house.clinic.id, now=NOW)
    run_everything(now=NOW)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, new.state) == (RunState.SUPERSEDED, RunState.FINISHED)


def test_another_clinics_run_is_not_to_be_seen(house: House, pumps: list[Implant]) -> None:
    run = start_recalculation(clinic_id=house.clinic.id, now=NOW)
    assert run_progress(clinic_id=house.elsewhere.id, run_id=run.pk) is None


def test_run_sweeps_needs_no_broker(
    house: House, pumps: list[Implant], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("run_sweeps")
    assert "parts done" in capsys.readouterr().out
    assert SweepRun.objects.get(clinic=house.clinic).state == RunState.FINISHED


def test_a_fill_recorded_today_is_in_the_forecast_without_any_sweep(house: House) -> None:
    implant = make_running_pump(house, make_patient(house))
    before = Forecast.objects.get(implant=implant).must_refill_by
    make_fill(house, implant, filled_on=TONIGHT - timedelta(days=1))
    assert Forecast.objects.get(implant=implant).must_refill_by > before
    assert FillDrug.objects.filter(fill__implant=implant).count() == 2
