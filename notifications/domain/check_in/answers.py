"""The answers of one check-in: as values, and as they are stored. What cannot be read is "not known", never fine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction

from notifications.domain.check_in.questions import (
    DRY,
    LONGEST_NOTE,
    NO,
    SCALES,
    SIGNS,
    WELL,
    YES,
    Question,
)

FEVER_FROM_CELSIUS = Fraction(38)
"""100.4 °F; the usual threshold after an operation."""
PLAUSIBLE_CELSIUS = (Fraction(33), Fraction(43))


class TemperatureUnit(StrEnum):
    CELSIUS = "C"
    FAHRENHEIT = "F"


@dataclass(frozen=True, slots=True)
class Temperature:
    """A measured one. ``unit`` is None where nobody said which: then it says nothing."""

    value: Decimal
    unit: TemperatureUnit | None

    @property
    def celsius(self) -> Fraction | None:
        """Exact degrees Celsius; None without a unit, and for what no living person has."""
        if self.unit is None or not self.value.is_finite():
            return None
        degrees = Fraction(self.value)
        if self.unit is TemperatureUnit.FAHRENHEIT:
            degrees = (degrees - 32) * 5 / 9
        low, high = PLAUSIBLE_CELSIUS
        return degrees if low <= degrees <= high else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What was said. ``wound`` is None, and a question is missing in ``scales``, where nothing was said.

    ``all_well`` is the short way: what was not answered otherwise is well.
    """

    wound: frozenset[str] | None = None
    scales: Mapping[Question, str] = field(default_factory=dict)
    temperature: Temperature | None = None
    note: str = ""
    all_well: bool = False

    def value(self, question: Question) -> str | None:
        """The answer to a question with a scale; with ``all_well`` never None."""
        said = self.scales.get(question)
        return WELL[question] if said is None and self.all_well else said

    @property
    def signs(self) -> frozenset[str] | None:
        """What is wrong with the wound; empty for nothing, None for not answered."""
        if self.wound:
            return self.wound - {DRY}
        return frozenset() if self.all_well else None

    @property
    def has_fever(self) -> bool | None:
        """Said or measured: the worse of the two counts. None where neither tells."""
        measured = self.temperature.celsius if self.temperature else None
        said = self.value(Question.FEVER)
        if said == YES or (measured is not None and measured >= FEVER_FROM_CELSIUS):
            return True
        return False if said == NO or measured is not None else None

    def is_answered(self, question: Question) -> bool:
        """Whether anything was said to it."""
        if question is Question.WOUND:
            return self.signs is not None
        if question is Question.FEVER:
            return self.has_fever is not None
        return self.value(question) is not None

    def contradictions(self) -> Iterator[Question | None]:
        """Where two answers cannot both be true; None stands for "all is well" beside something that is not."""
        if self.wound and DRY in self.wound and len(self.wound) > 1:
            yield Question.WOUND
        measured = self.temperature.celsius if self.temperature else None
        said = self.scales.get(Question.FEVER)
        if measured is not None and (
            (said == NO and measured >= FEVER_FROM_CELSIUS) or (said == YES and measured < FEVER_FROM_CELSIUS)
        ):
            yield Question.FEVER
        if self.all_well and self._says_otherwise():
            yield None

    def _says_otherwise(self) -> bool:
        worse = any(
            SCALES[question].index(said) > SCALES[question].index(WELL[question])
            for question, said in self.scales.items()
        )
        return worse or bool(self.signs) or bool(self.has_fever)


def read_answers(raw: Mapping[str, object]) -> Answers:
    """Answers from text, of a form or of storage. Values that are none of the choices are left out: not answered."""
    wound = raw.get(Question.WOUND)
    signs = frozenset(_texts(wound)) & {DRY, *SIGNS}
    scales = {
        question: said
        for question, scale in SCALES.items()
        if isinstance(said := raw.get(question), str) and said in scale
    }
    return Answers(
        wound=signs or None,
        scales=scales,
        temperature=_temperature(raw.get("temperature"), raw.get("temperature_unit")),
        note=str(raw.get("note") or "").strip()[:LONGEST_NOTE],
        all_well=raw.get("all_well") is True,
    )


def stored(answers: Answers) -> dict[str, object]:
    """As it is kept: ``read_answers`` reads it back. Numbers are text: no binary float."""
    kept: dict[str, object] = {question.value: said for question, said in answers.scales.items()}
    if answers.wound:
        kept[Question.WOUND.value] = sorted(answers.wound)
    if answers.temperature is not None:
        kept["temperature"] = str(answers.temperature.value)
        kept["temperature_unit"] = answers.temperature.unit.value if answers.temperature.unit else ""
    if answers.note:
        kept["note"] = answers.note
    if answers.all_well:
        kept["all_well"] = True
    return kept


def read_degrees(text: str) -> Decimal | None:
    """A temperature as people type it, with a point or a comma; None for what is no number."""
    try:
        value = Decimal(text.strip().replace(",", "."))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < 1000 else None


def _temperature(value: object, unit: object) -> Temperature | None:
    degrees = read_degrees(value) if isinstance(value, str) else None
    if degrees is None:
        return None
    known = [each for each in TemperatureUnit if each.value == unit]
    return Temperature(degrees, known[0] if known else None)


def _texts(value: object) -> Iterable[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, (list, tuple)) else ()
