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
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.factories import House, make_clinic
from tests.life import watch
from tests.life.play import Life, NothingThere

NOW = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)  # a Thursday, nine in Chicago
IS_THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
NUMBERS = st.integers(0, 11)
AGOS = st.sampled_from([12, 1, 60, 400, 2400])
AHEAD = st.sampled_from([1, 0, 2, 5, 14, 30, 60])
LATELY = (0, 0, 0, 1, 5)
RECORD = (
    *("refill", "refill", "dose", "dose", "reading", "mri", "stalled", "restarted", "replacement_signal"),
    *("void fill", "correct fill", "void program", "correct program", "void reading", "void event"),
)
PEOPLE = ("comes", "plan", "cancel", "implant", "explant", "no explant", "dies", "lives")
DECISIONS = ("done", "not needed", "postpone", "postpone refill", "assign", "reopen")
KINDS = ("refill", "refill", "check_up", "wound_check")
STEPS = ("arrive", "check in", "no show", "fulfil", "cancel", "error", "displace", "undo", "undo")
HOUSE = (
    *("close", "nurse away", "undo closing", "undo closing", "close a day", "open a day", "away"),
    *("nurse leaves", "nurse comes back", "protocol"),
)
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
        self.life.is_changed = False
        try:
            getattr(self.life, name)(*args, **values)
        except NothingThere:
            self.life.last, self.life.may_reopen = lambda: None, False

    @initialize(numbers=st.tuples(NUMBERS, NUMBERS), agos=st.tuples(AGOS, AGOS))
    def the_clinic_has_patients(self, numbers: tuple[int, int], agos: tuple[int, int]) -> None:
        for number, ago in zip(numbers, agos, strict=True):
            self.play("admit", number, implanted_ago=ago, is_reachable=True)

    # Few rules with many variants: of many rules each story would leave most out.

    @rule(
        number=NUMBERS, what=st.sampled_from(RECORD), amount=st.integers(0, 1000), ago=st.sampled_from(LATELY)
    )
    def something_is_recorded(self, number: int, what: str, amount: int, ago: int) -> None:
        match what:
            case "refill":
                self.play("refill", number, ago=ago, is_programmed=bool(amount % 2))
            case "dose":
                self.play("change_dose", number, amount, ago=ago)
            case "reading":
                self.play("read", number, amount)
            case "mri" | "stalled" | "restarted" | "replacement_signal":
                self.play("happen", number, what)
            case _:
                self.play("correct", number, what)

    @rule(number=NUMBERS, what=st.sampled_from(PEOPLE), days=st.integers(1, 40), ago=AGOS)
    def something_happens_to_a_patient(self, number: int, what: str, days: int, ago: int) -> None:
        match what:
            case "comes":
                self.play(
                    "admit", number, implanted_ago=ago * (number % 3 > 0), is_reachable=bool(number % 2)
                )
            case "explant" | "no explant":
                self.play("take_out", number, is_withdrawn=what != "explant")
            case "dies" | "lives":
                self.play("die", number, is_withdrawn=what == "lives")
            case _:
                self.play("operate", number, what, days)

    @rule(number=NUMBERS, what=st.sampled_from(DECISIONS), days=st.integers(0, 40))
    def somebody_decides_about_a_follow_up(self, number: int, what: str, days: int) -> None:
        self.play("decide", number, what, days)

    @rule(number=NUMBERS, kind=st.sampled_from(KINDS), days=AHEAD, is_held=st.booleans())
    def a_visit_is_booked(self, number: int, kind: str, days: int, is_held: bool) -> None:
        self.play("book", number, kind, days, is_held=is_held)

    @rule(number=NUMBERS, days=st.integers(0, 40), hour=st.sampled_from([7, 9, 10, 12, 20]))
    def a_time_is_asked_for(self, number: int, days: int, hour: int) -> None:
        if number == 0:
            self.play("hold", hour, days)
        else:
            self.play("overbook", number, days, hour)

    @rule(number=NUMBERS, days=AHEAD)
    def a_visit_is_moved(self, number: int, days: int) -> None:
        self.play("move", number, days)

    @rule(number=NUMBERS, what=st.sampled_from(STEPS), is_its_time=st.booleans())
    def something_becomes_of_a_visit(self, number: int, what: str, is_its_time: bool) -> None:
        if is_its_time and what != "undo":
            self.play("go_to_visit", number)
        self.play("step", number, what)

    @rule(number=NUMBERS, what=st.sampled_from(HOUSE), days=st.integers(0, 14), length=st.integers(0, 9))
    def the_house_changes(self, number: int, what: str, days: int, length: int) -> None:
        match what:
            case "close" | "nurse away":
                self.play("close", number, days, length, is_nurse=what != "close")
            case "undo closing":
                self.play("undo_closing", number)
            case "close a day" | "open a day":
                self.play("close_day", days, is_opened=what == "open a day")
            case "away":
                self.play("be_away", days, length)
            case "nurse leaves" | "nurse comes back":
                self.play("nurse_leaves", is_back=what != "nurse leaves")
            case _:
                self.play("change_protocol", number * 3 + length)

    @rule(hours=st.sampled_from([1, 5, 10, 24, 72, 240, 960]))
    def time_passes(self, hours: int) -> None:
        self.play("let_pass", timedelta(hours=hours))

    @rule()
    def the_same_is_done_once_more(self) -> None:
        self.closed = watch.closed_by_people(self.life)
        self.life.is_changed = False
        self.life.again()

    # --- What always holds

    @invariant()
    def everything_holds(self) -> None:
        if self.life.is_changed:
            watch.check(self.life)

    @invariant()
    def what_people_closed_stays_closed(self) -> None:
        now = watch.closed_by_people(self.life)
        if not self.life.may_reopen:
            assert {number: now.get(number) for number in self.closed} == self.closed

    @invariant()
    def computing_again_changes_nothing(self) -> None:
        if self.life.is_changed:
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
            max_examples=2_000 if IS_THOROUGH else 8,
            stateful_step_count=60 if IS_THOROUGH else 20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            print_blob=True,
        ),
    )
