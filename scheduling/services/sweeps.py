"""Working out a whole clinic again: every night, and when a change touches all its dates.

A run and its chunks are rows; whoever finds a chunk queued may do it. Doing one twice, at once, or after a
crash changes nothing: the chunk's row is locked while it is worked on and is done exactly when its counts are
in, in the same transaction as the forecasts.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from zoneinfo import ZoneInfo

from django.db import Error as DatabaseError
from django.db import transaction
from django.db.models import F, Sum

from clinic.domain.checks import RecordError
from clinic.selectors.facts import clinic_facts, count_active, implant_ranges
from clinic.selectors.operation import clinic_numbers
from clinic.selectors.rows import Clinic, Implant
from clinic.services.holidays import bring_up_holidays
from scheduling import changes
from scheduling.models import SweepChunk, SweepRun
from scheduling.models.runs import ChunkState, RunKind, RunState
from scheduling.selectors.settled import Pump, is_turn, pumps_of_chunk
from scheduling.selectors.sweeps import nights_due, queued_chunks
from scheduling.selectors.tellings import patients_to_tell_without_pump
from scheduling.services.care_plan import replan_all_before_surgery
from scheduling.services.derive import work_out
from scheduling.services.doorbell import ring_aside
from scheduling.services.forecasts import Outcome
from scheduling.services.owners import reassign_departed
from scheduling.services.settling import code_mark, settle
from scheduling.services.setup import set_up_clinic

log = logging.getLogger(__name__)

CHUNK_IMPLANTS = 500
"""Short enough that a nurse who saves one of them waits about a second, a third of it for the care plan; the first
night, which writes every follow-up, takes twice that. Chunks of 100 take half as long again for each implant and
chunks of 2,500 a tenth less."""

COUNTED = ("expected", "projected", "flagged", "failed", "changed", "drifted")


def begin_due_nights(*, now: datetime) -> list[int]:
    """Begin the nightly check of every clinic whose night has come; the ids of the runs begun here.

    Twice, or from two processes at once, begins each night once: the row's unique key decides.
    """
    begun = []
    for clinic_id, night in nights_due(now=now):
        bring_up_people(clinic_id=clinic_id, now=now)
        bring_up_closed_days(clinic_id=clinic_id, today=night, now=now)
        run = begin_night(clinic_id=clinic_id, night=night, now=now)
        begun += [] if run is None else [run.pk]
    return begun


def bring_up_people(*, clinic_id: int, now: datetime) -> None:
    """Give the clinic the calendar and the owners it should have, though nobody has joined or left.

    After an upgrade a clinic has neither nurses nor kinds of visit in its calendar, and an account may be shut
    without a word to its clinics. Whatever fails here costs the clinic this, never its night.
    """
    try:
        with transaction.atomic():
            set_up_clinic(clinic_id, now)
            reassign_departed(clinic_id, now)
    except Exception as error:
        log.error("the people of clinic %s are not up to date: %s", clinic_id, type(error).__name__)


def bring_up_closed_days(*, clinic_id: int, today: date, now: datetime) -> None:
    """Bring the clinic's public holidays up to date; where one came or went, every date is worked out again.

    A country that is not known any more costs this clinic its new holidays, never its night.
    """
    clinic = Clinic.objects.get(pk=clinic_id)
    try:
        with transaction.atomic():
            if bring_up_holidays(clinic=clinic, today=today, actor_id=None):
                start_recalculation(clinic_id=clinic_id, now=now)
    except RecordError as error:
        log.error("the public holidays of clinic %s are not known: %s", clinic_id, error.field)


def begin_night(*, clinic_id: int, night: date, now: datetime) -> SweepRun | None:
    """Begin one clinic's check of one night, or None when somebody has begun it."""
    with transaction.atomic():
        run = SweepRun(clinic_id=clinic_id, kind=RunKind.NIGHT, business_date=night, started_at=now)
        SweepRun.objects.bulk_create([run], ignore_conflicts=True)
        # Which of two wrote the row is known by who still finds it without chunks, under its lock.
        found = SweepRun.objects.select_for_update().get(
            clinic_id=clinic_id, kind=RunKind.NIGHT, business_date=night
        )
        if found.state != RunState.RUNNING or found.chunks.exists():
            return None
        _lay_out(found, now)
        return found


def start_recalculation(*, clinic_id: int, now: datetime, actor_id: int | None = None) -> SweepRun:
    """Work out the whole clinic again because its settings, closures or the catalogue changed.

    Returns at once; the run's progress can be asked for. One that is still going on is given up for this one,
    which sees the newer settings.
    """
    zone = ZoneInfo(clinic_facts(clinic_id=clinic_id).time_zone)
    with transaction.atomic():
        run = SweepRun.objects.create(
            clinic_id=clinic_id,
            kind=RunKind.RECALCULATION,
            business_date=now.astimezone(zone).date(),
            started_at=now,
            started_by_id=actor_id,
        )
        _lay_out(run, now)
        transaction.on_commit(partial(ring_aside, queued_chunks(run_id=run.pk)))
    return run


def recalculate_every_clinic(now: datetime, actor_id: int | None) -> None:
    """Work out all clinics again because a value that they share, in the catalogue, has changed."""
    with transaction.atomic():
        for clinic_id, _ in clinic_numbers():
            start_recalculation(clinic_id=clinic_id, now=now, actor_id=actor_id)


def run_chunk(*, chunk_id: int, now: datetime) -> bool:
    """Work out the implants of one chunk; False when it is done, being done, or no longer wanted.

    Whatever it raises leaves the chunk queued, with the attempt counted, for a later try.
    """
    try:
        with transaction.atomic():
            return _run_chunk(chunk_id, now)
    except Exception as error:
        _note_failure(chunk_id, error)
        raise


def run_everything(*, now: datetime, is_enough: Callable[[], bool] = lambda: False) -> tuple[int, int]:
    """Begin what is due and do every queued chunk here and now, without a broker: (done, failed).

    Asks between two chunks whether that is enough for now; what is left waits for the next call.
    """
    begin_due_nights(now=now)
    done = failed = 0
    for chunk_id in queued_chunks():
        if is_enough():
            break
        try:
            done += run_chunk(chunk_id=chunk_id, now=now)
        except Exception:
            failed += 1  # noted on the chunk; the others go on
    return done, failed


def _lay_out(run: SweepRun, now: datetime) -> None:
    """Give the run its chunks and take the place of earlier runs of its kind."""
    earlier = SweepRun.objects.filter(clinic_id=run.clinic_id, kind=run.kind, state=RunState.RUNNING)
    earlier.filter(pk__lt=run.pk, started_at__lte=now).update(state=RunState.SUPERSEDED, finished_at=now)
    ranges = implant_ranges(clinic_id=run.clinic_id, size=CHUNK_IMPLANTS)
    SweepChunk.objects.bulk_create(
        SweepChunk(run=run, first_implant_id=first, last_implant_id=last) for first, last in ranges
    )
    run.expected = count_active(clinic_id=run.clinic_id)
    run.save(update_fields=["expected"])
    if not ranges:
        _finish(run, now)


def _run_chunk(chunk_id: int, now: datetime) -> bool:
    chunk = (
        SweepChunk.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("run")
        .filter(pk=chunk_id, state=ChunkState.QUEUED, run__state=RunState.RUNNING)
        .first()
    )
    if chunk is None:
        return False
    clinic_id, is_night = chunk.run.clinic_id, chunk.run.kind == RunKind.NIGHT
    ends = {"first_id": chunk.first_implant_id, "last_id": chunk.last_implant_id}
    pumps = pumps_of_chunk(clinic_id=clinic_id, code=code_mark(), now=now, **ends)
    is_looked_at = not is_night or is_turn(clinic_id, chunk.first_implant_id, chunk.run.business_date)
    standing = [] if is_looked_at else [each for each in pumps if each.is_settled]
    left = {each.implant_id for each in standing}
    outcome = _bring_up(clinic_id, [each for each in pumps if each.implant_id not in left], now)
    for name in COUNTED[1:]:
        setattr(chunk, name, getattr(outcome, name))
    chunk.projected += sum(each.is_projected for each in standing)
    chunk.flagged += sum(each.is_active and not each.is_projected for each in standing)
    if not is_night:
        chunk.drifted = 0  # its inputs have changed: that is why it runs
    chunk.expected = count_active(clinic_id=clinic_id, **ends)
    chunk.state = ChunkState.DONE
    chunk.save(update_fields=[*COUNTED, "state"])
    _finish_when_last(chunk.run_id, now)
    return True


def _bring_up(clinic_id: int, pumps: Sequence[Pump], now: datetime) -> Outcome:
    """Work these pumps out, have told what follows, and keep of which of them nothing was to be written."""
    if not pumps:
        return Outcome()
    implant_ids = [each.implant_id for each in pumps]
    outcome = work_out(clinic_id, implant_ids, now)
    # Not only those whose forecast changed: what patients are told rests on the day too, on the protocol and the rules.
    told = changes.announce(clinic_id=clinic_id, implant_ids=implant_ids, now=now)
    moments = [{} if answer is None else answer() for answer in told]
    until = {
        each.implant_id: [at[each.patient_id] for at in moments if each.patient_id in at] for each in pumps
    }
    _count_moved(outcome, pumps, until, now)
    if outcome.settled_until is not None and None not in told:
        holds = {
            each.implant_id: min([outcome.settled_until, *until[each.implant_id]])
            for each in pumps
            if each.implant_id in outcome.settled
        }
        settle(clinic_id, pumps, holds, now)
    return outcome


def _count_moved(
    outcome: Outcome, pumps: Sequence[Pump], until: Mapping[int, Sequence[datetime]], now: datetime
) -> None:
    """Drift as well: a pump in its turn that would have been left alone, and for which there is something to write.

    Not where another pump of the same patient has changed: what the patient is told follows that.
    """
    changing = {each.patient_id for each in pumps if not each.is_settled}
    found = [
        each.implant_id
        for each in pumps
        if each.patient_id not in changing
        and (each.implant_id in outcome.moved or min(until[each.implant_id], default=None) == now)
    ]
    outcome.drifted += len(set(found) - set(outcome.changed_ids))
    if found:
        log.error("pumps %s had something to write, though nothing of them had changed", found)


def _finish_when_last(run_id: int, now: datetime) -> None:
    """Finish the run when no chunk is left. The run's lock makes the last of several count all the others."""
    run = SweepRun.objects.select_for_update().get(pk=run_id)
    if run.state == RunState.RUNNING and not run.chunks.filter(state=ChunkState.QUEUED).exists():
        _finish(run, now)


def _finish(run: SweepRun, now: datetime) -> None:
    """Close the run: patients who await an operation have no pump to be found by, so they come here."""
    replan_all_before_surgery(clinic_id=run.clinic_id, now=now)
    others = patients_to_tell_without_pump(clinic_id=run.clinic_id, now=now)
    changes.announce(clinic_id=run.clinic_id, implant_ids=(), patient_ids=others, now=now)
    sums = run.chunks.aggregate(**{name: Sum(name, default=0) for name in COUNTED})
    for name, value in sums.items():
        setattr(run, name, value)
    in_place = Implant.objects.for_clinic(run.clinic_id).filter(
        explanted_on__isnull=True, patient__died_on__isnull=True
    )
    run.missing = in_place.filter(forecast__isnull=True).count()
    run.state, run.finished_at = RunState.FINISHED, max(now, run.started_at)
    run.save(update_fields=[*COUNTED, "missing", "state", "finished_at"])
    _report(run)


def _report(run: SweepRun) -> None:
    is_well = run.accounts_for_all and not run.failed and not run.drifted
    log.log(
        logging.INFO if is_well else logging.ERROR,
        "%s of clinic %s for %s: %s expected, %s projected, %s flagged (%s failed), %s unaccounted, "
        "%s changed, %s drifted",
        run.kind,
        run.clinic_id,
        run.business_date,
        run.expected,
        run.projected,
        run.flagged,
        run.failed,
        run.unaccounted,
        run.changed,
        run.drifted,
    )


def _note_failure(chunk_id: int, error: Exception) -> None:
    """Leave a mark on the chunk, in its own transaction; the class of the error and nothing of its text."""
    name = type(error).__name__
    log.error("chunk %s raised %s and stays queued", chunk_id, name)
    try:
        SweepChunk.objects.filter(pk=chunk_id).update(attempts=F("attempts") + 1, last_error=name[:120])
    except DatabaseError:
        log.error("the failure of chunk %s could not be noted", chunk_id)
