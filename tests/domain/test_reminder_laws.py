"""The laws of the plan, over random patients."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from notifications.domain.kinds import VISIT_KINDS, ChannelName
from notifications.domain.plan import (
    DEFAULT_RULES,
    CheckInFacts,
    OperationFacts,
    PatientFacts,
    Plan,
    Policy,
    RefillFacts,
    Rule,
    Standing,
    VisitFacts,
    WhyNot,
)
from notifications.domain.quiet_hours import QuietHours
from notifications.domain.states import State
from tests.domain.reminders import ALL, CHICAGO, NOW, SMS, TODAY, facts, planned, reader, stored, visit

ZONES = [CHICAGO, ZoneInfo("Europe/Madrid"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")]
FAST = settings(max_examples=150, deadline=None)
days = st.integers(-3, 60)
Told = set[tuple[object, ...]]


@st.composite
def visits(draw: st.DrawFn, number: int) -> VisitFacts:
    return visit(
        draw(st.integers(1, 60)),
        at=draw(st.sampled_from([time(8), time(10), time(16, 30)])),
        number=number,
        kind=draw(st.sampled_from(VISIT_KINDS)),
        standing=draw(st.sampled_from([Standing.BOOKED] * 4 + [Standing.OFF, Standing.UNPLACED])),
        answer=draw(st.sampled_from(["", "", "confirmed", "cannot_come"])),
    )


@st.composite
def check_ins(draw: st.DrawFn, number: int) -> CheckInFacts:
    target = TODAY + timedelta(days=draw(days))
    return CheckInFacts(
        follow_up_id=number,
        target_on=target,
        latest_on=target + timedelta(days=draw(st.integers(0, 7))),
        since=NOW - timedelta(days=draw(st.integers(0, 3))),
    )


@st.composite
def refills(draw: st.DrawFn, number: int) -> RefillFacts:
    target = TODAY + timedelta(days=draw(days))
    return RefillFacts(
        implant_id=number,
        fill_id=number,
        target_visit_on=target,
        latest_visit_on=target + timedelta(days=draw(st.integers(0, 10))),
        is_booked=draw(st.booleans()),
    )


@st.composite
def patients(draw: st.DrawFn) -> PatientFacts:
    channels = st.sets(st.sampled_from(list(ChannelName)), min_size=1)
    readers = [reader(*sorted(draw(channels)), zone=draw(st.sampled_from(ZONES)))]
    if draw(st.booleans()):
        readers.append(reader(*sorted(draw(channels)), proxy_id=4, zone=draw(st.sampled_from(ZONES))))
    consents = draw(st.sets(st.sampled_from(sorted(ALL)), min_size=2))
    return facts(
        readers=tuple(readers),
        consents=frozenset(consents),
        visits=tuple(draw(visits(n)) for n in range(draw(st.integers(0, 3)))),
        check_ins=tuple(draw(check_ins(n)) for n in range(draw(st.integers(0, 4)))),
        refills=tuple(draw(refills(n)) for n in range(draw(st.integers(0, 2)))),
        operations=tuple(
            OperationFacts(surgery_id=n, planned_on=TODAY + timedelta(days=draw(days)))
            for n in range(draw(st.integers(0, 1)))
        ),
    )


policies = st.builds(
    Policy,
    quiet=st.sampled_from(
        [
            QuietHours(),
            QuietHours(time(18), time(10)),
            QuietHours(time(0), time(6)),
            QuietHours(time(12), time(14)),
        ]
    ),
    most_texts_a_day=st.integers(1, 2),
    most_texts_a_week=st.integers(2, 4),
    is_text_on=st.booleans(),
    is_invitation_on=st.booleans(),
)


def what_is_told(found: Plan) -> Told:
    """What each reader hears, however: in a message of its own or in another's."""
    return {each.same for each in found.messages if each.sends or each.why_not is WhyNot.DIGEST}


@FAST
@given(patients(), policies)
def test_planning_what_is_planned_plans_nothing_new(of: PatientFacts, policy: Policy) -> None:
    first = planned(of, policy=policy)
    again = planned(replace(of, known=stored(first)), policy=policy)
    assert again.messages == first.messages


@FAST
@given(patients(), policies, st.integers(0, 60))
def test_nothing_changes_until_something_is_due(of: PatientFacts, policy: Policy, minutes: int) -> None:
    """Also not by the hour at which one asks: the book-keeping of what was asked before is another law's."""
    first = planned(of, policy=policy)
    then = NOW + timedelta(minutes=minutes)
    edges = [edge for each in first.messages for edge in (each.due_at, each.not_after) if edge >= NOW]
    assume(all(then < edge for edge in edges))
    of = replace(of, known=stored(first))
    assert planned(of, policy=policy, now=then).messages == planned(of, policy=policy).messages


@FAST
@given(patients(), policies)
def test_nobody_is_disturbed_and_nothing_comes_after_its_end(of: PatientFacts, policy: Policy) -> None:
    for each in planned(of, policy=policy).messages:
        zone = each.address.zone if each.address else of.zone
        assert not policy.quiet.hold(each.due_at.astimezone(zone).time())
        assert each.due_at < each.not_after
        assert not each.sends or each.not_after > NOW


@FAST
@given(patients(), policies, st.integers(0, 6))
def test_no_cap_is_passed_whatever_went_before(of: PatientFacts, policy: Policy, gone: int) -> None:
    rows = stored(planned(of, policy=policy))
    went = [row for row in rows if row.channel is SMS and row.state is State.QUEUED][:gone]
    rows = tuple(
        replace(row, state=State.ACCEPTED, first_sent_at=row.due_at) if row in went else row for row in rows
    )
    found = planned(replace(of, known=rows), policy=policy)
    for each in of.readers:
        texts = [row.due_at for row in went if row.proxy_id == each.proxy_id]
        texts += [
            message.due_at
            for message in found.messages
            if message.sends and message.channel is SMS and message.proxy_id == each.proxy_id
        ]
        _hold_caps(texts, each.addresses[0].zone, policy)


def _hold_caps(texts: list[datetime], zone: ZoneInfo, policy: Policy) -> None:
    by_day = Counter(moment.astimezone(zone).date() for moment in texts)
    assert all(number <= policy.most_texts_a_day for number in by_day.values())
    for day in by_day:
        week = sum(by_day[day + timedelta(days=n)] for n in range(7))
        assert week <= policy.most_texts_a_week


RESTRICTIONS = st.sampled_from(
    ["no texts", "no letters", "clinic without texts", "stop", "no helper", "died"]
)


@FAST
@given(patients(), policies, RESTRICTIONS)
def test_a_patient_who_may_be_told_less_is_never_told_more(
    of: PatientFacts, policy: Policy, restriction: str
) -> None:
    before = what_is_told(planned(of, policy=policy))
    fewer, stricter = restricted(of, policy, restriction)
    assert what_is_told(planned(fewer, policy=stricter)) <= before


def restricted(of: PatientFacts, policy: Policy, restriction: str) -> tuple[PatientFacts, Policy]:
    match restriction:
        case "clinic without texts":
            return of, replace(policy, is_text_on=False)
        case "died":
            return replace(of, has_died=True), policy
        case "no helper":
            return replace(of, readers=of.readers[:1]), policy
        case "stop":
            stopped = tuple(
                replace(
                    each,
                    addresses=tuple(replace(one, is_stopped=one.channel is SMS) for one in each.addresses),
                )
                for each in of.readers
            )
            return replace(of, readers=stopped), policy
    kept = ChannelName.EMAIL if restriction == "no texts" else SMS
    consents = frozenset(each for each in of.consents if each[0] is kept)
    return replace(of, consents=consents), policy


@FAST
@given(patients(), policies, st.sampled_from([State.SENDING, State.ACCEPTED, State.UNKNOWN, State.FAILED]))
def test_nothing_that_was_tried_is_said_again(of: PatientFacts, policy: Policy, state: State) -> None:
    first = planned(of, policy=policy)
    rows = tuple(
        replace(row, state=state, first_sent_at=row.due_at) if row.state is State.QUEUED else row
        for row in stored(first)
    )
    tried = {each.same for each in first.messages if each.sends}
    again = planned(replace(of, known=rows), policy=policy)
    assert not tried & {each.same for each in again.messages if each.sends}


@FAST
@given(patients(), policies)
def test_each_word_is_said_once_and_carried_by_one_that_is_sent(of: PatientFacts, policy: Policy) -> None:
    found = planned(of, policy=policy)
    assert len({each.same for each in found.messages}) == len(found.messages)
    carriers = {each.key for each in found.messages if each.sends}
    assert {each.carried_by for each in found.messages if each.carried_by} <= carriers


@FAST
@given(patients(), st.sampled_from(DEFAULT_RULES))
def test_without_a_rule_its_step_is_not_planned(of: PatientFacts, rule: Rule) -> None:
    rest = tuple(each for each in DEFAULT_RULES if each != rule)
    found = planned(of, rules=rest)
    assert not [each for each in found.messages if (each.wish.kind, each.wish.step) == (rule.kind, rule.step)]
