"""Everything this package works out about pumps, in the order in which it builds on itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from scheduling.services.care_plan import replan_care_of_implants
from scheduling.services.forecasts import Outcome, reproject


def work_out(clinic_id: int, implant_ids: Collection[int], now: datetime) -> Outcome:
    """Bring forecasts and then follow-ups of these pumps up to date; what the forecasts' part did.

    In the caller's transaction or its own, under the locks that ``reproject`` takes.
    """
    with transaction.atomic():
        outcome = reproject(clinic_id, implant_ids, now)
        replan_care_of_implants(clinic_id, implant_ids, now)
        return outcome
