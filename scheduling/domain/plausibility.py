"""Whether the inputs can be believed: every finding of a case, stops first.

A finding names the field it is about and never repairs anything. Which limits rest on a stop is said in
``findings.RESTS_ON_DOUBT``. The rules and their sources: docs/reference/projection.md, "Findings".
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from clinic.domain.quantities import MassUnit, in_unit
from scheduling.domain.case import DrugInFill, EventKind, PumpCase
from scheduling.domain.figures import plain
from scheduling.domain.findings import RESTS_ON_DOUBT, SLIPS, Finding, FindingCode, LimitKind
from scheduling.domain.local_time import date_of, instant_of
from scheduling.domain.model import Crossing, Model
from scheduling.domain.program import ContinuousDose, Stopped
from scheduling.domain.residual import pocket_fill_limit, residual_check
from scheduling.domain.schedule import days_between

LEAST_FLOW = Fraction(1, 100)
MOST_FLOW = Fraction(10)
USUAL_FLOW = (Fraction(4, 100), Fraction(25, 10))
LEAST_DAYS_TO_LOW = 7
SLIP = 1000
TENFOLD = 10
READING_TOLERANCE_ML = Fraction(2)
_ORDER = {code: place for place, code in enumerate(FindingCode)}


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Stops first, each group in the order of the codes."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.code]))


def doubted(findings: Iterable[Finding]) -> frozenset[LimitKind]:
    """The limits that rest on a value some finding doubts."""
    none: frozenset[LimitKind] = frozenset()
    return none.union(*(RESTS_ON_DOUBT.get(finding.code, none) for finding in findings))


def input_findings(model: Model) -> Iterator[Finding]:
    """What can be said before the volume is walked."""
    case = model.case
    yield from _fill_findings(case)
    yield from _program_findings(model)
    if case.events:
        yield from _event_findings(case)
    if case.previous is not None:
        yield from _previous_findings(case)
        yield from _slips_beside_the_last(model)
    if model.rebase is not None:
        yield from _reading_findings(model)


def _fill_findings(case: PumpCase) -> Iterator[Finding]:
    fill, reservoir_ml = case.fill, case.pump.reservoir_ml
    if reservoir_ml is not None and fill.volume_ml > reservoir_ml:
        yield _finding(
            FindingCode.OVERFILL,
            "fill.volume_ml",
            volume_ml=plain(fill.volume_ml),
            reservoir_ml=plain(reservoir_ml),
        )
    if fill.beyond_use_on is not None and case.fill_on > fill.beyond_use_on:
        yield _finding(FindingCode.BEYOND_USE_PASSED, "fill.beyond_use_on", on=fill.beyond_use_on.isoformat())
    for member in fill.drugs:
        if member.drug.strengths_mcg_per_ml and _is_strength_slip(member):
            shown = in_unit(member.concentration_mcg_per_ml, member.shown_in)
            what = SLIPS[0].format(drug=member.drug.key, concentration=f"{plain(shown)} {member.shown_in}/mL")
            yield _finding(FindingCode.UNIT_SLIP, "fill.drugs.concentration", what=what)


def _is_strength_slip(member: DrugInFill) -> bool:
    """About 1000 times off every strength sold: far from all of them, and near them after a factor 1000."""
    strengths = member.drug.strengths_mcg_per_ml
    weakest, strongest = min(strengths), max(strengths)
    concentration = member.concentration_mcg_per_ml
    if weakest / TENFOLD <= concentration <= strongest * TENFOLD:
        return False
    return any(
        weakest / 2 <= mended <= strongest * 2 for mended in (concentration * SLIP, concentration / SLIP)
    )


def _program_findings(model: Model) -> Iterator[Finding]:
    if not model.can_walk:
        yield _finding(FindingCode.NO_PROGRAM, "program")
    pump = model.case.pump
    least, most = _flow_range(pump.min_flow_ml_per_day, pump.max_flow_ml_per_day)
    for flow in _flows(model):
        if not least <= flow <= most:
            yield _finding(
                FindingCode.FLOW_OUT_OF_RANGE,
                "program",
                flow=plain(flow),
                least=plain(least),
                most=plain(most),
            )
            if any(USUAL_FLOW[0] <= mended <= USUAL_FLOW[1] for mended in (flow * SLIP, flow / SLIP)):
                yield _finding(FindingCode.UNIT_SLIP, "program", what=SLIPS[1].format(flow=plain(flow)))
            break
    if (since := _stopped_since(model)) is not None:
        yield _finding(FindingCode.STOPPED, "program", since=since.isoformat())


def _flows(model: Model) -> Iterator[Fraction]:
    """Every daily flow from the fill on, boluses at their maximum, bridged ones while there is a bridge."""
    has_bridge = bool(model.start.old_drug_ml)
    for number, phase in enumerate(model.nominal.phases):
        for rates in phase.rates:
            if rates.program is not None and isinstance(rates.program.delivery, Stopped):
                continue
            yield from rates.normal.all_days
            if has_bridge and number == 0:
                yield from rates.bridged.all_days


@lru_cache(maxsize=256)
def _flow_range(own_least: Decimal | None, own_most: Decimal | None) -> tuple[Fraction, Fraction]:
    least = LEAST_FLOW if own_least is None else max(LEAST_FLOW, Fraction(own_least))
    most = MOST_FLOW if own_most is None else min(MOST_FLOW, Fraction(own_most))
    return least, most


def _stopped_since(model: Model) -> date | None:
    """Since when the pump is stopped: when a stop is in force at ``as_of``, or is the last program."""
    programs = model.schedule.programs
    if not any(isinstance(program.delivery, Stopped) for program in programs):
        return None
    case = model.case
    moment = model.as_of_at
    begun = sum(change.starts <= moment for change in model.schedule.changes)
    in_force = programs[: begun + (1 if model.can_walk else 0)][-1:]
    for program in (*in_force, programs[-1]):
        if isinstance(program.delivery, Stopped):
            return date_of(program.starts, case.zone)
    return None


def _event_findings(case: PumpCase) -> Iterator[Finding]:
    void: tuple[date, str] | None = None
    for place, event in enumerate(case.events):
        on = date_of(event.on, case.zone)
        at = instant_of(event.on, case.zone)
        if event.kind is EventKind.MRI and case.pump.must_be_emptied_for_mri and at > case.fill_instant:
            void = min(void or (on, "mri"), (on, "mri"))
        if event.kind is EventKind.STALLED and not any(
            later.kind is EventKind.RESTARTED and (instant_of(later.on, case.zone), number) > (at, place)
            for number, later in enumerate(case.events)
        ):
            void = min(void or (on, "stalled"), (on, "stalled"))
    if void is not None:
        yield _finding(FindingCode.DATE_VOID, "events", on=void[0].isoformat(), event=void[1])


def _previous_findings(case: PumpCase) -> Iterator[Finding]:
    previous = case.previous
    assert previous is not None  # noqa: S101 - the caller looked
    primary = case.fill.primary
    is_same_drug = previous.drug is None or previous.drug.key == primary.drug.key
    if previous.drug is not None and not is_same_drug:
        yield _finding(
            FindingCode.DRUG_MISMATCH, "previous.drug", old=previous.drug.key, new=primary.drug.key
        )
    old = previous.concentration_mcg_per_ml
    if is_same_drug and old is not None and old != primary.concentration_mcg_per_ml and case.bridge is None:
        yield _finding(
            FindingCode.MISSING_BRIDGE,
            "bridge",
            old=_concentration(old, primary.shown_in),
            new=_concentration(primary.concentration_mcg_per_ml, primary.shown_in),
        )
    if previous.residual_ml is not None:
        yield from _residual_findings(case, previous.residual_ml)


def _concentration(amount_mcg: Decimal, unit: MassUnit) -> str:
    return f"{plain(in_unit(amount_mcg, unit))} {unit}/mL"


def _residual_findings(case: PumpCase, residual_ml: Decimal) -> Iterator[Finding]:
    previous = case.previous
    assert previous is not None  # noqa: S101 - the caller looked
    name = "previous.residual_ml"
    if residual_ml > previous.fill_volume_ml:
        yield _finding(
            FindingCode.RESIDUAL_EXCEEDS_FILL,
            name,
            residual_ml=plain(residual_ml),
            fill_ml=plain(previous.fill_volume_ml),
        )
    if previous.flow_ml_per_day is None:
        return
    days = days_between(instant_of(previous.fill_at, case.zone), case.fill_instant)
    check = residual_check(
        fill_volume_ml=previous.fill_volume_ml,
        programmed_ml=Fraction(previous.flow_ml_per_day) * days,
        residual_ml=residual_ml,
        reservoir_ml=case.pump.reservoir_ml,
    )
    if check.is_volume_off:
        yield _finding(
            FindingCode.RESIDUAL_VOLUME,
            name,
            difference_ml=plain(check.difference_ml, is_signed=True),
            residual_ml=plain(residual_ml),
            expected_ml=plain(check.expected_ml),
        )
    if check.is_rate_off and check.rate_error is not None:
        yield _finding(
            FindingCode.RESIDUAL_RATE, name, percent=plain(check.rate_error * 100, places=1, is_signed=True)
        )
    if check.is_possible_pocket_fill:
        yield _finding(FindingCode.POCKET_FILL, name, missing_ml=plain(-check.difference_ml))


def _reading_findings(model: Model) -> Iterator[Finding]:
    rebase = model.rebase
    assert rebase is not None  # noqa: S101 - the caller looked
    least = rebase.least_ml - READING_TOLERANCE_ML
    most = rebase.most_ml + READING_TOLERANCE_ML
    read_on = date_of(rebase.reading.at, model.case.zone)
    if not least <= rebase.reading_ml <= most:
        yield _finding(
            FindingCode.READING_DIFFERS,
            "readings",
            reading_ml=plain(rebase.reading_ml),
            on=read_on.isoformat(),
            least_ml=plain(max(Fraction(0), least)),
            most_ml=plain(most),
        )
    missing = rebase.least_ml - rebase.reading_ml
    # Only on the day of the fill does a reading say what was injected; later it says what was delivered.
    if read_on == model.case.fill_on and missing > pocket_fill_limit(model.case.pump.reservoir_ml):
        yield _finding(FindingCode.POCKET_FILL, "readings", missing_ml=plain(missing))


def interval_findings(crossing: Crossing) -> Iterator[Finding]:
    """``implausible_interval``: from the fill to the low reservoir in under 7 days."""
    if crossing.low is not None and crossing.low < LEAST_DAYS_TO_LOW:
        days = plain(max(Fraction(0), crossing.low), places=1)
        yield _finding(FindingCode.IMPLAUSIBLE_INTERVAL, "fill.at", days=days)


def _slips_beside_the_last(model: Model) -> Iterator[Finding]:
    """``unit_slip`` against the previous fill: a dose about 10 or 1000 times off, a concentration 1000 times.

    Tenfold concentrations are sold (baclofen 50 and 500 mcg/mL), so only a thousandfold one is a slip.
    """
    previous, program = model.case.previous, model.schedule.at_fill
    if previous is None:
        return
    if previous.concentration_mcg_per_ml is not None:
        concentration = model.case.fill.primary.concentration_mcg_per_ml
        if _is_off_by(concentration, previous.concentration_mcg_per_ml, SLIP):
            yield _finding(
                FindingCode.UNIT_SLIP,
                "fill.drugs.concentration",
                what=SLIPS[2],
            )
    if previous.dose_mcg_per_day is None or program is None:
        return
    if isinstance(program.delivery, ContinuousDose):
        dose, last = program.delivery.dose_mcg_per_day, previous.dose_mcg_per_day
        if _is_off_by(dose, last, TENFOLD) or _is_off_by(dose, last, SLIP):
            yield _finding(FindingCode.UNIT_SLIP, "program.dose", what=SLIPS[3])


def _is_off_by(amount: Decimal, last: Decimal, times: int) -> bool:
    """Whether one amount is within a tenth of so many times the other, either way round."""
    if amount == last:
        return False
    over, over_scale = amount.as_integer_ratio()
    under, under_scale = last.as_integer_ratio()
    one, other = over * under_scale, under * over_scale
    return (
        9 * times * other <= 10 * one <= 11 * times * other
        or 9 * times * one <= 10 * other <= 11 * times * one
    )


def _finding(code: FindingCode, field: str, **values: str) -> Finding:
    return Finding(code, field, tuple(values.items()))
