"""Which pumps of an import are asked about: a law and a table."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.import_check import Candidate, asked, hash_of, is_done, is_hash_of, sample_size


@pytest.mark.parametrize(
    ("pumps", "drawn"),
    [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 3),
        (9, 3),
        (10, 4),
        (16, 4),
        (17, 5),
        (100, 10),
        (361, 19),
        (362, 20),
        (100_000, 20),
    ],
)
def test_so_many_are_drawn(pumps: int, drawn: int) -> None:
    assert sample_size(pumps) == drawn


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        pump_id=st.integers(1, 10_000),
        draw=st.integers(0, 2**62),
        is_always=st.booleans(),
        is_confirmed=st.booleans(),
    ),
    max_size=60,
    unique_by=lambda each: each.pump_id,
)


@given(CANDIDATES)
def test_all_that_need_it_by_themselves_and_a_sample_of_the_others_are_asked(pumps: list[Candidate]) -> None:
    wanted = asked(pumps)
    others = [each for each in pumps if not each.is_always]
    assert {each.pump_id for each in wanted} >= {each.pump_id for each in pumps if each.is_always}
    assert len(wanted) == len(pumps) - len(others) + sample_size(len(others))
    assert len({each.pump_id for each in wanted}) == len(wanted)


@given(CANDIDATES, st.randoms(use_true_random=False))
def test_asked_again_in_any_order_and_however_far_it_asks_for_the_same(
    pumps: list[Candidate], random: object
) -> None:
    shuffled = [replace(each, is_confirmed=True) for each in pumps]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert [each.pump_id for each in asked(shuffled)] == [each.pump_id for each in asked(pumps)]


@given(CANDIDATES, st.data())
def test_one_that_leaves_makes_room_for_the_next_and_for_nobody_else(
    pumps: list[Candidate], data: st.DataObject
) -> None:
    if not pumps:
        return
    gone = data.draw(st.sampled_from(pumps))
    before = {each.pump_id for each in asked(pumps)}
    after = {each.pump_id for each in asked([each for each in pumps if each is not gone])}
    assert len(after - before) <= 1
    if gone.pump_id not in before:
        assert after <= before


@given(CANDIDATES)
def test_it_is_done_when_all_that_is_asked_is_the_same(pumps: list[Candidate]) -> None:
    assert is_done(pumps) == (bool(pumps) and all(each.is_confirmed for each in asked(pumps)))


HASH = hash_of(b"a register")


@pytest.mark.parametrize(
    ("typed", "is_same"),
    [
        (HASH, True),
        (HASH[:8], True),
        (HASH[:8].upper(), True),
        (f" {HASH[:4]} {HASH[4:12]} ", True),
        (HASH[:7], False),
        ("", False),
        (HASH[1:20], False),
        (HASH + "0", False),
        (hash_of(b"another register"), False),
    ],
)
def test_the_beginning_of_a_hash_is_enough_from_eight_characters_on(typed: str, is_same: bool) -> None:
    assert is_hash_of(typed, HASH) is is_same
