"""Words that stand for what differs from copy to copy. Each is as long as what takes its place, letter for letter.

So a calendar's lines fold where they did, initials stay initials, and whatever a service worked out of the prototype
holds for each copy. They are words that no text has: found in a row, they are one of these.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

HOUSE, GROUP = "hqz000000", "gqz000000"
"""In names of the clinic and of its people; in names of a nurse and a room that several cohorts share."""
_DIGITS = 7
_VOWELS, _CONSONANTS = "aeiou", "bdfgklmnprstv"
_INITIALS = "ABCDEFGHIJKLMNOPRSTVWZ"


def last_name(number: int) -> str:
    return _name("qj", number, 5 + number * 7 % 5)


def first_name(number: int) -> str:
    return _name("qk", number, 4 + number * 5 % 4)


def _name(infix: str, number: int, letters: int) -> str:
    """The initial, the two letters that mark it, its number in three letters, and what is missing."""
    digits = "".join(chr(ord("a") + number // 26**power % 26) for power in (2, 1, 0))
    return (_INITIALS[number * 11 % len(_INITIALS)] + infix + digits).ljust(letters + 1, "x")


def mrn(number: int) -> str:
    return f"Mqm{number:05d}"


def serial(number: int) -> str:
    return f"Sqs{number:05d}"


def phone(number: int) -> str:
    return f"+1312999{number:04d}"


def mailbox(number: int) -> str:
    return f"pqe{number:05d}"


PATTERN = re.compile(
    r"(?P<name>[A-Z]q[jk][a-z]{3}x*)|(?P<mrn>Mqm\d{5})|(?P<serial>Sqs\d{5})|(?P<mailbox>pqe\d{5})"
    r"|(?P<phone>\+1312999\d{4})|(?P<house>hqz0{6})|(?P<group>gqz0{6})"
)


Maker = Callable[[int], str]
"""What takes a mark's place in the copy of this number: always the same in the same copy."""


def maker(mark: str, kind: str, *, patients: int, seed: int) -> Maker:
    """How a mark is replaced; a cohort has so many patients. The number is that of the row's tier (``tiers``)."""
    match kind:
        case "name":
            return lambda copy: _invented(mark, random.Random(f"{seed}:{copy}:{mark}"))
        case "mrn" | "serial" | "mailbox":
            letter, number = mark[0], int(mark[3:])
            return lambda copy: f"{letter}{copy * patients + number:0{_DIGITS}d}"
        case "phone":
            number = int(mark[-4:])
            return lambda copy: f"+1312{2_000_000 + copy * patients + number:07d}"
        case _:
            letter = mark[0]
            return lambda copy: f"{letter}{copy:08d}"


def _invented(mark: str, chance: random.Random) -> str:
    """A name that can be said, with the mark's initial and length."""
    places = range(len(mark) - 1)
    is_vowel = mark[0] not in "AEIOU"
    return mark[0] + "".join(
        chance.choice(_VOWELS if (place % 2 == 0) == is_vowel else _CONSONANTS) for place in places
    )
