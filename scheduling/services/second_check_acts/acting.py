"""What people and time do to a second check: re-enter and sign, act alone in an emergency, let it run out."""

from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from clinic import changes
from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic, Implant
from clinic.services.implants import lock_implant
from scheduling.domain.second_check import EMERGENCY, LEAST_REASON_LETTERS, dates_of
from scheduling.models import RUNNING, CheckState, SecondCheck
from scheduling.services.entered import dates_to_json
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.second_check_acts.reentry import Reentered, asked_of, differing
from scheduling.services.second_checks.writing import What, step

log = logging.getLogger(__name__)

GONE = gettext_noop("this check was signed in the meantime, or what it was about was taken back")
ONCE = gettext_noop("this was put into effect in an emergency before: a second person is needed")
OWN = gettext_noop("you entered part of this: somebody else must check it")


def sign(*, clinic: Clinic, check_ref: UUID, given: Reentered, signer_id: int, now: datetime) -> list[str]:
    """Compare what a second person re-entered unseen; the same is signed and in effect in this transaction.

    Otherwise the fields that differ (their names only) are returned, and the try is written down. Raises
    SecondCheck.DoesNotExist for a check of another clinic, RecordError where there is nothing to sign any more and
    for whoever entered part of it.
    """
    with recording(actor_id=signer_id, reason="second check"):
        check = _locked(clinic, check_ref)
        if signer_id in (*check.author_ids, check.author_id):
            raise RecordError("", OWN)
        outlook = _waiting(clinic, check, now)
        wrong = differing(outlook.facts, asked_of(outlook.facts, outlook.beside), given)
        if wrong:
            check.mismatches += 1
            check.save(update_fields=["mismatches"])
            step(check, What.DIFFERED, now=now, user_id=signer_id, note=", ".join(wrong)[:500]).save()
            return wrong
        check.fingerprint = outlook.judgement.fingerprint if outlook.judgement else check.fingerprint
        check.state, check.signer_id, check.signed_at, check.closed_at = (
            CheckState.SIGNED,
            signer_id,
            now,
            now,
        )
        check.save(update_fields=["fingerprint", "state", "signer", "signed_at", "closed_at"])
        step(check, What.SIGNED, now=now, user_id=signer_id).save()
        changes.announce(clinic_id=clinic.id, implant_ids=[check.implant_id], now=now)
        return []


def act_in_emergency(
    *, clinic: Clinic, check_ref: UUID, reason: str, actor_id: int, now: datetime
) -> datetime:
    """Put what waits into effect without a second person, for 72 hours; until when.

    Once for a check: then it is a second person's, or the earlier dates are back. Raises like ``sign``, and
    RecordError at ``reason`` for one that says too little.
    """
    refuse_short_reason(reason)
    with recording(actor_id=actor_id, reason=f"emergency without a second check: {reason}"[:500]):
        check = _locked(clinic, check_ref)
        if check.emergency_until is not None:
            raise RecordError(
                "reason",
                ONCE,
            )
        outlook = _waiting(clinic, check, now)
        judgement = outlook.judgement
        assert judgement is not None  # noqa: S101 - what waits was worked out
        allowed = dates_to_json(dates_of(judgement.full, judgement.case))
        check.state, check.emergency_by_id = CheckState.EMERGENCY, actor_id
        check.emergency_reason, check.emergency_until = reason.strip()[:500], now + EMERGENCY
        check.emergency_dates = {**allowed, "fill_id": outlook.facts.fills[-1].fill_id}
        check.save(
            update_fields=["state", "emergency_by", "emergency_reason", "emergency_until", "emergency_dates"]
        )
        step(check, What.EMERGENCY, now=now, user_id=actor_id, note=reason.strip()[:500]).save()
        changes.announce(clinic_id=clinic.id, implant_ids=[check.implant_id], now=now)
        return now + EMERGENCY


def refuse_short_reason(reason: str) -> None:
    """Raise RecordError at ``reason`` for one that says too little."""
    if len(reason.strip()) < LEAST_REASON_LETTERS:
        raise RecordError(
            "reason", gettext_noop("say why in at least %(least)s letters"), least=LEAST_REASON_LETTERS
        )


def end_emergencies(clinic_id: int, now: datetime) -> int:
    """End what ran out unsigned: the earlier dates are back in the same transaction. How many; again, none.

    Each alone, so that one that fails leaves the others ended.
    """
    due = SecondCheck.objects.for_clinic(clinic_id).filter(
        state=CheckState.EMERGENCY, emergency_until__lte=now
    )
    ended = 0
    for check_id, implant_id in due.order_by("id").values_list("id", "implant_id"):
        try:
            ended += _end_one(clinic_id, check_id, implant_id, now)
        except Exception as error:
            log.error(
                "the emergency of second check %s could not be ended (%s)", check_id, type(error).__name__
            )
    return ended


def _end_one(clinic_id: int, check_id: int, implant_id: int, now: datetime) -> bool:
    with recording(actor_id=None, reason="emergency ended unsigned"):
        Implant.objects.for_clinic(clinic_id).select_for_update(no_key=True).get(pk=implant_id)
        check = (
            SecondCheck.objects.for_clinic(clinic_id)
            .select_for_update()
            .filter(pk=check_id, state=CheckState.EMERGENCY, emergency_until__lte=now)
            .first()
        )
        if check is None:
            return False
        check.state, check.expired_at = CheckState.OPEN, now
        check.save(update_fields=["state", "expired_at"])
        step(check, What.EXPIRED, now=now).save()
        changes.announce(clinic_id=clinic_id, implant_ids=[implant_id], now=now)
        return True


def _locked(clinic: Clinic, check_ref: UUID) -> SecondCheck:
    """The running check under its pump's lock, as everything about the pump waits for that."""
    found = SecondCheck.objects.for_clinic(clinic.id).select_related("implant").get(ref=check_ref)
    lock_implant(clinic=clinic, implant_ref=found.implant.ref)
    check = SecondCheck.objects.for_clinic(clinic.id).select_for_update().get(pk=found.pk)
    if check.state not in RUNNING:
        raise RecordError("", GONE)
    return check


def _waiting(clinic: Clinic, check: SecondCheck, now: datetime) -> Outlook:
    """What waits, by the record as it is now. Raises RecordError where nothing does any more."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("what waits is read under the pump's lock")
    outlook = read_outlook(clinic_id=clinic.id, implant_id=check.implant_id, now=now)
    if outlook.waits is None:
        raise RecordError("", GONE)
    return outlook
