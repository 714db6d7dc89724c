"""Asking a person to act: a matter is opened once, and asked for again it can only become graver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from notifications.domain.escalation import ladder
from notifications.domain.escalation.causes import Cause
from notifications.domain.escalation.ladder import Matter, Setting
from notifications.domain.escalation.nearness import NEARNESS_COUNTS
from notifications.models import Escalation, EscalationStep
from notifications.selectors.nearness import rungs_near
from notifications.selectors.roster import on_call
from notifications.services.escalations.rows import WRITTEN, What, locked, matters_of, put, step, tell, told
from scheduling.domain.care.rungs import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a matter is about. ``cause`` and ``key`` name it: the same is open once in a clinic.

    Without a ``rung`` it has that of the days left.
    """

    cause: str
    key: str
    rung: Rung | None = None
    patient_id: int | None = None
    implant_id: int | None = None
    visit_id: int | None = None
    message_id: int | None = None
    check_in_id: int | None = None
    inbound_id: int | None = None


def open_escalation(
    *,
    clinic_id: int,
    cause: str,
    key: str,
    now: datetime,
    rung: Rung | None = None,
    patient_id: int | None = None,
    implant_id: int | None = None,
    visit_id: int | None = None,
    message_id: int | None = None,
    check_in_id: int | None = None,
    inbound_id: int | None = None,
) -> Escalation:
    """Ask a person to act, in the caller's transaction or its own; the same matter is open once.

    Without a ``rung`` it has that of the days left to what it is about. Asked again while it is open, it only becomes
    graver where its rung is higher; marked as resolved by itself, it goes on. Who is asked, for how long, and when, is in ``notifications.domain.escalation.causes``.
    """
    ask = Ask(
        cause=cause,
        key=key,
        rung=rung,
        patient_id=patient_id,
        implant_id=implant_id,
        visit_id=visit_id,
        message_id=message_id,
        check_in_id=check_in_id,
        inbound_id=inbound_id,
    )
    return open_all(clinic_id, [ask], now=now)[0]


def open_all(clinic_id: int, asks: Sequence[Ask], *, now: datetime) -> list[Escalation]:
    """The open matters for what is asked, in that order; a constant number of queries however many there are."""
    if not asks:
        return []
    with transaction.atomic():
        asks = _with_rungs(clinic_id, asks, now)
        setting = on_call(clinic_id).setting
        made = {
            (row.cause, row.key): row
            for row in _create(clinic_id, asks, _missing(clinic_id, asks), now, setting)
        }
        # Whoever was there before, or was quicker, has the row: under its lock it can only become graver.
        found = {
            (row.cause, row.key): row for row in _find(clinic_id, asks) if (row.cause, row.key) not in made
        }
        wanted = [(row, _rung(ask)) for ask in asks if (row := found.get((ask.cause, ask.key)))]
        raise_all(wanted, now, setting)
        return [(made | found)[ask.cause, ask.key] for ask in asks]


def make_graver(clinic_id: int, now: datetime) -> None:
    """Bring what is open about visits and messages to the rung of the days that are left now."""
    rows = Escalation.objects.for_clinic(clinic_id).filter(
        acknowledged_at__isnull=True, gone_at__isnull=True, cause__in=sorted(NEARNESS_COUNTS)
    )
    seen = list(rows.order_by("id"))
    rungs = {row.pk: reached for row, reached in zip(seen, rungs_near(clinic_id, seen, now=now), strict=True)}
    grown = [row.pk for row in seen if rungs[row.pk] > row.rung]
    if not grown:
        return
    with transaction.atomic():
        wanted = [
            (row, rungs[row.pk]) for row in locked(clinic_id, grown, gone_at__isnull=True, skip_locked=True)
        ]
        raise_all(wanted, now, on_call(clinic_id).setting)


def raise_all(wanted: Sequence[tuple[Escalation, Rung]], now: datetime, setting: Setting) -> None:
    """Bring locked, open rows to the rung wanted, and back where they were marked as resolved; all together."""
    matters = matters_of([row for row, _ in wanted])
    changed, steps, words = [], [], []
    for row, rung in wanted:
        before = matters[row.pk]
        back = ladder.back(before, now=now, setting=setting)
        after = ladder.graver(back, rung, now=now, setting=setting)
        if after == before:
            continue
        put(row, after)
        changed.append(row)
        if back != before:
            row.gone_because = ""
            steps.append(step(row, What.BACK, now=now, user_id=back.responsible))
            words.append((row, after, told(after)))
        if after != back:
            steps.append(step(row, What.GRAVER, now=now, user_id=after.responsible))
            words.append((row, after, told(after)))
    Escalation.objects.bulk_update(changed, WRITTEN, batch_size=500)
    EscalationStep.objects.bulk_create(steps, batch_size=500)
    tell(words, now=now, setting=setting)


def _with_rungs(clinic_id: int, asks: Sequence[Ask], now: datetime) -> list[Ask]:
    missing = [ask for ask in asks if ask.rung is None]
    rungs = iter(rungs_near(clinic_id, missing, now=now))
    return [replace(ask, rung=next(rungs)) if ask.rung is None else ask for ask in asks]


def _rung(ask: Ask) -> Rung:
    assert ask.rung is not None  # noqa: S101 - given to each before
    return ask.rung


def _find(clinic_id: int, asks: Sequence[Ask]) -> list[Escalation]:
    return locked(clinic_id, cause__in={ask.cause for ask in asks}, key__in=sorted({ask.key for ask in asks}))


def _missing(clinic_id: int, asks: Sequence[Ask]) -> list[Ask]:
    there = {(row.cause, row.key) for row in _find(clinic_id, asks)}
    return [ask for ask in asks if (ask.cause, ask.key) not in there]


def _create(
    clinic_id: int, asks: Sequence[Ask], missing: Sequence[Ask], now: datetime, setting: Setting
) -> list[Escalation]:
    """The rows that were really written here: another process may write the same at the same moment."""
    if not missing:
        return []
    new = [_row(clinic_id, ask, now, setting) for ask in missing]
    Escalation.objects.bulk_create([row for row, _ in new], ignore_conflicts=True, batch_size=500)
    matters = {row.ref: matter for row, matter in new}
    made = list(Escalation.objects.for_clinic(clinic_id).filter(ref__in=list(matters)).order_by("id"))
    EscalationStep.objects.bulk_create(
        (step(row, What.OPENED, now=now, user_id=row.responsible_id) for row in made), batch_size=500
    )
    tell([(row, matters[row.ref], told(matters[row.ref])) for row in made], now=now, setting=setting)
    return made


def _row(clinic_id: int, ask: Ask, now: datetime, setting: Setting) -> tuple[Escalation, Matter]:
    matter = ladder.opened(Cause(ask.cause), _rung(ask), now=now, setting=setting)
    row = Escalation(
        clinic_id=clinic_id,
        cause=ask.cause,
        key=ask.key,
        patient_id=ask.patient_id,
        implant_id=ask.implant_id,
        visit_id=ask.visit_id,
        message_id=ask.message_id,
        check_in_id=ask.check_in_id,
        inbound_id=ask.inbound_id,
        opened_at=now,
    )
    put(row, matter)
    return row, matter
