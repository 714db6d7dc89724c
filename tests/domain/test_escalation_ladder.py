"""The life of a matter: time and rungs move it from person to person, and only a person ends it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from notifications.domain.escalation import ladder
from notifications.domain.escalation.causes import Cause
from notifications.domain.escalation.ladder import Matter, Outcome, Setting
from notifications.domain.escalation.roster import Roster
from scheduling.domain.care.rungs import Rung
from scheduling.domain.opening import Opening

NURSE, SECOND, DOCTOR, BOSS = 1, 2, 3, 4
MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)  # 10:00 in Chicago


def a_setting(*people: int) -> Setting:
    eligible = frozenset(people or (NURSE, SECOND, DOCTOR, BOSS))
    roster = Roster(
        cells={},
        default_nurse=None,
        nurses=(NURSE, SECOND),
        prescribers=(DOCTOR,),
        administrators=(BOSS,),
        eligible=eligible,
    )
    return Setting(Opening(ZoneInfo("America/Chicago"), frozenset(range(5))), roster)


ALL = a_setting()


def an_emergency() -> Matter:
    return ladder.opened(Cause.RED_FLAG, Rung.EMERGENCY, now=MONDAY, setting=ALL)


def run_out(matter: Matter, setting: Setting = ALL) -> Matter:
    return ladder.passed_on(matter, now=matter.respond_by, setting=setting)


def test_it_goes_from_person_to_person_and_then_to_everybody_again_and_again() -> None:
    matter = an_emergency()
    asked = []
    for _ in range(6):
        asked.append(matter.responsible)
        matter = run_out(matter)
    assert asked == [NURSE, SECOND, DOCTOR, BOSS, None, None]
    assert matter.level == 6
    assert ladder.everybody(matter, now=matter.respond_by, setting=ALL) == (NURSE, SECOND, DOCTOR, BOSS)


def test_nothing_is_passed_on_before_its_time() -> None:
    matter = an_emergency()
    assert ladder.passed_on(matter, now=matter.respond_by - timedelta(seconds=1), setting=ALL) == matter


def test_who_leaves_loses_it_at_once_and_is_not_asked_again() -> None:
    matter = an_emergency()
    others = a_setting(SECOND, DOCTOR, BOSS)
    passed = ladder.passed_on(matter, now=MONDAY, setting=others)
    assert passed.responsible == SECOND
    assert passed.respond_by == MONDAY + timedelta(minutes=15)


def test_a_try_comes_back_to_who_tried_and_the_third_goes_on() -> None:
    matter = an_emergency()
    for number in (1, 2):
        matter = ladder.tried(matter, by=SECOND, now=MONDAY, setting=ALL)
        assert (matter.responsible, matter.level, matter.tries) == (SECOND, 0, number)
        assert matter.again_at == MONDAY + timedelta(minutes=15)
        woken = run_out(matter)
        assert (woken.responsible, woken.again_at, woken.level) == (SECOND, None, 0)
    matter = ladder.tried(matter, by=SECOND, now=MONDAY, setting=ALL)
    assert (matter.responsible, matter.again_at, matter.level) == (DOCTOR, None, 1)


def test_graver_begins_again_with_that_rungs_first_person() -> None:
    matter = run_out(ladder.opened(Cause.RUNNING_LATE, Rung.STAFF_CALLS, now=MONDAY, setting=ALL))
    assert matter.responsible == SECOND
    graver = ladder.graver(matter, Rung.PHYSICIAN, now=MONDAY, setting=ALL)
    assert (graver.responsible, graver.rung, graver.level) == (DOCTOR, Rung.PHYSICIAN, 1)
    assert ladder.graver(graver, Rung.RESCHEDULE, now=MONDAY, setting=ALL) == graver


def test_what_everybody_has_stays_with_everybody_though_graver() -> None:
    matter = ladder.opened(Cause.RUNNING_LATE, Rung.STAFF_CALLS, now=MONDAY, setting=ALL)
    for _ in range(5):
        matter = run_out(matter)
    assert matter.responsible is None
    graver = ladder.graver(matter, Rung.EMERGENCY, now=matter.respond_by, setting=ALL)
    assert (graver.responsible, graver.rung) == (None, Rung.EMERGENCY)
    assert graver.respond_by == matter.respond_by + timedelta(minutes=30)
    assert run_out(graver).responsible is None


def test_graver_gives_whoever_has_it_no_more_time() -> None:
    matter = ladder.opened(Cause.RUNNING_LATE, Rung.STAFF_CALLS, now=MONDAY, setting=ALL)
    late = matter.respond_by - timedelta(minutes=5)
    graver = ladder.graver(matter, Rung.NURSE_CALLS_DAILY, now=late, setting=ALL)
    assert (graver.responsible, graver.respond_by) == (NURSE, matter.respond_by)


def test_more_of_the_same_wakes_what_waits_to_be_tried_again_and_gives_no_more_time() -> None:
    waits = ladder.tried(an_emergency(), by=NURSE, now=MONDAY, setting=ALL)
    soon = MONDAY + timedelta(minutes=5)
    joined = ladder.joined(waits, Rung.STAFF_CALLS, now=soon, setting=ALL)
    assert (joined.rung, joined.responsible, joined.again_at) == (Rung.EMERGENCY, NURSE, None)
    assert joined.respond_by == waits.respond_by
    calm = ladder.opened(Cause.RED_FLAG, Rung.STAFF_CALLS, now=MONDAY, setting=ALL)
    graver = ladder.joined(calm, Rung.EMERGENCY, now=soon, setting=ALL)
    assert (graver.rung, graver.respond_by) == (Rung.EMERGENCY, soon + timedelta(minutes=15))


def test_what_is_gone_is_asked_no_further_and_still_waits_for_a_person() -> None:
    gone = ladder.gone(an_emergency(), now=MONDAY)
    week = MONDAY + timedelta(days=7)
    assert ladder.passed_on(gone, now=week, setting=ALL) == gone
    assert gone.is_open
    back = ladder.back(gone, now=week, setting=ALL)
    assert (back.gone_at, back.responsible, back.respond_by) == (None, NURSE, week + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("outcome", "note", "is_gone", "refusal"),
    [
        (Outcome.SPOKE, "", False, None),
        (Outcome.BOOKED, "", False, None),
        (Outcome.NOT_NEEDED, "moved away", False, None),
        (Outcome.NOT_NEEDED, "", True, None),
        (Outcome.NOT_NEEDED, "  ", False, ladder.NoteMissing),
        (Outcome.NO_ANSWER, "called twice", False, ladder.NoEnd),
        (Outcome.NO_ANSWER, "", True, ladder.NoEnd),
    ],
)
def test_only_an_outcome_ends_it(
    outcome: Outcome, note: str, is_gone: bool, refusal: type[ladder.Refused] | None
) -> None:
    matter = an_emergency()
    if is_gone:
        matter = ladder.gone(matter, now=MONDAY)
    if refusal is not None:
        with pytest.raises(refusal):
            ladder.ended(matter, by=NURSE, outcome=outcome, note=note)
        return
    ended = ladder.ended(matter, by=NURSE, outcome=outcome, note=note)
    assert not ended.is_open
    with pytest.raises(ladder.AlreadyEnded):
        ladder.ended(ended, by=SECOND, outcome=Outcome.SPOKE, note="")


@pytest.mark.parametrize(
    ("rung", "was_gone", "hours_later", "is_back"),
    [
        (Rung.STAFF_CALLS, False, 1, False),
        (Rung.STAFF_CALLS, False, 49, True),
        (Rung.NURSE_CALLS_DAILY, False, 0, True),
        (Rung.STAFF_CALLS, True, 0, True),
        (Rung.RESCHEDULE, False, 49, False),
    ],
)
def test_what_a_person_ended_comes_back_when_its_cause_still_holds(
    rung: Rung, was_gone: bool, hours_later: int, is_back: bool
) -> None:
    assert is_back is ladder.is_back(
        Cause.RUNNING_LATE,
        rung=rung,
        before=Rung.STAFF_CALLS,
        ended_at=MONDAY,
        was_gone=was_gone,
        now=MONDAY + timedelta(hours=hours_later),
        opening=ALL.opening,
    )


class MatterMachine(RuleBasedStateMachine):
    """Any order of time, rungs, tries, people leaving and coming, causes going and coming."""

    @initialize(cause=st.sampled_from(Cause), rung=st.sampled_from(Rung))
    def open(self, cause: Cause, rung: Rung) -> None:
        self.now, self.setting, self.acted = MONDAY, ALL, False
        self.matter = ladder.opened(cause, rung, now=self.now, setting=self.setting)
        self.highest = rung

    @rule(hours=st.sampled_from([0, 0.25, 1, 5, 24, 100]))
    def time_passes(self, hours: float) -> None:
        self.now += timedelta(hours=hours)
        self.matter = ladder.passed_on(self.matter, now=self.now, setting=self.setting)

    @rule(rung=st.sampled_from(Rung))
    def cause_holds(self, rung: Rung) -> None:
        back = ladder.back(self.matter, now=self.now, setting=self.setting) if self.matter.is_open else None
        if back is not None:
            self.highest = max(self.highest, rung)
            self.matter = ladder.graver(back, rung, now=self.now, setting=self.setting)

    @rule(rung=st.sampled_from(Rung))
    def more_is_said(self, rung: Rung) -> None:
        if self.matter.is_open:
            self.highest = max(self.highest, rung)
            self.matter = ladder.joined(self.matter, rung, now=self.now, setting=self.setting)
            assert self.matter.again_at is None

    @precondition(lambda self: self.matter.is_open)
    @rule()
    def cause_goes(self) -> None:
        self.matter = ladder.gone(self.matter, now=self.now)

    @rule(people=st.sets(st.sampled_from([NURSE, SECOND, DOCTOR, BOSS]), min_size=1))
    def people_come_and_go(self, people: set[int]) -> None:
        self.setting = a_setting(*people)
        self.matter = ladder.passed_on(self.matter, now=self.now, setting=self.setting)

    @precondition(lambda self: self.matter.is_open)
    @rule(by=st.sampled_from([NURSE, SECOND, DOCTOR, BOSS]))
    def nobody_answers(self, by: int) -> None:
        self.matter = ladder.tried(self.matter, by=by, now=self.now, setting=self.setting)
        self.setting = a_setting(*self.setting.roster.eligible, by)

    @precondition(lambda self: self.matter.is_open)
    @rule(by=st.sampled_from([NURSE, DOCTOR]), outcome=st.sampled_from(ladder.ENDS))
    def a_person_ends_it(self, by: int, outcome: Outcome) -> None:
        self.matter, self.acted = ladder.ended(self.matter, by=by, outcome=outcome, note="because"), True

    @invariant()
    def nothing_ends_it_but_a_person(self) -> None:
        assert self.matter.is_open is not self.acted

    @invariant()
    def it_is_as_grave_as_it_ever_was(self) -> None:
        assert self.matter.rung >= self.highest or not self.matter.is_open

    @invariant()
    def somebody_is_responsible_who_may_act(self) -> None:
        if self.matter.is_open and self.matter.gone_at is None:
            people = ladder.everybody(self.matter, now=self.now, setting=self.setting)
            assert people
            assert set(people) <= self.setting.roster.eligible

    @invariant()
    def it_is_never_waited_for_without_end(self) -> None:
        if self.matter.is_open and self.matter.gone_at is None:
            assert self.matter.respond_by <= self.now + timedelta(days=9)


TestMatter = MatterMachine.TestCase
TestMatter.settings = settings(max_examples=150, stateful_step_count=25, deadline=None)
