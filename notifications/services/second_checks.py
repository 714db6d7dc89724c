"""Second checks that do not end by themselves: an emergency that ran out unsigned, values that keep differing.

Of a pump, or of an import as a whole; one that nobody has signed for a week as well.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from notifications.domain.escalation.causes import Cause
from notifications.models import Escalation
from notifications.selectors.unanswered import ended_by_a_person
from notifications.services.escalations.late import mark_gone
from notifications.services.escalations.opening import Ask, open_all
from scheduling.domain.care.rungs import Rung
from scheduling.selectors.import_checks import StuckImport, stuck_imports
from scheduling.selectors.second_checks import StuckCheck, stuck_checks

SETTLED = "settled"
"""Why a matter is gone: the check was signed, or what it was about was taken back."""


def open_second_checks(clinic_id: int, now: datetime) -> None:
    """Open a matter for each check that is stuck, once; marked where it is signed or no longer needed.

    Ended by a person, the same matter does not come back; the check itself stays on everybody's list.
    """
    cause = Cause.SECOND_CHECK.value
    with transaction.atomic():
        stuck: dict[str, StuckCheck | StuckImport] = {
            _key(each): each for each in stuck_checks(clinic_id=clinic_id)
        }
        stuck |= {_key(each): each for each in stuck_imports(clinic_id=clinic_id, now=now)}
        open_keys = Escalation.objects.for_clinic(clinic_id).filter(
            cause=cause, acknowledged_at__isnull=True, gone_at__isnull=True
        )
        gone = [key for key in open_keys.values_list("key", flat=True) if key not in stuck]
        mark_gone(clinic_id, dict.fromkeys(gone, SETTLED), cause=cause, now=now)
        ended = ended_by_a_person(clinic_id, Cause.SECOND_CHECK, list(stuck))
        asks = [_ask(key, each) for key, each in stuck.items() if key not in ended]
        open_all(clinic_id, asks, now=now)


def _key(stuck: StuckCheck | StuckImport) -> str:
    about = "second_check" if isinstance(stuck, StuckCheck) else "import_check"
    return f"{about}:{stuck.check_id}:{stuck.why}"


def _ask(key: str, stuck: StuckCheck | StuckImport) -> Ask:
    return Ask(
        cause=Cause.SECOND_CHECK.value,
        key=key,
        rung=Rung.STAFF_CALLS,
        patient_id=stuck.patient_id,
        implant_id=stuck.implant_id,
    )
