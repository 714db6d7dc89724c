"""Refills that run late become matters, become graver as days pass, and are marked when the cause is gone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from clinic.together import ask_together
from notifications.domain.escalation import ladder
from notifications.domain.escalation.causes import Cause
from notifications.models import Escalation, EscalationStep
from notifications.selectors.roster import on_call
from notifications.services.escalations.opening import Ask, open_all
from notifications.services.escalations.rows import What, locked, matters_of, put, step
from scheduling.domain.care.rungs import Rung
from scheduling.selectors.late_refills import (
    NotLate,
    RefillStanding,
    pumps_that_may_run_late,
    standing_questions,
    standings_from,
)
from scheduling.selectors.refill_visits import before_every_today

log = logging.getLogger(__name__)

RUNNING_LATE = Cause.RUNNING_LATE.value


def open_running_late(clinic_id: int, now: datetime, implant_ids: Collection[int] | None = None) -> None:
    """Bring the clinic's matters about late refills in line with how its pumps (or these) stand.

    Opens, makes graver, marks what is no longer late; ends nothing. A constant number of queries; again, it writes
    nothing.
    """
    with transaction.atomic():
        if implant_ids is None:
            running = _open(clinic_id).values_list("implant_id", flat=True)
            implant_ids = {*pumps_that_may_run_late(clinic_id=clinic_id, now=now), *running}
        answers = ask_together(
            _questions,
            clinic_id=clinic_id,
            implant_ids=implant_ids,
            visits_since=before_every_today(now),
        )
        is_open = {implant_id: rung for implant_id, rung, _ in answers["open"]}
        is_marked = {implant_id for implant_id, _, gone_at in answers["open"] if gone_at is not None}
        standings = standings_from(answers, now=now)
        late = [each for each in standings.values() if each.rung is not None]
        open_all(clinic_id, _asks(clinic_id, late, is_open, now), now=now)
        mark_gone(
            clinic_id,
            {
                key_of(each.implant_id): each.not_late or NotLate.LATER
                for each in standings.values()
                if each.rung is None and each.implant_id in is_open.keys() - is_marked
            },
            cause=RUNNING_LATE,
            now=now,
        )


def _questions(given: Any) -> dict[str, Any]:
    return {
        **standing_questions(given),
        "open": _open(given.clinic_id)
        .filter(implant_id__any_of=given.implant_ids)
        .values_list("implant_id", "rung", "gone_at"),
    }


def _open(clinic_id: Any) -> QuerySet[Escalation]:
    return Escalation.objects.for_clinic(clinic_id).filter(
        cause=RUNNING_LATE, acknowledged_at__isnull=True, implant__isnull=False
    )


def follow_refills(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """A reader of changes of the record, of forecasts and of visits: at once what the next tick would do.

    Never raises: nothing that is recorded waits for it, and the tick makes up for what it could not do.
    """
    try:
        open_running_late(clinic_id, now, implant_ids)
    except Exception as error:
        log.error("late refills of clinic %s are not followed (%s)", clinic_id, type(error).__name__)


def key_of(implant_id: int) -> str:
    return f"implant:{implant_id}"


def mark_gone(clinic_id: int, why: Mapping[str, str], *, cause: str, now: datetime) -> None:
    """Mark open matters of one cause, by key, whose cause no longer holds; those marked already stay as they are."""
    if not why:
        return
    rows = locked(clinic_id, cause=cause, key__in=sorted(why), gone_at__isnull=True)
    if not rows:
        return
    matters = matters_of(rows)
    for row in rows:
        put(row, ladder.gone(matters[row.pk], now=now))
        row.gone_because = str(why[row.key])
    Escalation.objects.bulk_update(rows, ["gone_at", "gone_because"], batch_size=500)
    EscalationStep.objects.bulk_create(
        (step(row, What.GONE, now=now, note=row.gone_because) for row in rows), batch_size=500
    )


def _asks(
    clinic_id: int, late: Iterable[RefillStanding], is_open: Mapping[int, int], now: datetime
) -> list[Ask]:
    """Open ones, to become graver; and new ones, unless a person ended the same a short time ago."""
    wanted = [(each, each.rung) for each in late if each.rung is not None]
    new = [each.implant_id for each, _ in wanted if each.implant_id not in is_open]
    rested = _rested(clinic_id, new, {each.implant_id: rung for each, rung in wanted}, now)
    return [
        Ask(
            cause=RUNNING_LATE,
            key=key_of(each.implant_id),
            rung=rung,
            patient_id=each.patient_id,
            implant_id=each.implant_id,
        )
        for each, rung in wanted
        if each.implant_id not in rested
    ]


def _rested(clinic_id: int, implant_ids: Collection[int], rungs: dict[int, Rung], now: datetime) -> set[int]:
    """Those whose newest matter a person ended so lately that they are left alone."""
    if not implant_ids:
        return set()
    newest = (
        Escalation.objects.for_clinic(clinic_id)
        .filter(cause=RUNNING_LATE, implant_id__any_of=list(implant_ids), acknowledged_at__isnull=False)
        .order_by("implant_id", "-id")
        .distinct("implant_id")
    )
    rows = list(newest)
    if not rows:
        return set()
    opening = on_call(clinic_id).setting.opening
    return {
        row.implant_id
        for row in rows
        if row.implant_id is not None
        and row.acknowledged_at is not None
        and not ladder.is_back(
            Cause.RUNNING_LATE,
            rung=rungs[row.implant_id],
            before=Rung(row.rung),
            ended_at=row.acknowledged_at,
            was_gone=row.gone_at is not None,
            now=now,
            opening=opening,
        )
    }
