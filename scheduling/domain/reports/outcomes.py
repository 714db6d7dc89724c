"""Outcome scores over time: each scale by itself, each patient once a quarter.

Scores of different scales are never put together: nothing says that 4 on one is 4 on another, nor whether more
is better.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

FEW_PATIENTS = 5
"""Under so many patients a median is one or two people's score, and is marked as such."""


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """Three months of a year, from 1 to 4."""

    year: int
    number: int

    @property
    def starts_on(self) -> date:
        """Its first day."""
        return date(self.year, self.number * 3 - 2, 1)

    @property
    def next(self) -> Quarter:
        """The quarter after it."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


def quarter_of(day: date) -> Quarter:
    """The quarter that holds this day."""
    return Quarter(day.year, (day.month - 1) // 3 + 1)


@dataclass(frozen=True, slots=True)
class Score:
    """One score of one patient. Scores of one day stand in the order in which they were recorded."""

    patient_id: int
    scale: str
    on: date
    score: Decimal


@dataclass(frozen=True, slots=True)
class QuarterMedian:
    """The median of the patients' last scores in a quarter; None where nobody was asked."""

    quarter: Quarter
    patients: int
    median: Fraction | None

    @property
    def is_few(self) -> bool:
        """Whether one or two people make this figure."""
        return 0 < self.patients < FEW_PATIENTS


@dataclass(frozen=True, slots=True)
class PatientCourse:
    """One patient's scores on one scale, oldest first."""

    patient_id: int
    scores: tuple[Score, ...]

    @property
    def first(self) -> Score:
        return self.scores[0]

    @property
    def last(self) -> Score:
        return self.scores[-1]

    @property
    def change(self) -> Decimal:
        """Last minus first; 0 with a single score."""
        return self.last.score - self.first.score


@dataclass(frozen=True, slots=True)
class ScaleOutcome:
    """One scale: every quarter from its first score to today's, and every patient with a score."""

    key: str
    name: str
    quarters: tuple[QuarterMedian, ...]
    courses: tuple[PatientCourse, ...]


def scale_key(name: str) -> str:
    """What makes two spellings one scale: letters' case and the spaces around words do not."""
    return " ".join(name.split()).casefold()


def outcomes(scores: Iterable[Score], *, today: date) -> list[ScaleOutcome]:
    """Every scale by its name; the spelling used last names it. ``scores`` in the order of their days."""
    by_scale: defaultdict[str, list[Score]] = defaultdict(list)
    for score in scores:
        by_scale[scale_key(score.scale)].append(score)
    return [_scale(key, by_scale[key], today) for key in sorted(by_scale)]


def median(values: Iterable[Decimal]) -> Fraction:
    """The middle value, or the mean of the two in the middle, exactly."""
    ordered = sorted(values)
    middle, is_odd = divmod(len(ordered), 2)
    if is_odd:
        return Fraction(ordered[middle])
    return (Fraction(ordered[middle - 1]) + Fraction(ordered[middle])) / 2


def _scale(key: str, scores: Sequence[Score], today: date) -> ScaleOutcome:
    last: defaultdict[Quarter, dict[int, Decimal]] = defaultdict(dict)
    courses: defaultdict[int, list[Score]] = defaultdict(list)
    for score in scores:
        last[quarter_of(score.on)][score.patient_id] = score.score
        courses[score.patient_id].append(score)
    return ScaleOutcome(
        key=key,
        name=" ".join(scores[-1].scale.split()),
        quarters=tuple(
            QuarterMedian(
                quarter, len(last[quarter]), median(last[quarter].values()) if last[quarter] else None
            )
            for quarter in _between(min(last), max(max(last), quarter_of(today)))
        ),
        courses=tuple(
            sorted(
                (PatientCourse(patient_id, tuple(each)) for patient_id, each in courses.items()),
                key=lambda course: (-abs(course.change), course.patient_id),
            )
        ),
    )


def _between(first: Quarter, last: Quarter) -> list[Quarter]:
    found = [first]
    while found[-1] < last:
        found.append(found[-1].next)
    return found
