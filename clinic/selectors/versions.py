"""One number for all rows about a pump, which differs after every change of any of them.

PostgreSQL keeps each version of a row at a place of its own (``ctid``) with the transaction that wrote it (``xmin``). So a
set of versions that is the same is the same rows with the same values, whoever writes them (a use case, the admin, SQL)
and in whichever order transactions end; no table needs a history or a trigger for it. What moves rows and changes none,
a restore or a table that is written anew, changes the numbers too: that costs work and never hides a change.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db import connection, models

from clinic.models import (
    Clinic,
    Closure,
    Consent,
    ContactPoint,
    Drug,
    Fill,
    FillDrug,
    Implant,
    MarketedStrength,
    Patient,
    ProgramVersion,
    Proxy,
    PumpEvent,
    PumpModel,
    PumpModelValue,
    Reading,
    Stability,
    Surgery,
)

RECENT = timedelta(days=30)
"""How far back ``%(recent)s`` of a condition is from now."""
_OF_CLINIC = "t.clinic_id = %(clinic)s"


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one table: ``of`` is the pump that they are about, in words of SQL, ``rows`` where they are found.

    The table itself is called ``t``, the pumps asked for ``pumps`` with ``id`` and ``patient_id``. No row may come twice
    for one pump: the two would cancel each other out.
    """

    rows: str
    of: str = "0"


def _table(model: type[models.Model]) -> str:
    return str(model._meta.db_table)


def of_pumps(model: type[models.Model], where: str = "TRUE") -> Source:
    """Rows with a number of a pump."""
    between = "t.implant_id BETWEEN %(first)s AND %(last)s"
    return Source(f"{_table(model)} AS t WHERE {_OF_CLINIC} AND {between} AND {where}", "t.implant_id")


def of_patients(model: type[models.Model], where: str = "TRUE") -> Source:
    """Rows with a number of a patient who has such a pump."""
    joined = f"pumps JOIN {_table(model)} AS t ON t.patient_id = pumps.patient_id"
    return Source(f"{joined} WHERE {_OF_CLINIC} AND {where}", "pumps.id")


def behind(model: type[models.Model], column: str, parent: type[models.Model], where: str) -> Source:
    """Rows whose ``column`` is the number of a patient's row of another table, called ``o``."""
    joined = f"pumps JOIN {_table(parent)} AS o ON o.patient_id = pumps.patient_id"
    return Source(
        f"{joined} JOIN {_table(model)} AS t ON t.{column} = o.id WHERE {_OF_CLINIC} AND {where}", "pumps.id"
    )


def of_clinic(model: type[models.Model]) -> Source:
    """Rows that all pumps of the clinic share."""
    return Source(f"{_table(model)} AS t WHERE {_OF_CLINIC}")


def of_everybody(model: type[models.Model]) -> Source:
    """Rows that all clinics share."""
    return Source(f"{_table(model)} AS t")


ABOUT_PUMPS = (
    Source(f"pumps JOIN {_table(Implant)} AS t ON t.id = pumps.id", "pumps.id"),
    Source(f"pumps JOIN {_table(Patient)} AS t ON t.id = pumps.patient_id", "pumps.id"),
    of_pumps(Fill),
    Source(
        f"{_table(Fill)} AS o JOIN {_table(FillDrug)} AS t ON t.fill_id = o.id"
        " WHERE o.clinic_id = %(clinic)s AND o.implant_id BETWEEN %(first)s AND %(last)s",
        "o.implant_id",
    ),
    of_pumps(ProgramVersion),
    of_pumps(Reading),
    of_pumps(PumpEvent),
    of_patients(ContactPoint),
    of_patients(Proxy),
    of_patients(Consent),
    of_patients(Surgery),
)
"""The record."""

SHARED = (
    Source(f"{_table(Clinic)} AS t WHERE t.id = %(clinic)s"),
    of_clinic(Closure),
    *(of_everybody(each) for each in (Drug, MarketedStrength, PumpModel, PumpModelValue, Stability)),
)
"""The clinic's rules, and the catalogue."""


def versions_of_pumps(
    sources: Sequence[Source], *, clinic_id: int, first_id: int, last_id: int, now: datetime
) -> dict[int, int]:
    """The number of every pump of the clinic between two numbers, ended ones too (one query)."""
    values = {"clinic": clinic_id, "first": first_id, "last": last_id, "recent": now - RECENT}
    return dict(_rows(f"{_PUMPS} SELECT pump_id, {_TOGETHER} GROUP BY pump_id", sources, values))


def version_of_shared(sources: Sequence[Source], *, clinic_id: int) -> int | None:
    """The number of the rows that the clinic's pumps share, and of the server (one query, the first time two).

    None where the server says nothing of itself: no number tells there whether rows are those of another one.
    """
    server = _server()
    if server is None:
        return None
    ((found,),) = _rows(f"SELECT {_TOGETHER}", sources, {"clinic": clinic_id})
    return int(found or 0) ^ server


@lru_cache(maxsize=1)
def _server() -> int | None:
    """What two servers never share: restored to another one, rows might come to the same places by the same numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        return int(cursor.fetchone()[0])


_PUMPS = (
    f"WITH pumps AS MATERIALIZED (SELECT id, patient_id FROM {_table(Implant)}"  # noqa: S608
    " WHERE clinic_id = %(clinic)s AND id BETWEEN %(first)s AND %(last)s)"
)
_TOGETHER = "bit_xor(version) FROM ({rows}) AS versions (pump_id, version)"


def _rows(statement: str, sources: Iterable[Source], values: dict[str, Any]) -> list[tuple[Any, ...]]:
    # Names are those of models and words of this package; every value is a parameter.
    found = " UNION ALL ".join(
        f"SELECT {source.of}, hashtidextended(t.ctid, (t.xmin::text::bigint << 8) + {number}) FROM {source.rows}"  # noqa: S608
        for number, source in enumerate(sources)
    )
    # Planned with its values each time: a plan for any pumps takes a chunk for two or three, and seventeen times as long.
    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=found), values)
        found_rows: list[tuple[Any, ...]] = cursor.fetchall()
    return found_rows
