"""The lapse guard: pumps in place that nothing and nobody is watching. There should never be one.

For every pump in a living patient one of these holds: a refill visit stands at a time from today on and no later
than the last safe day; or the refill stands as an open item, with the dates of the forecast, with somebody who
still works here and may do it, postponed if at all to a day that is still safe; or the forecast is in review,
which puts the pump on the work list by itself. See docs/adr/0014-what-counts-against-a-lapse.md.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, Count, DateField, Exists, OuterRef, Q, QuerySet, Value, When

from clinic.domain.roles import PERMISSIONS, Permission
from clinic.selectors.facts import clinic_facts
from clinic.selectors.operation import clinic_zones
from clinic.selectors.rows import Implant, Membership, Patient
from clinic.together import ask_together
from scheduling.domain.visit_conflicts import COUNTED
from scheduling.models import UNFINISHED, FollowUp, Forecast, Visit
from scheduling.models.care import REFILL
from scheduling.models.forecasts import ForecastStatus

_MAY_DO_IT = sorted(role.value for role, holds in PERMISSIONS.items() if Permission.WORK_FOLLOW_UPS in holds)


class WhyLapsed(StrEnum):
    """What is missing, as far as it can be told."""

    NO_FORECAST = "no_forecast"
    NO_ITEM = "no_item"
    NO_OWNER = "no_owner"
    """Whoever had it no longer works here or may no longer do it."""
    POSTPONED_TOO_FAR = "postponed_too_far"
    STALE_ITEM = "stale_item"
    """The item's dates are not those of the forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lapsed:
    """A pump that has lapsed. Patient data."""

    implant_id: int
    implant_ref: UUID
    patient_ref: UUID
    last_name: str
    first_name: str
    mrn: str
    birth_date: date
    pump: str
    why: WhyLapsed
    must_refill_by: date | None


def lapsed(clinic_id: int, now: datetime) -> list[Lapsed]:
    """The clinic's pumps that nothing watches, the earliest date first (two queries)."""
    zone = ZoneInfo(clinic_facts(clinic_id=clinic_id).time_zone)
    today = now.astimezone(zone).date()
    answers = ask_together(_questions, clinic_id=clinic_id, is_planned_once=False, today=today)
    items = {item.implant_id: item for item in answers["items"]}
    return [_row(implant, items.get(implant.pk), answers["workers"]) for implant in answers["pumps"]]


def _questions(given: Any) -> dict[str, Any]:
    """By number first: all pumps are passed by, and few of them are read whole."""
    clinic_id, found = given.clinic_id, given.found("lapsed", "id")
    can_do_it = Q(owner_id__any_of=given.found("workers", "user_id"))
    items = FollowUp.objects.for_clinic(clinic_id).filter(row_key=REFILL, state__in=UNFINISHED)
    return {
        "workers": _workers(clinic_id).values_list("user_id", flat=True),
        "lapsed": _lapsed(given.today, can_do_it).filter(clinic_id=clinic_id).values_list("id", flat=True),
        "pumps": Implant.objects.for_clinic(clinic_id)
        .filter(pk__any_of=found)
        .select_related("patient", "pump_model", "forecast")
        .order_by("forecast__must_refill_by", "pk"),
        "items": items.filter(implant_id__any_of=found),
    }


def lapsed_counts(now: datetime) -> dict[int, int]:
    """How many pumps have lapsed in each clinic, none left out; two queries over all clinics."""
    zones = clinic_zones()
    counts = dict.fromkeys(zones, 0)
    can_do_it = Q(Exists(_workers(OuterRef("clinic_id")).filter(user_id=OuterRef("owner_id"))))
    rows = _lapsed(_today(now, zones), can_do_it) if zones else Implant.objects.none()
    return counts | dict(rows.order_by().values_list("clinic_id").annotate(number=Count("pk")))


def _lapsed(today: Any, can_do_it: Q) -> QuerySet[Any]:
    """The one query that proves it, over one clinic or all; ``today`` is the day of an implant's clinic."""
    return (
        Implant.objects.filter(explanted_on__isnull=True)
        .exclude(patient_id__in=Patient.objects.filter(died_on__isnull=False).values("pk"))
        .alias(today=today)
        .exclude(forecast__status=ForecastStatus.REVIEW)
        .filter(~Exists(_visit_in_time()), ~Exists(_item_in_hand(can_do_it)))
    )


def _visit_in_time() -> QuerySet[Visit]:
    return Visit.objects.filter(
        implant_id=OuterRef("pk"),
        is_refill=True,
        status__in=sorted(COUNTED),
        local_on__gte=OuterRef("today"),
        local_on__lte=OuterRef("forecast__latest_visit_on"),
    )


def _item_in_hand(can_do_it: Q) -> QuerySet[FollowUp]:
    """The refill's item, whose rung the forecast's dates give (``scheduling.domain.care.rungs``)."""
    return FollowUp.objects.filter(
        Q(state="open") | Q(state="postponed", postponed_until__lte=OuterRef("forecast__latest_visit_on")),
        can_do_it,
        implant_id=OuterRef("pk"),
        row_key=REFILL,
        latest_on=OuterRef("forecast__latest_visit_on"),
    )


def _workers(clinic_id: Any) -> QuerySet[Membership]:
    """Those who work in the clinic and may do what is open."""
    return Membership.objects.filter(
        clinic_id=clinic_id, is_active=True, user__is_active=True, role__in=_MAY_DO_IT
    )


def _today(now: datetime, zones: dict[int, str]) -> Case:
    """Each clinic's own day. At any instant there are at most three on earth."""
    days: dict[date, list[int]] = {}
    for clinic_id, zone in zones.items():
        days.setdefault(now.astimezone(ZoneInfo(zone)).date(), []).append(clinic_id)
    return Case(
        *(When(clinic_id__any_of=ids, then=Value(day)) for day, ids in days.items()),
        output_field=DateField(),
    )


def _row(implant: Any, item: FollowUp | None, workers: Collection[int]) -> Lapsed:
    forecast: Forecast | None = getattr(implant, "forecast", None)
    patient = implant.patient
    return Lapsed(
        implant_id=implant.pk,
        implant_ref=implant.ref,
        patient_ref=patient.ref,
        last_name=patient.last_name,
        first_name=patient.first_name,
        mrn=patient.mrn,
        birth_date=patient.birth_date,
        pump=implant.pump_model.name,
        why=_why(forecast, item, workers),
        must_refill_by=forecast.must_refill_by if forecast else None,
    )


def _why(forecast: Forecast | None, item: FollowUp | None, workers: Collection[int]) -> WhyLapsed:
    if forecast is None:
        return WhyLapsed.NO_FORECAST
    if item is None:
        return WhyLapsed.NO_ITEM
    if item.owner_id not in workers:
        return WhyLapsed.NO_OWNER
    if item.latest_on != forecast.latest_visit_on:
        return WhyLapsed.STALE_ITEM
    return WhyLapsed.POSTPONED_TOO_FAR
