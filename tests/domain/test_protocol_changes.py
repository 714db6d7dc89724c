"""What differs between two versions: nothing for the same, every change named, the fewest rows moved."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL
from scheduling.domain.care.protocol_changes import RowChangeKind, changes_between
from scheduling.domain.care.protocol_entry import RowEntry, entry_of

ROWS = [entry_of(default.row) for default in DEFAULT_PROTOCOL]
NEW = RowEntry(key="own", title="Own", anchor="surgery", mode="task", target="+1 d", latest="+2 d")


def kinds(before: list[RowEntry], after: list[RowEntry]) -> list[tuple[RowChangeKind, str]]:
    return [(change.kind, change.title) for change in changes_between(before, after)]


def test_the_same_protocol_has_no_changes() -> None:
    assert changes_between(ROWS, list(ROWS)) == []
    assert changes_between([], []) == []


def test_every_change_is_named() -> None:
    after = [replace(ROWS[0], title="Look", latest="-2 w"), *ROWS[2:], NEW]
    after[5] = replace(after[5], is_active=False)
    assert kinds(ROWS, after) == [
        (RowChangeKind.CHANGED, "Look"),
        (RowChangeKind.PUT_OUT_OF_USE, after[5].title),
        (RowChangeKind.ADDED, "Own"),
        (RowChangeKind.REMOVED, ROWS[1].title),
    ]
    assert changes_between(ROWS, after)[0].changed == ("title", "latest")
    back = changes_between(after, ROWS)
    assert RowChangeKind.PUT_IN_USE in {change.kind for change in back}


def test_one_row_that_goes_up_is_the_only_one_that_moved() -> None:
    after = [ROWS[4], *ROWS[:4], *ROWS[5:]]
    assert kinds(ROWS, after) == [(RowChangeKind.MOVED, ROWS[4].title)]


@given(st.permutations(ROWS[:8]))
def test_rows_are_only_moved_when_their_order_differs(after: list[RowEntry]) -> None:
    found = changes_between(ROWS[:8], after)
    assert {change.kind for change in found} <= {RowChangeKind.MOVED}
    assert (found == []) == (after == ROWS[:8])
