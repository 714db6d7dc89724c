"""The projection: one pure function for one pump, the only one in the code base.

Files, single implants and the nightly sweep all go through ``project``.
"""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from scheduling.domain.case import PumpCase
from scheduling.domain.findings import Finding, FindingCode, LimitKind, Severity
from scheduling.domain.limits import (
    MemberStability,
    binding,
    end_of_service,
    limits_of,
    stabilities,
    stability_limit,
)
from scheduling.domain.model import Crossing, Model
from scheduling.domain.plausibility import doubted, in_order, input_findings, interval_findings
from scheduling.domain.projection import Dates, Projection, Status
from scheduling.domain.schedule import days_between
from scheduling.domain.visits import latest_visit, target_visit

PRINTED_TOLERANCE_DAYS = 1
_NO_DATES = Dates(None, None)


def project(case: PumpCase) -> Projection:
    """When the pump must be refilled, which limit says so, and what is in doubt.

    Promises: exact arithmetic, dates of the exact instants, never a date later than the truth as entered. A
    stop among the findings makes the status ``review``; then only the dates that do not rest on the doubtful
    value are given. Never raises for a case that could be built.
    """
    return project_model(Model(case))


def project_model(model: Model) -> Projection:
    """``project`` for a caller that goes on to use the model (chart, reasons)."""
    case = model.case
    members = stabilities(case)
    findings = [*input_findings(model), *_limit_findings(case, members)]
    crossing = None
    if model.can_walk:
        crossing = model.crossing()
        findings += interval_findings(crossing)
    doubts = doubted(findings)
    if crossing is not None and LimitKind.LOW_RESERVOIR in doubts:
        crossing = None
    low_on = None if crossing is None else model.date_at(crossing.low)
    findings += _printed_findings(case, low_on)
    return _answer(
        model,
        in_order(findings),
        crossing,
        low_on,
        None if LimitKind.STABILITY in doubts else stability_limit(case, members),
    )


def _answer(
    model: Model,
    findings: tuple[Finding, ...],
    crossing: Crossing | None,
    low_on: date | None,
    stability_on: date | None,
) -> Projection:
    case = model.case
    high_flow, mean_use = _beside(model, is_certain=crossing is not None)
    limits = limits_of(
        case, low_reservoir_on=_low_that_binds(case, low_on, high_flow), stability_on=stability_on
    )
    is_certain = not any(finding.severity is Severity.STOP for finding in findings)
    limited_by = binding(limits) if is_certain else None
    must_refill_by = None if limited_by is None else limits[limited_by]
    reserve, to_empty = _days(model, crossing)
    return Projection(
        status=Status.OK if is_certain else Status.REVIEW,
        as_of=case.as_of,
        hazard=case.fill.hazard,
        findings=findings,
        flow_ml_per_day=model.flow_at_as_of(),
        remaining_ml=None if crossing is None else model.remaining(model.as_of_at),
        low_reservoir_on=low_on,
        empty_on=None if crossing is None else model.date_at(crossing.empty),
        days_of_reserve=reserve,
        days_to_empty=to_empty,
        limits=limits,
        limited_by=limited_by,
        must_refill_by=must_refill_by,
        target_visit_on=None if must_refill_by is None else target_visit(must_refill_by, case.rules),
        latest_visit_on=None if must_refill_by is None else latest_visit(must_refill_by, case.rules),
        high_flow=high_flow,
        mean_use=mean_use,
    )


def _limit_findings(case: PumpCase, members: tuple[MemberStability, ...]) -> Iterator[Finding]:
    for stability in members:
        if stability.days is None:
            drug = stability.member.drug
            yield Finding(FindingCode.UNKNOWN_STABILITY, "fill.drugs.stability_days", (("drug", drug.key),))
    service_ends = end_of_service(case.pump)
    if service_ends is not None and case.as_of > service_ends:
        values = (("on", service_ends.isoformat()),)
        yield Finding(FindingCode.PAST_END_OF_SERVICE, "pump.end_of_service_on", values)


def _printed_findings(case: PumpCase, low_on: date | None) -> Iterator[Finding]:
    printed_on = case.limits.printed_on
    if printed_on is None or low_on is None:
        return
    if abs((printed_on - low_on).days) > PRINTED_TOLERANCE_DAYS:
        values = (("printed_on", printed_on.isoformat()), ("low_on", low_on.isoformat()))
        yield Finding(FindingCode.PRINTED_DATE_DIFFERS, "limits.printed_on", values)


def _beside(model: Model, *, is_certain: bool) -> tuple[Dates | None, Dates | None]:
    """The dates beside the nominal line: flow high by the accuracy, boluses at their mean."""
    if not is_certain:
        knows_accuracy = model.case.pump.accuracy_percent is not None
        return (_NO_DATES if knows_accuracy else None, _NO_DATES if model.knows_mean_boluses else None)
    high, mean = model.high_crossing(), model.mean_crossing()
    return (
        None if high is None else Dates(model.date_at(high.low), model.date_at(high.empty)),
        None if mean is None else Dates(model.date_at(mean.low), model.date_at(mean.empty)),
    )


def _low_that_binds(case: PumpCase, low_on: date | None, high_flow: Dates | None) -> date | None:
    """The nominal low-reservoir date, or the high-flow one where the clinic lets it bind."""
    if low_on is None or high_flow is None or not case.rules.high_flow_binds:
        return low_on
    return low_on if high_flow.low_reservoir_on is None else min(low_on, high_flow.low_reservoir_on)


def _days(model: Model, crossing: Crossing | None) -> tuple[Fraction | None, Fraction | None]:
    """Days from the low reservoir to empty, and from ``as_of`` to empty (negative once it is past)."""
    if crossing is None or crossing.low is None or crossing.empty is None:
        return None, None
    since_fill = days_between(model.case.fill_instant, model.case.as_of_instant)
    return crossing.empty - crossing.low, crossing.empty - since_fill
