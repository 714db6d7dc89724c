"""The floor under a sweep: reading and writing the same rows with psycopg, and nothing in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from clinic.scope import EVERY, SETTING

READS = (
    """SELECT i.id, m.key, i.implanted_on, i.constant_flow_ml_per_day, i.threshold_ml, i.max_interval_days,
              i.end_of_service_on, i.explanted_on, p.died_on
       FROM clinic_implant i JOIN clinic_patient p ON p.id = i.patient_id
            JOIN clinic_pumpmodel m ON m.id = i.pump_model_id
       WHERE i.clinic_id = %(clinic)s AND i.id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, id, filled_on, filled_at, fill_volume_ml, residual_ml, first_fill, bridge_old_volume_ml,
              bridge_old_concentration, bridge_old_unit, printed_refill_on
       FROM clinic_fill WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT d.fill_id, g.key, d.concentration, d.concentration_unit, d.is_diluted, d.stability_days, d.beyond_use_on
       FROM clinic_filldrug d JOIN clinic_fill f ON f.id = d.fill_id JOIN clinic_drug g ON g.id = d.drug_id
       WHERE f.clinic_id = %(clinic)s AND f.implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, starts_on, starts_at, kind, dose, dose_unit, flow_ml_per_day, pattern, bolus_dose,
              bolus_unit, bolus_max_per_day, bolus_mean_per_day
       FROM clinic_programversion WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, read_on, read_at, reservoir_ml, printed_refill_on
       FROM clinic_reading WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, kind, occurred_on, occurred_at
       FROM clinic_pumpevent WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT * FROM scheduling_forecast
       WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
)


class Floor:
    """Reads what a sweep reads and writes back what it wrote, part by part, each part in one transaction."""

    def __init__(self, parameters: dict[str, Any], clinic_id: int, ranges: Sequence[tuple[int, int]]) -> None:
        self.connection = psycopg.connect(
            **{name: parameters[name] for name in ("host", "port", "user", "password", "dbname")},
            options=f"-c {SETTING}={EVERY}",
        )
        self.clinic_id, self.ranges = clinic_id, ranges
        self.rows = 0

    def read(self) -> None:
        for first, last in self.ranges:
            with self.connection.transaction():
                self._read(first, last)

    def read_and_write(
        self, forecasts: dict[tuple[int, int], tuple[list[str], list[tuple[Any, ...]]]]
    ) -> None:
        """``forecasts``: of each part the columns and rows to write, taken beforehand."""
        for part in self.ranges:
            with self.connection.transaction():
                self._read(*part)
                self._write(*forecasts[part])

    def keep(self) -> dict[tuple[int, int], tuple[list[str], list[tuple[Any, ...]]]]:
        """The stored forecasts, as they are to be written again."""
        kept = {}
        for first, last in self.ranges:
            found = self.connection.execute(
                READS[-1], {"clinic": self.clinic_id, "first": first, "last": last}
            )
            columns = [column.name for column in found.description or () if column.name != "id"]
            rows = [
                tuple(Jsonb(value) if isinstance(value, list | dict) else value for value in row[1:])
                for row in found.fetchall()
            ]
            kept[(first, last)] = (columns, rows)
        self.connection.commit()
        return kept

    def _read(self, first: int, last: int) -> None:
        for statement in READS:
            found = self.connection.execute(
                statement, {"clinic": self.clinic_id, "first": first, "last": last}
            ).fetchall()
            self.rows += len(found)

    def _write(self, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * len(columns))
        changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns if name != "implant_id")
        with self.connection.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO scheduling_forecast ({', '.join(columns)}) VALUES ({places})"
                f" ON CONFLICT (implant_id) DO UPDATE SET {changes}",
                rows,
            )
        self.rows += len(rows)
