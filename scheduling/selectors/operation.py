"""What those who run the system ask: signs of life, last sweeps, implants by state. Figures only, no persons."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, OuterRef, Subquery

from clinic.selectors.operation import clinic_numbers
from scheduling.models import Forecast, Heartbeat, SweepRun
from scheduling.models.runs import RunState


@dataclass(frozen=True, kw_only=True)
class LastSweep:
    """The last finished sweep of one clinic; `finished_at` is None when there was none yet."""

    clinic_id: int
    founded_at: datetime
    finished_at: datetime | None
    drifted: int
    failed: int

    def age(self, *, now: datetime) -> timedelta:
        """Time since the last finished sweep, or since the clinic was founded."""
        return now - (self.finished_at or self.founded_at)


def last_seen(*, name: str) -> datetime | None:
    """When the process of this name last gave a sign of life."""
    return Heartbeat.objects.filter(name=name).values_list("seen_at", flat=True).first()


def last_sweeps() -> list[LastSweep]:
    """The last finished sweep of every clinic, in two queries."""
    latest = SweepRun.objects.filter(clinic=OuterRef("clinic"), state=RunState.FINISHED).order_by(
        "-finished_at"
    )
    rows = {
        row.clinic_id: row
        for row in SweepRun.objects.filter(pk=Subquery(latest.values("pk")[:1]), state=RunState.FINISHED)
    }
    return [
        LastSweep(
            clinic_id=number,
            founded_at=founded_at,
            finished_at=rows[number].finished_at if number in rows else None,
            drifted=rows[number].drifted if number in rows else 0,
            failed=rows[number].failed if number in rows else 0,
        )
        for number, founded_at in clinic_numbers()
    ]


def forecasts_by_status() -> dict[str, int]:
    """How many implants stand in each state, over all clinics."""
    return dict(Forecast.objects.values_list("status").annotate(Count("pk")).order_by("status"))
