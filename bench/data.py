"""Fictitious clinics of any size, put straight into the tables of a database that belongs to the benchmarks."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import connections, models
from psycopg.types.json import Jsonb

from clinic.domain.entries import ClinicEntry
from clinic.models import Clinic, Drug, Fill, FillDrug, Implant, Patient, ProgramVersion, PumpModel, Reading
from clinic.services.accounts import found_clinic

TABLES = (Patient, Implant, Fill, FillDrug, ProgramVersion, Reading)
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
FLEX = [
    {
        "on": WEEK,
        "steps": [
            {"hours": "16", "dose_per_hour": "12", "unit": "mcg/h"},
            {"hours": "8", "dose_per_hour": "16", "unit": "mcg/h"},
        ],
    }
]


@dataclass(frozen=True)
class Place:
    """Where rows go: the clinic, who signs them, the catalogue's numbers."""

    clinic_id: int
    user_id: int
    pumps: dict[str, int]
    drugs: dict[str, int]
    now: datetime


def make_clinic(*, implants: int, now: datetime) -> int:
    """Empty the database and fill it with one clinic; its id. The same rows every time, relative to ``now``."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("TRUNCATE clinic_user, clinic_clinic CASCADE")
    clinic, user = found_clinic(
        entry=ClinicEntry(name="Bench", time_zone="America/Chicago"),
        admin_email="bench@example.org",
        admin_password="correct-horse-battery",  # noqa: S106 - of a database that the benchmarks empty
        admin_name="Bench",
        now=now - timedelta(days=400),
    )
    place = Place(
        clinic.id,
        user.id,
        dict(PumpModel.objects.values_list("key", "id")),
        dict(Drug.objects.values_list("key", "id")),
        now,
    )
    with connections["owner"].cursor() as cursor:
        for model in TABLES:
            table = model._meta.db_table  # COPY goes through no policy: the owner steps past them for it
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY")
        for first in range(1, implants + 1, 5_000):
            _copy(cursor, place, range(first, min(first + 5_000, implants + 1)))
        for model in TABLES:
            table = model._meta.db_table
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY")
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
            cursor.execute(f"ANALYZE {table}")
    return clinic.id


def _copy(cursor: Any, place: Place, numbers: Iterable[int]) -> None:
    rows: dict[type[models.Model], list[models.Model]] = {model: [] for model in TABLES}
    for number in numbers:
        for row in _pump(place, number):
            rows[type(row)].append(row)
    for model, found in rows.items():
        fields = model._meta.concrete_fields
        columns = ", ".join(field.column for field in fields)
        with cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as copy:
            for row in found:
                copy.write_row([_value(field, row) for field in fields])


def _value(field: models.Field[Any, Any], row: models.Model) -> Any:
    value = getattr(row, field.attname)
    return Jsonb(value) if isinstance(field, models.JSONField) and value is not None else value


def _pump(place: Place, n: int) -> Iterator[models.Model]:
    """One patient's rows: mostly plain continuous programs, one in ten with steps, some mixtures and readings."""
    chance = random.Random(n)
    today = place.now.date()
    filled = [today - timedelta(days=days) for days in (chance.randint(90, 160), chance.randint(3, 75))]
    is_baclofen = chance.random() < 0.7
    yield Patient(
        id=n,
        clinic_id=place.clinic_id,
        mrn=f"B{n:07}",
        last_name=f"Last{n}",
        first_name="First",
        birth_date=date(1960, 1, 1),
        created_at=place.now,
    )
    model = chance.choices(["synchromed-ii-40", "synchromed-iii-40", "prometra-ii-40"], [7, 2, 1])[0]
    yield Implant(
        id=n,
        clinic_id=place.clinic_id,
        patient_id=n,
        pump_model_id=place.pumps[model],
        serial=f"S{n:07}",
        implanted_on=today - timedelta(days=chance.randint(300, 1500)),
        created_at=place.now,
    )
    dose = Decimal(chance.randint(100, 550)) if is_baclofen else Decimal(chance.randint(12, 60)) / 10
    flow = dose / (2000 if is_baclofen else 25)
    found = max(Decimal(0), 40 - flow * (filled[1] - filled[0]).days) + Decimal(chance.randint(0, 12)) / 10
    for position, day in enumerate(filled):
        residual = found if position else Decimal(3)
        yield from _fill(place, n * 2 + position, n, day, is_baclofen, round(residual, 1))
    yield from _programs(place, n, filled, is_baclofen, dose)
    if n % 10 == 3:
        read_on = filled[1] + timedelta(days=1)
        yield Reading(
            id=n, implant_id=n, read_on=read_on, reservoir_ml=Decimal("38.5"), **_signed(place, read_on)
        )


def _fill(
    place: Place, fill_id: int, n: int, day: date, is_baclofen: bool, residual_ml: Decimal
) -> Iterator[models.Model]:
    yield Fill(
        id=fill_id,
        implant_id=n,
        filled_on=day,
        filled_at=datetime.combine(day, time(15, 30), UTC) if n % 10 < 7 else None,
        fill_volume_ml=Decimal(40),
        residual_ml=residual_ml,
        **_signed(place, day),
    )
    drug = "baclofen" if is_baclofen else "morphine"
    concentration = Decimal(2000) if is_baclofen else Decimal(25)
    unit = "mcg/mL" if is_baclofen else "mg/mL"
    mixture = [(drug, concentration, unit), ("bupivacaine", Decimal("7.5"), "mg/mL")]
    for position, (key, amount, shown_in) in enumerate(mixture[: 2 if n % 10 == 5 else 1]):
        yield FillDrug(
            id=fill_id * 2 + position,
            clinic_id=place.clinic_id,
            fill_id=fill_id,
            position=position + 1,
            drug_id=place.drugs[key],
            concentration=amount,
            concentration_unit=shown_in,
            stability_days=180,
            lot=f"L{n % 997}",
        )


def _programs(
    place: Place, n: int, filled: list[date], is_baclofen: bool, dose: Decimal
) -> Iterator[models.Model]:
    unit = "mcg/day" if is_baclofen else "mg/day"
    starts = [filled[0], filled[1] + timedelta(days=1)] if n % 7 == 0 else [filled[0]]
    for position, day in enumerate(starts):
        is_flex = is_baclofen and n % 10 == 8
        yield ProgramVersion(
            id=n * 2 + position,
            implant_id=n,
            starts_on=day,
            kind="flex" if is_flex else "continuous",
            dose=None if is_flex else dose + 10 * position,
            dose_unit="" if is_flex else unit,
            pattern=FLEX if is_flex else None,
            bolus_dose=Decimal(20) if is_baclofen and n % 20 == 1 else None,
            bolus_unit="mcg" if is_baclofen and n % 20 == 1 else "",
            bolus_max_per_day=4 if is_baclofen and n % 20 == 1 else None,
            **_signed(place, day),
        )


def _signed(place: Place, day: date) -> dict[str, Any]:
    recorded_at = datetime.combine(day, time(18), UTC)
    return {"clinic_id": place.clinic_id, "recorded_by_id": place.user_id, "recorded_at": recorded_at}


def clinic_of_bench() -> int:
    """The clinic that ``make_clinic`` made."""
    return Clinic.objects.get().id
