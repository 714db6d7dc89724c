"""One line of a list of follow-ups as the templates show it: the day, what it is counted from, the likely act."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from scheduling.selectors.due_list import REPEATING, BookedFor, DueLine
from scheduling.selectors.rows import CallAttempt, FollowUp, Mode
from web.access import ClinicRequest
from web.nurse.follow_ups.words import MODE_ICONS, counted_from, when_words

REFILL = "refill"


def shown_line(request: ClinicRequest, line: DueLine, call: CallAttempt | None) -> dict[str, Any]:
    """What ``nurse/follow_ups/_row.html`` needs: the line, in words, and what a nurse most likely does next.

    What has not begun is not offered to be ticked off, and nothing about it presses.
    """
    when, below = when_words(line, request.today)
    follow_up = line.first
    has_begun = line.due_on is None or line.due_on <= request.today or line.part == "overdue"
    is_late_visit = (
        line.visit is not None and line.latest_on is not None and line.visit.local_on > line.latest_on
    )
    return {
        "line": line,
        "follow_up": follow_up,
        "only": ",".join(str(ref) for ref in line.refs),
        "when": when,
        "below": below,
        "is_late": line.part == "overdue",
        "is_late_visit": is_late_visit,
        "is_refill": follow_up.row_key == REFILL,
        "icon": MODE_ICONS[follow_up.mode],
        "counted_from": counted_from(follow_up),
        "act": main_act(line),
        "has_begun": has_begun,
        "call": call,
        "is_mine": follow_up.owner_id == request.user.id,
    }


def main_act(line: DueLine) -> str:
    """Book a visit, move the one that comes too late, call, or tick it off.

    A refill that is booked is done by recording it. Nothing that is booked is booked again.
    """
    if line.first.mode == Mode.VISIT and line.visit is None:
        return "book"
    if line.visit is not None and line.latest_on is not None and line.visit.local_on > line.latest_on:
        return "move"
    if line.first.row_key == REFILL:
        return "refill"
    return "call" if line.first.mode == Mode.CALL else "done"


def lines_of(rows: Collection[FollowUp], visits: Mapping[int, BookedFor], today: date) -> list[DueLine]:
    """Open follow-ups of one patient as lines, the first to be done first.

    What repeats is one line as far as it has begun, and another one for what is still to come.
    """
    groups: dict[tuple[str, str, int, bool], list[FollowUp]] = {}
    for row in sorted(rows, key=lambda row: (row.latest_on or date.min, row.pk)):
        is_one = row.mode not in REPEATING
        has_begun = row.target_on is None or row.target_on <= today
        key = (row.row_key, row.anchor_key, row.pk if is_one else 0, has_begun)
        groups.setdefault(key, []).append(row)
    lines = [_line(members, visits, today) for members in groups.values()]
    return sorted(lines, key=lambda line: (line.part != "overdue", line.due_on or today, line.first.pk))


def _line(members: list[FollowUp], visits: Mapping[int, BookedFor], today: date) -> DueLine:
    first = members[0]
    booked = [visits[row.pk] for row in members if row.pk in visits]
    is_put_off = first.postponed_until is not None and first.postponed_until > today
    is_late = first.latest_on is not None and first.latest_on < today and not is_put_off
    return DueLine(
        part="overdue" if is_late else "later",
        first=first,
        refs=tuple(row.ref for row in members),
        due_on=max(filter(None, [first.target_on, first.postponed_until]), default=None),
        latest_on=first.latest_on,
        until_on=members[-1].latest_on,
        visit=booked[0] if booked else None,
    )
