"""How the pages say what a projection found: a short name, the whole sentence, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.writing import with_figures
from scheduling.domain.findings import MESSAGES, Finding, FindingCode, LimitKind, Severity, slip_of
from scheduling.domain.second_check import CheckReason
from scheduling.services.forecasts import (
    CANNOT_COMPUTE,
    CONTRADICTION,
    IMPORT_UNCHECKED,
    IN_EMERGENCY,
    NOT_FILLED,
    SECOND_CHECK,
    waiting_finding,
)
from scheduling.services.outlook import Outlook
from web.words import day_words, figure_words

_C = FindingCode

LIMITS: Mapping[str, str | Promise] = {
    LimitKind.LOW_RESERVOIR.value: _("low reservoir"),
    LimitKind.STABILITY.value: _("longest time in the pump"),
    LimitKind.INTERVAL.value: _("longest interval"),
    LimitKind.END_OF_SERVICE.value: _("end of service"),
    LimitKind.PRINTED_DATE.value: _("printed date"),
}
HAZARDS: Mapping[int, str | Promise] = {
    2: _("Emergency if late"),
    1: _("Urgent if late"),
    0: _("No withdrawal"),
}

SHORT: Mapping[str, str | Promise] = {
    _C.OVERFILL: _("Overfill"),
    _C.FLOW_OUT_OF_RANGE: _("Flow not possible"),
    _C.IMPLAUSIBLE_INTERVAL: _("Under 7 days"),
    _C.UNIT_SLIP: _("mcg or mg?"),
    _C.NO_PROGRAM: _("No program"),
    _C.STOPPED: _("Pump stopped"),
    _C.MISSING_BRIDGE: _("Bridge missing"),
    _C.UNKNOWN_STABILITY: _("Stability not known"),
    _C.DATE_VOID: _("Date void"),
    _C.PAST_END_OF_SERVICE: _("Service ended"),
    _C.RESIDUAL_EXCEEDS_FILL: _("Residual over fill"),
    _C.DRUG_MISMATCH: _("Other drug"),
    _C.BEYOND_USE_PASSED: _("Beyond use"),
    _C.RESIDUAL_VOLUME: _("Residual off"),
    _C.RESIDUAL_RATE: _("Delivery off"),
    _C.POCKET_FILL: _("Pocket fill?"),
    _C.PRINTED_DATE_DIFFERS: _("Printout differs"),
    _C.READING_DIFFERS: _("Reading differs"),
    NOT_FILLED: _("No fill recorded"),
    CONTRADICTION: _("Record contradicts itself"),
    CANNOT_COMPUTE: _("Cannot be worked out"),
    SECOND_CHECK: _("Second check"),
    IMPORT_UNCHECKED: _("Import, unchecked"),
    IN_EMERGENCY: _("Emergency, unchecked"),
}

TO_DO: Mapping[str, str | Promise] = {
    _C.OVERFILL: _("Check the volume put in and the pump model, and correct the fill."),
    _C.FLOW_OUT_OF_RANGE: _("Check dose, concentration and their units against the printout."),
    _C.IMPLAUSIBLE_INTERVAL: _(
        "Check dose, concentration and volume against the printout before the patient leaves."
    ),
    _C.UNIT_SLIP: _(
        "Compare with the label and the printout; correct the entry if mcg and mg were exchanged."
    ),
    _C.NO_PROGRAM: _("Enter the program that ran when the pump was filled."),
    _C.STOPPED: _("Find out whether the pump is to run, and enter the program when it does."),
    _C.MISSING_BRIDGE: _(
        "Enter the old drug left in tubing and catheter; correct the fill if it is saved already."
    ),
    _C.UNKNOWN_STABILITY: _("Ask the pharmacy how long the mixture keeps in the pump and enter its days."),
    _C.DATE_VOID: _("Interrogate the pump; refill it, or record that it runs again."),
    _C.PAST_END_OF_SERVICE: _("Plan the replacement with the physician now."),
    _C.RESIDUAL_EXCEEDS_FILL: _("One of the two volumes is wrong: correct the fill that is."),
    _C.DRUG_MISMATCH: _("Make sure that the change of drug was ordered; correct the fill if it was not."),
    _C.BEYOND_USE_PASSED: _("Tell the prescriber and the pharmacy."),
    _C.RESIDUAL_VOLUME: _(
        "Interrogate the pump: more than expected may be a stall or a catheter fault, less over-delivery or a leak."
    ),
    _C.RESIDUAL_RATE: _("Interrogate the pump and check the program since the last fill."),
    _C.POCKET_FILL: _("Watch the patient for overdose, check the pocket, tell the physician."),
    _C.PRINTED_DATE_DIFFERS: _("Compare with the printout; until it is settled the earlier date binds."),
    _C.READING_DIFFERS: _("Interrogate again; the lower volume counts until it is settled."),
    NOT_FILLED: _("Enter the last fill and the program."),
    CONTRADICTION: _("Correct the entry that is named."),
    CANNOT_COMPUTE: _("Check the dates by hand and tell whoever runs the system."),
    SECOND_CHECK: _("A colleague re-enters the values under “To check”."),
    IMPORT_UNCHECKED: _("A colleague checks the import under “To check”."),
    IN_EMERGENCY: _("A colleague re-enters the values under “To check” before it runs out."),
}

MENDED_BY: Mapping[str, str] = {
    _C.OVERFILL: "fill",
    _C.IMPLAUSIBLE_INTERVAL: "fill",
    _C.UNIT_SLIP: "fill",
    _C.MISSING_BRIDGE: "fill",
    _C.UNKNOWN_STABILITY: "fill",
    _C.RESIDUAL_EXCEEDS_FILL: "fill",
    _C.DRUG_MISMATCH: "fill",
    _C.FLOW_OUT_OF_RANGE: "program",
    _C.NO_PROGRAM: "program",
    _C.STOPPED: "program",
}
"""Where a person mends what stops a date: by correcting the fill, or by entering a program."""

OTHER_MESSAGES: Mapping[str, str | Promise] = {
    NOT_FILLED: _("No fill is recorded for this pump, so no date can be worked out."),
    CONTRADICTION: _("The record contradicts itself: {text}."),
    CANNOT_COMPUTE: _("The dates of this pump could not be worked out."),
    SECOND_CHECK: _("Waits for a second person ({reasons}). Until then the earlier date stays."),
    IMPORT_UNCHECKED: _(
        "Came by an import that no second person has checked yet. Until then the earliest date counts."
    ),
    IN_EMERGENCY: _("In effect without a second person, in an emergency ({reasons})."),
}
WHY_CHECKED: Mapping[str, str | Promise] = {
    CheckReason.DRUG: _("another drug"),
    CheckReason.CONCENTRATION: _("another concentration"),
    CheckReason.OVERRIDE: _("saved in spite of a stop"),
    CheckReason.LATER: _("the date would move later"),
    CheckReason.IMPORT: _("imported and not checked"),
}
EVENTS: Mapping[str, str | Promise] = {"mri": _("MRI scan"), "stalled": _("stall")}


@dataclass(frozen=True, slots=True)
class Said:
    """One finding as a page shows it."""

    code: str
    is_stop: bool
    short: str
    message: str
    to_do: str

    @property
    def mended_by(self) -> str:
        """ "fill", "program", or empty where nothing entered here mends it."""
        return MENDED_BY.get(self.code, "")


def stored(findings: Iterable[Mapping[str, Any]]) -> list[Said]:
    """The findings of a stored forecast."""
    return [_said(row["code"], row["severity"] == Severity.STOP.value, row["values"]) for row in findings]


def said(findings: Iterable[Finding]) -> list[Said]:
    """The findings of a projection."""
    return [
        _said(finding.code.value, finding.severity is Severity.STOP, dict(finding.values))
        for finding in findings
    ]


def of_outlook(outlook: Outlook) -> list[Said]:
    """Everything a pump's outlook has to say, what stops first."""
    if outlook.projection is None:
        return [_said(outlook.trouble, True, {"text": outlook.trouble_text})]
    waiting = waiting_finding(outlook.judgement) if outlook.judgement else []
    return said(outlook.projection.findings) + stored(waiting)


def short_name(code: str) -> str:
    """The finding in two or three words."""
    return str(SHORT.get(code, code))


def _said(code: str, is_stop: bool, values: Mapping[str, str]) -> Said:
    template = OTHER_MESSAGES.get(code) or gettext(MESSAGES[FindingCode(code)])
    shown = {name: _value(name, value) for name, value in values.items()}
    return Said(code, is_stop, short_name(code), str(template).format(**shown), str(TO_DO.get(code, "")))


def reasons_words(reasons: Iterable[str]) -> str:
    """Why a second person is needed, in words."""
    return ", ".join(str(WHY_CHECKED[reason]) for reason in reasons if reason in WHY_CHECKED)


def _value(name: str, value: str) -> str:
    """Days in the clinic's words, volumes to two places; anything else as the projection wrote it."""
    if name == "reasons":
        return reasons_words(value.split(","))
    if name == "event":
        return str(EVENTS.get(value, value))
    if name == "what":
        return _slip(value)
    if name.endswith("_ml"):
        return figure_words(Decimal(value), places=2, is_signed=value.startswith(("+", "-")))
    try:
        return day_words(date.fromisoformat(value))
    except ValueError:
        return with_figures(value)


def _slip(said: str) -> str:
    """What looks as if a unit slipped, in the reader's language."""
    template, values = slip_of(said)
    return gettext(template).format(**{name: with_figures(value) for name, value in values.items()})
