"""Public holidays as closed days, kept up to date without ever overruling what the clinic itself decided."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from clinic.audit import recording
from clinic.domain.public_holidays import public_holidays
from clinic.models import Clinic, Closure, ClosureSource

YEARS_AHEAD = 2


def bring_up_holidays(*, clinic: Clinic, today: date, actor_id: int | None) -> int:
    """Make the clinic's coming closed days hold the public holidays of its place; how many rows changed.

    From today to the end of the second year from now. A holiday that the clinic has lifted stays lifted, a day
    that it closed itself stays as it is, and holidays that are none any more (another country, another region)
    are taken away. Asked again, it changes nothing. ``actor_id`` None: the nightly check.

    Raises RecordError for a country or region that is not known; nothing is changed then.
    """
    if not _differs(_stored(clinic, today), _wanted(clinic, today)):
        return 0  # most nights: no lock, no history context
    with recording(actor_id=actor_id, reason="public holidays brought up to date"):
        locked = Clinic.objects.select_for_update(no_key=True).get(pk=clinic.pk)
        stored, wanted = _stored(locked, today), _wanted(locked, today)
        gone = [row.pk for row in _holidays(stored) if row.closed_on not in wanted]
        renamed = [row for row in _holidays(stored) if row.reason != wanted.get(row.closed_on, row.reason)]
        for row in renamed:
            row.reason = wanted[row.closed_on]
        added = [
            Closure(clinic=locked, closed_on=day, reason=name, source=ClosureSource.HOLIDAY)
            for day, name in wanted.items()
            if day not in stored
        ]
        Closure.objects.for_clinic(clinic.id).filter(pk__in=gone).delete()
        Closure.objects.bulk_update(renamed, ["reason"])
        Closure.objects.bulk_create(added)
        return len(gone) + len(renamed) + len(added)


def holidays_on(*, clinic: Clinic, days: Collection[date]) -> dict[date, str]:
    """Those of the days that are public holidays of the clinic's place, with their names."""
    found = public_holidays(
        country=clinic.holiday_country,
        region=clinic.holiday_region,
        years={day.year for day in days},
        language=clinic.language,
    )
    return {day: found[day] for day in days if day in found}


def _wanted(clinic: Clinic, today: date) -> dict[date, str]:
    found = public_holidays(
        country=clinic.holiday_country,
        region=clinic.holiday_region,
        years=range(today.year, today.year + YEARS_AHEAD + 1),
        language=clinic.language,
    )
    return {day: name for day, name in found.items() if day >= today}


def _stored(clinic: Clinic, today: date) -> dict[date, Closure]:
    rows = Closure.objects.for_clinic(clinic.id).filter(closed_on__gte=today)
    return {row.closed_on: row for row in rows}


def _differs(stored: dict[date, Closure], wanted: dict[date, str]) -> bool:
    return any(day not in stored for day in wanted) or any(
        wanted.get(row.closed_on) != row.reason for row in _holidays(stored)
    )


def _holidays(stored: dict[date, Closure]) -> list[Closure]:
    return [row for row in stored.values() if row.source == ClosureSource.HOLIDAY]
