"""Everything this package works out about pumps, in the order in which it builds on itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from scheduling.services.care_plan import replan_care_known
from scheduling.services.forecasts import Outcome, reproject_known
from scheduling.services.known import lock_and_read
from scheduling.services.residual_trends import FILLS_JUDGED, renew_trends


def work_out(clinic_id: int, implant_ids: Collection[int], now: datetime) -> Outcome:
    """Bring forecasts and then follow-ups of these pumps up to date; what the forecasts' part did.

    In the caller's transaction or its own, under the pumps' locks.
    """
    with transaction.atomic(savepoint=False):
        known = lock_and_read(clinic_id, implant_ids, now)
        outcome = reproject_known(clinic_id, known, now)
        replan_care_known(clinic_id, known, now)
        return outcome


def follow_facts(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """The same, and the residuals judged anew, after facts of these pumps have changed: a reader of the record."""
    with transaction.atomic(savepoint=False):
        known = lock_and_read(clinic_id, implant_ids, now, fills_each=FILLS_JUDGED, with_ended=True)
        reproject_known(clinic_id, known, now)
        replan_care_known(clinic_id, known, now)
        renew_trends(clinic_id, known, now)
