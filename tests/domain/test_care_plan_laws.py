"""Random clinic life against the plan: planning again plans nothing new, people's decisions stand, nothing is
dropped without a word, and every pump in place has exactly one refill item.
"""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.difference import UNFINISHED, Change, ChangeKind, EndedBecause, State
from scheduling.domain.care.plan import AnchorFact, CareFacts, RefillFacts, plan
from scheduling.domain.care.protocol import REFILL_ROW_KEY, Anchor, Mode, Row, Step
from scheduling.domain.care.relative_date import RelativeDate, Unit
from tests.domain.care_ledger import Ledger

DEFAULT = tuple(default.row for default in DEFAULT_PROTOCOL)
START = date(2026, 3, 1)
DAYS = st.integers(min_value=0, max_value=30)
HAPPENS = (Anchor.REFILL, Anchor.DOSE_CHANGE, Anchor.MRI)


@st.composite
def protocol_rows(draw: st.DrawFn) -> Row:
    """A row of a protocol: in days, once or repeated."""
    target = draw(st.integers(min_value=-40, max_value=60))
    anchor = draw(st.sampled_from(Anchor))
    every = draw(st.integers(min_value=7, max_value=90))
    ends = st.integers(min_value=target, max_value=target + 300).map(lambda days: RelativeDate(days))
    may_go_on = anchor in (Anchor.SURGERY, Anchor.EXPLANT)
    until = draw(ends | st.none() if may_go_on else ends)
    return Row(
        key=f"row_{draw(st.integers(min_value=0, max_value=8))}",
        title=draw(st.sampled_from(["Call", "See", "Ask"])),
        anchor=anchor,
        mode=draw(st.sampled_from(Mode)),
        target=RelativeDate(target),
        latest=RelativeDate(target + draw(st.integers(min_value=0, max_value=20))),
        repeats=draw(st.sampled_from([(), (Step(RelativeDate(every), until),)])),
        only_programmable=draw(st.booleans()),
        is_active=draw(st.integers(0, 9)) > 0,
    )


PROTOCOLS = st.lists(protocol_rows(), max_size=6, unique_by=lambda row: row.key)


class ClinicLife(RuleBasedStateMachine):
    """One patient with one pump."""

    def __init__(self) -> None:
        super().__init__()
        self.today = START
        self.fills: dict[str, date] = {}
        self.events = 0

    @initialize(rows=st.just(DEFAULT) | PROTOCOLS)
    def implant(self, rows: list[Row]) -> None:
        surgery = AnchorFact(Anchor.SURGERY, "implant:1", START, START)
        facts = CareFacts(patient_id=1, implant_id=1, anchors=(surgery,), refill=self.refill())
        self.ledger = Ledger(facts, rows)
        self.run()

    def refill(self) -> RefillFacts:
        newest = max(self.fills, key=lambda key: (self.fills[key], key), default="")
        if not newest:
            return RefillFacts(Anchor.SURGERY, "implant:1", START, None, None)
        on = self.fills[newest]
        earlier = frozenset({"implant:1", *self.fills} - {newest})
        return RefillFacts(Anchor.REFILL, newest, on, on + timedelta(80), on + timedelta(87), earlier)

    def run(self) -> list[Change]:
        facts = self.ledger.facts
        self.ledger.facts = replace(facts, refill=None if facts.explanted_on else self.refill())
        before = {one.key: one for one in self.ledger.all()}
        changes = self.ledger.run(self.today)
        for key, stored in before.items():
            now = self.ledger.stored[key]
            if stored.state in UNFINISHED and now.state not in UNFINISHED:
                assert now.state is State.ENDED or (
                    key.row_key == REFILL_ROW_KEY and now.state is State.DONE
                ), "only an end with its reason, or a refill, takes an open one off the list"
            if stored.state in (State.DONE, State.NOT_NEEDED) and key.row_key != REFILL_ROW_KEY:
                assert now == stored, "what a person has closed stays as it is"
            if stored.state is State.POSTPONED and now.state is State.OPEN:
                assert any(change.resumes and change.reason for change in changes)
        assert self.ledger.run(self.today) == [], "planning again plans nothing new"
        return changes

    @rule(days=DAYS)
    def time_passes(self, days: int) -> None:
        self.today += timedelta(days=days)
        self.run()

    @rule(kind=st.sampled_from(HAPPENS), back=DAYS)
    def something_happens(self, kind: Anchor, back: int) -> None:
        on = max(START, self.today - timedelta(days=back))
        self.events += 1
        key = f"{kind.value}:{self.events}"
        if kind is Anchor.REFILL:
            self.fills[key] = on
        anchor = AnchorFact(kind, key, on, self.today)
        self.ledger.facts = replace(self.ledger.facts, anchors=(*self.ledger.facts.anchors, anchor))
        self.run()

    @rule(which=st.integers(0, 50), days=st.integers(-60, 60))
    def a_date_is_corrected(self, which: int, days: int) -> None:
        anchors = list(self.ledger.facts.anchors)
        if anchors:
            at = which % len(anchors)
            on = anchors[at].on + timedelta(days=days)
            anchors[at] = replace(anchors[at], on=on)
            if anchors[at].key in self.fills:
                self.fills[anchors[at].key] = on
        self.ledger.facts = replace(self.ledger.facts, anchors=tuple(anchors))
        self.run()

    @precondition(lambda self: len(self.ledger.facts.anchors) > 1)
    @rule(which=st.integers(0, 50))
    def an_event_is_withdrawn(self, which: int) -> None:
        anchors = list(self.ledger.facts.anchors)
        gone = anchors.pop(1 + which % (len(anchors) - 1))
        self.fills.pop(gone.key, None)
        self.ledger.facts = replace(self.ledger.facts, anchors=tuple(anchors))
        self.run()
        assert all(one.state not in UNFINISHED for one in self.ledger.all() if one.key.anchor_key == gone.key)

    @rule(rows=PROTOCOLS)
    def the_protocol_changes(self, rows: list[Row]) -> None:
        self.ledger.rows = [replace(row, introduced_on=self.today) for row in rows]
        self.run()

    @rule(which=st.integers(0, 500), state=st.sampled_from([State.DONE, State.NOT_NEEDED]))
    def a_nurse_closes_one(self, which: int, state: State) -> None:
        live = [one for one in self.ledger.all() if one.state in UNFINISHED]
        live = [one for one in live if one.key.row_key != REFILL_ROW_KEY]
        if live:
            one = live[which % len(live)]
            self.ledger.stored[one.key] = replace(one, state=state, postponed_until=None)
            self.run()

    @rule(which=st.integers(0, 500), days=st.integers(1, 60))
    def a_nurse_postpones_one(self, which: int, days: int) -> None:
        live = [one for one in self.ledger.all() if one.state in UNFINISHED]
        if live:
            one = live[which % len(live)]
            until = self.today + timedelta(days=days)
            self.ledger.stored[one.key] = replace(one, state=State.POSTPONED, postponed_until=until)
            self.run()

    @rule(ends=st.sampled_from(["explant", "death", "neither"]))
    def the_therapy_ends_or_that_is_taken_back(self, ends: str) -> None:
        anchors = [one for one in self.ledger.facts.anchors if one.kind is not Anchor.EXPLANT]
        if ends == "explant":
            anchors.append(AnchorFact(Anchor.EXPLANT, "explant:1", self.today, self.today))
        self.ledger.facts = replace(
            self.ledger.facts,
            anchors=tuple(anchors),
            explanted_on=self.today if ends == "explant" else None,
            died_on=self.today if ends == "death" else None,
        )
        self.run()
        if ends != "neither":
            kept = {Anchor.EXPLANT} if ends == "explant" else set()
            live = [one for one in self.ledger.all() if one.state in UNFINISHED]
            assert {one.anchor for one in live} <= kept

    @invariant()
    def every_pump_in_place_has_one_refill_item(self) -> None:
        facts = self.ledger.facts
        live = [
            one for one in self.ledger.all() if one.key.row_key == REFILL_ROW_KEY and one.state in UNFINISHED
        ]
        assert len(live) == (0 if facts.explanted_on or facts.died_on else 1)

    @invariant()
    def a_plan_of_a_week_has_nothing_to_write_where_no_day_of_it_has(self) -> None:
        """So a night that sees that the week has nothing knows it of each night until then."""
        days = [self.today + timedelta(days=number) for number in range(8)]
        is_quiet = not self.ledger.changes(days[0], until=days[-1])
        assert is_quiet == (not any(self.ledger.changes(day) for day in days))

    @invariant()
    def whatever_ended_says_why(self) -> None:
        for one in self.ledger.all():
            if one.state is State.ENDED:
                assert self.ledger.because[one.key] in EndedBecause

    @invariant()
    def no_last_day_is_before_the_day_to_aim_for(self) -> None:
        for one in self.ledger.all():
            assert one.latest_on is None or one.target_on is None or one.target_on <= one.latest_on


ClinicLife.TestCase.settings = settings(
    max_examples=min(300, max(60, settings.default.max_examples)), stateful_step_count=25, deadline=None
)
TestClinicLife = ClinicLife.TestCase


@given(rows=PROTOCOLS, days=st.integers(-300, 300), today=st.integers(0, 400))
def test_moving_an_anchor_shifts_exactly_the_open_ones_by_as_many_days(
    rows: list[Row], days: int, today: int
) -> None:
    now = START + timedelta(days=today)
    anchor = AnchorFact(Anchor.SURGERY, "implant:1", now, now)
    facts = CareFacts(patient_id=1, implant_id=1, anchors=(anchor,))
    ledger = Ledger(facts, rows)
    ledger.run(now)
    for number, one in enumerate(ledger.all()):
        if number % 3 == 0:
            ledger.stored[one.key] = replace(one, state=State.DONE)
    before = dict(ledger.stored)
    ledger.facts = replace(facts, anchors=(replace(anchor, on=now + timedelta(days=days)),))
    ledger.run(now)
    for key, stored in before.items():
        moved = ledger.stored[key]
        assert moved.target_on is not None
        assert stored.target_on is not None
        assert (moved.target_on - stored.target_on).days == (days if stored.state is State.OPEN else 0)


@given(rows=PROTOCOLS | st.just(DEFAULT), on=st.integers(-900, 60), later=st.integers(0, 400))
def test_a_later_day_only_adds(rows: list[Row], on: int, later: int) -> None:
    anchors = tuple(AnchorFact(kind, f"{kind.value}:1", START + timedelta(days=on), START) for kind in Anchor)
    facts = CareFacts(patient_id=1, implant_id=1, anchors=anchors)
    now = [one.key for one in plan(facts, rows, today=START)]
    then = plan(facts, rows, today=START + timedelta(days=later), kept=now)
    assert {one.key for one in then} >= set(now)


@given(rows=PROTOCOLS | st.just(DEFAULT), on=st.integers(-900, 60), length=st.integers(0, 60))
def test_a_plan_of_several_days_is_those_of_each_together(rows: list[Row], on: int, length: int) -> None:
    anchors = tuple(AnchorFact(kind, f"{kind.value}:1", START + timedelta(days=on), START) for kind in Anchor)
    facts = CareFacts(patient_id=1, implant_id=1, anchors=anchors)
    together = plan(facts, rows, today=START, until=START + timedelta(days=length))
    each_day = [plan(facts, rows, today=START + timedelta(days=number)) for number in range(length + 1)]
    for day in each_day:
        assert all(one in together for one in day)
    begun = {one.key for one in together if one.may_be_created}
    assert begun == {one.key for day in each_day for one in day if one.may_be_created}


@given(rows=PROTOCOLS | st.just(DEFAULT), on=st.integers(-900, 60))
def test_the_same_facts_give_the_same_plan_and_every_key_once(rows: list[Row], on: int) -> None:
    anchors = tuple(AnchorFact(kind, f"{kind.value}:1", START + timedelta(days=on), START) for kind in Anchor)
    facts = CareFacts(patient_id=1, implant_id=1, anchors=anchors)
    planned = plan(facts, rows, today=START)
    assert planned == plan(facts, rows, today=START)
    assert len({one.key for one in planned}) == len(planned)


@given(row=protocol_rows(), on=st.integers(0, 900))
def test_what_repeats_for_good_has_always_a_next_one(row: Row, on: int) -> None:
    yearly = replace(row, anchor=Anchor.SURGERY, is_active=True, repeats=(Step(RelativeDate(1, Unit.YEAR)),))
    today = START + timedelta(days=on)
    anchor = AnchorFact(Anchor.SURGERY, "implant:1", START, START)
    planned = plan(CareFacts(patient_id=1, anchors=(anchor,)), [yearly], today=today)
    assert any(one.target_on is not None and one.target_on > today for one in planned)


def test_a_refill_corrected_keeps_its_key_so_nothing_is_created() -> None:
    fill = RefillFacts(Anchor.REFILL, "fill:9", START, START + timedelta(80), START + timedelta(87))
    ledger = Ledger(CareFacts(patient_id=1, implant_id=1, refill=fill), [])
    ledger.run(START)
    ledger.facts = replace(
        ledger.facts, refill=replace(fill, latest_on=START + timedelta(60), target_on=START)
    )
    assert [change.kind for change in ledger.run(START)] == [ChangeKind.RE_ANCHOR]
