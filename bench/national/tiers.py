"""Of whom a row is: of the country, of a clinic, of the cohorts that share a nurse, or of one cohort.

Rows are numbered as they come, so what stood in a table before the clinic, before its first nurse and before its first
patient says it of every number.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any


class Tier(IntEnum):
    COUNTRY = 0
    """Catalogue and what migrations put there: never copied."""
    CLINIC = 1
    GROUP = 2
    COHORT = 3


@dataclass(slots=True)
class Tiers:
    """The highest number of each table when each tier was complete."""

    tops: dict[str, list[int]] = field(default_factory=dict)

    def close(self, cursor: Any, columns: dict[str, str]) -> None:
        """What stands now is complete. ``columns``: of each table the one that numbers its rows."""
        for table, column in columns.items():
            cursor.execute(f'SELECT coalesce(max("{column}"), 0) FROM "{table}"')
            self.tops.setdefault(table, []).append(cursor.fetchone()[0])

    def of(self, table: str, number: int) -> Tier:
        return Tier(min(bisect_left(self.tops[table], number), Tier.COHORT))
