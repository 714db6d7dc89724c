"""Writing the difference between the planned and the stored follow-ups, in bulk, each change with its act."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from django.db import connection

from clinic.domain.register.reasons import gettext_noop
from scheduling.domain.care.difference import Change, ChangeKind, EndedBecause, Stored
from scheduling.domain.care.plan import CareFacts, Planned
from scheduling.models import FollowUp, FollowUpAct
from scheduling.services.owners import Owners

_Act = FollowUpAct.Act
_ACT_OF = {
    ChangeKind.RE_ANCHOR: _Act.RE_ANCHORED,
    ChangeKind.REINSTATE: _Act.REINSTATED,
    ChangeKind.FINISH: _Act.DONE,
    ChangeKind.END: _Act.ENDED,
}
_CLOSES = (ChangeKind.FINISH, ChangeKind.END)
_WHY_ENDED = {
    EndedBecause.EXPLANT: gettext_noop("the pump was taken out"),
    EndedBecause.DEATH: gettext_noop("the patient has died"),
    EndedBecause.ANCHOR: gettext_noop("what it was counted from was withdrawn"),
    EndedBecause.PROTOCOL: gettext_noop("the protocol no longer asks for it"),
}
_COUNTED_AS = {
    ChangeKind.CREATE: "created",
    ChangeKind.RE_ANCHOR: "re_anchored",
    ChangeKind.REWORD: "reworded",
    ChangeKind.RESUME: "resumed",
    ChangeKind.REINSTATE: "reinstated",
    ChangeKind.FINISH: "finished",
    ChangeKind.END: "ended",
}


@dataclass(slots=True)
class CareOutcome:
    """How many follow-ups one call created, moved, reworded, took up again, brought back, finished, ended."""

    created: int = 0
    re_anchored: int = 0
    reworded: int = 0
    resumed: int = 0
    reinstated: int = 0
    finished: int = 0
    ended: int = 0
    failed: int = 0
    """Pumps whose plan could not be worked out or stored: each is a defect to look into."""

    @property
    def changed(self) -> int:
        """All together, failures apart."""
        return sum(int(getattr(self, one.name)) for one in fields(self)) - self.failed

    def add(self, other: CareOutcome) -> None:
        """Count another call's in."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


_Pair = tuple[CareFacts, Change]


def write(
    clinic_id: int, pairs: Sequence[_Pair], *, owners: Callable[[], Owners], now: datetime
) -> CareOutcome:
    """Write these changes in the caller's transaction, which holds the locks of what is stored.

    ``owners`` is asked where something begins or comes back. What ends or is finished comes first: a pump has one refill item at a time.
    """
    outcome = CareOutcome()
    acts: list[FollowUpAct] = []
    closing = [pair for pair in pairs if pair[1].kind in _CLOSES]
    creating = [pair for pair in pairs if pair[1].kind is ChangeKind.CREATE]
    moving = [pair for pair in pairs if pair[1].kind not in (*_CLOSES, ChangeKind.CREATE)]
    if closing:
        acts += _close(clinic_id, [change for _, change in closing], now)
    if moving:
        acts += _move(clinic_id, [change for _, change in moving], owners, now)
    created = _create(clinic_id, creating, owners(), now) if creating else []
    acts += created
    FollowUpAct.objects.bulk_create(acts, batch_size=2000)
    for _, change in (*closing, *moving):
        name = _COUNTED_AS[change.kind]
        setattr(outcome, name, getattr(outcome, name) + 1)
    outcome.created = len(created)
    return outcome


def _close(clinic_id: int, changes: Sequence[Change], now: datetime) -> list[FollowUpAct]:
    rows = []
    for change in changes:
        state = "done" if change.kind is ChangeKind.FINISH else "ended"
        because = change.because.value if change.because else ""
        rows.append((_stored(change).id, state, str(change.reason or ""), because))
    _execute(_CLOSE, rows, [clinic_id], first=[now])
    return [
        FollowUpAct(
            clinic_id=clinic_id,
            follow_up_id=_stored(change).id,
            act=_ACT_OF[change.kind],
            at=now,
            reason=_WHY_ENDED[change.because] if change.because else str(change.reason or ""),
        )
        for change in changes
    ]


def _move(
    clinic_id: int, changes: Sequence[Change], owners: Callable[[], Owners], now: datetime
) -> list[FollowUpAct]:
    """Re-anchor, reword, take up again, bring back: the row as planned, open where it was not."""
    rows = []
    for change in changes:
        is_opened = change.resumes or change.kind in (ChangeKind.REINSTATE, ChangeKind.RESUME)
        rows.append((_stored(change).id, is_opened, *_columns(_planned(change))))
    _execute(_MOVE, rows, [clinic_id])
    reinstated = [_stored(change).id for change in changes if change.kind is ChangeKind.REINSTATE]
    if reinstated:
        _give_back(clinic_id, reinstated, owners())
    return [act for change in changes for act in _acts_of(clinic_id, change, now)]


def _acts_of(clinic_id: int, change: Change, now: datetime) -> Iterable[FollowUpAct]:
    stored, planned = _stored(change), _planned(change)
    common: dict[str, Any] = {"clinic_id": clinic_id, "follow_up_id": stored.id, "at": now}
    if change.kind in _ACT_OF:
        yield FollowUpAct(
            act=_ACT_OF[change.kind], latest_before=stored.latest_on, latest_after=planned.latest_on, **common
        )
    if change.resumes or change.kind is ChangeKind.RESUME:
        yield FollowUpAct(act=_Act.RESUMED, reason=str(change.reason or ""), **common)


def _give_back(clinic_id: int, follow_up_ids: Sequence[int], owners: Owners) -> None:
    """What comes back belongs to its owner, or to the default where that person has left."""
    (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(id__any_of=follow_up_ids)
        .exclude(owner_id__in=owners.eligible)
        .update(owner_id=owners.default_id)
    )


def _create(clinic_id: int, pairs: Sequence[_Pair], owners: Owners, now: datetime) -> list[FollowUpAct]:
    """Insert what is not there yet; a key that another process wrote in the meantime is left as it is.

    Each belongs to whoever owned the patient's newest of its row, or to the default.
    """
    rows = [_new_row(facts, _planned(change)) for facts, change in pairs]
    first = [clinic_id, now, sorted(owners.eligible), owners.default_id]
    numbers = _execute(_INSERT, rows, [clinic_id], first=first)
    latest = {
        (facts.patient_id, *_planned(change).key): _planned(change).latest_on for facts, change in pairs
    }
    return [
        FollowUpAct(
            clinic_id=clinic_id,
            follow_up_id=number,
            act=_Act.CREATED,
            at=now,
            owner_id=owner_id,
            latest_after=latest[tuple(key)],
        )
        for number, owner_id, *key in numbers
    ]


def _new_row(facts: CareFacts, planned: Planned) -> tuple[Any, ...]:
    return uuid.uuid4(), facts.patient_id, facts.implant_id, *planned.key, *_columns(planned)


_COLUMNS = {
    "anchor": "text",
    "anchored_on": "date",
    "target_on": "date",
    "latest_on": "date",
    "title": "text",
    "instructions": "text",
    "mode": "text",
    "visit_kind_key": "text",
    "protocol_row_id": "bigint",
}
_KEY = {"row_key": "text", "anchor_key": "text", "occurrence": "int"}


def _columns(planned: Planned) -> tuple[str | int | date | None, ...]:
    """What the plan says of a follow-up, in the order of ``_COLUMNS``."""
    return (
        planned.anchor.value,
        planned.anchored_on,
        planned.target_on,
        planned.latest_on,
        planned.title,
        planned.instructions,
        planned.mode.value,
        planned.visit_kind_key,
        planned.row_id,
    )


def _stored(change: Change) -> Stored:
    assert change.stored is not None  # noqa: S101 - every kind but CREATE has it
    return change.stored


def _planned(change: Change) -> Planned:
    assert change.planned is not None  # noqa: S101 - every kind but FINISH and END has it
    return change.planned


def _execute(
    statement: str, rows: Sequence[Sequence[Any]], last: Sequence[Any], *, first: Sequence[Any] = ()
) -> list[Any]:
    """Run a statement with one array per column; what it returns, if anything."""
    arrays = [list(column) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(statement, [*first, *arrays, *last])
        return cursor.fetchall() if cursor.description else []


def _arrays(columns: Iterable[str]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in columns)


def _move_statement() -> str:
    # Names are this module's own constants; every value is a parameter.
    assigned = ", ".join(f"{name} = wanted.{name}" for name in _COLUMNS)
    names = ", ".join(_COLUMNS)
    return (
        f"UPDATE scheduling_followup AS f SET {assigned},"  # noqa: S608
        " state = CASE WHEN wanted.is_opened THEN 'open' ELSE f.state END,"
        " postponed_until = CASE WHEN wanted.is_opened THEN NULL ELSE f.postponed_until END,"
        " closed_at = CASE WHEN wanted.is_opened THEN NULL ELSE f.closed_at END,"
        " closed_by_id = CASE WHEN wanted.is_opened THEN NULL ELSE f.closed_by_id END,"
        " closed_by_visit_id = CASE WHEN wanted.is_opened THEN NULL ELSE f.closed_by_visit_id END,"
        " closing_reason = CASE WHEN wanted.is_opened THEN '' ELSE f.closing_reason END,"
        " ended_because = CASE WHEN wanted.is_opened THEN '' ELSE f.ended_because END"
        f" FROM unnest(%s::bigint[], %s::boolean[], {_arrays(_COLUMNS.values())})"
        f" AS wanted (id, is_opened, {names}) WHERE f.id = wanted.id AND f.clinic_id = %s"
    )


def _insert_statement() -> str:
    columns = {"ref": "uuid", "patient_id": "bigint", "implant_id": "bigint", **_KEY, **_COLUMNS}
    names = ", ".join(columns)
    wanted = ", ".join(f"wanted.{name}" for name in columns)
    return (
        "INSERT INTO scheduling_followup"  # noqa: S608
        f" (clinic_id, created_at, owner_id, state, closing_reason, ended_because, {names})"
        " SELECT %s::bigint, %s::timestamptz,"
        " CASE WHEN latest.owner_id = ANY(%s::bigint[]) THEN latest.owner_id ELSE %s::bigint END,"
        f" 'open', '', '', {wanted}"
        f" FROM unnest({_arrays(columns.values())}) AS wanted ({names})"
        " LEFT JOIN LATERAL (SELECT f.owner_id FROM scheduling_followup AS f WHERE f.clinic_id = %s"
        " AND f.patient_id = wanted.patient_id AND f.row_key = wanted.row_key AND f.owner_id IS NOT NULL"
        " ORDER BY f.id DESC LIMIT 1) AS latest ON true"
        " ON CONFLICT DO NOTHING RETURNING id, owner_id, patient_id, row_key, anchor_key, occurrence"
    )


_MOVE = _move_statement()
_INSERT = _insert_statement()
_CLOSE = (
    "UPDATE scheduling_followup AS f SET state = wanted.state, closed_at = %s, closed_by_id = NULL,"
    " postponed_until = NULL, closing_reason = wanted.reason, ended_because = wanted.because"
    " FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS wanted (id, state, reason, because)"
    " WHERE f.id = wanted.id AND f.clinic_id = %s"
)
