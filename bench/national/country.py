"""How large each clinic of the country is, and the copies written one after the other by COPY."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bench.national.life import SEATS
from bench.national.prototype import Prototype
from bench.national.tiers import Tier

SLOPE = 1.25
"""The clinic in place r is about r to the power of -SLOPE as large as the first: a few large ones, many small. Of 100,000
implants the first has a quarter, half of all clinics have fewer than fifty."""
BATCH_ROWS = 150_000
"""Rows in memory before they are sent, some 25 MB."""


@dataclass(frozen=True, slots=True)
class Place:
    """One copy: the cohort's number, and those of its group's and clinic's first cohorts."""

    cohort: int
    group: int
    clinic: int
    seat: int

    def begun(self) -> list[Tier]:
        """The tiers that begin with this cohort."""
        firsts = {Tier.CLINIC: self.clinic, Tier.GROUP: self.group, Tier.COHORT: self.cohort}
        return [tier for tier, first in firsts.items() if first == self.cohort]


def sizes(*, cohorts: int, clinics: int) -> list[int]:
    """Cohorts of each clinic, the largest first; every clinic has one, and together they are ``cohorts``."""
    if cohorts < clinics:
        raise ValueError("each clinic has a cohort")
    weights = [rank**-SLOPE for rank in range(1, clinics + 1)]
    spare = cohorts - clinics
    shares = [spare * weight / sum(weights) for weight in weights]
    found = [1 + int(share) for share in shares]
    by_rest = sorted(range(clinics), key=lambda rank: int(shares[rank]) - shares[rank])
    for rank in by_rest[: cohorts - sum(found)]:
        found[rank] += 1
    return sorted(found, reverse=True)


def places(of_clinics: Sequence[int]) -> Iterator[Place]:
    """Every cohort of the country. Numbers begin at 1, so that no copy's rows meet the prototype's."""
    first = 1
    for size in of_clinics:
        for number in range(size):
            yield Place(first + number, first + number - number % SEATS, first, 1 + number % SEATS)
        first += size


def copy_country(cursor: Any, prototype: Prototype, of_clinics: Sequence[int]) -> int:
    """Write every copy; how many rows. Memory is that of one batch, however large the country."""
    slots, waiting, rows, written = prototype.slots, defaultdict(list), 0, 0
    columns = {name: named for found in prototype.templates.values() for name, named, _ in found}
    for place in places(of_clinics):
        slots.seats = {place.cohort: place.seat}
        slots.tell(dict.fromkeys(place.begun(), place.cohort))
        for tier in place.begun():
            for name, _, template in prototype.templates.get(tier, ()):
                waiting[name].append(template.rendered(slots.values))
                rows += template.rows
        if rows >= BATCH_ROWS:
            _send(cursor, waiting, columns)
            written, rows = written + rows, 0
    _send(cursor, waiting, columns)
    return written + rows


def _send(cursor: Any, waiting: dict[str, list[str]], columns: dict[str, str]) -> None:
    for name, texts in waiting.items():
        with cursor.copy(f'COPY "{name}" ({columns[name]}) FROM STDIN') as copy:
            for text in texts:
                copy.write(text)
    waiting.clear()
