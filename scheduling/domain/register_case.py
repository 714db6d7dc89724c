"""A row of a clinic's register as a pump case, and whether it may come into the record.

Reading the row is the record's business (clinic/domain/register); here it meets the catalogue and the
projection. Which findings refuse a row and which column they name: docs/reference/register.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from clinic.domain.catalogue import Catalogue, PumpModel
from clinic.domain.quantities import MassUnit
from clinic.domain.register import (
    Conflicts,
    Fault,
    Reason,
    RefusedRow,
    RegisterDrug,
    RegisterRow,
    read_register,
    refusal,
)
from clinic.domain.register.reasons import gettext_noop, quoted
from scheduling.domain.case import (
    DEFAULT_RULES,
    DEFAULT_THRESHOLD_ML,
    CaseError,
    ClinicRules,
    ContinuousDose,
    DrugInFill,
    Fill,
    Limits,
    Program,
    PumpCase,
    pump_of_model,
)
from scheduling.domain.engine import project
from scheduling.domain.findings import Finding, FindingCode
from scheduling.domain.plausibility import LEAST_DAYS_TO_LOW
from scheduling.domain.projection import Projection, Status

REFUSING = frozenset(
    {
        FindingCode.OVERFILL,
        FindingCode.FLOW_OUT_OF_RANGE,
        FindingCode.IMPLAUSIBLE_INTERVAL,
        FindingCode.UNIT_SLIP,
    }
)
_COLUMN_OF_FIELD = {
    "pump.model": "pump_model",
    "pump.implanted_on": "implanted_on",
    "pump.threshold_ml": "threshold_ml",
    "fill.at": "filled_on",
    "fill.volume_ml": "fill_volume_ml",
    "fill.drugs": "drug_1",
    "fill.drugs.concentration": "concentration_1",
    "limits.max_interval_days": "max_interval_days",
    "limits.printed_on": "printed_refill_on",
}


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A row that may come in. ``row`` names pump model and drugs by their catalogue keys."""

    row: RegisterRow
    case: PumpCase
    projection: Projection

    @property
    def needs_review(self) -> bool:
        return self.projection.status is Status.REVIEW


@dataclass(frozen=True, slots=True)
class Judge:
    """What rows are judged by: the day, the clinic's zone and rules, the catalogue."""

    as_of: date
    zone: ZoneInfo
    catalogue: Catalogue
    rules: ClinicRules = DEFAULT_RULES


def judge_register(content: bytes, judge: Judge, *, after_line: int = 0) -> Iterator[JudgedRow | RefusedRow]:
    """Read and judge a whole register, row by row in file order.

    Refused are: rows that cannot be read or contradict themselves, overfills, flows and intervals that cannot
    be, mcg/mg slips, models and drugs the catalogue does not know, and rows that contradict one another. All
    other rows come in; a stop that is none of these makes them ``needs_review``. Raises RegisterUnusable, before
    the first row, when the file is not a register. Rows up to ``after_line`` are read but not judged again.
    """
    conflicts = Conflicts(read_register(content, as_of=judge.as_of))
    for row in read_register(content, as_of=judge.as_of):
        if row.line > after_line:
            yield judge_row(row, judge, conflicts.faults_of(row))


def judge_row(
    row: RegisterRow | RefusedRow, judge: Judge, conflicts: Iterable[Fault] = ()
) -> JudgedRow | RefusedRow:
    """Judge one row. A refusal names the first column at fault, whether reading or judging found it."""
    if isinstance(row, RefusedRow):
        model = judge.catalogue.pump_model(row.read.get("pump_model", ""))
        faults = [*conflicts, *row.faults, *_overfill(row.read.get("fill_volume_ml"), model)]
        faults += _catalogue_faults(row.read.get("pump_model"), _drugs_read(row), judge.catalogue)
        return refusal(row.line, faults, row.read)
    model = judge.catalogue.pump_model(row.pump_model)
    faults = [*conflicts]
    faults += _catalogue_faults(row.pump_model, [drug.drug for drug in row.drugs], judge.catalogue)
    if row.dose is None and model is not None and not model.is_constant_flow:
        faults.append(Fault("dose", Reason(gettext_noop("is missing"))))
    if model is None or faults:
        return refusal(row.line, [*faults, *_overfill(row.fill_volume_ml, model)], {})
    return _judge_projection(_in_catalogue_words(row, judge.catalogue, model), judge, model)


def _judge_projection(row: RegisterRow, judge: Judge, model: PumpModel) -> JudgedRow | RefusedRow:
    try:
        case = case_of_row(row, judge)
    except CaseError as error:
        return refusal(row.line, [_fault_of_error(error)], {})
    projection = project(case)
    faults = faults_of_findings(projection.findings, row, model.reservoir_ml)
    return refusal(row.line, faults, {}) if faults else JudgedRow(row, case, projection)


def case_of_row(row: RegisterRow, judge: Judge) -> PumpCase:
    """Give the pump case that a row states: its one fill, and its dose as the program since then.

    Raises CaseError as PumpCase does, also for a model or a drug that the catalogue does not know.
    """
    model = judge.catalogue.pump_model(row.pump_model)
    if model is None:
        raise CaseError("pump.model", "is not in the catalogue")
    programs = []
    if row.dose is not None:
        dose = ContinuousDose(_in_mcg(row.dose, row.dose_unit), shown_in=_mass(row.dose_unit))
        programs.append(Program(row.filled_on, dose))
    return PumpCase(
        as_of=judge.as_of,
        zone=judge.zone,
        pump=pump_of_model(model, threshold_ml=row.threshold_ml, implanted_on=row.implanted_on),
        fill=Fill(
            at=row.filled_on,
            volume_ml=row.fill_volume_ml,
            drugs=tuple(_drug_in_fill(drug, judge.catalogue) for drug in row.drugs),
        ),
        programs=tuple(programs),
        limits=Limits(max_interval_days=row.max_interval_days, printed_on=row.printed_refill_on),
        rules=judge.rules,
    )


def _drug_in_fill(entry: RegisterDrug, catalogue: Catalogue) -> DrugInFill:
    drug = catalogue.drug(entry.drug)
    if drug is None:
        raise CaseError("fill.drugs", "is not in the catalogue")
    return DrugInFill(drug, _in_mcg(entry.concentration, entry.unit), shown_in=_mass(entry.unit))


def _in_mcg(amount: Decimal, unit: str) -> Decimal:
    return amount * _mass(unit).micrograms


def _mass(unit: str) -> MassUnit:
    return MassUnit(unit.partition("/")[0])


def _in_catalogue_words(row: RegisterRow, catalogue: Catalogue, model: PumpModel) -> RegisterRow:
    drugs = tuple(
        replace(entry, drug=drug.key)
        for entry in row.drugs
        if (drug := catalogue.drug(entry.drug)) is not None
    )
    return replace(row, pump_model=model.key, drugs=drugs)


def _drugs_read(row: RefusedRow) -> list[str | None]:
    return [row.read.get(f"drug_{number}") for number in (1, 2, 3)]


def _catalogue_faults(
    model: str | None, drugs: Sequence[str | None], catalogue: Catalogue
) -> Iterator[Fault]:
    if model is not None and catalogue.pump_model(model) is None:
        yield Fault(
            "pump_model",
            Reason(gettext_noop("%(model)s is not a pump model of the catalogue"), {"model": quoted(model)}),
        )
    for number, name in enumerate(drugs, start=1):
        if name is not None and catalogue.drug(name) is None:
            yield Fault(
                f"drug_{number}",
                Reason(gettext_noop("%(drug)s is not a drug of the catalogue"), {"drug": quoted(name)}),
            )


def _overfill(volume_ml: Decimal | None, model: PumpModel | None) -> Iterator[Fault]:
    """Say of a row that is refused anyway that its fill is above the reservoir too: the column comes early."""
    reservoir_ml = model.reservoir_ml if model is not None else None
    if volume_ml is not None and reservoir_ml is not None and volume_ml > reservoir_ml:
        yield _overfill_fault(f"{volume_ml:f}", f"{reservoir_ml:f}")


def _overfill_fault(volume_ml: str, reservoir_ml: str) -> Fault:
    reason = Reason(
        gettext_noop("%(volume)s mL is more than the reservoir holds (%(reservoir)s mL)"),
        {"volume": volume_ml, "reservoir": reservoir_ml},
    )
    return Fault("fill_volume_ml", reason)


def _fault_of_error(error: CaseError) -> Fault:
    column = _COLUMN_OF_FIELD.get(error.field, "dose" if error.field.startswith("program") else "filled_on")
    return Fault(column, Reason("%(reason)s", {"reason": error.reason}))


def faults_of_findings(
    findings: Iterable[Finding], row: RegisterRow, reservoir_ml: Decimal | None
) -> list[Fault]:
    """Name the columns for the findings that refuse a row; findings that do not are passed over."""
    found = [finding for finding in findings if finding.code in REFUSING]
    is_mendable = any(_is_of_flow(finding) for finding in found if finding.code is FindingCode.UNIT_SLIP)
    is_flow_off = any(finding.code is FindingCode.FLOW_OUT_OF_RANGE for finding in found)
    faults = []
    for finding in found:
        values = dict(finding.values)
        if finding.code is FindingCode.OVERFILL:
            faults.append(_overfill_fault(values["volume_ml"], values["reservoir_ml"]))
        elif finding.code is FindingCode.FLOW_OUT_OF_RANGE:
            faults.append(_flow_fault(values, is_mendable=is_mendable))
        elif finding.code is FindingCode.IMPLAUSIBLE_INTERVAL and not is_flow_off:
            faults.append(_interval_fault(values["days"], row, reservoir_ml))
        elif finding.code is FindingCode.UNIT_SLIP and not (is_flow_off and is_mendable):
            faults.append(_slip_fault(finding, row))
    return faults


def _is_of_flow(finding: Finding) -> bool:
    return finding.field == "program"


def _flow_fault(values: Mapping[str, str], *, is_mendable: bool) -> Fault:
    """A factor of 1000 that would mend the flow is a unit exchanged; otherwise the dose is what cannot be."""
    if is_mendable:
        message = gettext_noop(
            "the flow would be %(flow)s mL/day; a factor of 1000 would mend it: were mcg and mg exchanged?"
        )
        return Fault("dose_unit", Reason(message, {"flow": values["flow"]}))
    message = gettext_noop("the flow would be %(flow)s mL/day, outside %(least)s to %(most)s mL/day")
    return Fault("dose", Reason(message, {name: values[name] for name in ("flow", "least", "most")}))


def _slip_fault(finding: Finding, row: RegisterRow) -> Fault:
    what = dict(finding.values)["what"]
    if finding.field.startswith("program"):
        return Fault("dose", Reason(gettext_noop("is about 10 or 1000 times off the last dose")))
    numbers = [number for number, drug in enumerate(row.drugs, start=1) if drug.drug in what]
    message = gettext_noop("the concentration looks 1000 times off: were mcg/mL and mg/mL exchanged?")
    return Fault(f"unit_{numbers[0] if numbers else 1}", Reason(message))


def _interval_fault(days: str, row: RegisterRow, reservoir_ml: Decimal | None) -> Fault:
    """Name what cannot be: a threshold that leaves too little to use, else the volume, else the dose.

    A volume is at fault when a full reservoir would have lasted; if not even that lasts, the dose is.
    """
    message = gettext_noop(
        "the reservoir would be low %(days)s days after the fill; under 7 days is not plausible"
    )
    reason = Reason(message, {"days": days})
    if row.dose is None:
        return Fault("fill_volume_ml", reason)
    primary = row.drugs[0]
    flow = Fraction(_in_mcg(row.dose, row.dose_unit)) / Fraction(_in_mcg(primary.concentration, primary.unit))
    needed_ml = flow * LEAST_DAYS_TO_LOW
    if row.fill_volume_ml - DEFAULT_THRESHOLD_ML >= needed_ml:
        return Fault("threshold_ml", reason)
    would_full_last = reservoir_ml is not None and reservoir_ml - DEFAULT_THRESHOLD_ML >= needed_ml
    return Fault("fill_volume_ml" if would_full_last else "dose", reason)
