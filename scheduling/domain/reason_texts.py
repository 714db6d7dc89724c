"""The lines of a projection's reasons: stable codes and one table of English texts.

A face may translate ``template`` and show ``values`` its own way; ``text`` is the English line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from scheduling.domain.figures import plain

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_ONE_DAY = re.compile(r"(?<![\d.,-])1 days\b")
ReasonValue = str | date | Fraction | Decimal | int


class ReasonCode(StrEnum):
    """Every kind of line there is."""

    FILL = "fill"
    DRUG = "drug"
    DOSE_FLOW = "dose_flow"
    PLAIN_FLOW = "plain_flow"
    CONSTANT_FLOW = "constant_flow"
    PATTERN_FLOW = "pattern_flow"
    BOLUS = "bolus"
    STOPPED = "stopped"
    CHANGE_DAY = "change_day"
    BRIDGE = "bridge"
    WALK = "walk"
    READING_COUNTS = "reading_counts"
    READING_AGREES = "reading_agrees"
    CROSSING = "crossing"
    REMAINING = "remaining"
    EMPTY_SINCE = "empty_since"
    STABILITY = "stability"
    PHARMACY_STABILITY = "pharmacy_stability"
    UNKNOWN_STABILITY = "unknown_stability"
    FIRST_FILL = "first_fill"
    LATER_FILL = "later_fill"
    DILUTED_ASSUMED = "diluted_assumed"
    STABILITY_LIMIT = "stability_limit"
    INTERVAL = "interval"
    SERVICE_STATED = "service_stated"
    REPLACEMENT_SIGNAL = "replacement_signal"
    SERVICE_LIFE = "service_life"
    PRINTED = "printed"
    BINDS = "binds"
    NOT_BINDING = "not_binding"
    VISIT = "visit"
    VISIT_MOVED = "visit_moved"
    HIGH_FLOW = "high_flow"
    HIGH_FLOW_BINDS = "high_flow_binds"
    MEAN_USE = "mean_use"
    REVIEW = "review"
    LEFT_OUT = "left_out"
    STILL_CERTAIN = "still_certain"
    PRINTOUT_WINS = "printout_wins"


_C = ReasonCode

TEMPLATES: Mapping[ReasonCode, str] = MappingProxyType(
    {
        _C.FILL: "Filled with {volume_ml} mL on {on} ({zone}); the threshold is {threshold_ml} mL.",
        _C.DRUG: "In the pump: {drug} {concentration} {unit}/mL.",
        _C.DOSE_FLOW: "From {since}: {dose} {unit}/day ÷ {concentration} {unit}/mL = {flow} mL/day.",
        _C.PLAIN_FLOW: "From {since}: {flow} mL/day, as programmed.",
        _C.CONSTANT_FLOW: "The pump has one constant flow: {flow} mL/day.",
        _C.PATTERN_FLOW: "From {since}, {days}: {steps} = {flow} mL/day.",
        _C.BOLUS: (
            "Patient boluses count at their daily maximum: {maximum} × {dose} {unit} = {flow} mL/day more."
        ),
        _C.STOPPED: "From {since}: stopped, no flow.",
        _C.CHANGE_DAY: "The hour of the change on {on} is not known: that whole day counts at the higher flow.",
        _C.BRIDGE: (
            "First {old_ml} mL of old drug ({concentration} {unit}/mL) leave at the old concentration's flow,"
            " {flow} mL/day, for {days} days until {until}."
        ),
        _C.WALK: ("{start} to {end}: {days} days, {used_ml} mL leave at {flow} mL/day; {left_ml} mL remain."),
        _C.READING_COUNTS: (
            "The programmer showed {reading_ml} mL on {on}, less than the {modelled_ml} mL expected:"
            " the walk goes on from the reading."
        ),
        _C.READING_AGREES: (
            "The programmer showed {reading_ml} mL on {on}, not less than the {modelled_ml} mL expected:"
            " the walk stays as it is."
        ),
        _C.CROSSING: "{volume_ml} mL is reached on {on} ({what}), {days} days after the fill.",
        _C.REMAINING: "On {on} there are {remaining_ml} mL left; the pump is empty in {days} days.",
        _C.EMPTY_SINCE: "On {on} the reservoir has been empty for {days} days by this calculation.",
        _C.STABILITY: "{drug} keeps {days} days in the pump ({condition}; source: {source}, {confidence}).",
        _C.PHARMACY_STABILITY: "{drug} keeps {days} days in the pump (stated by the pharmacy).",
        _C.UNKNOWN_STABILITY: "How long {drug} keeps in the pump is not known.",
        _C.FIRST_FILL: "This is taken as the first fill of a new pump.",
        _C.LATER_FILL: "This is taken as a later fill.",
        _C.DILUTED_ASSUMED: "{drug}: not said whether diluted; diluted is assumed, the shorter time.",
        _C.STABILITY_LIMIT: "Stability limit: {on}, {days} days after the fill (the shortest of the mixture).",
        _C.INTERVAL: "Longest interval of the clinic or patient: {days} days after the fill is {on}.",
        _C.SERVICE_STATED: "End of service as stated: {on}.",
        _C.REPLACEMENT_SIGNAL: "Replacement signal on {signal_on} + {days} days: end of service {on}.",
        _C.SERVICE_LIFE: "Implanted on {implanted_on} + {years} years of service life: end of service {on}.",
        _C.PRINTED: "The programmer's printed date is {on}.",
        _C.BINDS: "Refill by {on}: {limit} is the earliest limit and binds.",
        _C.NOT_BINDING: "Does not bind: {limit} on {on}, {days} days later.",
        _C.VISIT: "{what}: {days} days before is {on}.",
        _C.VISIT_MOVED: "{what}: {days} days before is {closed_on}, a closed day; moved back to {on}.",
        _C.HIGH_FLOW: "If the pump runs {percent} % high: low on {low_on}, empty on {empty_on}.",
        _C.HIGH_FLOW_BINDS: "The clinic lets the high-flow date {on} bind as the low-reservoir date.",
        _C.MEAN_USE: "With patient boluses at their mean: low on {low_on}, empty on {empty_on}.",
        _C.REVIEW: "Needs review: {message}",
        _C.LEFT_OUT: "Left out, since it rests on that: {limits}.",
        _C.STILL_CERTAIN: "Still certain: {limit} on {on}.",
        _C.PRINTOUT_WINS: "The pump programmer's printout wins over this calculation.",
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One line: its code and what its text is filled with."""

    code: ReasonCode
    values: tuple[tuple[str, ReasonValue], ...] = ()

    @property
    def template(self) -> str:
        """The English text with named gaps."""
        return TEMPLATES[self.code]

    @property
    def text(self) -> str:
        """The English line; dates with their weekday, numbers without superfluous zeros."""
        line = self.template.format(**{name: shown(value) for name, value in self.values})
        return one_day(line)


def one_day(line: str) -> str:
    """The English line with "1 day" where the template would say "1 days"."""
    return _ONE_DAY.sub("1 day", line)


def shown(value: ReasonValue) -> str:
    """A value as the English line has it."""
    if isinstance(value, date):
        return f"{WEEKDAYS[value.weekday()]} {value.isoformat()}"
    if isinstance(value, Fraction | Decimal):
        return plain(value)
    return str(value)


def reason(code: ReasonCode, **values: ReasonValue) -> Reason:
    """A line from its named values."""
    return Reason(code, tuple(values.items()))
