"""What people do about a matter: try, or end it with an outcome. Nothing else ends one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic
from notifications.domain.escalation import ladder
from notifications.domain.escalation.causes import MESSAGE_CAUSES
from notifications.domain.escalation.ladder import Outcome
from notifications.models import Escalation, EscalationStep
from notifications.selectors.roster import on_call
from notifications.services.escalations.rows import WRITTEN, What, locked, matters_of, put, step, tell, told
from scheduling.domain.call_entries import CallEntry
from scheduling.services.calls import log_call

LONGEST_NOTE = 500
_CALLS = {Outcome.SPOKE: "patient", Outcome.SPOKE_HELPER: "proxy"}
"""Outcomes that are a call, and with whom."""
ABOUT_NOBODY = frozenset({Outcome.MENDED, Outcome.NOT_NEEDED})
"""What can come of a matter that is about no patient."""


def call_of(outcome: str, *, note: str, whom: str = "patient") -> CallEntry | None:
    """The call that is written down with an outcome; None where it was none. ``whom`` was tried where nobody answered."""
    if outcome == Outcome.NO_ANSWER:
        return CallEntry(outcome="no_answer", whom=whom, note=note)
    reached = _CALLS.get(Outcome(outcome)) if outcome in set(Outcome) else None
    return None if reached is None else CallEntry(outcome="reached", whom=reached, note=note)


def acknowledge(
    *,
    clinic: Clinic,
    ref: UUID,
    outcome: str,
    note: str,
    actor_id: int,
    now: datetime,
    call: CallEntry | None = None,
) -> Escalation:
    """End the matter: who, when, how. ``call`` is written down with it, or neither is.

    Raises Escalation.DoesNotExist for one of another clinic, RecordError where it cannot end like this: somebody was
    first, the outcome is no end, or must be explained.
    """
    with transaction.atomic():
        row, matter = _one(clinic.id, ref)
        _end(row, matter, outcome=outcome, note=note, actor_id=actor_id, now=now)
        _check_is_about(row, outcome)
        _log(clinic, row, call, actor_id, now)
    return row


def try_without_answer(
    *, clinic: Clinic, ref: UUID, note: str, actor_id: int, now: datetime, call: CallEntry | None = None
) -> Escalation:
    """Write down that nobody answered: the matter stays open, and comes back to whoever tried.

    After the third try the next person is asked at once. Raises like ``acknowledge``.
    """
    with transaction.atomic():
        row, before = _one(clinic.id, ref)
        setting = on_call(clinic.id).setting
        try:
            after = ladder.tried(before, by=actor_id, now=now, setting=setting)
        except ladder.Refused as refusal:
            raise _said(refusal, row) from None
        _check_is_about(row, Outcome.NO_ANSWER)
        put(row, after)
        steps = [step(row, What.TRIED, now=now, user_id=actor_id, note=_short(note))]
        if after.again_at is None:
            steps.append(step(row, What.PASSED_ON, now=now, user_id=after.responsible))
            tell([(row, after, told(after))], now=now, setting=setting)
        row.save(update_fields=WRITTEN)
        EscalationStep.objects.bulk_create(steps)
        _log(clinic, row, call, actor_id, now)
    return row


def acknowledge_messages(
    *, clinic: Clinic, refs: Collection[UUID], outcome: str, note: str, actor_id: int, now: datetime
) -> int:
    """End many matters about messages with one outcome and note; how many were still open.

    What is about a body or a pump is ended one by one: those among ``refs`` are left as they are.
    """
    with transaction.atomic():
        rows = locked(clinic.id, ref__in=list(refs), cause__in=sorted(MESSAGE_CAUSES))
        matters = matters_of(rows)
        for row in rows:
            _end(row, matters[row.pk], outcome=outcome, note=note, actor_id=actor_id, now=now)
    return len(rows)


def confirm_gone(*, clinic: Clinic, refs: Collection[UUID], actor_id: int, now: datetime) -> int:
    """Confirm many matters that resolved by themselves, each with its own step; how many still were so.

    One whose cause is back meanwhile, or that somebody ended, is left as it is.
    """
    with transaction.atomic():
        rows = locked(clinic.id, ref__in=list(refs), gone_at__isnull=False)
        matters = matters_of(rows)
        for row in rows:
            outcome = ladder.confirms(row.gone_because)
            _end(row, matters[row.pk], outcome=outcome, note="", actor_id=actor_id, now=now)
    return len(rows)


def _one(clinic_id: int, ref: UUID) -> tuple[Escalation, ladder.Matter]:
    row = Escalation.objects.for_clinic(clinic_id).select_for_update(of=("self",), no_key=True).get(ref=ref)
    return row, matters_of([row])[row.pk]


def _end(
    row: Escalation, matter: ladder.Matter, *, outcome: str, note: str, actor_id: int, now: datetime
) -> None:
    if outcome not in set(Outcome):
        raise RecordError("outcome", gettext_noop("choose one of the list"))
    try:
        ladder.ended(matter, by=actor_id, outcome=Outcome(outcome), note=note)
    except ladder.Refused as refusal:
        raise _said(refusal, row) from None
    row.acknowledged_at, row.acknowledged_by_id = now, actor_id
    row.outcome, row.note = outcome, _short(note)
    row.save(update_fields=["acknowledged_at", "acknowledged_by", "outcome", "note"])
    step(row, What.ACKNOWLEDGED, now=now, user_id=actor_id, note=row.note).save()


def _check_is_about(row: Escalation, outcome: str) -> None:
    """A matter about nobody ends with nobody's call, visit or emergency."""
    if row.patient_id is None and outcome not in ABOUT_NOBODY:
        raise RecordError("outcome", gettext_noop("choose one of the list"))


def _log(clinic: Clinic, row: Escalation, call: CallEntry | None, actor_id: int, now: datetime) -> None:
    if call is not None and row.patient is not None:
        log_call(clinic=clinic, patient_ref=row.patient.ref, entry=call, actor_id=actor_id, now=now)


def _short(note: str) -> str:
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise RecordError("note", gettext_noop("at most %(most)s letters"), most=LONGEST_NOTE)
    return note


def _said(refusal: ladder.Refused, row: Escalation) -> RecordError:
    if isinstance(refusal, ladder.AlreadyEnded):
        return RecordError(
            "outcome", gettext_noop("%(who)s acknowledged this already"), who=str(row.acknowledged_by)
        )
    if isinstance(refusal, ladder.NoEnd):
        return RecordError("outcome", gettext_noop("no answer ends nothing; it is tried again"))
    return RecordError("note", gettext_noop("say why nothing is to be done"))
