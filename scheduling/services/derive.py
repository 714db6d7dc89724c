"""Everything this package works out about pumps, in the order in which it builds on itself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from scheduling.domain.local_time import start_of_day
from scheduling.services.care_plan import replan_care_known, replan_care_of_night
from scheduling.services.forecasts import Outcome, reproject_known
from scheduling.services.known import lock_and_read
from scheduling.services.residual_trends import FILLS_JUDGED, renew_trends
from scheduling.services.settling import day_to_look_again


def work_out(clinic_id: int, implant_ids: Collection[int], now: datetime) -> Outcome:
    """Bring forecasts and then follow-ups of these pumps up to date; what the forecasts' part did.

    In the caller's transaction or its own, under the pumps' locks. Settled are those for which neither part had
    anything to write, nor has on one of the days to come before it looks again while their facts stay the same.
    """
    with transaction.atomic(savepoint=False):
        known = lock_and_read(clinic_id, implant_ids, now)
        until = day_to_look_again(known.setting.as_of)
        outcome = reproject_known(clinic_id, known, now, until=until)
        settled, moved = replan_care_of_night(clinic_id, known, now, until=until)
        outcome.settled &= settled
        outcome.moved = {*outcome.changed_ids, *moved}
        outcome.settled_until = start_of_day(until, known.setting.zone)
        return outcome


def follow_facts(clinic_id: int, implant_ids: Collection[int], now: datetime) -> None:
    """The same, and the residuals judged anew, after facts of these pumps have changed: a reader of the record."""
    with transaction.atomic(savepoint=False):
        known = lock_and_read(clinic_id, implant_ids, now, fills_each=FILLS_JUDGED, with_ended=True)
        reproject_known(clinic_id, known, now)
        replan_care_known(clinic_id, known, now)
        renew_trends(clinic_id, known, now)
