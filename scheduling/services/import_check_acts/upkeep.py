"""What time does to the check of an import: an emergency runs out, and a check of which nothing waits is closed."""

from __future__ import annotations

import logging
from datetime import datetime

from clinic.audit import recording
from clinic.selectors.facts import lock_active_implants
from scheduling.models import RUNNING, CheckState, ImportCheck, ImportCheckStep
from scheduling.selectors.import_checks import covered, is_being_imported
from scheduling.services.import_check_acts.acting import tell

log = logging.getLogger(__name__)
What = ImportCheckStep.What


def keep_up_imports(clinic_id: int, now: datetime) -> int:
    """End the emergencies that ran out and close the checks of which nothing waits. How many; again, none.

    Each alone, so that one that fails leaves the others kept up.
    """
    done = 0
    rows = ImportCheck.objects.for_clinic(clinic_id).filter(state__in=RUNNING)
    for check_id in rows.order_by("id").values_list("id", flat=True):
        try:
            done += _keep_up(clinic_id, check_id, now)
        except Exception as error:
            log.error("the check of import %s could not be kept up (%s)", check_id, type(error).__name__)
    return done


def _keep_up(clinic_id: int, check_id: int, now: datetime) -> bool:
    if not _is_due(clinic_id, check_id, now):
        return False
    with recording(actor_id=None, reason="check of an import kept up"):
        waiting = covered(clinic_id=clinic_id).filter(import_check_id=check_id)
        implant_ids = lock_active_implants(
            clinic_id=clinic_id, implant_ids=list(waiting.values_list("implant_id", flat=True))
        )
        check = ImportCheck.objects.for_clinic(clinic_id).select_for_update(no_key=True).get(pk=check_id)
        if not _is_due(clinic_id, check_id, now):
            return False
        if not waiting.exists():
            check.state, check.closed_at = CheckState.WITHDRAWN, now
            return _save(check, What.WITHDRAWN, ["state", "closed_at"], now)
        check.state, check.expired_at = CheckState.OPEN, now
        _save(check, What.EXPIRED, ["state", "expired_at"], now)
        tell(clinic_id, implant_ids, now, actor_id=None)
        return True


def _is_due(clinic_id: int, check_id: int, now: datetime) -> bool:
    check = ImportCheck.objects.for_clinic(clinic_id).get(pk=check_id)
    if check.state not in RUNNING or is_being_imported(check):
        return False
    if not covered(clinic_id=clinic_id).filter(import_check_id=check_id).exists():
        return True
    until = check.emergency_until if check.state == CheckState.EMERGENCY else None
    return until is not None and until <= now


def _save(check: ImportCheck, what: What, fields: list[str], now: datetime) -> bool:
    check.save(update_fields=fields)
    ImportCheckStep.objects.create(clinic_id=check.clinic_id, import_check=check, what=what, at=now)
    return True
