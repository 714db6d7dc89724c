"""What one patient will receive, and why something is held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import (
    CheckInFacts,
    OperationFacts,
    Policy,
    RefillFacts,
    Rule,
    Standing,
    WhyNot,
)
from notifications.domain.states import State
from tests.domain.reminders import (
    ALL,
    CHICAGO,
    EMAIL,
    NOW,
    SMS,
    TODAY,
    address,
    facts,
    known,
    planned,
    reader,
    sent,
    steps,
    stored,
    visit,
    with_known,
)


def refill(**values: object) -> RefillFacts:
    usual = {
        "implant_id": 3,
        "fill_id": 7,
        "target_visit_on": TODAY + timedelta(days=60),
        "latest_visit_on": TODAY + timedelta(days=67),
    }
    return RefillFacts(**(usual | values))  # type: ignore[arg-type]


def check_in(days: int = 0, *, number: int = 9, **values: object) -> CheckInFacts:
    target = TODAY + timedelta(days=days)
    usual = {
        "follow_up_id": number,
        "target_on": target,
        "latest_on": target + timedelta(days=1),
        "since": NOW - timedelta(days=3),
    }
    return CheckInFacts(**(usual | values))  # type: ignore[arg-type]


def test_a_visit_is_told_of_a_fortnight_three_days_and_a_day_ahead() -> None:
    found = sent(planned(facts(visits=(visit(30),))))
    ahead = [(TODAY + timedelta(days=30) - each.due_at.astimezone(CHICAGO).date()).days for each in found]
    assert ahead == [14, 3, 1]
    assert {each.due_at.astimezone(CHICAGO).time() for each in found} == {time(9)}
    assert [each.channel for each in found] == [EMAIL, SMS, SMS]
    assert [each.wish.wants_answer for each in found] == [True, True, False]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (30, ["email", "sms", "sms"]),
        (14, ["past_at_booking", "sms", "sms"]),
        (10, ["past_at_booking", "sms", "sms"]),
        (3, ["past_at_booking", "past_at_booking", "sms"]),
        (2, ["past_at_booking", "past_at_booking", "sms"]),
        (1, ["past_at_booking", "past_at_booking", "past_at_booking"]),
    ],
)
def test_a_reminder_whose_time_had_passed_when_the_visit_was_booked_is_skipped(
    days: int, expected: list[str]
) -> None:
    assert [fate for _, fate in steps(planned(facts(visits=(visit(days),))))] == expected


def test_what_waits_in_the_queue_is_not_skipped_because_its_hour_has_come() -> None:
    found = planned(facts(visits=(visit(3, since=NOW - timedelta(days=2)),)), now=NOW - timedelta(hours=2))
    late = planned(
        facts(visits=(visit(3, since=NOW - timedelta(days=2)),), known=stored(found)),
        now=NOW + timedelta(hours=1),
    )
    assert steps(found) == steps(late) == [("d14", "past_at_booking"), ("d3", "sms"), ("d1", "sms")]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"has_died": True}, []),
        ({"consents": frozenset()}, ["no_consent"] * 3),
        ({"consents": ALL - {(SMS, "reminders")}}, ["email"] * 3),
        ({"consents": ALL - {(EMAIL, "reminders")}}, ["sms"] * 3),
        ({"readers": (reader(EMAIL),)}, ["email"] * 3),
        ({"readers": (replace(reader(), addresses=()),)}, ["no_address"] * 3),
        (
            {"readers": (replace(reader(), addresses=(address(SMS, is_stopped=True),)),)},
            ["stopped"] * 3,
        ),
        (
            {
                "readers": (
                    replace(
                        reader(),
                        addresses=(address(SMS), address(SMS, contact_id=8, is_stopped=True)),
                    ),
                )
            },
            ["stopped"] * 3,
        ),
    ],
)
def test_the_first_channel_that_may_be_used_is_used(change: dict[str, object], expected: list[str]) -> None:
    of = replace(facts(visits=(visit(30),)), **change)  # type: ignore[arg-type]
    assert [fate for _, fate in steps(planned(of))] == expected


def test_a_clinic_without_texts_sends_letters_or_says_why_not() -> None:
    off = Policy(is_text_on=False)
    assert {fate for _, fate in steps(planned(facts(visits=(visit(),)), policy=off))} == {"email"}
    of = facts(visits=(visit(),), readers=(reader(SMS),))
    assert {fate for _, fate in steps(planned(of, policy=off))} == {"channel_off"}


def test_a_helper_hears_of_visits_and_is_not_asked_how_the_patient_feels() -> None:
    of = facts(
        readers=(reader(EMAIL), reader(SMS, proxy_id=4)),
        visits=(visit(30),),
        check_ins=(check_in(1),),
    )
    to_helper = [each.wish.kind for each in sent(planned(of)) if each.proxy_id == 4]
    assert to_helper == [MessageKind.CHECK_UP] * 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", [("email", True), ("sms", True), ("sms", False)]),
        ("confirmed", [("email", False), ("sms", False), ("sms", False)]),
        ("wants_other_time", [("email", False), ("sms", False), ("sms", False)]),
        ("cannot_come", [("answered", False)] * 3),
    ],
)
def test_who_has_answered_is_reminded_and_not_asked_again(
    answer: str, expected: list[tuple[str, bool]]
) -> None:
    found = planned(facts(visits=(visit(30, answer=answer),)))
    fates = [fate for _, fate in steps(found)]
    assert list(zip(fates, (each.wish.wants_answer for each in found.messages), strict=True)) == expected


@pytest.mark.parametrize(
    ("standing", "why"),
    [
        (Standing.OFF, WhyNot.CANCELLED),
        (Standing.UNPLACED, WhyNot.MOVED),
        (Standing.OVER, WhyNot.OVER),
    ],
)
def test_a_visit_that_does_not_stand_takes_its_messages_back(standing: Standing, why: WhyNot) -> None:
    waiting = stored(planned(facts(visits=(visit(30),))))
    found = planned(facts(visits=(visit(30, standing=standing, sequence=1),), known=waiting))
    assert not found.messages
    assert {found.why_not(each, now=NOW) for each in waiting} == {why}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"is_active": False}, WhyNot.ENDED),
        ({"fill_id": None}, WhyNot.NOT_FILLED),
        ({"target_visit_on": None}, WhyNot.NO_CERTAIN_DATE),
        ({"is_booked": True}, WhyNot.BOOKED),
        ({"target_visit_on": TODAY + timedelta(days=50)}, WhyNot.MOVED),
    ],
)
def test_a_refill_that_need_not_be_booked_takes_its_letter_back(
    change: dict[str, object], why: WhyNot
) -> None:
    waiting = stored(planned(facts(refills=(refill(),))))
    assert len(waiting) == 1
    found = planned(facts(refills=(refill(**change),), known=waiting))
    assert found.why_not(waiting[0], now=NOW) is why


def test_the_letter_that_asks_to_book_goes_as_long_as_it_is_true() -> None:
    due_long_ago = refill(
        target_visit_on=TODAY + timedelta(days=2), latest_visit_on=TODAY + timedelta(days=5)
    )
    assert steps(planned(facts(refills=(due_long_ago,)))) == [("book_visit", "email")]
    over = facts(refills=(refill(target_visit_on=TODAY, latest_visit_on=TODAY - timedelta(days=1)),))
    assert not sent(planned(over))


def test_the_plan_does_not_depend_on_when_one_asks() -> None:
    of = facts(refills=(refill(),))
    plans = {planned(of, now=NOW + timedelta(days=n)).messages for n in range(67)}
    assert len(plans) == 1
    late = planned(of, now=NOW + timedelta(days=68)).messages
    assert [each.why_not for each in late] == [WhyNot.TOO_LATE]


def test_a_check_in_is_asked_once_and_chased_once_the_day_after() -> None:
    found = planned(facts(check_ins=(check_in(5),)))
    assert steps(found) == [("check_in", "email"), ("chase1", "email")]
    days = [(each.due_at.astimezone(CHICAGO).date() - TODAY).days for each in found.messages]
    assert days == [5, 6]


def test_an_answered_check_in_is_not_chased() -> None:
    waiting = stored(planned(facts(check_ins=(check_in(5),))))
    found = planned(facts(check_ins=(check_in(5, is_open=False, is_answered=True),), known=waiting))
    assert {found.why_not(each, now=NOW) for each in waiting} == {WhyNot.ANSWERED}


def test_a_check_in_of_days_that_had_passed_is_not_asked_for_late() -> None:
    past = [check_in(-days, number=days, since=NOW) for days in (1, 2, 9)]
    assert not sent(planned(facts(check_ins=tuple(past))))


def test_two_check_ins_of_a_day_are_one_message() -> None:
    of = facts(check_ins=(check_in(5), check_in(5, number=10)), readers=(reader(SMS),))
    found = planned(of)
    first, second = [each for each in found.messages if each.wish.step == "check_in"]
    assert (first.why_not, second.why_not) == (None, WhyNot.DIGEST)
    assert second.carried_by == first.key


def test_the_chase_of_a_daily_check_in_goes_with_the_next_one() -> None:
    of = facts(check_ins=tuple(check_in(n, number=n) for n in range(5, 8)), readers=(reader(EMAIL),))
    assert sorted(steps(planned(of))) == [
        ("chase1", "digest"),
        ("chase1", "digest"),
        ("chase1", "email"),
        *[("check_in", "email")] * 3,
    ]


def test_a_digest_goes_with_the_earliest_and_is_over_with_the_earliest() -> None:
    early = visit(20, at=time(8, 30))
    late = visit(20, at=time(15), number=6, kind=MessageKind.REFILL)
    rules = (
        Rule(kind=MessageKind.CHECK_UP, step="d1", days=-1, at=time(8)),
        Rule(kind=MessageKind.REFILL, step="d1", days=-1, at=time(17)),
    )
    first, second = planned(facts(visits=(early, late)), rules=rules).messages
    carrier, carried = (first, second) if first.sends else (second, first)
    assert carrier.wish.kind is MessageKind.REFILL
    assert carried.carried_by == carrier.key
    assert carrier.due_at.astimezone(CHICAGO).time() == time(8)
    assert carrier.not_after == early.starts_at


def test_what_went_out_carries_nothing_more_and_what_it_carried_is_told() -> None:
    of = facts(visits=(visit(20), visit(20, at=time(15), number=6)), readers=(reader(EMAIL),))
    found = planned(of)
    rows = stored(found)
    gone = tuple(
        replace(
            row,
            state=State.SENDING if row.carrier_id is None else row.state,
            first_sent_at=row.due_at,
            was_carried=row.carrier_id is not None,
        )
        for row in rows
    )
    again = planned(replace(of, known=gone))
    assert {fate for _, fate in steps(again)} == {"told"}


@pytest.mark.parametrize(
    ("texts_today", "texts_this_week", "expected"),
    [(0, 0, "sms"), (1, 1, "email"), (0, 2, "sms"), (0, 3, "email")],
)
def test_what_a_cap_holds_back_goes_by_letter(texts_today: int, texts_this_week: int, expected: str) -> None:
    """The d1 reminder of a visit in two days is due tomorrow at nine."""
    of = facts(visits=(visit(2),))
    (message,) = sent(planned(of))
    moments = [message.due_at - timedelta(hours=1)] * texts_today
    moments += [message.due_at - timedelta(days=1 + n) for n in range(texts_this_week - texts_today)]
    went = [
        known(message, State.ACCEPTED, number=n, occurrence=f"visit:{50 + n}", first_sent_at=moment)
        for n, moment in enumerate(moments)
    ]
    (found,) = sent(planned(with_known(of, *went)))
    assert found.channel == ChannelName(expected)


def test_without_another_channel_a_cap_says_why() -> None:
    rule = Rule(kind=MessageKind.CHECK_UP, step="d1", days=-1)
    of = facts(readers=(reader(SMS),), visits=tuple(visit(20 + n, number=n) for n in range(1, 9)))
    fates = [fate for _, fate in steps(planned(of, rules=(rule,)))]
    assert fates == ["sms", "sms", "sms", "cap", "cap", "cap", "cap", "sms"]


def test_the_refill_goes_before_the_check_up_when_a_cap_allows_one() -> None:
    of = facts(
        readers=(reader(SMS, zone=CHICAGO),),
        visits=(
            visit(19, kind=MessageKind.CHECK_UP),
            visit(20, number=6, kind=MessageKind.REFILL),
        ),
    )
    of = replace(of, visits=tuple(replace(each, since=NOW) for each in of.visits))
    found = planned(of, policy=Policy(most_texts_a_week=1))
    assert {each.wish.kind for each in sent(found)} == {MessageKind.REFILL}


def test_preparation_steps_are_announced_before_an_operation() -> None:
    on = TODAY + timedelta(days=20)
    found = planned(facts(operations=(OperationFacts(surgery_id=2, planned_on=on),)))
    assert [(each.wish.step, each.wish.occurrence) for each in found.messages] == [
        ("d3", "surgery:2"),
        ("d1", "surgery:2"),
    ]
    assert {each.wish.version for each in found.messages} == {on.isoformat()}


def test_a_rule_out_of_use_takes_what_waits_back() -> None:
    waiting = stored(planned(facts(operations=(OperationFacts(surgery_id=2, planned_on=TODAY),))))
    operation = OperationFacts(surgery_id=2, planned_on=TODAY + timedelta(days=20))
    waiting = stored(planned(facts(operations=(operation,))))
    found = planned(facts(operations=(operation,), known=waiting), rules=())
    assert {found.why_not(each, now=NOW) for each in waiting} == {WhyNot.RULE_OFF}


@pytest.mark.parametrize("state", [State.UNKNOWN, State.FAILED, State.DEAD, State.SENDING])
def test_what_was_tried_is_not_planned_by_another_channel(state: State) -> None:
    of = facts(visits=(visit(2),))
    (message,) = sent(planned(of))
    again = planned(replace(with_known(of, known(message, state)), consents=ALL - {(SMS, "reminders")}))
    assert [fate for step, fate in steps(again) if step == "d1"] == ["told"]


def test_the_hour_is_the_readers_and_not_the_clinics() -> None:
    tokyo = ZoneInfo("Asia/Tokyo")
    of = facts(visits=(visit(30),), readers=(reader(EMAIL, zone=tokyo),))
    assert {each.due_at.astimezone(tokyo).time() for each in sent(planned(of))} == {time(9)}


@pytest.mark.parametrize(
    ("at", "visit_at", "expected"),
    [
        (time(9), time(10), "2026-12-20 09:00"),
        (time(6), time(10), "2026-12-20 08:00"),
        (time(22), time(10), "2026-12-21 08:00"),
        (time(22), time(7, 30), "2026-12-20 20:59"),
        (time(5), time(7, 30), "2026-12-20 08:00"),
    ],
)
def test_quiet_hours_put_a_reminder_off_or_bring_it_forward(at: time, visit_at: time, expected: str) -> None:
    rule = Rule(kind=MessageKind.CHECK_UP, step="d1", days=-1, at=at)
    (found,) = planned(facts(visits=(visit(30, at=visit_at),)), rules=(rule,)).messages
    assert f"{found.due_at.astimezone(CHICAGO):%Y-%m-%d %H:%M}" == expected


def test_a_step_after_the_visit_has_begun_says_nothing() -> None:
    rule = Rule(kind=MessageKind.CHECK_UP, step="late", days=0, at=time(12))
    assert not planned(facts(visits=(visit(30, at=time(10)),)), rules=(rule,)).messages


def test_times_are_instants_in_utc() -> None:
    for each in planned(facts(visits=(visit(30),), refills=(refill(),))).messages:
        assert each.due_at.tzinfo is UTC
