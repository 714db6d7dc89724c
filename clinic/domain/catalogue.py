"""Pump models and drugs as the projection reads them, each value with its source and confidence.

Nothing of this is a constant of the software: a new installation starts from ``clinic.domain.seed``, an
administrator edits the rows, and an edited row reaches the projection through these same classes.
Confidence: C confirmed in a published source, C2 confirmed in a secondary one, U unconfirmed but commonly
quoted, D our own choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum


class Confidence(StrEnum):
    """How sure a catalogue value is."""

    CONFIRMED = "C"
    SECONDARY = "C2"
    UNCONFIRMED = "U"
    DESIGN = "D"


class Hazard(IntEnum):
    """What a late refill does; a mixture takes its highest member's."""

    NO_WITHDRAWAL = 0
    URGENT = 1
    EMERGENCY = 2


class StabilityCondition(StrEnum):
    """When a longest time in the pump applies."""

    ALWAYS = "always"
    FIRST_FILL = "first_fill"
    LATER_UNDILUTED = "later_undiluted"
    LATER_DILUTED = "later_diluted"
    WITH_DRUG = "with_drug"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a catalogue value comes from: as quoted, its UCUM unit, the source, how sure."""

    value: str
    unit: str
    source: str
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class PumpModel:
    """A catalogue entry. None is "not known", never a guess.

    ``threshold_ml``, ``accuracy_percent``, flows and service life are defaults that an implant may override.
    """

    key: str
    name: str
    manufacturer: str
    reservoir_ml: Decimal
    threshold_ml: Decimal | None = None
    accuracy_percent: Decimal | None = None
    min_flow_ml_per_day: Decimal | None = None
    max_flow_ml_per_day: Decimal | None = None
    service_life_years: int | None = None
    is_constant_flow: bool = False
    must_be_emptied_for_mri: bool = False
    is_legacy: bool = False
    facts: Mapping[str, Provenance] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Stability:
    """A longest time in the pump, in calendar days, and when it applies."""

    days: int
    condition: StabilityCondition = StabilityCondition.ALWAYS
    with_drug: str = ""
    source: str = ""
    confidence: Confidence = Confidence.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Drug:
    """A drug: how dangerous a late refill is, how long it keeps in a pump, in which strengths it is sold.

    A drug nobody has entered is built with the name alone: no stability, no strengths, highest hazard.
    """

    key: str
    name: str = ""
    hazard: Hazard = Hazard.EMERGENCY
    stabilities: tuple[Stability, ...] = ()
    strengths_mcg_per_ml: tuple[Decimal, ...] = ()
    facts: Mapping[str, Provenance] = field(default_factory=dict, compare=False)

    @property
    def depends_on_dilution(self) -> bool:
        """Whether "diluted or not" changes the longest time in the pump (ziconotide)."""
        return any(rule.condition is StabilityCondition.LATER_DILUTED for rule in self.stabilities)

    def longest_time_in_pump(
        self, *, is_first_fill: bool, is_diluted: bool, beside: frozenset[str]
    ) -> Stability | None:
        """The shortest stability that applies, or None when the catalogue knows none.

        ``beside`` holds the keys of the other drugs in the mixture.
        """
        applicable = [
            rule
            for rule in self.stabilities
            if _applies(rule, is_first_fill=is_first_fill, is_diluted=is_diluted, beside=beside)
        ]
        return min(applicable, key=lambda rule: rule.days, default=None)


def _applies(rule: Stability, *, is_first_fill: bool, is_diluted: bool, beside: frozenset[str]) -> bool:
    match rule.condition:
        case StabilityCondition.ALWAYS:
            return True
        case StabilityCondition.FIRST_FILL:
            return is_first_fill
        case StabilityCondition.LATER_UNDILUTED:
            return not is_first_fill and not is_diluted
        case StabilityCondition.LATER_DILUTED:
            return not is_first_fill and is_diluted
        case StabilityCondition.WITH_DRUG:
            return rule.with_drug in beside


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Pump models and drugs by key, with the other names they go by."""

    pump_models: Mapping[str, PumpModel]
    drugs: Mapping[str, Drug]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def pump_model(self, name: str) -> PumpModel | None:
        """The model under this key or alias (case and outer spaces ignored)."""
        key = name.strip().lower()
        return self.pump_models.get(self.aliases.get(key, key))

    def drug(self, name: str) -> Drug | None:
        """The drug under this key or alias (case and outer spaces ignored)."""
        key = " ".join(name.split()).lower()
        return self.drugs.get(self.aliases.get(key, key))
