"""Why this date: the projection line by line, for a nurse to read and check by hand.

Built only when somebody reads it; ``project`` pays nothing for it.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from clinic.domain.catalogue import Confidence, StabilityCondition
from clinic.domain.quantities import in_unit
from clinic.domain.register.reasons import gettext_noop as _
from scheduling.domain.case import PumpCase
from scheduling.domain.findings import RESTS_ON_DOUBT, LimitKind, Severity
from scheduling.domain.limits import (
    DAYS_AFTER_REPLACEMENT_SIGNAL,
    MemberStability,
    is_first_fill,
    stabilities,
    years_after,
)
from scheduling.domain.projection import Projection
from scheduling.domain.reason_texts import Phrases, Reason, ReasonCode, phrase, reason
from scheduling.domain.reasons_walk import walk_reasons

LIMIT_NAMES = {
    LimitKind.LOW_RESERVOIR: _("low reservoir"),
    LimitKind.STABILITY: _("stability"),
    LimitKind.INTERVAL: _("longest interval"),
    LimitKind.END_OF_SERVICE: _("end of service"),
    LimitKind.PRINTED_DATE: _("printed date"),
}

CONDITIONS = {
    StabilityCondition.ALWAYS: _("in any fill"),
    StabilityCondition.FIRST_FILL: _("in the first fill of a new pump"),
    StabilityCondition.LATER_UNDILUTED: _("undiluted, in a later fill"),
    StabilityCondition.LATER_DILUTED: _("diluted, in a later fill"),
    StabilityCondition.WITH_DRUG: _("in a mixture with {drug}"),
}

CONFIDENCES = {
    Confidence.CONFIRMED: _("confirmed"),
    Confidence.SECONDARY: _("confirmed by a secondary source"),
    Confidence.UNCONFIRMED: _("not confirmed"),
    Confidence.DESIGN: _("our own choice"),
}


def explain(case: PumpCase, projection: Projection) -> tuple[str, ...]:
    """The English lines, in the order of the arithmetic."""
    return tuple(line.text for line in reasons_of(case, projection))


def reasons_of(case: PumpCase, projection: Projection) -> tuple[Reason, ...]:
    """The lines as codes and values, for a face that translates or formats them itself."""
    return tuple(_lines(case, projection))


def _lines(case: PumpCase, projection: Projection) -> Iterator[Reason]:
    yield from _fill(case)
    yield from walk_reasons(case, projection)
    yield from _stability(case, projection)
    yield from _other_limits(case)
    if projection.must_refill_by is not None:
        yield from _binding(case, projection, projection.must_refill_by)
    else:
        yield from _review(projection)
    yield reason(ReasonCode.PRINTOUT_WINS)


def _fill(case: PumpCase) -> Iterator[Reason]:
    yield reason(
        ReasonCode.FILL,
        volume_ml=case.fill.volume_ml,
        on=case.fill_on,
        zone=case.zone.key,
        threshold_ml=case.pump.threshold_ml,
    )
    for member in case.fill.drugs:
        yield reason(
            ReasonCode.DRUG,
            drug=member.drug.key,
            concentration=in_unit(member.concentration_mcg_per_ml, member.shown_in),
            unit=member.shown_in.value,
        )


def _stability(case: PumpCase, projection: Projection) -> Iterator[Reason]:
    members = stabilities(case)
    if any(_depends_on_first_fill(each) for each in members):
        yield reason(ReasonCode.FIRST_FILL if is_first_fill(case) else ReasonCode.LATER_FILL)
    for each in members:
        yield from _member(each, is_first=is_first_fill(case))
    limit = projection.limits.get(LimitKind.STABILITY)
    if limit is not None:
        yield reason(ReasonCode.STABILITY_LIMIT, on=limit, days=(limit - case.fill_on).days)


def _depends_on_first_fill(each: MemberStability) -> bool:
    return each.member.stability_days is None and each.member.drug.depends_on_dilution


def _member(each: MemberStability, *, is_first: bool) -> Iterator[Reason]:
    drug = each.member.drug
    if each.days is None:
        yield reason(ReasonCode.UNKNOWN_STABILITY, drug=drug.key)
    elif each.rule is None:
        yield reason(ReasonCode.PHARMACY_STABILITY, drug=drug.key, days=each.days)
    else:
        if _depends_on_first_fill(each) and not is_first and each.member.is_diluted is None:
            yield reason(ReasonCode.DILUTED_ASSUMED, drug=drug.key)
        yield reason(
            ReasonCode.STABILITY,
            drug=drug.key,
            days=each.days,
            condition=phrase(CONDITIONS[each.rule.condition], drug=each.rule.with_drug),
            source=each.rule.source or phrase(_("not stated")),
            confidence=phrase(CONFIDENCES[each.rule.confidence]),
        )


def _other_limits(case: PumpCase) -> Iterator[Reason]:
    limits, pump = case.limits, case.pump
    if limits.max_interval_days is not None:
        last_day = case.fill_on + timedelta(days=limits.max_interval_days)
        yield reason(ReasonCode.INTERVAL, days=limits.max_interval_days, on=last_day)
    if pump.end_of_service_on is not None:
        yield reason(ReasonCode.SERVICE_STATED, on=pump.end_of_service_on)
    if pump.replacement_signal_on is not None:
        yield reason(
            ReasonCode.REPLACEMENT_SIGNAL,
            signal_on=pump.replacement_signal_on,
            days=DAYS_AFTER_REPLACEMENT_SIGNAL,
            on=pump.replacement_signal_on + timedelta(days=DAYS_AFTER_REPLACEMENT_SIGNAL),
        )
    if pump.implanted_on is not None and pump.service_life_years is not None:
        yield reason(
            ReasonCode.SERVICE_LIFE,
            implanted_on=pump.implanted_on,
            years=pump.service_life_years,
            on=years_after(pump.implanted_on, pump.service_life_years),
        )
    if limits.printed_on is not None:
        yield reason(ReasonCode.PRINTED, on=limits.printed_on)


def _binding(case: PumpCase, projection: Projection, must_refill_by: date) -> Iterator[Reason]:
    assert projection.limited_by is not None  # noqa: S101 - goes with must_refill_by
    low_on = projection.low_reservoir_on
    if low_on is not None and projection.limits.get(LimitKind.LOW_RESERVOIR) != low_on:
        yield reason(ReasonCode.HIGH_FLOW_BINDS, on=projection.limits[LimitKind.LOW_RESERVOIR])
    yield reason(ReasonCode.BINDS, on=must_refill_by, limit=phrase(LIMIT_NAMES[projection.limited_by]))
    for kind, on in projection.limits.items():
        if kind is not projection.limited_by:
            days = (on - must_refill_by).days
            yield reason(ReasonCode.NOT_BINDING, limit=phrase(LIMIT_NAMES[kind]), on=on, days=days)
    rules = case.rules
    yield _visit(_("Target visit"), must_refill_by, rules.target_margin_days, projection.target_visit_on)
    yield _visit(_("Latest visit"), must_refill_by, rules.latest_margin_days, projection.latest_visit_on)


def _visit(what: str, must_refill_by: date, margin_days: int, on: date | None) -> Reason:
    assert on is not None  # noqa: S101 - goes with must_refill_by
    wanted = must_refill_by - timedelta(days=margin_days)
    if wanted == on:
        return reason(ReasonCode.VISIT, what=phrase(what), days=margin_days, on=on)
    return reason(ReasonCode.VISIT_MOVED, what=phrase(what), days=margin_days, closed_on=wanted, on=on)


def _review(projection: Projection) -> Iterator[Reason]:
    left_out: set[LimitKind] = set()
    for finding in projection.findings:
        if finding.severity is Severity.STOP:
            left_out |= RESTS_ON_DOUBT[finding.code]
            yield reason(ReasonCode.REVIEW, message=finding.message)
    if left_out:
        names = tuple(phrase(LIMIT_NAMES[kind]) for kind in LimitKind if kind in left_out)
        yield reason(ReasonCode.LEFT_OUT, limits=Phrases(names))
    for kind, on in projection.limits.items():
        yield reason(ReasonCode.STILL_CERTAIN, limit=phrase(LIMIT_NAMES[kind]), on=on)
