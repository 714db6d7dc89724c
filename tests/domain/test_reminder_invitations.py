"""Whose calendar is told what of a visit, and by which message."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import (
    FormerAddress,
    Holding,
    Move,
    PatientFacts,
    Plan,
    Planned,
    Policy,
    Standing,
    VisitFacts,
    WhyNot,
)
from notifications.domain.quiet_hours import instant_at
from notifications.domain.states import State
from tests.domain.reminders import (
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
    stored,
    visit,
    with_known,
)

ON, OFF = Policy(is_invitation_on=True), Policy()
LATER = NOW + timedelta(hours=1)


def entries(found: Plan) -> list[Planned]:
    """What is for calendars, sent or not."""
    return [each for each in found.messages if each.wish.kind is MessageKind.INVITATION]


def went(of: PatientFacts, *, state: State = State.ACCEPTED, left: Holding = Holding.ENTRY) -> PatientFacts:
    """The same once the invitation went out."""
    (message,) = entries(planned(of, policy=ON))
    return with_known(of, known(message, state, first_sent_at=NOW, left=left))


def moved(before: VisitFacts) -> VisitFacts:
    return replace(visit(33), sequence=1, since=LATER, moves=(Move(LATER, before.starts_at),))


def test_a_booked_visit_is_sent_to_each_readers_calendar_ten_minutes_later() -> None:
    of = facts(visits=(visit(30),), readers=(reader(), reader(EMAIL, proxy_id=4), reader(SMS, proxy_id=5)))
    found = entries(planned(of, policy=ON))
    assert [(each.proxy_id, each.channel) for each in found] == [(None, EMAIL), (4, EMAIL)]
    assert {each.due_at for each in found} == {visit(30).since + timedelta(minutes=10)}
    assert {each.not_after for each in found} == {visit(30).starts_at}
    assert not entries(planned(of, policy=OFF))


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.ACCEPTED, State.DELIVERED])
def test_who_has_it_is_not_invited_again(state: State) -> None:
    of = went(facts(visits=(visit(30),)), state=state)
    assert not entries(planned(of, policy=ON))
    another_nurse = replace(of, visits=(replace(visit(30), sequence=1),))
    assert not entries(planned(another_nurse, policy=ON, now=LATER))


def test_an_invitation_counts_as_having_been_told_and_the_change_brings_the_entry() -> None:
    of = went(facts(visits=(visit(30),)))
    of = replace(of, visits=(moved(visit(30)),))
    found = planned(of, policy=ON, now=LATER)
    (change,) = [each for each in sent(found) if each.wish.kind is MessageKind.CHANGE]
    assert (change.wish.step, change.channel) == ("moved", EMAIL)
    (entry,) = entries(found)
    assert (entry.wish.step, entry.why_not) == ("moved", WhyNot.TOLD_ALREADY)


@pytest.mark.parametrize(("left_until", "steps"), [(0, []), (15, ["length"]), (None, [])])
def test_another_length_is_told_to_the_calendar_and_to_nobody_else(
    left_until: int | None, steps: list[str]
) -> None:
    """None: an invitation of before it was kept."""
    told = None if left_until is None else visit(30).ends_at + timedelta(minutes=left_until)
    of = facts(visits=(visit(30),))
    (message,) = entries(planned(of, policy=ON))
    of = with_known(
        of, known(message, State.ACCEPTED, first_sent_at=NOW, left=Holding.ENTRY, left_until=told)
    )
    of = replace(of, visits=(replace(visit(30), sequence=1, since=LATER),))
    found = planned(of, policy=OFF, now=LATER)
    assert [each.wish.step for each in entries(found) if each.sends] == steps
    assert not [each for each in found.messages if each.wish.kind is MessageKind.CHANGE]


@pytest.mark.parametrize(
    ("standing", "step"), [(Standing.BOOKED, "moved"), (Standing.OFF, "cancelled"), (Standing.UNPLACED, "cancelled")]
)  # fmt: skip
def test_who_is_told_of_a_change_by_text_has_the_calendar_told_by_mail(standing: Standing, step: str) -> None:
    of = went(facts(visits=(visit(30),)))
    (reminder,) = [each for each in planned(of, policy=ON).messages if each.wish.step == "d3"]
    of = with_known(of, known(reminder, State.ACCEPTED, number=950, first_sent_at=NOW + timedelta(minutes=5)))
    of = replace(of, visits=(replace(moved(visit(30)), standing=standing),))
    found = planned(of, policy=OFF, now=LATER)
    by_channel = {each.channel: each.wish.step for each in sent(found) if each.wish.version == "1"}
    assert by_channel[SMS] == step if standing is not Standing.BOOKED else "moved"
    (entry,) = entries(found)
    assert (entry.wish.step, entry.sends, entry.channel) == (step, True, EMAIL)


def test_a_visit_whose_invitation_did_not_go_out_takes_nothing_out_of_a_calendar() -> None:
    of = facts(visits=(visit(30),))
    of = replace(of, known=stored(planned(of, policy=ON)))
    of = replace(of, visits=(replace(visit(30), standing=Standing.OFF, sequence=1),))
    found = planned(of, policy=ON)
    assert found.messages == ()
    assert {found.why_not(each, now=NOW) for each in of.known} == {WhyNot.CANCELLED}


@pytest.mark.parametrize(
    ("booked_at", "starts", "sends"),
    [(20, time(7, 30), True), (22, time(7, 30), False), (22, time(8), False), (22, time(9), True)],
)
def test_before_a_visit_early_next_day_nothing_waits_for_an_hour_that_does_not_come(
    booked_at: int, starts: time, sends: bool
) -> None:
    """What is booked in the quiet hours: a person would be asked to call about an invitation that was missed."""
    now = instant_at(TODAY, time(booked_at), CHICAGO)
    of = facts(visits=(visit(1, at=starts, since=now),))
    (entry,) = entries(planned(of, policy=ON, now=now))
    assert entry.sends is sends
    assert entry.why_not is (None if sends else WhyNot.PAST_AT_BOOKING)


def test_an_address_given_in_the_night_before_an_early_visit_is_not_waited_for() -> None:
    of = facts(visits=(visit(1, at=time(7, 30), since=NOW - timedelta(days=3)),))
    assert entries(planned(of, policy=ON, now=NOW))[0].sends
    late = instant_at(TODAY, time(22), CHICAGO)
    assert entries(planned(of, policy=ON, now=late))[0].why_not is WhyNot.PAST_AT_BOOKING


def test_who_cannot_come_is_not_invited() -> None:
    (entry,) = entries(planned(facts(visits=(visit(30, answer="cannot_come"),)), policy=ON))
    assert entry.why_not is WhyNot.ANSWERED


def test_an_address_that_is_nobodys_any_more_is_taken_off_and_the_new_one_invited() -> None:
    before = went(facts(visits=(visit(30),)))
    old = FormerAddress(proxy_id=None, address=address(EMAIL))
    after = replace(before, readers=(reader(SMS),), former=(old,))
    (entry,) = entries(planned(after, policy=OFF))
    assert (entry.wish.step, entry.address, entry.sends) == ("withdrawn", old.address, True)
    new = replace(reader(EMAIL), addresses=(address(EMAIL, contact_id=77),))
    found = entries(planned(replace(after, readers=(new,)), policy=ON))
    assert {(each.wish.step, each.address.contact_id) for each in found if each.address} == {
        ("withdrawn", 1),
        ("invitation", 77),
    }


@pytest.mark.parametrize("state", [State.SENDING, State.UNKNOWN, State.FAILED])
def test_only_what_arrived_is_taken_back(state: State) -> None:
    of = went(facts(visits=(visit(30),)), state=state)
    of = replace(of, readers=(reader(SMS),), former=(FormerAddress(proxy_id=None, address=address(EMAIL)),))
    assert not entries(planned(of, policy=OFF))


def test_what_was_taken_off_is_not_taken_off_again() -> None:
    old = FormerAddress(proxy_id=None, address=address(EMAIL))
    of = replace(went(facts(visits=(visit(30),))), readers=(reader(SMS),), former=(old,))
    (entry,) = entries(planned(of, policy=OFF))
    gone = known(entry, State.ACCEPTED, number=990, first_sent_at=LATER, left=Holding.WITHDRAWN)
    of = replace(with_known(of, gone), visits=(moved(visit(30)),))
    assert not entries(planned(of, policy=OFF, now=LATER))


def test_nobody_is_told_anything_who_may_not_be() -> None:
    of = went(facts(visits=(visit(30),)))
    no_letters = frozenset(each for each in of.consents if each[0] is not ChannelName.EMAIL)
    of = replace(of, visits=(moved(visit(30)),), consents=no_letters)
    assert not [each for each in entries(planned(of, policy=ON, now=LATER)) if each.sends]
    assert not entries(planned(replace(of, has_died=True), policy=ON, now=LATER))


def test_reminders_are_the_same_with_and_without_invitations() -> None:
    of = facts(visits=(visit(30), visit(14, number=6), visit(31, number=7)))

    def others(policy: Policy) -> list[Planned]:
        found = planned(of, policy=policy).messages
        return [each for each in found if each.wish.kind is not MessageKind.INVITATION]

    assert others(ON) == others(OFF)
