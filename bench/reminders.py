"""Planning every reminder of the country's visits, against reading and writing the same rows."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import connections
from django.test.utils import CaptureQueriesContext

from bench.memory import peak_of
from bench.national.build import Country
from bench.places import Sized, some
from bench.plain import PlainConnection
from bench.screen import step
from bench.table import Row, seconds_of
from clinic.models import Implant
from clinic.scope import in_clinic
from notifications.services.plan import replan
from scheduling.models import Visit

CHUNK, BAR = 500, 3.0
_WAITING = "state = 'queued' AND patient_id IS NOT NULL AND escalation_id IS NULL"
_READS = (
    "SELECT * FROM clinic_contactpoint WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)",
    "SELECT * FROM clinic_consent WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)",
    "SELECT * FROM clinic_patient WHERE clinic_id = %(clinic)s AND id = ANY(%(patients)s)",
    "SELECT * FROM clinic_implant WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)",
    "SELECT f.* FROM scheduling_forecast f JOIN clinic_implant i ON i.id = f.implant_id"
    " WHERE f.clinic_id = %(clinic)s AND i.patient_id = ANY(%(patients)s)",
    "SELECT * FROM scheduling_visit WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)"
    " AND starts_at > %(now)s - interval '30 days'",
    "SELECT * FROM scheduling_followup WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)"
    " AND state IN ('open', 'postponed')",
    "SELECT * FROM notifications_message WHERE clinic_id = %(clinic)s AND patient_id = ANY(%(patients)s)"
    " AND (state IN ('queued', 'claimed', 'sending', 'unknown') OR settled_at > %(now)s - interval '30 days')"
    " FOR UPDATE",
)


def run(country: Country) -> list[Row]:
    """Clinic by clinic: what waits is taken away, planned anew, taken away and written as it was; then planned again."""
    plain, spent = PlainConnection(), defaultdict[str, float](float)
    visits = peak = queries = 0
    with step("Planning the reminders of clinic after clinic"):
        for place in some():
            visits += Visit.objects.for_clinic(place.clinic.pk).filter(status="booked").count()
            most, each = _both_ways(place, country, plain, spent)
            queries, peak = max(queries, each), max(peak, most)
    plain.close()
    common: dict[str, Any] = {"bar": BAR, "size": visits, "grows_with_size": True}
    return [
        Row(
            what=f"reminders of {visits:,} visits planned",
            ours=spent["ours"],
            floor=spent["floor"],
            floor_is="reading and writing the rows",
            queries=queries,
            peak_bytes=peak,
            **common,
        ),
        Row(
            what=f"reminders of {visits:,} visits planned again, nothing new",
            ours=spent["again"],
            floor=spent["reading"],
            floor_is="reading the rows",
            **common,
        ),
    ]


def _both_ways(
    place: Sized, country: Country, plain: PlainConnection, spent: dict[str, float]
) -> tuple[int, int]:
    """Add the seconds of each; the most memory and the queries of a chunk."""
    chunks = _chunks(place)

    def ours() -> float:
        return seconds_of(lambda: _plan(place, chunks, country))

    columns, before = _rows(place)
    _take_away(place)
    with CaptureQueriesContext(connections["default"]) as seen:
        took, peak = peak_of(ours)
    queries = len(seen) // len(chunks)
    rows = _rows(place)[1]
    assert len(rows) == len(before), "planned anew, as many messages wait"
    _take_away(place)
    spent["ours"] += took
    spent["floor"] += seconds_of(lambda: _floor(plain, place, country, columns, rows))
    spent["again"] += ours()
    spent["reading"] += seconds_of(lambda: _floor(plain, place, country, columns, []))
    return peak, queries


def _chunks(place: Sized) -> list[list[int]]:
    ids = list(Implant.objects.for_clinic(place.clinic.pk).order_by("id").values_list("pk", flat=True))
    return [ids[first : first + CHUNK] for first in range(0, len(ids), CHUNK)]


def _plan(place: Sized, chunks: list[list[int]], country: Country) -> None:
    with in_clinic(place.clinic.pk):
        for implant_ids in chunks:
            replan(place.clinic.pk, implant_ids, country.now)


def _take_away(place: Sized) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "DELETE FROM notifications_patientlink WHERE message_id IN"
            f" (SELECT id FROM notifications_message WHERE clinic_id = %s AND {_WAITING})",
            [place.clinic.pk],
        )
        cursor.execute(
            f"DELETE FROM notifications_message WHERE clinic_id = %s AND {_WAITING}",
            [place.clinic.pk],
        )


def _rows(place: Sized) -> tuple[list[str], list[tuple[Any, ...]]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM notifications_message WHERE clinic_id = %s AND {_WAITING}",
            [place.clinic.pk],
        )
        return [column.name for column in cursor.description], cursor.fetchall()


def _floor(
    plain: PlainConnection, place: Sized, country: Country, columns: list[str], rows: list[tuple[Any, ...]]
) -> None:
    """Reads what planning must read, chunk by chunk, and writes the messages as they were."""
    names, values = ", ".join(columns), ", ".join(["%s"] * len(columns))
    patient = columns.index("patient_id")
    ids = [row[0] for row in _patients(place)]
    for first in range(0, len(ids), CHUNK):
        chunk = set(ids[first : first + CHUNK])
        with plain.of_clinic(place.clinic.pk) as raw:
            for statement in _READS:
                raw.execute(
                    statement, {"clinic": place.clinic.pk, "patients": sorted(chunk), "now": country.now}
                ).fetchall()
            mine = [row for row in rows if row[patient] in chunk]
            if mine:
                with raw.cursor() as cursor:
                    cursor.executemany(
                        f"INSERT INTO notifications_message ({names}) VALUES ({values})",
                        mine,
                    )


def _patients(place: Sized) -> list[tuple[int]]:
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT id FROM clinic_patient WHERE clinic_id = %s ORDER BY id", [place.clinic.pk])
        found: list[tuple[int]] = cursor.fetchall()
        return found
