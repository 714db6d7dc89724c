"""A night leaves alone the pumps of which nothing has changed, and never one of which anything has."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.audit import recording
from clinic.models import Consent, ContactPoint, Proxy
from clinic.statements import PLANNED_AFTER
from notifications.models import Message, StoppedAddress
from scheduling.models import Forecast, SettledPump, SweepRun
from scheduling.selectors import settled
from scheduling.selectors.sweeps import queued_chunks
from scheduling.services import sweeps
from scheduling.services.sweeps import begin_night, run_chunk
from tests.factories import House, make_clinic
from tests.life.clock import NothingThere
from tests.life.nights import undone
from tests.life.play import Life

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)  # 03:00 in Chicago
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def house() -> House:
    return make_clinic(now=NOW)


@pytest.fixture
def life(house: House) -> Life:
    """Four patients, one without a pump, with visits, letters and answers to come."""
    life = Life(house)
    for number, ago in enumerate((60, 400, 12, 0), start=1):
        life.admit(number, implanted_ago=ago, is_reachable=True)
    for number in range(3):
        life.book(number, "refill", 14 + number, is_held=False)
        life.book(number, "check_up", 5 + number, is_held=False)
    return life


def night(life: Life, number: int = 0) -> SweepRun:
    """A night of this moment and its run; ``number`` chooses whose turn it is."""
    on = life.today + timedelta(days=number)
    SweepRun.objects.filter(clinic=life.clinic).delete()
    begin_night(clinic_id=life.clinic.pk, night=on, now=life.now)
    for chunk_id in queued_chunks():
        assert run_chunk(chunk_id=chunk_id, now=life.now)
    return SweepRun.objects.get(clinic=life.clinic)


def turn(life: Life) -> int:
    """The number of the night on which the clinic's pumps, one chunk, are looked at in any case."""
    first = min(each.pk for each in life.implants())
    return next(n for n in range(7) if settled.is_turn(life.clinic.pk, first, life.today + timedelta(days=n)))


def no_ones_turn(life: Life) -> int:
    return (turn(life) + 1) % settled.TURNS


def looked_at(life: Life, monkeypatch: pytest.MonkeyPatch, number: int) -> list[int]:
    """Which pumps a night works out; the work itself is done."""
    found: list[int] = []
    real = sweeps.work_out

    def seen(clinic_id: int, implant_ids: Any, now: datetime) -> Any:
        found.extend(implant_ids)
        return real(clinic_id, implant_ids, now)

    with monkeypatch.context() as patched:
        patched.setattr(sweeps, "work_out", seen)
        night(life, number)
    return found


def settle_all(life: Life) -> int:
    """Let nights pass until each pump whose date is certain is settled; a number of a night that is nobody's turn."""
    for _ in range(3):
        night(life)
    certain = Forecast.objects.filter(clinic=life.clinic, status="ok").values_list("implant_id", flat=True)
    kept = SettledPump.objects.filter(clinic=life.clinic, holds_until__gt=life.now)
    assert set(kept.values_list("implant_id", flat=True)) >= set(certain) != set()
    return no_ones_turn(life)


def test_a_quiet_night_looks_at_nobody_and_accounts_for_all(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = settle_all(life)
    assert looked_at(life, monkeypatch, number) == [
        each.pk for each in life.implants() if Forecast.objects.get(implant=each).status != "ok"
    ]
    run = SweepRun.objects.get(clinic=life.clinic)
    forecasts = Forecast.objects.filter(clinic=life.clinic)
    assert run.expected == len(life.implants()) == run.projected + run.flagged
    assert run.projected == forecasts.filter(status="ok").count()
    assert run.accounts_for_all


def test_in_a_week_everybody_has_had_a_turn(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    settle_all(life)
    found = [looked_at(life, monkeypatch, number) for number in range(settled.TURNS)]
    assert found[turn(life)] == [each.pk for each in life.implants()]
    assert sum(map(bool, found)) == 1


# Every way in which something about the first pump, or about all, can change; behind the back too.
_SQL = {
    "a pump": "UPDATE clinic_implant SET threshold_ml = 3 WHERE id = %(pump)s",
    "a patient": "UPDATE clinic_patient SET last_name = 'Other' WHERE id = %(patient)s",
    "an address": "UPDATE clinic_contactpoint SET time_zone = 'Europe/Madrid' WHERE patient_id = %(patient)s",
    "a forecast": "UPDATE scheduling_forecast SET fingerprint = '' WHERE implant_id = %(pump)s",
    "no forecast": "DELETE FROM scheduling_forecast WHERE implant_id = %(pump)s",
    "dates that stand": "UPDATE scheduling_standingdates SET fingerprint = '' WHERE implant_id = %(pump)s",
    "a follow-up": "UPDATE scheduling_followup SET title = 'Other' WHERE patient_id = %(patient)s",
    "a visit": "UPDATE scheduling_visit SET sequence = sequence + 1 WHERE patient_id = %(patient)s",
    "a message": "UPDATE notifications_message SET state = 'unknown' WHERE patient_id = %(patient)s"
    " AND state = 'queued'",
    "a calendar": "UPDATE scheduling_calendarentry SET fingerprint = '' WHERE patient_id = %(patient)s",
    "no calendar": "DELETE FROM scheduling_calendarentry WHERE patient_id = %(patient)s",
    "the same again": "UPDATE clinic_implant SET serial = serial WHERE id = %(pump)s",
}
_OF_ALL = {
    "margins": "UPDATE clinic_clinic SET latest_margin_days = latest_margin_days + 1 WHERE id = %(clinic)s",
    "texts": "UPDATE notifications_messagingpolicy SET is_text_on = NOT is_text_on WHERE clinic_id = %(clinic)s",
    "a rule": "UPDATE notifications_reminderrule SET days = days - 1 WHERE clinic_id = %(clinic)s",
    "a kind": "UPDATE scheduling_visitkind SET name = 'Other ' || key WHERE clinic_id = %(clinic)s",
    "a nurse": "UPDATE scheduling_resource SET name = 'Other ' || id WHERE clinic_id = %(clinic)s",
    "the catalogue": "UPDATE clinic_stability SET days = days - 1",
}


def execute(life: Life, statement: str) -> None:
    pump = life.implants()[0]
    with recording(actor_id=None, reason="behind the back"), connection.cursor() as cursor:
        cursor.execute(statement, {"pump": pump.pk, "patient": pump.patient_id, "clinic": life.clinic.pk})
        assert cursor.rowcount, "the change changes something"


def test_every_change_of_one_is_looked_at(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    number = settle_all(life)
    pump, *others = (each.pk for each in life.implants())
    for what, statement in _SQL.items():
        with undone():
            execute(life, statement)
            found = looked_at(life, monkeypatch, number)
        assert pump in found, what
        assert set(others) - set(found), what


def test_every_change_of_what_all_share_has_all_looked_at(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = settle_all(life)
    for what, statement in _OF_ALL.items():
        with undone():
            execute(life, statement)
            assert looked_at(life, monkeypatch, number) == [each.pk for each in life.implants()], what


def test_what_is_only_ever_added_is_looked_at(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    number = settle_all(life)
    pump = life.implants()[0]
    consent = Consent.objects.filter(patient=pump.patient).latest("id")
    consent.pk, consent.is_granted = None, False
    stop = StoppedAddress(
        clinic=life.clinic, channel="email", address="ursula@example.org", stopped_at=life.now
    )
    for row in (consent, stop):
        with undone():
            with recording(actor_id=None, reason="behind the back"):
                row.save()
            assert pump.pk in looked_at(life, monkeypatch, number)


def test_no_row_counts_twice_for_a_pump_and_cancels_itself_out(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is the patient's and a helper's, and stopped: the row is found by both."""
    pump = life.implants()[0]
    with recording(actor_id=None, reason="test"):
        known = ContactPoint.objects.filter(patient=pump.patient, kind="email").earliest("id")
        helper = Proxy.objects.create(clinic=life.clinic, patient=pump.patient, name="Per Ode")
        known.pk, known.proxy = None, helper
        known.save()
        stop = StoppedAddress.objects.create(
            clinic=life.clinic, channel="email", address=known.value, stopped_at=life.now
        )
        number = settle_all(life)
        StoppedAddress.objects.filter(pk=stop.pk).update(lifted_at=life.now)
    assert pump.pk in looked_at(life, monkeypatch, number)


def test_what_a_turn_finds_of_a_pump_that_was_left_alone_is_drift(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a fault in what is counted would have it: a message is gone and the number is still the same."""
    settle_all(life)
    pump = life.implants()[0]
    own = settled.versions.versions_of_pumps
    ends = {"first_id": pump.pk, "last_id": pump.pk}
    before = own(settled._ABOUT_PUMPS, clinic_id=life.clinic.pk, now=life.now, **ends)
    waits = Message.objects.filter(patient=pump.patient, state="queued")
    assert waits.update(state="cancelled", reason="moved", settled_at=life.now)

    def as_before(*arguments: Any, **values: Any) -> dict[int, int]:
        return own(*arguments, **values) | before

    monkeypatch.setattr(settled.versions, "versions_of_pumps", as_before)
    assert night(life, turn(life)).drifted == 1


def test_what_compares_a_chunk_is_planned_with_its_pumps(life: Life) -> None:
    """A plan for any pumps takes them for two or three: from its ninth chunk on a worker was slower many times."""
    pump = life.implants()[0]
    for _ in range(PLANNED_AFTER + 1):
        settled.versions.versions_of_pumps(
            settled._ABOUT_PUMPS, clinic_id=life.clinic.pk, first_id=pump.pk, last_id=pump.pk, now=life.now
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements WHERE statement LIKE '%bit_xor%'")
        assert cursor.fetchall() == []


def test_other_code_has_all_looked_at(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    number = settle_all(life)
    monkeypatch.setattr(sweeps, "code_mark", lambda: 1)
    assert looked_at(life, monkeypatch, number) == [each.pk for each in life.implants()]


def test_a_recalculation_and_a_night_of_long_ago_look_at_everybody(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_all(life)
    everybody = [each.pk for each in life.implants()]
    life.now -= timedelta(hours=1)  # a clock that went back: what was found later says nothing of now
    assert looked_at(life, monkeypatch, no_ones_turn(life)) == everybody
    life.now += timedelta(days=settled.TURNS + 1)
    assert looked_at(life, monkeypatch, no_ones_turn(life)) == everybody


# --- Every table that a night reads

_NOT_COUNTED = {
    "clinic_implanthistory": "when an explant was recorded, which never changes",
    **{
        f"clinic_{name}history": "the catalogue's edition; its tables count"
        for name in ("drug", "marketedstrength", "pumpmodel", "pumpmodelvalue", "stability")
    },
    "clinic_membership": "who a new follow-up is given to; nothing is new",
    "clinic_user": "the same",
    "scheduling_workpolicy": "the same",
    "notifications_correspondence": "a lock",
    "notifications_escalation": "matters of late refills, which each tick follows",
    "notifications_rosterentry": "the same",
    "scheduling_importcheck": "only of imports that wait, and then no pump is settled",
    "scheduling_sweepchunk": "the night's own",
    "scheduling_sweeprun": "the night's own",
    "scheduling_settledpump": "what is kept",
}


def test_every_table_that_a_night_reads_counts(life: Life) -> None:
    """Whoever has a night read another table says here why its changes matter to nobody, or counts it."""
    Forecast.objects.all().delete()
    SettledPump.objects.all().delete()
    begin_night(clinic_id=life.clinic.pk, night=life.today, now=life.now)
    with CaptureQueriesContext(connection) as captured:
        for chunk_id in queued_chunks():
            run_chunk(chunk_id=chunk_id, now=life.now)
    statements = [each["sql"] for each in captured if "bit_xor" not in each["sql"]]
    read = set(
        re.findall(
            r'(?:FROM|JOIN|INTO|UPDATE) "?((?:clinic|scheduling|notifications)_\w+)', " ".join(statements)
        )
    )
    counted = set(
        re.findall(
            r"(?:clinic|scheduling|notifications)_\w+",
            " ".join(source.rows for source in (*settled._ABOUT_PUMPS, *settled._SHARED)),
        )
    )
    assert read - counted - set(_NOT_COUNTED) == set()
    assert len(read & counted) > 20


# --- Time, and life


def test_a_season_of_nights_leaves_what_full_nights_leave(life: Life) -> None:
    """Night after night through every hour at which a message is due, a visit begins, a date comes or a horizon moves;
    each is held against a night in full (``tests.life.nights``). Now and then something happens in between.
    """
    draw = random.Random(41)
    kept = 0
    for _ in range(32):
        life.let_pass(DAY + timedelta(minutes=draw.randrange(-300, 300)))
        kept += SettledPump.objects.filter(clinic=life.clinic, holds_until__gt=life.now).count()
        number, days = draw.randrange(12), draw.randrange(1, 20)
        acts: dict[int, Callable[[], object]] = {
            0: partial(life.refill, number, ago=0, is_programmed=bool(number % 2)),
            1: partial(life.change_dose, number, number * 40, ago=0),
            2: partial(life.book, number, "check_up", days, is_held=False),
            3: partial(life.decide, number, "postpone", days),
            4: partial(life.step, number, "cancel"),
            5: partial(life.move, number, days),
            6: partial(life.operate, number, "plan", days),
        }
        with suppress(NothingThere):
            acts.get(draw.randrange(16), lambda: None)()
    assert kept > 20, "nights do leave pumps alone"
