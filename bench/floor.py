"""The floor under a sweep: reading and writing the same rows with psycopg, and nothing in between."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from bench.plain import PlainConnection

_BETWEEN = "clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s"
_PATIENTS = (
    "clinic_id = %(clinic)s AND patient_id IN"
    " (SELECT patient_id FROM clinic_implant WHERE clinic_id = %(clinic)s AND id BETWEEN %(first)s AND %(last)s)"
)
FORECASTS = f"SELECT * FROM scheduling_forecast WHERE {_BETWEEN}"
READS = (
    """SELECT i.id, m.key, i.implanted_on, i.constant_flow_ml_per_day, i.threshold_ml, i.max_interval_days,
              i.end_of_service_on, i.explanted_on, p.died_on
       FROM clinic_implant i JOIN clinic_patient p ON p.id = i.patient_id
            JOIN clinic_pumpmodel m ON m.id = i.pump_model_id
       WHERE i.clinic_id = %(clinic)s AND i.id BETWEEN %(first)s AND %(last)s""",
    """SELECT DISTINCT ON (implant_id) implant_id, id, filled_on, filled_at, fill_volume_ml, residual_ml, first_fill,
              bridge_old_volume_ml, bridge_old_concentration, bridge_old_unit, printed_refill_on
       FROM clinic_fill WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s
       ORDER BY implant_id, filled_on DESC, id DESC""",
    """SELECT d.fill_id, g.key, d.concentration, d.concentration_unit, d.is_diluted, d.stability_days, d.beyond_use_on
       FROM clinic_filldrug d JOIN clinic_fill f ON f.id = d.fill_id JOIN clinic_drug g ON g.id = d.drug_id
       WHERE f.clinic_id = %(clinic)s AND f.implant_id BETWEEN %(first)s AND %(last)s
         AND f.id = (SELECT max(id) FROM clinic_fill WHERE implant_id = f.implant_id)""",
    """SELECT implant_id, starts_on, starts_at, kind, dose, dose_unit, flow_ml_per_day, pattern, bolus_dose,
              bolus_unit, bolus_max_per_day, bolus_mean_per_day
       FROM clinic_programversion WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, read_on, read_at, reservoir_ml, printed_refill_on
       FROM clinic_reading WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    """SELECT implant_id, kind, occurred_on, occurred_at
       FROM clinic_pumpevent WHERE clinic_id = %(clinic)s AND implant_id BETWEEN %(first)s AND %(last)s""",
    f"SELECT * FROM scheduling_standingdates WHERE {_BETWEEN}",
    f"SELECT * FROM scheduling_followup WHERE {_BETWEEN} AND state IN ('open', 'postponed')",
    f"SELECT * FROM scheduling_visit WHERE {_PATIENTS} AND status IN ('pending', 'booked', 'arrived', 'checked-in')",
    f"SELECT * FROM clinic_contactpoint WHERE {_PATIENTS} AND is_active",
    f"SELECT * FROM notifications_message WHERE {_PATIENTS} AND state IN ('queued', 'claimed', 'sending', 'unknown')",
    "SELECT id, visit_id, implant_id, fingerprint, sequence FROM scheduling_calendarentry"
    f" WHERE {_PATIENTS} AND is_current AND ends_at > now()",
    FORECASTS,
)
"""What a sweep must look at: what forecasts rest on, and what rests on forecasts and may have to change."""


class Floor:
    """Reads what a sweep reads and writes back what it wrote, part by part, each part in one transaction."""

    def __init__(self, clinic_id: int, ranges: Sequence[tuple[int, int]], plain: PlainConnection) -> None:
        self.clinic_id, self.ranges, self.plain = clinic_id, ranges, plain
        self.rows = 0

    def read(self) -> None:
        for part in self.ranges:
            with self.plain.of_clinic(self.clinic_id) as raw:
                self._read(raw, part)

    def read_and_write(self, forecasts: Sequence[tuple[list[str], list[tuple[Any, ...]]]]) -> None:
        """``forecasts``: of each part the columns and rows to write, taken beforehand."""
        for part, (columns, rows) in zip(self.ranges, forecasts, strict=True):
            with self.plain.of_clinic(self.clinic_id) as raw:
                self._read(raw, part)
                self._write(raw, columns, rows)

    def keep(self) -> list[tuple[list[str], list[tuple[Any, ...]]]]:
        """The stored forecasts, as they are to be written again."""
        kept = []
        for part in self.ranges:
            with self.plain.of_clinic(self.clinic_id) as raw:
                found = raw.execute(FORECASTS, self._values(part))
                columns = [column.name for column in found.description or ()]
                rows = [
                    tuple(Jsonb(value) if isinstance(value, list | dict) else value for value in row)
                    for row in found.fetchall()
                ]
            kept.append((columns, rows))
        return kept

    def _values(self, part: tuple[int, int]) -> dict[str, int]:
        return {"clinic": self.clinic_id, "first": part[0], "last": part[1]}

    def _read(self, raw: Any, part: tuple[int, int]) -> None:
        for statement in READS:
            self.rows += len(raw.execute(statement, self._values(part)).fetchall())

    def _write(self, raw: Any, columns: list[str], rows: list[tuple[Any, ...]]) -> None:
        places = ", ".join(["%s"] * len(columns))
        changes = ", ".join(
            f"{name} = EXCLUDED.{name}" for name in columns if name not in ("id", "implant_id")
        )
        with raw.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO scheduling_forecast ({', '.join(columns)}) VALUES ({places})"
                f" ON CONFLICT (implant_id) DO UPDATE SET {changes}",
                rows,
            )
        self.rows += len(rows)
