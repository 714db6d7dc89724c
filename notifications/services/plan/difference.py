"""What must be written so that one patient's stored messages are as planned; nothing where they are already."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from notifications.domain.plan import KEPT, Key, Known, Plan, Planned, WhyNot, key_of, same_of, state_of
from notifications.domain.states import OPEN, WENT_OUT, State
from notifications.models import Message
from notifications.services.plan.reading import Read
from notifications.services.plan.stored import StoredMessage

Row = Message | StoredMessage
"""A message to add, or one that is stored already."""
COMES_BACK = frozenset({State.CANCELLED, State.SUPPRESSED, State.MISSED})
TRIED = frozenset({State.UNKNOWN, State.FAILED, State.DEAD})
WRITTEN = (
    "state",
    "reason",
    "due_at",
    "not_after",
    "wants_answer",
    "is_critical",
    "lease_until",
    "settled_at",
    "carried_by",
    "is_cancel_requested",
)


@dataclass(slots=True)
class Difference:
    """Rows to add, rows that changed, and which of either are carried by the row with which key."""

    new: list[Message] = field(default_factory=list)
    changed: dict[int, Row] = field(default_factory=dict)
    carried: list[tuple[Row, Key]] = field(default_factory=list)
    by_key: dict[Key, Row] = field(default_factory=dict)
    missed: list[Row] = field(default_factory=list)

    @property
    def writes(self) -> bool:
        """Whether anything is to be written; what is carried by the row that it names already is not."""
        return bool(self.new or self.changed) or any(
            row.carried_by_id is None or row.carried_by_id != self.by_key[key].pk for row, key in self.carried
        )


def difference(clinic_id: int, read: Read, plan: Plan, now: datetime) -> Difference:
    """Compare the plan of one patient with what is stored. What is being sent, or was, is left alone but marked."""
    found = Difference()
    known = {key_of(each): each for each in read.facts.known}
    rows = {row.pk: row for row in read.stored}
    found.by_key = {key: rows[each.message_id] for key, each in known.items()}
    wanted: set[Key] = set()
    for planned in plan.messages:
        key = planned.key
        if key is None or planned.is_told:
            continue
        wanted.add(key)
        row = found.by_key.get(key)
        if row is not None:
            _bring_up(found, row, planned, now)
        elif planned.sends or planned.why_not in KEPT:
            row = _row(clinic_id, read.facts.patient_id, planned, key, now)
            found.by_key[key] = row
            found.new.append(row)
        if row is not None and planned.carried_by is not None:
            found.carried.append((row, planned.carried_by))
    for key, each in known.items():
        if key not in wanted and each.waits and not _is_seen_to(each, plan, read):
            _take_back(found, rows[each.message_id], plan.why_not(each, now=now), now)
    _mark_outdated(found, rows, plan)
    return found


def hold_all(rows: list[StoredMessage], now: datetime) -> Difference:
    """Take back whatever waits for a patient who cannot be planned for: nothing wrong is sent, and a person is asked.

    Once a patient, by the first of the messages: to call is the same for all of them.
    """
    found = Difference()
    for row in rows:
        if row.state in OPEN:
            _take_back(found, row, WhyNot.NO_CERTAIN_DATE, now)
    found.missed = list(found.changed.values())[:1]
    return found


def _bring_up(found: Difference, row: Row, planned: Planned, now: datetime) -> None:
    if planned.why_not is not None:
        _hold(found, row, planned, planned.why_not, now)
        return
    if row.state in COMES_BACK and row.first_sent_at is None:
        row.state, row.reason, row.settled_at, row.carried_by_id = State.QUEUED, "", None, None
        _set(row, planned)
        found.changed[row.pk] = row
    elif row.state in OPEN and _differs(row, planned, now):
        _set(row, planned, keeps_hour=not _may_move(row, planned, now))
        found.changed[row.pk] = row


def _hold(found: Difference, row: Row, planned: Planned, why: WhyNot, now: datetime) -> None:
    if row.state in OPEN:
        _take_back(found, row, why, now)
    elif why in KEPT and row.state in (State.CANCELLED, State.SUPPRESSED) and row.first_sent_at is None:
        if (row.state, row.reason) != (state_of(why), why.value):
            row.state, row.reason, row.carried_by_id = state_of(why), why.value, None
            found.changed[row.pk] = row
    elif why is WhyNot.DIGEST and row.state == State.MISSED and row.first_sent_at is None:
        _take_back(found, row, why, now)


def _take_back(found: Difference, row: Row, why: WhyNot, now: datetime) -> None:
    is_open = row.state in OPEN
    row.state = state_of(why) if is_open else State.SUPPRESSED
    row.reason = why.value
    row.lease_until, row.settled_at, row.carried_by_id = None, now, None
    found.changed[row.pk] = row
    if is_open and row.state == State.MISSED:
        found.missed.append(row)


def _is_seen_to(each: Known, plan: Plan, read: Read) -> bool:
    """It goes by another channel because the first way failed: whoever tried that sees to it."""
    same = same_of(each)
    is_wanted = any(planned.same == same and planned.is_told for planned in plan.messages)
    return is_wanted and any(
        same_of(other) == same and other.state in TRIED and other.message_id != each.message_id
        for other in read.facts.known
    )


def _may_move(row: Row, planned: Planned, now: datetime) -> bool:
    """Not while a dispatcher has it, nor where it waits longer on purpose: after a try, or for the morning."""
    return row.state == State.QUEUED and not row.attempts_made and planned.due_at > now


def _differs(row: Row, planned: Planned, now: datetime) -> bool:
    if _may_move(row, planned, now) and (row.due_at, row.not_after) != (planned.due_at, planned.not_after):
        return True
    wish = planned.wish
    return (row.wants_answer, row.is_critical) != (wish.wants_answer, wish.is_critical)


def _set(row: Row, planned: Planned, *, keeps_hour: bool = False) -> None:
    if not keeps_hour:
        row.due_at, row.not_after = planned.due_at, planned.not_after
    row.wants_answer, row.is_critical = planned.wish.wants_answer, planned.wish.is_critical


def _mark_outdated(found: Difference, rows: dict[int, StoredMessage], plan: Plan) -> None:
    for message_id in plan.outdated:
        row = rows[message_id]
        if row.state in WENT_OUT and not row.is_cancel_requested:
            row.is_cancel_requested = True
            found.changed[row.pk] = row


def _row(clinic_id: int, patient_id: int, planned: Planned, key: Key, now: datetime) -> Message:
    wish, why = planned.wish, planned.why_not
    return Message(
        clinic_id=clinic_id,
        recipient_id=key.recipient_id,
        patient_id=patient_id,
        implant_id=wish.implant_id,
        visit_id=wish.visit_id,
        follow_up_id=wish.follow_up_id,
        kind=key.kind,
        occurrence=key.occurrence,
        step=key.step,
        channel=key.channel,
        planned_version=key.version,
        wants_answer=wish.wants_answer,
        is_critical=wish.is_critical,
        due_at=planned.due_at,
        not_after=planned.not_after,
        planned_at=now,
        state=State.QUEUED if why is None else state_of(why),
        reason="" if why is None else why.value,
        settled_at=None if why is None else now,
    )
