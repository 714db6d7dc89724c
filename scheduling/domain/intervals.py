"""Sets of time as sorted, disjoint spans of whole seconds since 1970 in UTC, each without its end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

Span = tuple[int, int]
Spans = list[Span]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970, rounded down."""
    return (instant - _EPOCH) // _SECOND


def instant_at(second: int) -> datetime:
    """The instant in UTC."""
    return _EPOCH + timedelta(seconds=second)


def union(spans: Iterable[Span]) -> Spans:
    """The spans in order, those that overlap or touch made one, empty ones left out."""
    found: Spans = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def subtract(spans: Spans, holes: Spans) -> Spans:
    """What of ``spans`` is in none of ``holes`` (both sorted and disjoint)."""
    found: Spans = []
    for start, end in spans:
        for low, high in holes:
            if high <= start:
                continue
            if low >= end:
                break
            if low > start:
                found.append((start, low))
            start = high
        if start < end:
            found.append((start, end))
    return found


def intersect(one: Spans, other: Spans) -> Spans:
    """What is in both (both sorted and disjoint)."""
    found: Spans = []
    i = j = 0
    while i < len(one) and j < len(other):
        low, high = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if low < high:
            found.append((low, high))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return found


def starts_for(spans: Spans, length: int) -> Spans:
    """The seconds at which something of this length can begin and lie wholly in one span."""
    return [(start, end - length + 1) for start, end in spans if end - start >= length]


def holds(spans: Spans, second: int) -> bool:
    """Whether the second is in one of the spans."""
    return any(start <= second < end for start, end in spans)
