"""Whether a clinic's nightly check finished in its night."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.selectors.rows import Clinic
from scheduling.models import SweepRun

TIME_TO_FINISH = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class LateSweep:
    """The check of ``business_date`` has not finished; ``started_at`` is None when it never began."""

    business_date: date
    started_at: datetime | None


def late_sweep(*, clinic_id: int, now: datetime) -> LateSweep | None:
    """The newest nightly check that should have finished by ``now`` and has not; None when all is well.

    A night that ended before the clinic was founded is not missed.
    """
    clinic = Clinic.objects.only("time_zone", "sweep_hour", "created_at").get(pk=clinic_id)
    business_date, begins = _last_night(clinic, now)
    if clinic.created_at >= begins:
        return None
    run = SweepRun.objects.filter(clinic_id=clinic_id, business_date=business_date).first()
    if run is not None and run.finished_at is not None:
        return None
    return LateSweep(business_date, run.started_at if run else None)


def _last_night(clinic: Clinic, now: datetime) -> tuple[date, datetime]:
    zone = ZoneInfo(clinic.time_zone)
    day = now.astimezone(zone).date()
    begins = datetime.combine(day, time(clinic.sweep_hour), zone)
    if now < begins + TIME_TO_FINISH:
        day -= timedelta(days=1)
        begins = datetime.combine(day, time(clinic.sweep_hour), zone)
    return day, begins
