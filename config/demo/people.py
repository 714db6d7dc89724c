"""Names for people who do not exist. Telephone numbers and addresses are from ranges kept for fiction."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

LAST_NAMES = (
    "Abara", "Bakker", "Castellanos", "Dvořák", "Eriksen", "Fontaine", "García", "Haddad", "Ivanova", "Jensen",
    "Kowalski", "Lindqvist", "Mbeki", "Nguyen", "O'Brien", "Petrov", "Quispe", "Rossi", "Søndergaard", "Takahashi",
    "Usman", "van der Berg", "Wójcik", "Xu", "Yıldız", "Zimmermann", "Achterberg", "Bianchi", "Chukwu", "Delacroix",
)  # fmt: skip
FIRST_NAMES = (
    "Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Femke", "George", "Hana", "Ibrahim", "Joana", "Karim", "Léa",
    "Mateo", "Noor", "Olga", "Priya", "Quentin", "Rosa", "Samuel", "Thanh", "Ursula", "Víctor", "Wanda", "Ximena",
    "Yusuf", "Zoë",
)  # fmt: skip
PHYSICIANS = ("Dr. M. Okonkwo", "Dr. L. Svensson", "Dr. P. Marchetti")


@dataclass(frozen=True, slots=True)
class Person:
    number: int
    last_name: str
    first_name: str
    birth_date: date
    language: str

    @property
    def mrn(self) -> str:
        return f"D{10_000 + self.number * 7}"

    @property
    def email(self) -> str:
        return f"patient{self.number}@example.org"

    @property
    def phone(self) -> str:
        return f"+1 202 555 {100 + self.number % 100:04d}"


def people(count: int, chance: random.Random) -> list[Person]:
    """So many different people, the same ones for the same seed."""
    pairs = [(last, first) for last in LAST_NAMES for first in FIRST_NAMES]
    return [
        Person(
            number=number,
            last_name=last,
            first_name=first,
            birth_date=date(chance.randint(1938, 2006), chance.randint(1, 12), chance.randint(1, 28)),
            language=chance.choices(("en", "es", "fr"), weights=(7, 2, 1))[0],
        )
        for number, (last, first) in enumerate(chance.sample(pairs, count), start=1)
    ]
