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

from clinic.domain.register.reasons import gettext_noop as _
from scheduling.domain.figures import plain

WEEKDAYS = (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))
_SINGULAR = {"days": "day", "días": "día", "jours": "jour"}
_ONE_DAY = re.compile(rf"(?<![\d.,-])1 ({'|'.join(_SINGULAR)})\b")


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
        _C.FILL: _("Filled with {volume_ml} mL on {on} ({zone}); the threshold is {threshold_ml} mL."),
        _C.DRUG: _("In the pump: {drug} {concentration} {unit}/mL."),
        _C.DOSE_FLOW: _("From {since}: {dose} {unit}/day ÷ {concentration} {unit}/mL = {flow} mL/day."),
        _C.PLAIN_FLOW: _("From {since}: {flow} mL/day, as programmed."),
        _C.CONSTANT_FLOW: _("The pump has one constant flow: {flow} mL/day."),
        _C.PATTERN_FLOW: _("From {since}, {days}: {steps} = {flow} mL/day."),
        _C.BOLUS: _(
            "Patient boluses count at their daily maximum: {maximum} × {dose} {unit} = {flow} mL/day more."
        ),
        _C.STOPPED: _("From {since}: stopped, no flow."),
        _C.CHANGE_DAY: _(
            "The hour of the change on {on} is not known: that whole day counts at the higher flow."
        ),
        _C.BRIDGE: _(
            "First {old_ml} mL of old drug ({concentration} {unit}/mL) leave at the old concentration's flow,"
            " {flow} mL/day, for {days} days until {until}."
        ),
        _C.WALK: _(
            "{start} to {end}: {days} days, {used_ml} mL leave at {flow} mL/day; {left_ml} mL remain."
        ),
        _C.READING_COUNTS: _(
            "The programmer showed {reading_ml} mL on {on}, less than the {modelled_ml} mL expected:"
            " the walk goes on from the reading."
        ),
        _C.READING_AGREES: _(
            "The programmer showed {reading_ml} mL on {on}, not less than the {modelled_ml} mL expected:"
            " the walk stays as it is."
        ),
        _C.CROSSING: _("{volume_ml} mL is reached on {on} ({what}), {days} days after the fill."),
        _C.REMAINING: _("On {on} there are {remaining_ml} mL left; the pump is empty in {days} days."),
        _C.EMPTY_SINCE: _("On {on} the reservoir has been empty for {days} days by this calculation."),
        _C.STABILITY: _(
            "{drug} keeps {days} days in the pump ({condition}; source: {source}, {confidence})."
        ),
        _C.PHARMACY_STABILITY: _("{drug} keeps {days} days in the pump (stated by the pharmacy)."),
        _C.UNKNOWN_STABILITY: _("How long {drug} keeps in the pump is not known."),
        _C.FIRST_FILL: _("This is taken as the first fill of a new pump."),
        _C.LATER_FILL: _("This is taken as a later fill."),
        _C.DILUTED_ASSUMED: _("{drug}: not said whether diluted; diluted is assumed, the shorter time."),
        _C.STABILITY_LIMIT: _(
            "Stability limit: {on}, {days} days after the fill (the shortest of the mixture)."
        ),
        _C.INTERVAL: _("Longest interval of the clinic or patient: {days} days after the fill is {on}."),
        _C.SERVICE_STATED: _("End of service as stated: {on}."),
        _C.REPLACEMENT_SIGNAL: _("Replacement signal on {signal_on} + {days} days: end of service {on}."),
        _C.SERVICE_LIFE: _(
            "Implanted on {implanted_on} + {years} years of service life: end of service {on}."
        ),
        _C.PRINTED: _("The programmer's printed date is {on}."),
        _C.BINDS: _("Refill by {on}: {limit} is the earliest limit and binds."),
        _C.NOT_BINDING: _("Does not bind: {limit} on {on}, {days} days later."),
        _C.VISIT: _("{what}: {days} days before is {on}."),
        _C.VISIT_MOVED: _("{what}: {days} days before is {closed_on}, a closed day; moved back to {on}."),
        _C.HIGH_FLOW: _("If the pump runs {percent} % high: low on {low_on}, empty on {empty_on}."),
        _C.HIGH_FLOW_BINDS: _("The clinic lets the high-flow date {on} bind as the low-reservoir date."),
        _C.MEAN_USE: _("With patient boluses at their mean: low on {low_on}, empty on {empty_on}."),
        _C.REVIEW: _("Needs review: {message}"),
        _C.LEFT_OUT: _("Left out, since it rests on that: {limits}."),
        _C.STILL_CERTAIN: _("Still certain: {limit} on {on}."),
        _C.PRINTOUT_WINS: _("The pump programmer's printout wins over this calculation."),
    }
)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A part of a line with words of its own to translate, which named values fill."""

    template: str
    values: "tuple[tuple[str, ReasonValue], ...]" = ()

    @property
    def text(self) -> str:
        """The English words."""
        return self.template.format(**{name: shown(value) for name, value in self.values})


@dataclass(frozen=True, slots=True)
class Phrases:
    """Several parts, and what stands between two of them."""

    parts: tuple[Phrase, ...]
    between: str = ", "


ReasonValue = str | date | Fraction | Decimal | int | Phrase | Phrases


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
    """The line with "1 day" where the template, or its translation, would say "1 days"."""
    return _ONE_DAY.sub(lambda found: f"1 {_SINGULAR[found[1]]}", line)


def shown(value: ReasonValue) -> str:
    """A value as the English line has it."""
    if isinstance(value, date):
        return f"{WEEKDAYS[value.weekday()]} {value.isoformat()}"
    if isinstance(value, Fraction | Decimal):
        return plain(value)
    if isinstance(value, Phrase):
        return value.text
    if isinstance(value, Phrases):
        return value.between.join(part.text for part in value.parts)
    return str(value)


def phrase(template: str, **values: ReasonValue) -> Phrase:
    """A part of a line from its named values."""
    return Phrase(template, tuple(values.items()))


def reason(code: ReasonCode, **values: ReasonValue) -> Reason:
    """A line from its named values."""
    return Reason(code, tuple(values.items()))
