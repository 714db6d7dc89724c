"""What a projection has to say about its inputs: stable codes, severities, and one table of English texts.

A stop means that at least one date is not certain: the case goes to review. A warning stands beside dates
that hold. The texts are templates: a face translates ``template`` and fills in ``values``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from clinic.domain.register.reasons import gettext_noop as _


class Severity(StrEnum):
    """Whether dates are in doubt (stop) or a person should only look (warning)."""

    STOP = "stop"
    WARNING = "warning"


class LimitKind(StrEnum):
    """What can bind the refill date; on a tie the first in this order is named."""

    LOW_RESERVOIR = "low_reservoir"
    STABILITY = "stability"
    INTERVAL = "interval"
    END_OF_SERVICE = "end_of_service"
    PRINTED_DATE = "printed_date"


class FindingCode(StrEnum):
    """Every finding there is, stops first."""

    OVERFILL = "overfill"
    FLOW_OUT_OF_RANGE = "flow_out_of_range"
    IMPLAUSIBLE_INTERVAL = "implausible_interval"
    UNIT_SLIP = "unit_slip"
    NO_PROGRAM = "no_program"
    STOPPED = "stopped"
    MISSING_BRIDGE = "missing_bridge"
    UNKNOWN_STABILITY = "unknown_stability"
    DATE_VOID = "date_void"
    PAST_END_OF_SERVICE = "past_end_of_service"
    RESIDUAL_EXCEEDS_FILL = "residual_exceeds_fill"
    DRUG_MISMATCH = "drug_mismatch"
    BEYOND_USE_PASSED = "beyond_use_passed"
    RESIDUAL_VOLUME = "residual_volume"
    RESIDUAL_RATE = "residual_rate"
    POCKET_FILL = "pocket_fill"
    PRINTED_DATE_DIFFERS = "printed_date_differs"
    READING_DIFFERS = "reading_differs"


_C = FindingCode
_LOW = frozenset({LimitKind.LOW_RESERVOIR})
_NOTHING: frozenset[LimitKind] = frozenset()

RESTS_ON_DOUBT: Mapping[FindingCode, frozenset[LimitKind]] = MappingProxyType(
    {
        _C.OVERFILL: _LOW,
        _C.FLOW_OUT_OF_RANGE: _LOW,
        _C.IMPLAUSIBLE_INTERVAL: _LOW,
        _C.UNIT_SLIP: _LOW,
        _C.NO_PROGRAM: _LOW,
        _C.STOPPED: _LOW,
        _C.MISSING_BRIDGE: _LOW,
        _C.UNKNOWN_STABILITY: frozenset({LimitKind.STABILITY}),
        _C.DATE_VOID: _LOW,
        _C.PAST_END_OF_SERVICE: _NOTHING,
        _C.RESIDUAL_EXCEEDS_FILL: _NOTHING,
        _C.DRUG_MISMATCH: frozenset({LimitKind.LOW_RESERVOIR, LimitKind.STABILITY}),
    }
)
"""For each stop, the limits that rest on what it doubts; the others stay certain and are kept."""

MESSAGES: Mapping[FindingCode, str] = MappingProxyType(
    {
        _C.OVERFILL: _("The fill of {volume_ml} mL is more than the reservoir holds ({reservoir_ml} mL)."),
        _C.FLOW_OUT_OF_RANGE: _(
            "The flow of {flow} mL/day is outside what is possible ({least} to {most} mL/day)."
        ),
        _C.IMPLAUSIBLE_INTERVAL: _(
            "The reservoir would be low {days} days after the fill; under 7 days is not plausible."
        ),
        _C.UNIT_SLIP: _("{what} looks 10 or 1000 times off: was mcg taken for mg, or a digit lost?"),
        _C.NO_PROGRAM: _("No program is known to be in force at the fill."),
        _C.STOPPED: _("The pump is stopped, or its last program is a stop ({since})."),
        _C.MISSING_BRIDGE: _(
            "The concentration changed from {old} to {new} at this fill and no bridge bolus is given."
        ),
        _C.UNKNOWN_STABILITY: _("How long {drug} keeps in the pump is not known."),
        _C.DATE_VOID: _(
            "The refill date is void since {on} ({event}) until the pump is refilled or checked."
        ),
        _C.PAST_END_OF_SERVICE: _("The pump's service ended on {on}."),
        _C.RESIDUAL_EXCEEDS_FILL: _(
            "The residual of {residual_ml} mL is more than the previous fill of {fill_ml} mL."
        ),
        _C.DRUG_MISMATCH: _("The drug in the pump was {old}; this fill is labelled {new}."),
        _C.BEYOND_USE_PASSED: _("The drug was put in after its beyond-use date {on}."),
        _C.RESIDUAL_VOLUME: _(
            "The residual differs by {difference_ml} mL: {residual_ml} mL found, {expected_ml} mL expected."
        ),
        _C.RESIDUAL_RATE: _(
            "What was delivered since the previous fill differs from the program by {percent} %."
        ),
        _C.POCKET_FILL: _(
            "The reservoir held {missing_ml} mL less than was injected: a possible pocket fill."
        ),
        _C.PRINTED_DATE_DIFFERS: _(
            "The programmer's printed date {printed_on} differs from the low-reservoir date {low_on}."
        ),
        _C.READING_DIFFERS: _(
            "The programmer showed {reading_ml} mL on {on}; {least_ml} to {most_ml} mL was expected."
        ),
    }
)

SLIPS = (
    _("The concentration of {drug} ({concentration})"),
    _("The flow of {flow} mL/day"),
    _("The concentration beside the last one"),
    _("The dose beside the last one"),
)
"""What looks as if a unit or a digit slipped: these fill the gap ``what``."""
_SLIPS = [(each, re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>.+)", re.escape(each)))) for each in SLIPS]


def slip_of(what: str) -> tuple[str, dict[str, str]]:
    """The text that was filled to say ``what``, and its values; a text of an older engine by itself."""
    for template, pattern in _SLIPS:
        if found := pattern.fullmatch(what):
            return template, found.groupdict()
    return what, {}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: its code, how grave it is, the field it is about, and what its text is filled with."""

    code: FindingCode
    field: str
    values: tuple[tuple[str, str], ...] = ()

    @property
    def severity(self) -> Severity:
        """A stop when any date rests on it, else a warning."""
        return Severity.STOP if self.code in RESTS_ON_DOUBT else Severity.WARNING

    @property
    def template(self) -> str:
        """The English text with named gaps, for translation."""
        return MESSAGES[self.code]

    @property
    def message(self) -> str:
        """The English text."""
        return self.template.format(**dict(self.values))
