"""What the demo's pumps hold, how they run and what befell them."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import Decimal

from clinic.domain.entries import BolusEntry


@dataclass(frozen=True, slots=True)
class Therapy:
    """A mixture and its dose. ``longest_days`` is the demo's own idea of the cycle, used to place fills in time."""

    drugs: tuple[tuple[str, str, str], ...]
    """Drug key, concentration and unit; the primary drug first."""
    doses: tuple[str, ...]
    dose_unit: str
    longest_days: int

    def flow_ml_per_day(self, dose: Decimal) -> Decimal:
        """Dose over concentration; both are in the same unit of mass here."""
        return dose / Decimal(self.drugs[0][1])


BACLOFEN_2000 = Therapy(
    (("baclofen", "2000", "mcg/mL"),), ("180", "260", "340", "420", "610"), "mcg/day", 180
)
BACLOFEN_500 = Therapy((("baclofen", "500", "mcg/mL"),), ("95", "140", "175"), "mcg/day", 180)
MORPHINE = Therapy((("morphine", "25", "mg/mL"),), ("5.5", "8", "11"), "mg/day", 90)
MORPHINE_BUPIVACAINE = Therapy(
    (("morphine", "25", "mg/mL"), ("bupivacaine", "20", "mg/mL")), ("6", "9.5"), "mg/day", 90
)
HYDROMORPHONE = Therapy((("hydromorphone", "10", "mg/mL"),), ("1.4", "2.6", "3.1"), "mg/day", 90)
ZICONOTIDE = Therapy((("ziconotide", "100", "mcg/mL"),), ("4.8", "7.2"), "mcg/day", 84)

THERAPIES = (
    (BACLOFEN_2000, 9),
    (BACLOFEN_500, 5),
    (MORPHINE, 6),
    (MORPHINE_BUPIVACAINE, 3),
    (HYDROMORPHONE, 4),
    (ZICONOTIDE, 2),
)
PUMPS = (
    ("synchromed-ii-40", 40, 2, 6),
    ("synchromed-ii-20", 20, 2, 4),
    ("synchromed-iii-40", 40, 2, 4),
    ("prometra-ii-40", 40, 3, 2),
    ("prometra-ii-20", 20, 3, 2),
)


OPERATED_DAYS_AGO = (3, 8, 17, 45)
"""The operations of the patients who are under watch."""


@dataclass(slots=True)
class Story:
    """One pump's life, in days before today."""

    therapy: Therapy
    dose: Decimal
    pump_model_key: str
    reservoir_ml: int
    threshold_ml: Decimal
    days_left: int
    """Days until the demo's own estimate of the refill date; negative when it has passed."""
    cycles: int = 3
    own_threshold_ml: Decimal | None = None
    bolus: BolusEntry | None = None
    is_flex: bool = False
    raised_days_ago: int | None = None
    residual_drift_ml: Decimal = Decimal(0)
    printed_days_off: int = 0
    events: list[tuple[str, int]] = field(default_factory=list)
    """Kind and days ago."""
    reading_below_model_ml: Decimal | None = None
    concentration_before: str | None = None
    has_bridge: bool = True
    implant_years: int = 3
    is_filled: bool = True
    implanted_days_ago: int | None = None
    """For a new pump, filled at the operation."""

    @property
    def cycle_days(self) -> int:
        """From fill to the refill date, by the demo's own estimate."""
        threshold = self.own_threshold_ml or self.threshold_ml
        flow = self.therapy.flow_ml_per_day(self.dose)
        return min(int((self.reservoir_ml - threshold) / flow), self.therapy.longest_days)


def _any_story(chance: random.Random, days_left: int) -> Story:
    therapy = chance.choices([t for t, _ in THERAPIES], weights=[w for _, w in THERAPIES])[0]
    key, reservoir, threshold, _ = chance.choices(PUMPS, weights=[weight for *_, weight in PUMPS])[0]
    return Story(
        therapy=therapy,
        dose=Decimal(chance.choice(therapy.doses)),
        pump_model_key=key,
        reservoir_ml=reservoir,
        threshold_ml=Decimal(threshold),
        days_left=days_left,
        cycles=chance.randint(2, 5),
        implant_years=chance.randint(2, 4),
    )


def _special(therapy: Therapy, dose: str, days_left: int, pump: int = 0, **more: object) -> Story:
    key, reservoir, threshold, _ = PUMPS[pump]
    return Story(therapy, Decimal(dose), key, reservoir, Decimal(threshold), days_left, **more)  # type: ignore[arg-type]


def special_stories() -> list[Story]:
    """One of each thing a nurse should meet in the demo."""
    weekend = BolusEntry(dose=Decimal("0.5"), unit="mg", max_per_day=4, mean_per_day=Decimal("1.5"))
    return [
        _special(BACLOFEN_500, "175", -9, pump=1),
        _special(HYDROMORPHONE, "3.1", -4, pump=1),
        _special(BACLOFEN_2000, "610", 2, own_threshold_ml=Decimal(4)),
        _special(BACLOFEN_2000, "340", 60, events=[("stalled", 3)]),
        _special(MORPHINE, "8", 30, pump=3, events=[("mri", 2)]),
        _special(MORPHINE, "8", 35, events=[("mri", 12)]),
        _special(BACLOFEN_2000, "260", 90, concentration_before="500"),
        _special(BACLOFEN_2000, "260", 80, concentration_before="500", has_bridge=False),
        _special(BACLOFEN_2000, "236", 70, pump=1, is_flex=True),
        _special(MORPHINE, "5.5", 20, bolus=weekend),
        _special(BACLOFEN_2000, "420", 25, raised_days_ago=10),
        _special(BACLOFEN_500, "140", 16, residual_drift_ml=Decimal("1.3"), cycles=5),
        _special(MORPHINE, "11", 18, printed_days_off=-6, pump=1),
        _special(BACLOFEN_500, "140", 22, reading_below_model_ml=Decimal("3.2")),
        _special(HYDROMORPHONE, "2.6", 40, implant_years=8),
        _special(BACLOFEN_2000, "180", 0, is_filled=False, cycles=0, implant_years=0),
        *(_special(BACLOFEN_500, "90", 60, cycles=1, implanted_days_ago=days) for days in OPERATED_DAYS_AGO),
    ]


def stories(count: int, chance: random.Random) -> list[Story]:
    """So many pumps: some that need a nurse today, most that do not."""
    told = special_stories()
    days_left = [
        -6,
        -2,
        -1,
        0,
        1,
        1,
        2,
        2,
        3,
        4,
        5,
        6,
        *range(7, 24),
        *(chance.randint(24, 160) for _ in range(count)),
    ]
    return told + [_any_story(chance, left) for left in days_left[: count - len(told)]]
