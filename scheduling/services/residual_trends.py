"""Keeping the judged residuals of every pump beside the record, so that a report reads them at any size.

Worked out in the transaction of every change to a pump. What is missing or was worked out with another catalogue
or engine is made up for in the background, part by part.
"""

from __future__ import annotations

import time
from dataclasses import fields
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db import transaction

from clinic.selectors.facts import ImplantFacts
from scheduling.domain.figures import rounded
from scheduling.domain.projection import ENGINE_VERSION
from scheduling.domain.reports.discrepancy import Check, check_of, trend_of
from scheduling.models import ResidualTrend
from scheduling.selectors.reports.discrepancy import stale_trends
from scheduling.services.cases import Setting
from scheduling.services.known import Known, lock_and_read
from scheduling.services.residuals import found_residuals

FILLS_JUDGED = 13
"""A dozen residuals: some three years of a usual pump."""
PART = 200


def renew_trends(clinic_id: int, known: Known, now: datetime) -> None:
    """Judge all residuals of these pumps anew, in the caller's transaction, from ``FILLS_JUDGED`` fills of each.

    One query. Again, or twice at once, it changes nothing.
    """
    ResidualTrend.objects.bulk_create(
        [_row(clinic_id, each, known.setting, now) for each in known.facts],
        update_conflicts=True,
        unique_fields=["implant"],
        update_fields=[*_COLUMNS, "engine_version", "computed_at"],
    )


def renew_stale_trends(*, now: datetime, seconds: float) -> int:
    """Make up for what is missing or stale, for so long at most; how many pumps were judged.

    Each part is its own transaction under the locks of its pumps. A part that fails is left for the next time.
    """
    until, done = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        clinic_id, implant_ids = stale_trends(most=PART)
        if not implant_ids:
            break
        with transaction.atomic():
            known = lock_and_read(clinic_id, implant_ids, now, fills_each=FILLS_JUDGED)
            renew_trends(clinic_id, known, now)
        done += len(known.active)
        if not known.active:
            break  # they were taken out meanwhile: the next question finds others
    return done


def forget_trends(now: datetime, actor_id: int | None) -> None:
    """Have every trend worked out again, because values of the catalogue have changed."""
    ResidualTrend.objects.exclude(engine_version="").update(engine_version="")


_COLUMNS = (
    "checks",
    "judged",
    "flagged",
    "is_flagged_now",
    "last_found_on",
    "last_difference_ml",
    "mean_rate_error",
)


def _row(clinic_id: int, facts: ImplantFacts, setting: Setting, now: datetime) -> ResidualTrend:
    checks = [
        check_of(
            filled_on=found.filled_on,
            since=found.expectation.since,
            residual_ml=Fraction(found.residual_ml),
            judged=found.expectation.check,
        )
        for found in found_residuals(facts, setting)
        if found.expectation is not None and found.expectation.check is not None
    ]
    trend = trend_of(checks)
    return ResidualTrend(
        clinic_id=clinic_id,
        implant_id=facts.implant_id,
        checks=[_stored(check) for check in checks],
        judged=trend.judged,
        flagged=trend.flagged,
        is_flagged_now=trend.is_flagged_now,
        last_found_on=trend.last.filled_on if trend.last else None,
        last_difference_ml=rounded(trend.last.difference_ml, 4) if trend.last else None,
        mean_rate_error=None if trend.mean_rate_error is None else _bounded(trend.mean_rate_error),
        engine_version=ENGINE_VERSION,
        computed_at=now,
    )


def _bounded(ratio: Fraction) -> Decimal:
    """To six places, within what the column holds: beyond ten thousand per cent it is a slip anyway."""
    return max(min(rounded(ratio, 6), Decimal(99_999)), Decimal(-99_999))


def _stored(check: Check) -> dict[str, Any]:
    """The check as JSON: days in ISO form, figures as exact text to four places."""
    return {one.name: _plain(getattr(check, one.name)) for one in fields(check)}


def _plain(value: object) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Fraction):
        return f"{rounded(value, 6):f}"
    return value
