"""The implanted pump, as far as a refill date depends on it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinic.domain.catalogue import PumpModel
from scheduling.domain.checks import MOST_RESERVOIR_ML, CaseError, check_amount, check_date

DEFAULT_THRESHOLD_ML = Decimal(2)


@dataclass(frozen=True, slots=True)
class Pump:
    """The implanted pump with this implant's own settings already applied. None is "not known"."""

    reservoir_ml: Decimal | None = None
    threshold_ml: Decimal = DEFAULT_THRESHOLD_ML
    accuracy_percent: Decimal | None = None
    min_flow_ml_per_day: Decimal | None = None
    max_flow_ml_per_day: Decimal | None = None
    constant_flow_ml_per_day: Decimal | None = None
    is_constant_flow: bool = False
    must_be_emptied_for_mri: bool = False
    implanted_on: date | None = None
    end_of_service_on: date | None = None
    replacement_signal_on: date | None = None
    service_life_years: int | None = None

    def __post_init__(self) -> None:
        check_amount("pump.threshold_ml", self.threshold_ml, zero_allowed=True)
        for name, value, zero_allowed in (
            ("pump.reservoir_ml", self.reservoir_ml, False),
            ("pump.accuracy_percent", self.accuracy_percent, True),
            ("pump.min_flow_ml_per_day", self.min_flow_ml_per_day, True),
            ("pump.max_flow_ml_per_day", self.max_flow_ml_per_day, False),
            ("pump.constant_flow_ml_per_day", self.constant_flow_ml_per_day, False),
        ):
            if value is not None:
                check_amount(name, value, zero_allowed=zero_allowed)
        if self.reservoir_ml is not None and self.reservoir_ml > MOST_RESERVOIR_ML:
            raise CaseError("pump.reservoir_ml", f"is more than any pump holds ({MOST_RESERVOIR_ML} mL)")
        self._check_flow_range()
        self._check_service()

    def _check_flow_range(self) -> None:
        low, high = self.min_flow_ml_per_day, self.max_flow_ml_per_day
        if low is not None and high is not None and low > high:
            raise CaseError("pump.min_flow_ml_per_day", "is above pump.max_flow_ml_per_day")

    def _check_service(self) -> None:
        for name, day in (
            ("pump.implanted_on", self.implanted_on),
            ("pump.end_of_service_on", self.end_of_service_on),
            ("pump.replacement_signal_on", self.replacement_signal_on),
        ):
            if day is not None:
                check_date(name, day)
                if self.implanted_on is not None and day < self.implanted_on:
                    raise CaseError(name, "is before the implant")
        years = self.service_life_years
        if years is not None and (type(years) is not int or not 1 <= years <= 100):
            raise CaseError("pump.service_life_years", "must be a whole number from 1 to 100")


def pump_of_model(model: PumpModel, **own: object) -> Pump:
    """The pump of a catalogue model with an implant's own values (same names as in Pump) laid over it."""
    values: dict[str, object] = {
        "reservoir_ml": model.reservoir_ml,
        "threshold_ml": DEFAULT_THRESHOLD_ML if model.threshold_ml is None else model.threshold_ml,
        "accuracy_percent": model.accuracy_percent,
        "min_flow_ml_per_day": model.min_flow_ml_per_day,
        "max_flow_ml_per_day": model.max_flow_ml_per_day,
        "is_constant_flow": model.is_constant_flow,
        "must_be_emptied_for_mri": model.must_be_emptied_for_mri,
        "service_life_years": model.service_life_years,
    }
    values.update({name: value for name, value in own.items() if value is not None})
    return Pump(**values)  # type: ignore[arg-type]
