"""The country's database: made once for a scale, found again while code, seed and day are still those it was made with."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections, transaction

from bench.memory import peak_bytes
from bench.national.country import copy_country, sizes
from bench.national.life import PASSWORD, address_of
from bench.national.prototype import LEFT_OUT, Lived, Prototype, live, prototype_of, tables
from bench.national.store import KEPT, close_gates, count_on, open_gates, put_up, take_down
from bench.screen import console, step
from clinic.models import User

SOURCE = Path(__file__).resolve().parent.parent.parent
SEED, PUMPS, YEARS, CLINICS = 20, 12, 3.0, 400
FRESH = timedelta(days=3)
"""Days are counted from the day it was made: much later, nothing in it would be of today."""
_NOTE = "bench_country"
__all__ = ["PASSWORD", "Country", "address_of", "country", "make_country"]


@dataclass(frozen=True, slots=True)
class Country:
    """What is in the database, and as of when."""

    implants: int
    clinics: int
    rows: int
    now: datetime


def country(*, implants: int, now: datetime) -> Country:
    """The country of so many implants (to a cohort): found, or made in place of whatever is there."""
    key = _key(implants)
    found = _found(key, now)
    if found is not None:
        console.print(
            f"[dim]The country of {found.implants:,} implants is there, of {found.now:%Y-%m-%d}[/dim]"
        )
        return found
    with connections["owner"].cursor() as cursor:
        clear(cursor)
    lived = _lived(now)
    cohorts = max(implants // lived.pumps, 1)
    of_clinics = sizes(cohorts=cohorts, clinics=min(CLINICS, max(cohorts // 8, 1)))
    made = make_country(prototype_of(lived), of_clinics)
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"CREATE TABLE {_NOTE} (key text, implants bigint, clinics bigint, rows bigint, now timestamptz)"
        )
        cursor.execute(
            f"INSERT INTO {_NOTE} VALUES (%s, %s, %s, %s, %s)",
            [key, made.implants, made.clinics, made.rows, made.now],
        )
    return made


def _lived(now: datetime) -> Lived:
    """The prototype's years: they take minutes, so countries of all scales share them."""
    path = settings.VAR_DIR.parent / f"lived-{_key(0)[:12]}.json"
    if path.exists() and now - (lived := Lived.from_json(path.read_text())).now < FRESH:
        return lived
    with step(f"Living {YEARS:g} years of {PUMPS} pumps by the product's services"):
        lived = live(pumps=PUMPS, years=YEARS, now=now, seed=SEED)
    fresh = path.with_suffix(".new")
    fresh.write_text(lived.as_json())
    fresh.replace(path)
    return lived


def make_country(prototype: Prototype, of_clinics: list[int]) -> Country:
    """Put copies of the prototype in its place, so many cohorts in each clinic; say how fast and how lean."""
    names = [table.name for table in tables()]
    with connections["owner"].cursor() as cursor:
        _empty(cursor)
        with transaction.atomic(using="owner"):
            take_down(cursor, _copied(prototype))
            open_gates(cursor, _copied(prototype))
        began = time.monotonic()
        with step(f"Copying {sum(of_clinics):,} cohorts into {len(of_clinics)} clinics"):
            cursor.execute("SET synchronous_commit = off")
            rows = copy_country(cursor, prototype, of_clinics)
        copied = time.monotonic() - began
        with step("Putting up keys and indexes, every row checked"):
            put_up(cursor)
            close_gates(cursor, _copied(prototype))
            count_on(cursor, names)
            _endings(cursor)
            _sweep_runs(cursor, prototype.now)
        with step("Gathering statistics"):
            cursor.execute("VACUUM ANALYZE")
    took = time.monotonic() - began
    console.print(
        f"[dim]{rows:,} rows: {rows / copied:,.0f} a second copied, {rows / took:,.0f} with keys and indexes; "
        f"peak memory {peak_bytes() / 1e6:.0f} MB[/dim]"
    )
    return Country(sum(of_clinics) * prototype.pumps, len(of_clinics), rows, prototype.now)


def clear(cursor: Any) -> None:
    """Whatever country is there, whole or half: gone, with all keys up again."""
    cursor.execute(f"DROP TABLE IF EXISTS {_NOTE}")
    _empty(cursor)
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [KEPT])
    if cursor.fetchone()[0]:
        put_up(cursor)
        close_gates(cursor, [table.name for table in tables()])


def _empty(cursor: Any) -> None:
    """Every table but the catalogue, counted from one again: the same country has the same numbers."""
    catalogue = ("clinic_pumpmodel", "clinic_drug", "clinic_stability", "clinic_marketedstrength")
    names = [table.name for table in tables()] + list(LEFT_OUT)
    emptied = [f'"{name}"' for name in names if not name.startswith(catalogue) or name.endswith("history")]
    cursor.execute(f"TRUNCATE {', '.join(emptied)} RESTART IDENTITY CASCADE")


def _copied(prototype: Prototype) -> list[str]:
    return sorted({name for found in prototype.templates.values() for name, _, _ in found})


def _endings(cursor: Any) -> None:
    """By what patients are found, as the triggers would have written it, had they not been down."""
    for row, words, table in (
        ("id, NULL::bigint", "last_name, first_name, mrn", "clinic_patient"),
        ("patient_id, id", "serial", "clinic_implant"),
    ):
        cursor.execute(
            "INSERT INTO clinic_searchending (clinic_id, patient_id, implant_id, ending)"
            f" SELECT clinic_id, {row}, ending FROM {table}, clinic_endings({words}) AS ending"
        )


def _sweep_runs(cursor: Any, now: datetime) -> None:
    """The last night of each clinic, as a sweep that found nothing leaves it."""
    cursor.execute(
        "INSERT INTO scheduling_sweeprun (clinic_id, kind, business_date, state, started_at, finished_at, expected,"
        " projected, flagged, failed, changed, drifted, missing)"
        " SELECT clinic_id, 'night', (%s AT TIME ZONE 'America/Chicago')::date, 'finished', %s, %s, count(*),"
        " count(*) FILTER (WHERE status = 'ok'), count(*) FILTER (WHERE status = 'review'), 0, 0, 0, 0"
        " FROM scheduling_forecast GROUP BY clinic_id",
        [now, now, now],
    )


def _found(key: str, now: datetime) -> Country | None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [_NOTE])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute(f"SELECT implants, clinics, rows, now, key FROM {_NOTE}")
        *values, made_with = cursor.fetchone()
    made = Country(*values)
    return made if made_with == key and now - made.now < FRESH else None


def _key(implants: int) -> str:
    """Scale and seed, and everything that says what rows there are and what is in them."""
    digest = hashlib.sha256(f"{implants}:{SEED}:{PUMPS}:{YEARS}:{CLINICS}".encode())
    for path in [*sorted(SOURCE.glob("*/migrations/*.py")), *sorted(Path(__file__).parent.glob("*.py"))]:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def staff_of(clinic_id: int, who: str) -> User:
    """Somebody of a copied clinic; ``clinic_id`` says which copy."""
    return User.objects.get(memberships__clinic_id=clinic_id, email__startswith=f"{who}@")
