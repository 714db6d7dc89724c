"""The program entries of a forecast file. Raises CaseError naming the field."""

from collections.abc import Callable
from decimal import Decimal

from clinic.domain.quantities import (
    MassUnit,
    QuantityError,
    in_micrograms,
    parse_dose_unit,
    parse_hourly_dose_unit,
    parse_mass_unit,
    shorten,
)
from scheduling.domain.checks import CaseError, check_amount
from scheduling.domain.fields import Fields, renamed
from scheduling.domain.program import (
    ContinuousDose,
    ContinuousFlow,
    Delivery,
    PatientBolus,
    Program,
    Step,
    Stopped,
    WeekPattern,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WAYS = ("dose", "flow_ml_per_day", "stopped", "days")
_PROGRAM = frozenset({"from", "unit", "patient_bolus", *_WAYS})
_STEP = frozenset({"hours", "dose_per_hour", "unit", "flow_ml_per_day"})
_BOLUS = frozenset({"dose", "unit", "max_per_day", "mean_per_day"})


def parse_program(value: object, path: str) -> Program:
    """One entry of ``program``."""
    fields = Fields(value, path, _PROGRAM)
    starts = fields.required_when("from")
    given = [way for way in _WAYS if fields.has(way)]
    if len(given) != 1:
        raise CaseError(path, f"must give exactly one of {', '.join(_WAYS)}")
    if fields.has("unit") and not fields.has("dose"):
        raise CaseError(fields.path("unit"), "goes with dose")
    with renamed("program", path):
        bolus = _bolus(fields) if fields.has("patient_bolus") else None
        return Program(starts, _delivery(fields, given[0], path), bolus)


def unit_of(fields: Fields, key: str, parse: Callable[[object], MassUnit]) -> MassUnit:
    """A required unit; refused by the field's path."""
    try:
        return parse(fields.require(key))
    except QuantityError as error:
        raise CaseError(fields.path(key), str(error)) from error


def parse_weekday(value: object, name: str) -> int:
    """``mon`` to ``sun`` as 0 to 6."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text not in WEEKDAYS:
        raise CaseError(name, f"is not a weekday (mon to sun): {shorten(str(value))!r}")
    return WEEKDAYS.index(text)


def _delivery(fields: Fields, way: str, path: str) -> Delivery:
    if way == "dose":
        unit = unit_of(fields, "unit", parse_dose_unit)
        return ContinuousDose(in_micrograms(fields.required_number("dose"), unit), unit)
    if way == "flow_ml_per_day":
        return ContinuousFlow(fields.required_number("flow_ml_per_day"))
    if way == "stopped":
        if fields.flag("stopped") is not True:
            raise CaseError(fields.path("stopped"), "must be true")
        return Stopped()
    return _pattern(fields.items("days"), f"{path}.days")


def _pattern(items: list[object], path: str) -> WeekPattern:
    week: dict[int, tuple[Step, ...]] = {}
    for place, item in enumerate(items):
        day_path = f"{path}[{place}]"
        fields = Fields(item, day_path, frozenset({"on", "steps"}))
        steps = tuple(
            _step(step, f"{day_path}.steps[{number}]") for number, step in enumerate(fields.items("steps"))
        )
        if sum((step.hours for step in steps), Decimal(0)) != 24:
            raise CaseError(f"{day_path}.steps", "must fill 24 hours")
        for name in fields.items("on"):
            weekday = parse_weekday(name, f"{day_path}.on")
            if weekday in week:
                raise CaseError(f"{day_path}.on", f"names {WEEKDAYS[weekday]} twice")
            week[weekday] = steps
    missing = [name for number, name in enumerate(WEEKDAYS) if number not in week]
    if missing:
        raise CaseError(path, f"says nothing of {', '.join(missing)}")
    return WeekPattern(tuple(week[number] for number in range(len(WEEKDAYS))))


def _step(value: object, path: str) -> Step:
    fields = Fields(value, path, _STEP)
    dose: Decimal | None = None
    if fields.has("dose_per_hour"):
        dose = in_micrograms(
            fields.required_number("dose_per_hour"), unit_of(fields, "unit", parse_hourly_dose_unit)
        )
    elif fields.has("unit"):
        raise CaseError(fields.path("unit"), "goes with dose_per_hour")
    hours = fields.required_number("hours")
    check_amount(fields.path("hours"), hours)
    with renamed("program.days.steps", path):
        return Step(hours, dose, fields.number("flow_ml_per_day"))


def _bolus(fields: Fields) -> PatientBolus:
    inner = Fields(fields.raw("patient_bolus"), fields.path("patient_bolus"), _BOLUS)
    unit = unit_of(inner, "unit", parse_mass_unit)
    return PatientBolus(
        dose_mcg=in_micrograms(inner.required_number("dose"), unit),
        max_per_day=inner.required_number("max_per_day"),
        mean_per_day=inner.number("mean_per_day"),
        shown_in=unit,
    )
