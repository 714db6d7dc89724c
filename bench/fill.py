"""One fill saved, with all that follows from it, against a bare transaction of the same writes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

from django.db import connection, connections, transaction
from django.db.models import Max

from bench.memory import peak_of
from bench.national.build import Country, staff_of
from bench.places import Sized, largest, near
from bench.plain import PlainConnection, by_another_connection
from bench.table import Row, seconds_of
from clinic.domain.entries import DrugEntry, FillEntry
from clinic.models import Clinic, Fill, Implant
from clinic.scope import in_clinic
from clinic.services.fills import record_fill

CLINIC_PUMPS, FILLS = 250, 25
BAR, MOST_QUERIES = 6.0, 25
_WRITES = ("INSERT", "UPDATE", "DELETE")
_BOUNDS = ("SAVEPOINT", "RELEASE")
"""Of parts of the transaction: no queries."""
_HISTORY = (
    "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"
)

Statement = tuple[str, Any, bool]


def run(country: Country) -> list[Row]:
    """In a clinic of some 250 pumps and in the largest."""
    return [_row(place, country) for place in (near(CLINIC_PUMPS), largest())]


def _row(place: Sized, country: Country) -> Row:
    """By turns: a pump is filled; another's fill is taken back, and its writes alone are done again."""
    clinic = place.clinic
    user_id = staff_of(clinic.pk, "nurse").pk
    pumps = iter(pumps_to_fill(clinic, country, FILLS * 2))
    plain, ours, floors, numbers, peaks = PlainConnection(), [], [], [], []
    for turn in range(FILLS):
        act = act_of(clinic, next(pumps), user_id, country)
        with _heard() as statements:
            took, peak = peak_of(partial(seconds_of, act))
        numbers.append(sum(not text.startswith(_BOUNDS) for text, *_ in statements))
        floor = _bare(plain, act_of(clinic, next(pumps), user_id, country), clinic, user_id)
        if turn >= 2:  # the first warm up
            ours.append(took)
            floors.append(floor)
            peaks.append(peak)
    plain.close()
    return Row(
        what=f"one fill saved, with all that follows, {place.pumps:,} pumps",
        ours=statistics.median(ours),
        floor=statistics.median(floors),
        floor_is="its writes alone",
        bar=BAR,
        queries=max(numbers[2:]),
        most_queries=MOST_QUERIES,
        peak_bytes=max(peaks),
        size=place.pumps,
    )


def pumps_to_fill(clinic: Clinic, country: Country, number: int) -> list[Implant]:
    """Those filled last, so that the new fill is neither late nor of the same day; none of this or another bench."""
    today = country.now.date()
    rows = Implant.objects.for_clinic(clinic.pk).annotate(last=Max("fills__filled_on"))
    found: list[Implant] = list(
        rows.filter(last__lt=today - timedelta(days=2)).order_by("-last", "pk")[:number]
    )
    assert len(found) == number, "every pump has been filled: take away var/bench and make the country anew"
    return found


def act_of(clinic: Clinic, implant: Implant, user_id: int, country: Country) -> Callable[[], None]:
    """Yesterday's fill of the pump, with what is in it, as the page saves it."""
    last = Fill.objects.for_clinic(clinic.pk).filter(implant=implant).order_by("-filled_on", "-pk")[0]
    drugs = tuple(
        DrugEntry(
            drug_key=row.drug.key,
            concentration=row.concentration,
            concentration_unit=row.concentration_unit,
            is_diluted=row.is_diluted,
        )
        for row in last.drugs.select_related("drug").order_by("position")
    )
    entry = FillEntry(
        filled_on=country.now.date() - timedelta(days=1), fill_volume_ml=last.fill_volume_ml, drugs=drugs
    )

    def act() -> None:
        with in_clinic(clinic.pk):
            record_fill(
                clinic=clinic, implant_ref=implant.ref, entry=entry, actor_id=user_id, now=country.now
            )

    return act


def _bare(plain: PlainConnection, act: Callable[[], None], clinic: Clinic, user_id: int) -> float:
    """Seconds for the writes of the act alone: it is done and taken back, and its writes are sent again.

    Taken back on another connection: after that psycopg forgets what the server keeps plans of.
    """
    numbers = _numbers()
    with by_another_connection(), transaction.atomic(), _heard() as statements:
        act()
        transaction.set_rollback(True)
    writes = [each for each in statements if each[0].lstrip().upper().startswith(_WRITES)]
    _set_numbers(numbers)  # so that the rows get the numbers that the later writes name

    def again() -> None:
        with plain.of_clinic(clinic.pk) as raw, raw.cursor() as cursor:
            cursor.execute(_HISTORY, [str(uuid4()), f'{{"actor": {user_id}, "reason": "bench"}}'])
            for statement, params, is_many in writes:
                (cursor.executemany if is_many else cursor.execute)(statement, params)

    return seconds_of(again)


@contextmanager
def _heard() -> Iterator[list[Statement]]:
    """What is sent in the block. Django's own record of it would write the values into each text, and take its time."""
    statements: list[Statement] = []

    def hear(execute: Any, statement: Any, params: Any, many: bool, context: Any) -> Any:
        statements.append((str(statement), params, many))
        return execute(statement, params, many, context)

    with connection.execute_wrapper(hear):
        yield statements


def _numbers() -> list[tuple[str, int]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(sequencename), last_value FROM pg_sequences"
            " WHERE schemaname = current_schema() AND last_value IS NOT NULL"
        )
        found: list[tuple[str, int]] = cursor.fetchall()
        return found


def _set_numbers(numbers: list[tuple[str, int]]) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.executemany("SELECT setval(%s, %s)", numbers)
