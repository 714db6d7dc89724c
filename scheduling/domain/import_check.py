"""How a second person checks an import as a whole: which pumps are asked about, and whether it is the same file. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from math import isqrt

LEAST_SAMPLE, MOST_SAMPLE = 3, 20
HASH_LETTERS = 8
"""So many characters of the SHA-256 are enough to show that one holds the file: one guess in four thousand million."""
UNSIGNED = timedelta(days=7)
"""After so long without a signature a person is asked to act."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One pump of an import. ``draw`` is its place in the draw, made once, when it came in.

    ``is_always``: it would need a second person by itself (another drug, a later date), so chance does not decide.
    """

    pump_id: int
    draw: int
    is_always: bool = False
    is_confirmed: bool = False


def sample_size(pumps: int) -> int:
    """How many of so many pumps are drawn: the square root, rounded up, at least 3 and at most 20."""
    if pumps <= 0:
        return 0
    root = isqrt(pumps)
    root += root * root < pumps
    return min(pumps, max(LEAST_SAMPLE, min(MOST_SAMPLE, root)))


def asked(pumps: Iterable[Candidate]) -> list[Candidate]:
    """The pumps whose values are re-entered: all that would need it by themselves, and a sample of the others.

    The order is fixed by the draws, so asking again asks for the same; where a pump leaves the import (it was changed
    by hand) the next in the draw takes its place.
    """
    everybody = sorted(pumps, key=lambda each: (each.draw, each.pump_id))
    others = [each for each in everybody if not each.is_always]
    return [each for each in everybody if each.is_always] + others[: sample_size(len(others))]


def is_done(pumps: Iterable[Candidate]) -> bool:
    """Whether everything asked for was re-entered the same; nothing to ask is nothing to sign."""
    wanted = asked(pumps)
    return bool(wanted) and all(each.is_confirmed for each in wanted)


def hash_of(content: bytes) -> str:
    """The file's SHA-256, in lower-case hexadecimal."""
    return sha256(content).hexdigest()


def is_hash_of(typed: str, full: str) -> bool:
    """Whether what was typed is the beginning of the hash, or all of it: at least 8 characters, spaces and case aside."""
    letters = "".join(typed.split()).lower()
    return len(letters) >= HASH_LETTERS and full.startswith(letters)
