"""What is wanted of a patient after each event, and what must be written to get there."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.difference import ChangeKind, EndedBecause, State, difference
from scheduling.domain.care.plan import AnchorFact, CareFacts, FollowUpKey, Planned, RefillFacts, plan
from scheduling.domain.care.protocol import Anchor, Mode, Row, Step
from scheduling.domain.care.relative_date import RelativeDate
from tests.domain.care_ledger import Ledger

ROWS = tuple(default.row for default in DEFAULT_PROTOCOL)
IMPLANTED = date(2026, 11, 2)
TODAY = date(2026, 11, 21)
SURGERY = AnchorFact(Anchor.SURGERY, "implant:7", IMPLANTED, IMPLANTED)
REFILL = RefillFacts(
    Anchor.REFILL, "fill:30", date(2026, 11, 2), date(2027, 4, 1), date(2027, 4, 8), frozenset({"implant:7"})
)
FACTS = CareFacts(patient_id=1, implant_id=7, anchors=(SURGERY,), refill=REFILL)
at = RelativeDate.parse


def row(key: str = "wound", **values: object) -> Row:
    fields = {
        "key": key,
        "title": "Wound",
        "anchor": Anchor.SURGERY,
        "mode": Mode.CALL,
        "target": at("+10 d"),
        "latest": at("+14 d"),
    }
    return Row(**(fields | values))


def anchored(kind: Anchor, key: str, on: date, *, recorded_on: date | None = None) -> CareFacts:
    return CareFacts(patient_id=1, implant_id=7, anchors=(AnchorFact(kind, key, on, recorded_on or on),))


def keys(planned: Sequence[Planned]) -> set[str]:
    return {one.key.row_key for one in planned}


def test_after_the_operation_everything_is_planned_with_dates() -> None:
    planned = plan(FACTS, ROWS, today=IMPLANTED)
    by_key = {(one.key.row_key, one.key.occurrence): one for one in planned}
    assert by_key["wound_check_call", 0].target_on == date(2026, 11, 4)
    assert by_key["suture_removal", 0].latest_on == date(2026, 11, 16)
    assert [n for key, n in by_key if key == "leak_watch"] == list(range(14))
    assert by_key["annual_review", 0].target_on == date(2027, 11, 2)
    assert ("annual_review", 1) not in by_key, "further than 13 months, and not the next one"
    assert by_key["refill", 0].latest_on == date(2027, 4, 8)
    assert all(one.may_be_created for one in planned)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (
            Anchor.SURGERY_PLANNED,
            {
                "medical_evaluation",
                "psychological_assessment",
                "drug_trial",
                "blood_thinner_plan",
                "ride_and_helper",
                "ride_and_helper_recheck",
                "fasting",
            },
        ),
        (Anchor.REFILL, {"refill_observation"}),
        (Anchor.DOSE_CHANGE, {"titration_review"}),
        (Anchor.MRI, {"mri_interrogation"}),
        (Anchor.EXPLANT, {"explant_wound_call", "explant_wound_check"}),
        (Anchor.END_OF_SERVICE, {"replacement_planning", "replacement_date"}),
    ],
)
def test_every_event_has_its_own_follow_ups(kind: Anchor, wanted: set[str]) -> None:
    later = TODAY + timedelta(days=60)
    facts = CareFacts(patient_id=1, implant_id=7, anchors=(AnchorFact(kind, "key:1", later, TODAY),))
    assert keys(plan(facts, ROWS, today=TODAY)) == wanted


def test_a_pump_without_a_program_is_not_interrogated_after_a_scan() -> None:
    facts = anchored(Anchor.MRI, "event:5", TODAY)
    assert keys(plan(replace(facts, is_programmable=False), ROWS, today=TODAY)) == set()


@pytest.mark.parametrize(
    ("recorded_on", "is_created"), [("2026-11-16", True), ("2026-12-16", True), ("2026-12-17", False)]
)
def test_an_anchor_typed_in_late_creates_no_history(recorded_on: str, *, is_created: bool) -> None:
    recorded = date.fromisoformat(recorded_on)
    facts = anchored(Anchor.SURGERY, "implant:7", IMPLANTED, recorded_on=recorded)
    planned = plan(facts, [row()], today=recorded)
    assert [one.may_be_created for one in planned] == [True] * is_created


def test_a_watch_that_was_over_before_anybody_recorded_it_is_not_begun() -> None:
    same_day = anchored(Anchor.REFILL, "fill:3", TODAY)
    day_after = anchored(Anchor.REFILL, "fill:3", TODAY, recorded_on=TODAY + timedelta(days=1))
    assert keys(plan(same_day, ROWS, today=TODAY)) == {"refill_observation"}
    assert keys(plan(day_after, ROWS, today=TODAY + timedelta(days=1))) == set()


@pytest.mark.parametrize(("days_ahead", "is_created"), [(200, True), (20, True), (0, True), (-1, False)])
def test_what_comes_before_something_still_ahead_is_planned_however_short_the_time(
    days_ahead: int, *, is_created: bool
) -> None:
    facts = anchored(Anchor.END_OF_SERVICE, "eos:7", TODAY + timedelta(days=days_ahead), recorded_on=TODAY)
    assert keys(plan(facts, ROWS, today=TODAY)) == (
        {"replacement_planning", "replacement_date"} if is_created else set()
    )


def test_a_row_that_the_protocol_gained_later_creates_no_history_either() -> None:
    facts = anchored(Anchor.SURGERY, "implant:7", date(2026, 8, 1))
    assert plan(facts, [row(introduced_on=TODAY)], today=TODAY) == []
    assert plan(facts, [row(introduced_on=date(2026, 8, 20))], today=TODAY) != []


def test_an_old_implant_that_is_imported_gets_its_next_yearly_review_and_no_earlier_one() -> None:
    facts = anchored(Anchor.SURGERY, "implant:7", date(2019, 3, 5), recorded_on=TODAY)
    planned = plan(facts, ROWS, today=TODAY)
    assert [(one.key.row_key, one.key.occurrence, one.target_on) for one in planned] == [
        ("annual_review", 7, date(2027, 3, 5)),
        ("annual_outcomes", 7, date(2027, 3, 5)),
    ]


def test_of_what_is_rarer_than_the_horizon_the_next_one_is_planned_always() -> None:
    rare = row(repeats=(Step(at("+3 y")),))
    facts = anchored(Anchor.SURGERY, "implant:7", date(2026, 1, 1))
    assert [one.target_on for one in plan(facts, [rare], today=TODAY)] == [date(2029, 1, 11)]


def test_what_is_stored_unfinished_is_planned_however_long_ago_it_was_due() -> None:
    facts = anchored(Anchor.SURGERY, "implant:7", date(2020, 1, 1))
    stored = FollowUpKey("wound", "implant:7")
    (planned,) = plan(facts, [row()], today=TODAY, kept=[stored])
    assert (planned.key, planned.may_be_created) == (stored, False)


def test_the_same_protocol_run_twice_creates_nothing() -> None:
    ledger = Ledger(FACTS, ROWS)
    assert {change.kind for change in ledger.run(TODAY)} == {ChangeKind.CREATE}
    assert ledger.run(TODAY) == []


def test_a_corrected_date_moves_what_is_open_and_keeps_what_is_closed() -> None:
    ledger = Ledger(FACTS, ROWS)
    ledger.run(IMPLANTED)
    ledger.close("wound_check_call", State.DONE)
    ledger.close("suture_removal", State.NOT_NEEDED)
    before = {one.key: one.target_on for one in ledger.all()}
    ledger.facts = replace(FACTS, anchors=(replace(SURGERY, on=IMPLANTED + timedelta(days=3)),))
    changes = ledger.run(IMPLANTED)
    assert {change.kind for change in changes} == {ChangeKind.RE_ANCHOR}
    for one in ledger.all():
        is_still = one.key.row_key in ("wound_check_call", "suture_removal", "refill")
        moved = (one.target_on - before[one.key]).days
        assert moved == (0 if is_still else 3), one.key


def test_a_new_protocol_version_touches_only_what_is_open() -> None:
    old = [row("kept"), row("dropped"), row("dropped_but_done"), row("moved", title="Old words")]
    ledger = Ledger(FACTS, old)
    ledger.run(IMPLANTED)
    ledger.close("dropped_but_done", State.DONE)
    ledger.rows = [
        row("kept"),
        row("moved", title="New words", latest=at("+20 d")),
        row("added", introduced_on=TODAY),
    ]
    found = {(c.stored or c.planned).key.row_key: (c.kind, c.because) for c in ledger.run(TODAY)}
    assert found == {
        "dropped": (ChangeKind.END, EndedBecause.PROTOCOL),
        "moved": (ChangeKind.RE_ANCHOR, None),
        "added": (ChangeKind.CREATE, None),
    }
    assert ledger.one("dropped_but_done").state is State.DONE
    assert ledger.one("moved").title == "New words"


def test_new_words_alone_change_no_date() -> None:
    ledger = Ledger(FACTS, [row()])
    ledger.run(IMPLANTED)
    ledger.rows = [row(instructions="Ask for fever.")]
    (change,) = ledger.run(IMPLANTED)
    assert change.kind is ChangeKind.REWORD
    assert ledger.one("wound").instructions == "Ask for fever."


ENDS = [
    (replace(FACTS, explanted_on=TODAY), EndedBecause.EXPLANT),
    (replace(FACTS, died_on=TODAY), EndedBecause.DEATH),
    (replace(FACTS, anchors=()), EndedBecause.ANCHOR),
]


@pytest.mark.parametrize(("facts", "because"), ENDS)
def test_what_ends_a_plan_says_so_and_what_takes_it_back_reinstates_it(
    facts: CareFacts, because: EndedBecause
) -> None:
    ledger = Ledger(FACTS, [row("done"), row("wound"), row("later")])
    ledger.run(TODAY)
    ledger.close("done", State.DONE)
    ledger.postpone("later", TODAY + timedelta(days=3))
    ledger.facts = facts
    ledger.run(TODAY)
    ended = {one.key.row_key for one in ledger.all() if one.state is State.ENDED}
    assert ended >= {"wound", "later"}
    assert {ledger.because[one] for one in ledger.because} == {because}
    assert ledger.run(TODAY) == []
    ledger.facts = FACTS
    assert {change.kind for change in ledger.run(TODAY)} == {ChangeKind.REINSTATE}
    assert {one.key.row_key for one in ledger.all() if one.state is State.OPEN} == ended | {"refill"}
    assert ledger.one("done").state is State.DONE


def test_an_explant_has_follow_ups_of_its_own() -> None:
    ledger = Ledger(FACTS, ROWS)
    ledger.run(TODAY)
    explant = AnchorFact(Anchor.EXPLANT, "explant:7", TODAY, TODAY)
    ledger.facts = replace(FACTS, anchors=(SURGERY, explant), explanted_on=TODAY)
    ledger.run(TODAY)
    live = {one.key.row_key for one in ledger.all() if one.state is State.OPEN}
    assert live == {"explant_wound_call", "explant_wound_check"}


def test_a_postponed_one_whose_day_is_after_its_new_last_day_is_open_again_and_says_so() -> None:
    ledger = Ledger(FACTS, [row()])
    ledger.run(IMPLANTED)
    ledger.postpone("wound", IMPLANTED + timedelta(days=14))
    assert ledger.run(IMPLANTED) == []
    ledger.facts = replace(FACTS, anchors=(replace(SURGERY, on=IMPLANTED - timedelta(days=1)),))
    (change,) = ledger.run(IMPLANTED)
    assert (change.kind, change.resumes) == (ChangeKind.RE_ANCHOR, True)
    assert str(change.reason) == "it was postponed beyond its new last day"
    assert ledger.one("wound").state is State.OPEN


def test_a_postponed_one_is_open_again_when_its_day_comes() -> None:
    ledger = Ledger(FACTS, [row()])
    ledger.run(IMPLANTED)
    until = IMPLANTED + timedelta(days=40)
    ledger.postpone("wound", until)
    assert ledger.run(until - timedelta(days=1)) == [], "beyond its last day, by a person's decision"
    (change,) = ledger.run(until)
    assert change.kind is ChangeKind.RESUME


def test_a_refill_finishes_the_item_before_it_and_opens_the_next() -> None:
    ledger = Ledger(FACTS, [])
    ledger.run(TODAY)
    ledger.facts = refilled("fill:31", date(2027, 4, 2), earlier={"implant:7", "fill:30"})
    finish, create = ledger.run(date(2027, 4, 2))
    assert (finish.kind, str(finish.reason)) == (ChangeKind.FINISH, "refilled on 2027-04-02")
    assert create.kind is ChangeKind.CREATE
    assert [one.state for one in ledger.all()] == [State.DONE, State.OPEN]


def test_a_refill_that_is_withdrawn_ends_its_item_and_brings_the_one_before_back() -> None:
    ledger = Ledger(FACTS, [])
    ledger.run(TODAY)
    ledger.facts = refilled("fill:31", date(2027, 4, 2), earlier={"implant:7", "fill:30"})
    ledger.run(date(2027, 4, 2))
    ledger.facts = FACTS
    end, back = ledger.run(date(2027, 4, 3))
    assert (end.kind, end.because) == (ChangeKind.END, EndedBecause.ANCHOR)
    assert back.kind is ChangeKind.REINSTATE
    assert [one.state for one in ledger.all()] == [State.OPEN, State.ENDED]


def test_a_refill_item_whose_date_comes_into_doubt_stays_open_without_one() -> None:
    ledger = Ledger(FACTS, [])
    ledger.run(TODAY)
    ledger.postpone("refill", date(2027, 4, 8))
    ledger.facts = replace(FACTS, refill=replace(REFILL, target_on=None, latest_on=None))
    (change,) = ledger.run(TODAY)
    assert (change.kind, change.resumes) == (ChangeKind.RE_ANCHOR, True)
    stored = ledger.one("refill")
    assert (stored.state, stored.target_on, stored.latest_on) == (State.OPEN, None, None)


def refilled(key: str, on: date, *, earlier: set[str]) -> CareFacts:
    refill = RefillFacts(Anchor.REFILL, key, on, on + timedelta(90), on + timedelta(97), frozenset(earlier))
    return replace(FACTS, refill=refill)


def test_an_explants_own_follow_up_that_the_protocol_drops_ends_for_that_and_not_for_the_explant() -> None:
    explant = AnchorFact(Anchor.EXPLANT, "explant:7", TODAY, TODAY)
    facts = replace(FACTS, anchors=(SURGERY, explant), explanted_on=TODAY)
    ledger = Ledger(facts, [row("wound", anchor=Anchor.EXPLANT)])
    ledger.run(TODAY)
    ledger.rows = []
    (change,) = ledger.run(TODAY)
    assert change.because is EndedBecause.PROTOCOL


def test_what_may_not_be_created_is_not_even_when_it_is_not_stored() -> None:
    (planned,) = plan(FACTS, [row()], today=TODAY)[1:]
    late = replace(planned, may_be_created=False)
    assert difference(FACTS, [late], [], today=TODAY) == []


def test_what_is_open_and_moves_beyond_the_horizon_stays() -> None:
    ledger = Ledger(FACTS, [row(target=at("+1 y"), latest=at("+13 mo"), repeats=(Step(at("+1 y")),))])
    later = IMPLANTED + timedelta(days=340)
    ledger.run(later)
    assert [one.key.occurrence for one in ledger.all() if one.key.row_key == "wound"] == [0, 1]
    ledger.facts = replace(FACTS, anchors=(replace(SURGERY, on=IMPLANTED + timedelta(days=300)),))
    assert {change.kind for change in ledger.run(later)} == {ChangeKind.RE_ANCHOR}


def test_what_is_due_today_has_its_next_one_planned_too() -> None:
    rare = row(repeats=(Step(at("+3 y")),))
    facts = anchored(Anchor.SURGERY, "implant:7", TODAY - timedelta(days=10))
    assert [one.target_on for one in plan(facts, [rare], today=TODAY)] == [TODAY, date(2029, 11, 21)]


def test_an_open_yearly_review_of_ten_years_ago_is_planned_still() -> None:
    yearly = row(target=at("+1 y"), latest=at("+13 mo"), repeats=(Step(at("+1 y")),))
    facts = anchored(Anchor.SURGERY, "implant:7", date(2014, 3, 5))
    planned = plan(facts, [yearly], today=TODAY, kept=[FollowUpKey("wound", "implant:7", 1)])
    assert [one.key.occurrence for one in planned] == [1, 12]


def test_a_refill_never_waits_beyond_its_last_day() -> None:
    ledger = Ledger(FACTS, [])
    ledger.run(TODAY)
    ledger.postpone("refill", date(2027, 4, 9))
    (change,) = ledger.run(TODAY)
    assert (change.kind, str(change.reason)) == (
        ChangeKind.RESUME,
        "it was postponed beyond its new last day",
    )
