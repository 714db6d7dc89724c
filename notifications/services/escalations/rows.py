"""Rows and matters: what the ladder says of a matter is written to its row, with a step, and told to people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from notifications.domain.escalation.causes import Cause
from notifications.domain.escalation.ladder import Matter, Setting, everybody, tells_from
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.models import Escalation, EscalationStep, Message
from scheduling.domain.care.rungs import Rung

What = EscalationStep.What
WRITTEN = ["rung", "level", "responsible", "respond_by", "again_at", "gone_at", "gone_because"]
_ASKS = frozenset({What.OPENED, What.GRAVER, What.PASSED_ON, What.TRIED, What.BACK})
WORD_IS_GOOD_FOR = timedelta(hours=12)
"""A word to staff that could not be sent for so long is overtaken by the next one."""


def locked(
    clinic_id: int, ids: Collection[int] | None = None, *, skip_locked: bool = False, **wanted: object
) -> list[Escalation]:
    """Open matters of the clinic by id, locked; those somebody else has in hand are left out where asked."""
    rows = Escalation.objects.for_clinic(clinic_id).filter(acknowledged_at__isnull=True, **wanted)
    if ids is not None:
        rows = rows.filter(pk__any_of=list(ids))
    return list(rows.order_by("id").select_for_update(of=("self",), no_key=True, skip_locked=skip_locked))


def matters_of(rows: Collection[Escalation]) -> dict[int, Matter]:
    """The rows as the ladder sees them, by id: who was asked, and how often it was tried, is in the steps (one query)."""
    asked: defaultdict[int, set[int]] = defaultdict(set)
    tries: defaultdict[int, int] = defaultdict(int)
    steps = EscalationStep.objects.filter(escalation_id__any_of=[row.pk for row in rows]).order_by("id")
    for escalation_id, what, user_id in steps.values_list("escalation_id", "what", "user_id"):
        if what == What.OPENED or (what == What.GRAVER and user_id is not None):
            asked[escalation_id], tries[escalation_id] = set(), 0
        if what in _ASKS and user_id is not None:
            asked[escalation_id].add(user_id)
        tries[escalation_id] += what == What.TRIED
    return {row.pk: _matter(row, frozenset(asked[row.pk]), tries[row.pk]) for row in rows}


def put(row: Escalation, matter: Matter) -> None:
    """Give the row the matter's values; its end is written by who ends it."""
    row.rung, row.level, row.responsible_id = matter.rung, matter.level, matter.responsible
    row.respond_by, row.again_at, row.gone_at = matter.respond_by, matter.again_at, matter.gone_at


def step(
    row: Escalation, what: str, *, now: datetime, user_id: int | None = None, note: str = ""
) -> EscalationStep:
    """What happened to the matter, to be written with others."""
    return EscalationStep(
        clinic_id=row.clinic_id,
        escalation=row,
        what=what,
        at=now,
        level=row.level,
        rung=row.rung,
        user_id=user_id,
        note=note,
    )


def tell(rows: Iterable[tuple[Escalation, Matter, str]], *, now: datetime, setting: Setting) -> None:
    """Plan a word by e-mail to whoever is asked now; each with the name of its occasion (one query).

    The unique key of messages makes it one word an occasion, person and rung. The words say nothing about whom.
    """
    words = []
    for row, matter, occasion in rows:
        due_at = tells_from(matter, now=now, setting=setting)
        words += [
            Message(
                clinic_id=row.clinic_id,
                patient_id=row.patient_id,
                user_id=user_id,
                escalation=row,
                kind=MessageKind.ESCALATION.value,
                occurrence=f"escalation:{row.pk}",
                step=occasion,
                channel=ChannelName.EMAIL.value,
                planned_version=str(int(matter.rung)),
                due_at=due_at,
                not_after=due_at + WORD_IS_GOOD_FOR,
                planned_at=now,
            )
            for user_id in everybody(matter, now=now, setting=setting)
        ]
    Message.objects.bulk_create(words, ignore_conflicts=True)


def told(matter: Matter) -> str:
    """The name of the occasion on which somebody is told that it is theirs."""
    return f"told{matter.level}"


def _matter(row: Escalation, asked: frozenset[int], tries: int) -> Matter:
    return Matter(
        cause=Cause(row.cause),
        rung=Rung(row.rung),
        level=row.level,
        responsible=row.responsible_id,
        respond_by=row.respond_by,
        asked=asked,
        tries=tries,
        again_at=row.again_at,
        gone_at=row.gone_at,
        ended_by=row.acknowledged_by_id,
    )
