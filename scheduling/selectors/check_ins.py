"""Check-ins that patients are due for, for whoever watches them. A constant number of queries each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Min, Q

from scheduling.domain.visit_conflicts import COUNTED
from scheduling.models import UNFINISHED, Anchor, FollowUp, FollowUpState, Forecast, Mode, Visit
from scheduling.selectors.tellings import day_put_off_to

WOUND_KINDS = ("wound_check", "suture_removal")


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCheckIn:
    """One check-in that is open and whose time has begun. ``anchored_on`` is the day it is counted from."""

    follow_up_id: int
    patient_id: int
    target_on: date
    latest_on: date
    anchored_on: date
    is_after_surgery: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WoundVisit:
    """The next booked visit at which somebody looks at the wound."""

    on: date
    kind: str


def begun_check_ins(*, clinic_id: int, today: date, patient_id: int | None = None) -> list[DueCheckIn]:
    """Open check-ins of living patients that are to be answered by now, by patient and day (one query)."""
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(
            Q(postponed_until__isnull=True) | Q(postponed_until__lte=today),
            mode=Mode.CHECK_IN,
            state__in=UNFINISHED,
            target_on__lte=today,
            patient__died_on__isnull=True,
        )
        .order_by("patient_id", "target_on", "id")
    )
    if patient_id is not None:
        rows = rows.filter(patient_id=patient_id)
    return [_due(row) for row in rows]


def missed_check_ins(*, clinic_id: int, today: date, since: date) -> list[DueCheckIn]:
    """Of those, the ones whose last day has passed, not before ``since``; the newest first.

    What was already over when it was written down (a pump entered late) was never asked and is not missed. One that
    was put off had until the day it was put off to.
    """
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(
            mode=Mode.CHECK_IN,
            state=FollowUpState.OPEN,
            latest_on__lt=today,
            patient__died_on__isnull=True,
        )
        .annotate(put_off=day_put_off_to())
        .filter(Q(latest_on__gte=since, put_off=None) | Q(put_off__gte=since, put_off__lt=today))
    )
    found = [_put_off(_due(row), row.put_off) for row in rows if row.created_at.date() <= _day(row.latest_on)]
    return sorted(found, key=lambda row: (-row.latest_on.toordinal(), -row.follow_up_id))


def asked_windows(
    *, clinic_id: int, patient_ids: Collection[int], since: date, today: date
) -> dict[int, list[tuple[date, date]]]:
    """First and last day of each check-in that began between these days, whatever became of it (one query)."""
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(
            patient_id__any_of=patient_ids, mode=Mode.CHECK_IN, target_on__gte=since, target_on__lte=today
        )
        .exclude(state__in=[FollowUpState.ENDED, FollowUpState.NOT_NEEDED])
        .order_by("patient_id", "target_on", "id")
    )
    windows: defaultdict[int, list[tuple[date, date]]] = defaultdict(list)
    for row in rows:
        if row.created_at.date() <= _day(row.latest_on):
            windows[row.patient_id].append((_day(row.target_on), _day(row.latest_on)))
    return dict(windows)


def next_check_ins(*, clinic_id: int, patient_ids: Collection[int], today: date) -> dict[int, date]:
    """The day of each patient's next check-in after today (one query)."""
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(
            patient_id__any_of=patient_ids,
            mode=Mode.CHECK_IN,
            state__in=UNFINISHED,
            target_on__gt=today,
        )
        .values_list("patient_id")
        .annotate(next_on=Min("target_on"))
        .order_by()
    )
    return dict(rows)


def wound_visits(*, clinic_id: int, patient_ids: Collection[int], today: date) -> dict[int, WoundVisit]:
    """Each patient's first booked visit ahead for the wound (one query)."""
    rows = (
        Visit.objects.for_clinic(clinic_id)
        .filter(
            patient_id__any_of=patient_ids,
            kind__key__in=WOUND_KINDS,
            status__in=sorted(COUNTED),
            local_on__gte=today,
        )
        .order_by("patient_id", "starts_at", "id")
        .distinct("patient_id")
        .values_list("patient_id", "local_on", "kind__name")
    )
    return {patient_id: WoundVisit(on=on, kind=kind) for patient_id, on, kind in rows}


def alarm_dates(*, clinic_id: int, implant_ids: Collection[int]) -> dict[int, date | None]:
    """The low-reservoir date of each of these pumps that has a forecast; None where none is certain (one query)."""
    rows = Forecast.objects.for_clinic(clinic_id).filter(implant_id__any_of=implant_ids)
    return dict(rows.values_list("implant_id", "low_reservoir_on"))


def _due(row: FollowUp) -> DueCheckIn:
    return DueCheckIn(
        follow_up_id=row.pk,
        patient_id=row.patient_id,
        target_on=_day(row.target_on),
        latest_on=_day(row.latest_on),
        anchored_on=_day(row.anchored_on),
        is_after_surgery=row.anchor == Anchor.SURGERY,
    )


def _put_off(row: DueCheckIn, until: date | None) -> DueCheckIn:
    if until is None:
        return row
    return replace(row, target_on=max(row.target_on, until), latest_on=max(row.latest_on, until))


def _day(day: date | None) -> date:
    """Only a refill is without its days."""
    if day is None:
        raise ValueError("a check-in has its days")
    return day
