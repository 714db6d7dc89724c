"""What people do to the check of an import: show the file, re-enter pumps unseen, sign, act alone in an emergency.

Locks, everywhere in this order: pumps by their number, then the check.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from clinic import changes
from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.facts import lock_active_implants
from clinic.selectors.rows import Clinic
from clinic.services.implants import lock_implant
from scheduling.domain.import_check import is_done, is_hash_of
from scheduling.domain.second_check import EMERGENCY
from scheduling.models import RUNNING, CheckState, ImportCheck, ImportCheckStep, ImportedPump
from scheduling.selectors.import_checks import candidates, covered, is_being_imported, waiting_import
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.second_check_acts.acting import ONCE, refuse_short_reason
from scheduling.services.second_check_acts.reentry import Reentered, asked_of, differing
from scheduling.services.sweeps import start_recalculation

What = ImportCheckStep.What
AT_ONCE = 300
"""So many pumps are worked out in the transaction of the act; more by a run, in parts."""
_REASON = "check of an import"

GONE = gettext_noop("this import was signed in the meantime, or nothing of it waits any more")
OWN = gettext_noop("you brought this file in: somebody else must check it")
STILL_COMING = gettext_noop("the file is still being imported: begin when it is in")
OTHER_FILE = gettext_noop("this is not the file that was imported: its hash differs")
FILE_FIRST = gettext_noop("show first that you hold the same file")
NOT_ASKED = gettext_noop("this pump is not asked for any more: it was changed, or is checked already")
NOT_ALL = gettext_noop("not every pump that is asked for was re-entered yet")


def show_file(*, clinic: Clinic, check_ref: UUID, sha256: str, person_id: int, now: datetime) -> None:
    """Note that this person holds the imported file: its hash, or at least 8 characters of it from the beginning.

    Raises ImportCheck.DoesNotExist for a check of another clinic, RecordError at ``sha256`` for another file, which is
    written down too, and RecordError where there is nothing to check or for whoever brought it in.
    """
    with recording(actor_id=person_id, reason=_REASON):
        check = _running(clinic, check_ref, person_id)
        is_same = is_hash_of(sha256, check.sha256)
        if is_same and check.file_shown_at is None:
            check.file_shown_at, check.file_shown_by_id = now, person_id
            check.save(update_fields=["file_shown_at", "file_shown_by"])
            _step(check, What.FILE_SHOWN, now, person_id)
        elif not is_same:
            _step(check, What.FILE_DIFFERED, now, person_id)
    if not is_same:
        raise RecordError("sha256", OTHER_FILE)


def re_enter(
    *, clinic: Clinic, check_ref: UUID, pump_ref: UUID, given: Reentered, person_id: int, now: datetime
) -> list[str]:
    """Compare what a second person re-entered unseen of one pump; the same counts towards the signature.

    Otherwise the fields that differ (their names only) are returned, and the try is written down. Raises like
    ``show_file``; ImportedPump.DoesNotExist for a pump that is not in this import.
    """
    with recording(actor_id=person_id, reason=_REASON):
        found = ImportedPump.objects.for_clinic(clinic.id).filter(import_check__ref=check_ref)
        pump = found.select_related("implant").get(ref=pump_ref)
        lock_implant(clinic=clinic, implant_ref=pump.implant.ref)
        check = _running(clinic, check_ref, person_id)
        if check.file_shown_at is None:
            raise RecordError("", FILE_FIRST)
        pump, outlook = _asked_pump(check, pump, now)
        wrong = differing(outlook.facts, asked_of(outlook.facts, outlook.beside, of_import=True), given)
        if wrong:
            pump.mismatches += 1
            pump.save(update_fields=["mismatches"])
            _step(check, What.DIFFERED, now, person_id, pump=pump, note=", ".join(wrong)[:500])
        else:
            pump.confirmed_at, pump.confirmed_by_id = now, person_id
            pump.save(update_fields=["confirmed_at", "confirmed_by"])
            _step(check, What.CONFIRMED, now, person_id, pump=pump)
        return wrong


def sign_import(*, clinic: Clinic, check_ref: UUID, signer_id: int, now: datetime) -> int:
    """Sign for every pump that the check speaks for, once the file was shown and all that is asked for re-entered.

    They are in effect at once, or within minutes where they are many; how many they are. A pump that was changed since
    it came in is not signed for: it has a check of its own. Raises like ``show_file``.
    """
    with recording(actor_id=signer_id, reason=_REASON):
        locked = _lock_pumps(clinic, check_ref)
        check = _running(clinic, check_ref, signer_id)
        if check.file_shown_at is None:
            raise RecordError("", FILE_FIRST)
        pumps = list(covered(clinic_id=clinic.id).filter(import_check=check, implant_id__any_of=locked))
        if not pumps:
            raise RecordError("", GONE)
        if not is_done(candidates(pumps)):
            raise RecordError("", NOT_ALL)
        check.state, check.signer_id = CheckState.SIGNED, signer_id
        check.signed_at = check.closed_at = now
        check.save(update_fields=["state", "signer", "signed_at", "closed_at"])
        signed = ImportedPump.objects.for_clinic(clinic.id).filter(pk__in=[each.pk for each in pumps])
        signed.update(signed_at=now)
        _step(check, What.SIGNED, now, signer_id)
        tell(clinic.id, [each.implant_id for each in pumps], now, actor_id=signer_id)
        return len(pumps)


def act_alone(*, clinic: Clinic, check_ref: UUID, reason: str, actor_id: int, now: datetime) -> datetime:
    """Put an import into effect without a second person, for 72 hours, once; until when.

    Raises ImportCheck.DoesNotExist for a check of another clinic, RecordError where nothing waits any more, and at
    ``reason`` for one that says too little.
    """
    refuse_short_reason(reason)
    with recording(actor_id=actor_id, reason=f"emergency without a second check: {reason}"[:500]):
        locked = _lock_pumps(clinic, check_ref)
        check = _locked(clinic, check_ref)
        if check.emergency_until is not None:
            raise RecordError("reason", ONCE)
        _refuse_while_coming(check)
        check.state, check.emergency_by_id = CheckState.EMERGENCY, actor_id
        check.emergency_reason, check.emergency_until = reason.strip()[:500], now + EMERGENCY
        check.save(update_fields=["state", "emergency_by", "emergency_reason", "emergency_until"])
        _step(check, What.EMERGENCY, now, actor_id, note=reason.strip()[:500])
        tell(clinic.id, locked, now, actor_id=actor_id)
        return now + EMERGENCY


def tell(clinic_id: int, implant_ids: Collection[int], now: datetime, *, actor_id: int | None) -> None:
    """Let the dates of these pumps follow: at once, or where they are many by a run of the clinic."""
    if len(implant_ids) <= AT_ONCE:
        changes.announce(clinic_id=clinic_id, implant_ids=implant_ids, now=now)
    else:
        start_recalculation(clinic_id=clinic_id, now=now, actor_id=actor_id)


def _asked_pump(check: ImportCheck, pump: ImportedPump, now: datetime) -> tuple[ImportedPump, Outlook]:
    """The pump, locked with its check, and what the record holds of it. Raises RecordError where it is not asked for."""
    wanted = {each.pump_id for each in waiting_import(check).asked if not each.is_confirmed}
    fresh = ImportedPump.objects.for_clinic(check.clinic_id).select_for_update(no_key=True).get(pk=pump.pk)
    outlook = read_outlook(clinic_id=check.clinic_id, implant_id=pump.implant_id, now=now)
    is_same = outlook.judgement is not None and outlook.judgement.fingerprint == fresh.fingerprint
    if fresh.pk not in wanted or not is_same:
        raise RecordError("", NOT_ASKED)
    return fresh, outlook


def _lock_pumps(clinic: Clinic, check_ref: UUID) -> list[int]:
    """Lock the pumps that the check speaks for; read again afterwards, they can only have become fewer."""
    rows = covered(clinic_id=clinic.id).filter(import_check__ref=check_ref)
    return lock_active_implants(
        clinic_id=clinic.id, implant_ids=list(rows.values_list("implant_id", flat=True))
    )


def _running(clinic: Clinic, check_ref: UUID, person_id: int) -> ImportCheck:
    """The running check, locked, for somebody who may check it."""
    check = _locked(clinic, check_ref)
    if person_id in (*check.author_ids, check.author_id):
        raise RecordError("", OWN)
    _refuse_while_coming(check)
    return check


def _locked(clinic: Clinic, check_ref: UUID) -> ImportCheck:
    check = ImportCheck.objects.for_clinic(clinic.id).select_for_update(no_key=True).get(ref=check_ref)
    if check.state not in RUNNING:
        raise RecordError("", GONE)
    return check


def _refuse_while_coming(check: ImportCheck) -> None:
    if is_being_imported(check):
        raise RecordError("", STILL_COMING)


def _step(
    check: ImportCheck,
    what: What,
    now: datetime,
    user_id: int | None,
    *,
    pump: ImportedPump | None = None,
    note: str = "",
) -> None:
    ImportCheckStep.objects.create(
        clinic_id=check.clinic_id,
        import_check=check,
        pump=pump,
        what=what,
        at=now,
        user_id=user_id,
        note=note,
    )
