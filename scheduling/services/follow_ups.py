"""What people decide about follow-ups: done, postponed, not needed, given to somebody; and taking that back.

Several at once are one transaction: all of them or none. The refill item is done by a recorded refill and by nothing
else, and it is never not needed while the pump is in place.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from scheduling import changes
from scheduling.models import UNFINISHED, FollowUp, FollowUpAct, FollowUpState, Mode
from scheduling.models.care import REFILL
from scheduling.services.care_plan import replan_before_surgery, replan_care_of_implants
from scheduling.services.courses import lock_courses
from scheduling.services.owners import owners_of

FARTHEST_POSTPONEMENT = timedelta(days=366)
LONGEST_REASON = 500
_Act = FollowUpAct.Act


def complete_follow_ups(
    *, clinic: Clinic, refs: Collection[UUID], actor_id: int, now: datetime, note: str = ""
) -> list[FollowUp]:
    """Mark them as done, with an optional note.

    Raises RecordError for one that is closed already and for a refill, FollowUp.DoesNotExist for one that the
    clinic does not have.
    """
    reason = _reason("note", note, is_needed=False)
    with transaction.atomic():
        rows = _lock_unfinished(clinic, refs)
        _refuse_refill(rows, gettext_noop("a refill is done when it is recorded with the pump"))
        done = _decide(rows, FollowUpState.DONE, _Act.DONE, reason=reason, actor_id=actor_id, now=now)
        return _told(clinic, done, now)


def complete_check_ins(
    *, clinic: Clinic, patient_id: int, actor_id: int | None, now: datetime, follow_up_id: int | None = None
) -> list[FollowUp]:
    """Mark the patient's check-ins that have begun, and the one named, as done: one answer speaks for all of them.

    ``actor_id`` is None where the patient answered. What is closed already stays as it is; none at all is no error.
    """
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    reason = (
        gettext_noop("answered by the patient") if actor_id is None else gettext_noop("asked by telephone")
    )
    with transaction.atomic():
        found = (
            FollowUp.objects.for_clinic(clinic.id)
            .filter(Q(target_on__lte=today) | Q(pk=follow_up_id))
            .filter(patient_id=patient_id, mode=Mode.CHECK_IN, state__in=UNFINISHED)
            .order_by("id")
        )
        lock_courses(clinic.id, found.values_list("implant_id", "patient_id"))
        rows = list(found.select_for_update(no_key=True, of=("self",)))
        state = FollowUpState.DONE
        if not rows:
            return []
        done = _decide(rows, state, _Act.DONE, reason=reason, actor_id=actor_id, now=now)
        return _told(clinic, done, now)


def mark_not_needed(
    *, clinic: Clinic, refs: Collection[UUID], reason: str, actor_id: int, now: datetime
) -> list[FollowUp]:
    """Say that they need not be done, and why. Raises as ``complete_follow_ups``, and without a reason."""
    reason = _reason("reason", reason)
    with transaction.atomic():
        rows = _lock_unfinished(clinic, refs)
        _refuse_refill(rows, gettext_noop("a pump in place needs its refill: record its explant instead"))
        state = FollowUpState.NOT_NEEDED
        closed = _decide(rows, state, _Act.NOT_NEEDED, reason=reason, actor_id=actor_id, now=now)
        return _told(clinic, closed, now)


def postpone_follow_ups(
    *, clinic: Clinic, refs: Collection[UUID], until: date, reason: str, actor_id: int, now: datetime
) -> list[FollowUp]:
    """Put them off until a day, with the reason; on that day they are open again by themselves.

    Raises RecordError at ``until`` for a day that is not ahead or more than a year away, after a last day that is
    still ahead, and for a refill after its last day, or whose date is in doubt; else as ``mark_not_needed``.
    """
    reason = _reason("reason", reason)
    today = now.astimezone(ZoneInfo(clinic.time_zone)).date()
    if until <= today:
        raise RecordError("until", gettext_noop("must be a day to come"))
    if until > today + FARTHEST_POSTPONEMENT:
        raise RecordError("until", gettext_noop("is more than a year away"))
    with transaction.atomic():
        rows = _lock_unfinished(clinic, refs)
        for row in rows:
            _check_refill_waits(row, until)
            if row.latest_on is not None and today < row.latest_on < until:
                raise RecordError("until", gettext_noop("the last day is %(latest)s"), latest=row.latest_on)
        state = FollowUpState.POSTPONED
        put_off = _decide(rows, state, _Act.POSTPONED, reason=reason, actor_id=actor_id, now=now, until=until)
        return _told(clinic, put_off, now)


def reopen_follow_up(*, clinic: Clinic, ref: UUID, reason: str, actor_id: int, now: datetime) -> FollowUp:
    """Take a decision back: it is open again, on the days it would have by now. An open one stays as it is.

    Raises RecordError for what ended with its reason (an explant, a death: that is taken back in the record) and
    for a refill that was recorded.
    """
    reason = _reason("reason", reason)
    with transaction.atomic():
        (row,) = _lock(clinic, [ref])
        if row.state == FollowUpState.OPEN:
            return row
        if row.state == FollowUpState.ENDED:
            raise RecordError("state", gettext_noop("it ended with what it was due for: correct the record"))
        if row.row_key == REFILL and row.state == FollowUpState.DONE:
            raise RecordError("state", gettext_noop("the refill is recorded: withdraw it instead"))
        row.owner_id = owners_of(clinic.id).or_default(row.owner_id)
        state = FollowUpState.OPEN
        _decide([row], state, _Act.REOPENED, reason=reason, actor_id=actor_id, now=now)
        _replan_course(row, now)
        row.refresh_from_db()
        _told(clinic, [row], now)
        return row


def assign_follow_ups(
    *, clinic: Clinic, refs: Collection[UUID], owner_id: int, actor_id: int, now: datetime
) -> list[FollowUp]:
    """Give them to a member who works on follow-ups. Raises RecordError at ``owner_id`` for anybody else."""
    if owner_id not in owners_of(clinic.id).eligible:
        raise RecordError("owner_id", gettext_noop("is no member who works on follow-ups"))
    with transaction.atomic():
        rows = [row for row in _lock_unfinished(clinic, refs) if row.owner_id != owner_id]
        for row in rows:
            row.owner_id = owner_id
        FollowUp.objects.bulk_update(rows, ["owner"])
        _write_acts(rows, _Act.ASSIGNED, at=now, by_id=actor_id, owner_id=owner_id)
        return rows


def _lock(clinic: Clinic, refs: Collection[UUID]) -> list[FollowUp]:
    wanted = set(refs)
    found = FollowUp.objects.for_clinic(clinic.id).filter(ref__in=wanted).order_by("id")
    lock_courses(clinic.id, found.values_list("implant_id", "patient_id"))
    rows = list(found.select_for_update(no_key=True, of=("self",)))
    if len(rows) != len(wanted):
        raise FollowUp.DoesNotExist
    return rows


def _lock_unfinished(clinic: Clinic, refs: Collection[UUID]) -> list[FollowUp]:
    rows = _lock(clinic, refs)
    for row in rows:
        if row.state not in UNFINISHED:
            raise RecordError("state", gettext_noop("it was closed in the meantime"))
    return rows


def _told(clinic: Clinic, rows: list[FollowUp], now: datetime) -> list[FollowUp]:
    """Announce what was decided to whoever tells patients; the rows again."""
    patients = sorted({row.patient_id for row in rows})
    changes.announce(clinic_id=clinic.id, implant_ids=(), patient_ids=patients, now=now)
    return rows


def _replan_course(row: FollowUp, now: datetime) -> None:
    if row.implant_id is not None:
        replan_care_of_implants(row.clinic_id, [row.implant_id], now)
    else:
        replan_before_surgery(row.clinic_id, [row.patient_id], now)


def _refuse_refill(rows: Sequence[FollowUp], message: str) -> None:
    if any(row.row_key == REFILL for row in rows):
        raise RecordError("state", message)


def _check_refill_waits(row: FollowUp, until: date) -> None:
    if row.row_key != REFILL:
        return
    if row.latest_on is None:
        raise RecordError("until", gettext_noop("the refill date is in doubt: review it first"))
    if until > row.latest_on:
        raise RecordError("until", gettext_noop("the refill is due by %(latest)s"), latest=row.latest_on)


def _reason(field: str, text: str, *, is_needed: bool = True) -> str:
    text = text.strip()
    if is_needed and not text:
        raise RecordError(field, gettext_noop("say why"))
    if len(text) > LONGEST_REASON:
        raise RecordError(field, gettext_noop("at most 500 characters"))
    return text


def _decide(
    rows: list[FollowUp],
    state: FollowUpState,
    act: FollowUpAct.Act,
    *,
    reason: str,
    actor_id: int | None,
    now: datetime,
    until: date | None = None,
) -> list[FollowUp]:
    is_closed = state in (FollowUpState.DONE, FollowUpState.NOT_NEEDED)
    for row in rows:
        row.state, row.postponed_until = state, until
        row.closing_reason = "" if state == FollowUpState.OPEN else reason
        row.closed_at, row.closed_by_id = (now, actor_id) if is_closed else (None, None)
        row.closed_by_visit_id = None
    FollowUp.objects.bulk_update(
        rows,
        [
            "state",
            "postponed_until",
            "closing_reason",
            "closed_at",
            "closed_by",
            "closed_by_visit",
            "owner",
        ],
    )
    _write_acts(rows, act, at=now, by_id=actor_id, reason=reason, until=until)
    return rows


def _write_acts(rows: Sequence[FollowUp], act: FollowUpAct.Act, **values: Any) -> None:
    FollowUpAct.objects.bulk_create(
        FollowUpAct(clinic_id=row.clinic_id, follow_up=row, act=act, **values) for row in rows
    )
