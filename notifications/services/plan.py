"""Bringing the stored messages in line with the facts: the difference is written, and nothing else."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.selectors.recipients import RecipientFacts, clinic_time_zone, recipient_facts
from notifications.domain.plan import STEP_BOOK_VISIT, Desired, Facts, Key, WhyNot, plan
from notifications.domain.states import OPEN, WENT_OUT, State
from notifications.models import Message
from scheduling.selectors.visit_dates import VisitDates, visit_dates

log = logging.getLogger(__name__)

_STATE_OF = {
    WhyNot.NO_CONSENT: State.SUPPRESSED,
    WhyNot.NO_ADDRESS: State.SUPPRESSED,
    WhyNot.TOO_LATE: State.MISSED,
}
_COMES_BACK = frozenset({State.CANCELLED, State.SUPPRESSED, State.MISSED})
_WRITTEN = ["state", "reason", "due_at", "not_after", "lease_until", "settled_at"]


def replan(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """Plan, move and take back the messages about these implants, in the caller's transaction or its own.

    The caller holds the implants' locks (whoever changes or works out something about them does). The stored
    messages are locked before the facts are read: a booking that commits first is seen. A constant number of queries; planning twice writes nothing the second time. What is being sent is left alone.
    """
    with transaction.atomic():
        stored = _stored(clinic_id, implant_ids)
        wanted = _wanted(clinic_id, implant_ids, stored, now)
        changed: list[Message] = []
        new: list[Message] = []
        for implant_id in implant_ids:
            found = wanted.get(implant_id, WhyNot.ENDED)
            changed += _take_back(stored[implant_id], found, now)
            if isinstance(found, Desired):
                same = next((row for row in stored[implant_id] if key_of(row) == found.key), None)
                if same is None:
                    new.append(_row(clinic_id, found, now))
                elif _bring_up(same, found):
                    changed.append(same)
        Message.objects.bulk_update(changed, _WRITTEN, batch_size=1_000)
        Message.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)


def key_of(row: Message) -> Key:
    """The row's unique key as the planner names it."""
    return Key(
        recipient_id=row.recipient_id,
        kind=row.kind,
        occurrence=row.occurrence,
        step=row.step,
        channel=row.channel,
        planned_version=row.planned_version,
    )


def _stored(clinic_id: int, implant_ids: Collection[int]) -> defaultdict[int, list[Message]]:
    rows = (
        Message.objects.for_clinic(clinic_id)
        .filter(implant_id__any_of=implant_ids)
        .order_by("id")
        .select_for_update(of=("self",))
    )
    by_implant: defaultdict[int, list[Message]] = defaultdict(list)
    for row in rows:
        if row.implant_id is not None:
            by_implant[row.implant_id].append(row)
    return by_implant


def _wanted(
    clinic_id: int, implant_ids: Collection[int], stored: dict[int, list[Message]], now: datetime
) -> dict[int, Desired | WhyNot]:
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    today = now.astimezone(zone).date()
    dates = visit_dates(clinic_id=clinic_id, implant_ids=implant_ids, today=today)
    recipients = recipient_facts(clinic_id=clinic_id, implant_ids=implant_ids)
    return {
        each.implant_id: _plan_one(
            _facts(each, dates.get(each.implant_id), stored.get(each.implant_id, ())), zone, now
        )
        for each in recipients
    }


def _plan_one(facts: Facts, zone: ZoneInfo, now: datetime) -> Desired | WhyNot:
    """Never raises: a reminder that cannot be planned must not keep a fill from being recorded."""
    try:
        return plan(facts, zone=zone, now=now)
    except Exception as error:
        log.error("planning failed for implant %s (%s)", facts.implant_id, type(error).__name__)
        return WhyNot.NO_CERTAIN_DATE


def _facts(each: RecipientFacts, dates: VisitDates | None, stored: Iterable[Message]) -> Facts:
    told = [
        row for row in stored if row.first_sent_at and row.state in WENT_OUT and row.step == STEP_BOOK_VISIT
    ]
    last = max(told, key=lambda row: row.first_sent_at, default=None)  # type: ignore[arg-type,return-value]
    same_fill = last is not None and last.occurrence == f"fill:{each.fill_id}"
    return Facts(
        implant_id=each.implant_id,
        patient_id=each.patient_id,
        is_active=each.is_active,
        fill_id=each.fill_id,
        target_visit_on=dates.target_visit_on if dates else None,
        latest_visit_on=dates.latest_visit_on if dates else None,
        has_agreed=each.has_agreed_to_email,
        contact_id=each.contact_id,
        is_booked=dates is not None and dates.is_booked,
        told_at=last.first_sent_at if last else None,
        told_version=last.planned_version if last and same_fill else "",
    )


def _take_back(rows: Iterable[Message], found: Desired | WhyNot, now: datetime) -> list[Message]:
    """The rows that wait and should not, each with why."""
    taken = []
    for row in rows:
        if row.state not in OPEN or (isinstance(found, Desired) and key_of(row) == found.key):
            continue
        why = WhyNot.MOVED if isinstance(found, Desired) else found
        row.state, row.reason = _STATE_OF.get(why, State.CANCELLED), why.value
        row.lease_until, row.settled_at = None, now
        taken.append(row)
    return taken


def _bring_up(row: Message, desired: Desired) -> bool:
    """Give a waiting row its times, and let one come back that was taken back unsent; whether it changed."""
    if row.state in _COMES_BACK and row.first_sent_at is None:
        row.state, row.reason, row.settled_at = State.QUEUED, "", None
    elif row.state != State.QUEUED or row.not_after == desired.not_after:
        return False
    row.due_at, row.not_after = desired.due_at, desired.not_after
    return True


def _row(clinic_id: int, desired: Desired, now: datetime) -> Message:
    key = desired.key
    return Message(
        clinic_id=clinic_id,
        recipient_id=key.recipient_id,
        patient_id=desired.patient_id,
        implant_id=desired.implant_id,
        kind=key.kind,
        occurrence=key.occurrence,
        step=key.step,
        channel=key.channel,
        planned_version=key.planned_version,
        due_at=desired.due_at,
        not_after=desired.not_after,
        planned_at=now,
    )
