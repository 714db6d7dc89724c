"""What the pharmacy is to prepare for the refills of one week, and the pumps for which that is not certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Min

from clinic.selectors.facts import ClinicFacts, clinic_facts
from clinic.selectors.rows import Clinic, Implant
from scheduling.domain.case import ClinicRules
from scheduling.domain.reports.preparation import Ingredient, Preparation, Syringe, order_by, preparations
from scheduling.domain.reports.weeks import Week, week_of, weeks_from
from scheduling.models import Forecast, Visit
from scheduling.models.forecasts import ForecastStatus
from scheduling.selectors.reports.pumps import doubtful_pumps, fills_in_pumps, forecasts_in_place
from scheduling.selectors.reports.refills import TAKES_PLACE

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Whose:
    """The patient a syringe is for, and the pump it goes into."""

    patient_ref: UUID
    implant_ref: UUID
    name: str
    mrn: str
    birth_date: date
    pump: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pump whose next syringe nobody can be sure of. ``filled`` tells what is in it now, if anything."""

    whose: Whose
    findings: list[dict[str, Any]]
    filled: tuple[Ingredient, ...]
    visit_on: date | None


@dataclass(frozen=True, slots=True)
class PreparationReport:
    """One week's preparations with the people behind them, how many syringes each week needs, and the doubts."""

    week: Week
    counts: list[tuple[Week, int]]
    preparations: list[Preparation]
    people: dict[int, Whose]
    doubts: list[Doubt]
    lead_days: int


def preparation_report(*, clinic_id: int, now: datetime, week_on: date | None) -> PreparationReport:
    """The week that holds ``week_on``, of the coming ones; without one, or with any other, this week."""
    facts = clinic_facts(clinic_id=clinic_id)
    today = now.astimezone(ZoneInfo(facts.time_zone)).date()
    weeks = weeks_from(today, WEEKS)
    chosen = week_of(week_on) if week_on and week_of(week_on) in weeks else weeks[0]
    visits = _visits(clinic_id, today)
    needed = _needed(clinic_id, visits, today)
    counted = Counter(week_of(day) for day, _ in needed.values())
    wanted = {number: need for number, need in needed.items() if week_of(need[0]) == chosen}
    doubtful = list(
        doubtful_pumps(clinic_id)
        .select_related("patient", "pump_model", "forecast")
        .order_by("patient__last_name", "patient__first_name", "id")
    )
    fills = fills_in_pumps(clinic_id, [*wanted, *(implant.pk for implant in doubtful)])
    lead_days = Clinic.objects.values_list("pharmacy_lead_days", flat=True).get(pk=clinic_id)
    rules = _rules(facts)
    return PreparationReport(
        week=chosen,
        counts=[(week, counted[week]) for week in weeks],
        preparations=preparations(_syringes(wanted, fills, lead_days, rules)),
        people=_people(clinic_id, wanted),
        doubts=[_doubt(implant, fills.get(implant.pk), visits) for implant in doubtful],
        lead_days=lead_days,
    )


def _visits(clinic_id: int, today: date) -> dict[int, date]:
    """The day of each implant's next booked refill."""
    rows = (
        Visit.objects.for_clinic(clinic_id)
        .filter(is_refill=True, status__in=TAKES_PLACE, local_on__gte=today, implant__isnull=False)
        .values_list("implant_id")
        .annotate(Min("local_on"))
        .order_by()
    )
    return {number: day for number, day in rows if number is not None and day is not None}


def _needed(clinic_id: int, visits: Mapping[int, date], today: date) -> dict[int, tuple[date, bool]]:
    """For each pump with a certain date: the day its syringe is needed, and whether that is a booked visit's."""
    rows = forecasts_in_place(clinic_id).filter(status=ForecastStatus.OK, target_visit_on__isnull=False)
    return {
        implant_id: (visits[implant_id], True) if implant_id in visits else (max(target, today), False)
        for implant_id, target in rows.values_list("implant_id", "target_visit_on")
        if target is not None
    }


def _syringes(
    wanted: Mapping[int, tuple[date, bool]], fills: Mapping[int, Any], lead_days: int, rules: ClinicRules
) -> Iterable[Syringe]:
    for implant_id, (day, is_booked) in wanted.items():
        fill = fills[implant_id]
        yield Syringe(
            implant_id=implant_id,
            mixture=_mixture(fill),
            volume_ml=fill.fill_volume_ml,
            needed_on=day,
            is_booked=is_booked,
            order_by=order_by(day, lead_days=lead_days, rules=rules),
        )


def _mixture(fill: Any) -> tuple[Ingredient, ...]:
    return tuple(
        Ingredient(row.drug.name, row.concentration, row.concentration_unit) for row in fill.drugs.all()
    )


def _people(clinic_id: int, implant_ids: Collection[int]) -> dict[int, Whose]:
    implants = Implant.objects.for_clinic(clinic_id).filter(pk__any_of=implant_ids)
    return {row.pk: _whose(row) for row in implants.select_related("patient", "pump_model")}


def _whose(implant: Implant) -> Whose:
    patient = implant.patient
    return Whose(
        patient_ref=patient.ref,
        implant_ref=implant.ref,
        name=f"{patient.last_name}, {patient.first_name}",
        mrn=patient.mrn,
        birth_date=patient.birth_date,
        pump=implant.pump_model.name,
    )


def _doubt(implant: Implant, fill: Any, visits: Mapping[int, date]) -> Doubt:
    forecast: Forecast | None = getattr(implant, "forecast", None)
    return Doubt(
        whose=_whose(implant),
        findings=forecast.findings if forecast else [],
        filled=_mixture(fill) if fill else (),
        visit_on=visits.get(implant.pk),
    )


def _rules(facts: ClinicFacts) -> ClinicRules:
    return ClinicRules(open_weekdays=frozenset(facts.open_weekdays), closed_on=facts.closed_on)
