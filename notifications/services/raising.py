"""What a minute does about matters, clinic by clinic: opens them, makes them graver, passes them on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from clinic.scope import in_clinic
from clinic.selectors.operation import clinic_numbers
from notifications.services.escalations import make_graver, open_running_late, open_unanswered_of, pass_on_due
from notifications.services.second_checks import open_second_checks
from notifications.services.staff_letters import tell_of_emergencies
from notifications.services.unreachable import open_unreachable_of
from scheduling.services.import_check_acts.upkeep import keep_up_imports
from scheduling.services.second_check_acts.acting import end_emergencies

log = logging.getLogger(__name__)
ACTS = (
    end_emergencies,  # first: dates that fall back may be late ones
    keep_up_imports,
    open_running_late,
    open_unanswered_of,
    open_unreachable_of,
    open_second_checks,
    make_graver,
    pass_on_due,
    tell_of_emergencies,
)
"""What a minute does for a clinic, in this order."""


def raise_due(now: datetime) -> int:
    """For every clinic: open what runs late, stays unanswered or reaches nobody; make graver; pass on what nobody took.

    A clinic that fails costs no other its turn. Again, or from two processes at once, it does the same once. How
    many steps failed.
    """
    failed = 0
    for clinic_id, _ in clinic_numbers():
        for act in ACTS:
            failed += not _alone(act, clinic_id, now)
    return failed


def _alone(act: Callable[[int, datetime], object], clinic_id: int, now: datetime) -> bool:
    try:
        with in_clinic(clinic_id):
            act(clinic_id, now)
    except Exception as error:
        log.error("%s failed for clinic %s (%s)", act.__name__, clinic_id, type(error).__name__)
        return False
    return True
