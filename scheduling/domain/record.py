"""One pump of a forecast file, brought into a PumpCase. Raises CaseError naming the field."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from clinic.domain.catalogue import Catalogue, Drug
from clinic.domain.quantities import (
    MassUnit,
    QuantityError,
    in_micrograms,
    parse_concentration_unit,
    parse_dose_unit,
    shorten,
)
from scheduling.domain.case import (
    Bridge,
    ClinicRules,
    DrugInFill,
    Event,
    EventKind,
    Fill,
    Limits,
    Previous,
    Pump,
    PumpCase,
    Reading,
    pump_of_model,
)
from scheduling.domain.checks import CaseError
from scheduling.domain.fields import Fields, parse_when, renamed
from scheduling.domain.local_time import date_of
from scheduling.domain.record_program import parse_program, parse_weekday, unit_of

Today = Callable[[ZoneInfo], date]

_RECORD = frozenset(
    {
        "id", "as_of", "timezone", "pump", "fill", "program", "bridge",
        "previous", "events", "readings", "limits", "clinic",
    }
)  # fmt: skip
_PUMP_AMOUNTS = (
    "reservoir_ml", "threshold_ml", "accuracy_percent",
    "min_flow_ml_per_day", "max_flow_ml_per_day", "constant_flow_ml_per_day",
)  # fmt: skip
_PUMP_DATES = ("implanted_on", "end_of_service_on", "replacement_signal_on")
_PUMP = frozenset({"model", "service_life_years", *_PUMP_AMOUNTS, *_PUMP_DATES})
_FILL = frozenset({"at", "volume_ml", "first_fill", "beyond_use_on", "drugs"})
_DRUG = frozenset({"drug", "concentration", "unit", "stability_days", "diluted"})
_BRIDGE = frozenset({"old_volume_ml", "old_concentration", "unit"})
_PREVIOUS = frozenset(
    {
        "fill_at", "fill_volume_ml", "flow_ml_per_day", "residual_ml",
        "drug", "concentration", "unit", "dose", "dose_unit",
    }
)  # fmt: skip
_CLINIC = frozenset({"target_margin_days", "latest_margin_days", "open_weekdays", "closed_on"})


LONGEST_ID = 200


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a record may leave out: the catalogue to look names up in, the zone, the day of the projection."""

    catalogue: Catalogue
    zone: ZoneInfo
    today: Today


def record_id(record: object) -> str | int | None:
    """The record's own id where it has a usable one, so that also a refusal can be told apart."""
    value = record.get("id") if isinstance(record, dict) else None
    if isinstance(value, str):
        return value if len(value) <= LONGEST_ID else None
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 10**LONGEST_ID else None
    return None


def parse_record(record: object, defaults: Defaults) -> PumpCase:
    """The case a record describes."""
    fields = Fields(record, "", _RECORD)
    if fields.has("id") and record_id(record) is None:
        raise CaseError("id", f"is not a text of at most {LONGEST_ID} characters")
    zone = _zone(fields, defaults)
    as_of = fields.when("as_of")
    return PumpCase(
        as_of=defaults.today(zone) if as_of is None else date_of(as_of, zone),
        zone=zone,
        pump=_pump(fields.require("pump"), zone, defaults.catalogue),
        fill=_fill(fields.require("fill"), zone, defaults.catalogue),
        programs=tuple(
            parse_program(item, f"program[{place}]") for place, item in enumerate(fields.items("program"))
        ),
        bridge=_bridge(fields.raw("bridge")) if fields.has("bridge") else None,
        previous=_previous(fields.raw("previous"), defaults.catalogue) if fields.has("previous") else None,
        events=tuple(_event(item, f"events[{place}]") for place, item in enumerate(fields.items("events"))),
        readings=tuple(
            _reading(item, f"readings[{place}]") for place, item in enumerate(fields.items("readings"))
        ),
        limits=_limits(fields.raw("limits"), zone) if fields.has("limits") else Limits(),
        rules=_rules(fields.raw("clinic"), zone) if fields.has("clinic") else ClinicRules(),
    )


def _zone(fields: Fields, defaults: Defaults) -> ZoneInfo:
    if not fields.has("timezone"):
        return defaults.zone
    return parse_zone(fields.text("timezone"))


def parse_zone(name: str) -> ZoneInfo:
    """An IANA time zone by name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CaseError("timezone", f"is not a known time zone: {shorten(name)!r}") from error


def _day(fields: Fields, key: str, zone: ZoneInfo) -> date | None:
    when = fields.when(key)
    return None if when is None else date_of(when, zone)


def _pump(value: object, zone: ZoneInfo, catalogue: Catalogue) -> Pump:
    fields = Fields(value, "pump", _PUMP)
    own: dict[str, object] = {name: fields.number(name) for name in _PUMP_AMOUNTS}
    own |= {name: _day(fields, name, zone) for name in _PUMP_DATES}
    own["service_life_years"] = fields.whole("service_life_years")
    if not fields.has("model"):
        return Pump(**{name: given for name, given in own.items() if given is not None})  # type: ignore[arg-type]
    name = fields.text("model")
    model = catalogue.pump_model(name)
    if model is None:
        raise CaseError("pump.model", f"is not in the catalogue: {shorten(name)!r}")
    return pump_of_model(model, **own)


def _fill(value: object, zone: ZoneInfo, catalogue: Catalogue) -> Fill:
    fields = Fields(value, "fill", _FILL)
    return Fill(
        at=fields.required_when("at"),
        volume_ml=fields.required_number("volume_ml"),
        drugs=tuple(
            _drug(item, f"fill.drugs[{place}]", catalogue) for place, item in enumerate(fields.items("drugs"))
        ),
        is_first_fill=fields.flag("first_fill"),
        beyond_use_on=_day(fields, "beyond_use_on", zone),
    )


def _drug(value: object, path: str, catalogue: Catalogue) -> DrugInFill:
    fields = Fields(value, path, _DRUG)
    unit = _concentration_unit(fields)
    with renamed("fill.drugs", path):
        return DrugInFill(
            drug=drug_called(fields.text("drug"), catalogue),
            concentration_mcg_per_ml=in_micrograms(fields.required_number("concentration"), unit),
            stability_days=fields.whole("stability_days"),
            is_diluted=fields.flag("diluted"),
            shown_in=unit,
        )


def drug_called(name: str, catalogue: Catalogue) -> Drug:
    """The catalogue's drug, or one of which nothing is known but the name."""
    return catalogue.drug(name) or Drug(" ".join(name.split()).lower())


def _concentration_unit(fields: Fields) -> MassUnit:
    try:
        return parse_concentration_unit(fields.require("unit"))
    except QuantityError as error:
        raise CaseError(fields.path("unit"), str(error)) from error


def _bridge(value: object) -> Bridge:
    fields = Fields(value, "bridge", _BRIDGE)
    unit = _concentration_unit(fields)
    return Bridge(
        old_volume_ml=fields.required_number("old_volume_ml"),
        old_concentration_mcg_per_ml=in_micrograms(fields.required_number("old_concentration"), unit),
    )


def _previous(value: object, catalogue: Catalogue) -> Previous:
    fields = Fields(value, "previous", _PREVIOUS)
    concentration, dose = fields.number("concentration"), fields.number("dose")
    for amount, unit in (("concentration", "unit"), ("dose", "dose_unit")):
        if fields.has(unit) and not fields.has(amount):
            raise CaseError(fields.path(unit), f"goes with {amount}")
    return Previous(
        fill_at=fields.required_when("fill_at"),
        fill_volume_ml=fields.required_number("fill_volume_ml"),
        flow_ml_per_day=fields.required_number("flow_ml_per_day"),
        residual_ml=fields.required_number("residual_ml"),
        drug=drug_called(fields.text("drug"), catalogue) if fields.has("drug") else None,
        concentration_mcg_per_ml=(
            None if concentration is None else in_micrograms(concentration, _concentration_unit(fields))
        ),
        dose_mcg_per_day=(
            None if dose is None else in_micrograms(dose, unit_of(fields, "dose_unit", parse_dose_unit))
        ),
    )


def _event(value: object, path: str) -> Event:
    fields = Fields(value, path, frozenset({"kind", "on"}))
    kind = fields.text("kind")
    if kind not in set(EventKind):
        raise CaseError(fields.path("kind"), f"is not mri, stalled or restarted: {shorten(kind)!r}")
    return Event(EventKind(kind), fields.required_when("on"))


def _reading(value: object, path: str) -> Reading:
    fields = Fields(value, path, frozenset({"at", "reservoir_ml"}))
    with renamed("readings", path):
        return Reading(fields.required_when("at"), fields.required_number("reservoir_ml"))


def _limits(value: object, zone: ZoneInfo) -> Limits:
    fields = Fields(value, "limits", frozenset({"max_interval_days", "printed_on"}))
    return Limits(fields.whole("max_interval_days"), _day(fields, "printed_on", zone))


def _rules(value: object, zone: ZoneInfo) -> ClinicRules:
    fields = Fields(value, "clinic", _CLINIC)
    target, latest = fields.whole("target_margin_days"), fields.whole("latest_margin_days")
    closed_on = [
        parse_when(item, f"clinic.closed_on[{place}]") for place, item in enumerate(fields.items("closed_on"))
    ]
    usual = ClinicRules()
    return ClinicRules(
        target_margin_days=usual.target_margin_days if target is None else target,
        latest_margin_days=usual.latest_margin_days if latest is None else latest,
        open_weekdays=_weekdays(fields) if fields.has("open_weekdays") else usual.open_weekdays,
        closed_on=frozenset(date_of(day, zone) for day in closed_on),
    )


def _weekdays(fields: Fields) -> frozenset[int]:
    return frozenset(parse_weekday(item, "clinic.open_weekdays") for item in fields.items("open_weekdays"))
