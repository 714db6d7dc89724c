"""Random clinic life on the real database: whatever happens, in whatever order, nobody lapses silently.

``HYPOTHESIS_PROFILE=thorough`` plays for long; a story that breaks something is printed as steps to repeat it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.factories import House, make_clinic
from tests.life import watch
from tests.life.play import Life, NothingThere

NOW = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday, nine in Chicago
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
NUMBERS = st.integers(0, 11)
pytestmark = pytest.mark.django_db


class ClinicLife(RuleBasedStateMachine):
    """Each story begins with the same clinic, in a transaction of its own."""

    house: House

    def __init__(self) -> None:
        super().__init__()
        self.story = transaction.atomic()
        self.story.__enter__()
        self.house.now = NOW
        self.life = Life(self.house)
        self.closed = watch.closed_by_people(self.life)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.story.__exit__(None, None, None)

    def play(self, name: str, *args: object, **values: object) -> None:
        self.closed = watch.closed_by_people(self.life)
        try:
            getattr(self.life, name)(*args, **values)
        except NothingThere:
            self.life.last, self.life.may_reopen = lambda: None, False

    # --- Patients and their record

    @rule(number=NUMBERS, ago=st.sampled_from([0, 1, 12, 60, 400, 2400]), is_reachable=st.booleans())
    def a_patient_comes(self, number: int, ago: int, is_reachable: bool) -> None:
        self.play("admit", number, implanted_ago=ago, is_reachable=is_reachable)

    @rule(number=NUMBERS, ago=st.sampled_from([0, 0, 1, 5]), is_programmed=st.booleans())
    def a_pump_is_refilled(self, number: int, ago: int, is_programmed: bool) -> None:
        self.play("refill", number, ago=ago, is_programmed=is_programmed)

    @rule(number=NUMBERS, dose=st.integers(0, 1000), ago=st.sampled_from([0, 0, 3]))
    def a_dose_is_changed(self, number: int, dose: int, ago: int) -> None:
        self.play("change_dose", number, dose, ago=ago)

    @rule(number=NUMBERS, volume=st.integers(0, 18))
    def a_pump_is_read(self, number: int, volume: int) -> None:
        self.play("read", number, volume)

    @rule(number=NUMBERS, kind=st.sampled_from(["mri", "stalled", "restarted", "replacement_signal"]))
    def something_happens_to_a_pump(self, number: int, kind: str) -> None:
        self.play("happen", number, kind)

    @rule(
        number=NUMBERS,
        what=st.sampled_from(
            [
                "void fill",
                "correct fill",
                "void program",
                "correct program",
                "void reading",
                "void event",
            ]
        ),
    )
    def the_record_is_corrected(self, number: int, what: str) -> None:
        self.play("correct", number, what)

    @rule(number=NUMBERS, is_withdrawn=st.booleans())
    def a_pump_is_taken_out(self, number: int, is_withdrawn: bool) -> None:
        self.play("take_out", number, is_withdrawn=is_withdrawn)

    @rule(number=NUMBERS, is_withdrawn=st.booleans())
    def a_patient_dies(self, number: int, is_withdrawn: bool) -> None:
        self.play("die", number, is_withdrawn=is_withdrawn)

    @rule(number=NUMBERS, what=st.sampled_from(["plan", "cancel", "implant"]), days=st.integers(1, 40))
    def an_operation_is_planned(self, number: int, what: str, days: int) -> None:
        self.play("operate", number, what, days)

    # --- Work and visits

    @rule(
        number=NUMBERS,
        what=st.sampled_from(
            ["done", "not needed", "postpone", "postpone refill", "assign", "reopen"],
        ),
        days=st.integers(0, 40),
    )
    def somebody_decides_about_a_follow_up(self, number: int, what: str, days: int) -> None:
        self.play("decide", number, what, days)

    @rule(
        number=NUMBERS,
        kind=st.sampled_from(["refill", "refill", "check_up", "wound_check"]),
        days=st.sampled_from([0, 1, 2, 5, 14, 30, 60]),
        is_held=st.booleans(),
    )
    def a_visit_is_booked(self, number: int, kind: str, days: int, is_held: bool) -> None:
        self.play("book", number, kind, days, is_held=is_held)

    @rule(number=NUMBERS, days=st.integers(0, 20), hour=st.sampled_from([7, 9, 10, 12, 20]))
    def a_time_is_asked_for(self, number: int, days: int, hour: int) -> None:
        self.play("overbook", number, days, hour)

    @rule(number=NUMBERS, days=st.integers(0, 5))
    def a_slot_is_held(self, number: int, days: int) -> None:
        self.play("hold", number, days)

    @rule(number=NUMBERS, days=st.integers(0, 40))
    def a_visit_is_moved(self, number: int, days: int) -> None:
        self.play("move", number, days)

    @rule(
        number=NUMBERS,
        what=st.sampled_from(
            ["arrive", "check in", "no show", "fulfil", "cancel", "error", "displace", "undo"]
        ),
    )
    def something_becomes_of_a_visit(self, number: int, what: str) -> None:
        self.play("step", number, what)

    # --- The house

    @rule(number=NUMBERS, days=st.integers(0, 14), length=st.integers(0, 9), is_nurse=st.booleans())
    def days_are_closed(self, number: int, days: int, length: int, is_nurse: bool) -> None:
        self.play("close", number, days, length, is_nurse=is_nurse)

    @rule(number=NUMBERS)
    def a_closing_is_undone(self, number: int) -> None:
        self.play("undo_closing", number)

    @rule(days=st.integers(0, 14), is_opened=st.booleans())
    def a_day_is_closed_or_opened(self, days: int, is_opened: bool) -> None:
        self.play("close_day", days, is_opened=is_opened)

    @rule(days=st.integers(0, 14), length=st.integers(0, 4))
    def the_nurse_is_away(self, days: int, length: int) -> None:
        self.play("be_away", days, length)

    @rule(is_back=st.booleans())
    def the_nurse_leaves_or_comes_back(self, is_back: bool) -> None:
        self.play("nurse_leaves", is_back=is_back)

    @rule(number=st.integers(0, 40))
    def the_protocol_is_changed(self, number: int) -> None:
        self.play("change_protocol", number)

    # --- Time, and once more

    @rule(hours=st.sampled_from([1, 5, 10, 24, 72, 240, 960]))
    def time_passes(self, hours: int) -> None:
        self.play("let_pass", timedelta(hours=hours))

    @rule(number=NUMBERS)
    def the_time_of_a_visit_comes(self, number: int) -> None:
        self.play("go_to_visit", number)

    @rule()
    def the_same_is_done_once_more(self) -> None:
        self.closed = watch.closed_by_people(self.life)
        self.life.again()

    # --- What always holds

    @invariant()
    def everything_holds(self) -> None:
        watch.check(self.life)

    @invariant()
    def what_people_closed_stays_closed(self) -> None:
        now = watch.closed_by_people(self.life)
        if not self.life.may_reopen:
            assert {number: now.get(number) for number in self.closed} == self.closed

    @invariant()
    def computing_again_changes_nothing(self) -> None:
        watch.computing_again_changes_nothing(self.life)


@pytest.fixture
def house() -> Iterator[House]:
    ClinicLife.house = make_clinic(now=NOW)
    yield ClinicLife.house
    del ClinicLife.house


def test_nobody_lapses_whatever_happens(house: House) -> None:
    run_state_machine_as_test(
        ClinicLife,
        settings=settings(
            max_examples=2_000 if IS_THOROUGH else 12,
            stateful_step_count=60 if IS_THOROUGH else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
