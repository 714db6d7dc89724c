"""The ladder that a late refill climbs: who does what when so many days are left.

Counted is the smaller of the days until the reservoir is empty and the days until the refill date plus seven: a
drug that has kept too long is no better than none, but it does not stop at once. A drug whose withdrawal is an
emergency stands one rung higher. Symptoms are an emergency whatever the dates say. Source: our own choice; the
ladder and its reasons are in docs/reference/care-plan.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from fractions import Fraction
from types import MappingProxyType

from clinic.domain.catalogue import Hazard
from clinic.domain.register.reasons import gettext_noop

REFILL_DATE_GRACE_DAYS = 7


class Rung(IntEnum):
    """How far it has come; higher is graver."""

    RESCHEDULE = 1
    STAFF_CALLS = 2
    NURSE_CALLS_DAILY = 3
    PHYSICIAN = 4
    EMERGENCY = 5


_MOST_DAYS: tuple[tuple[int, Rung], ...] = (
    (0, Rung.EMERGENCY),
    (3, Rung.PHYSICIAN),
    (7, Rung.NURSE_CALLS_DAILY),
    (14, Rung.STAFF_CALLS),
)
"""With at most so many days left it is that rung; the first that fits."""

NAMES: Mapping[Rung, str] = MappingProxyType(
    {
        Rung.RESCHEDULE: gettext_noop("new appointment"),
        Rung.STAFF_CALLS: gettext_noop("staff calls"),
        Rung.NURSE_CALLS_DAILY: gettext_noop("nurse calls daily"),
        Rung.PHYSICIAN: gettext_noop("physician calls"),
        Rung.EMERGENCY: gettext_noop("emergency"),
    }
)

WHAT_TO_DO: Mapping[Rung, str] = MappingProxyType(
    {
        Rung.RESCHEDULE: gettext_noop("Offer a new appointment."),
        Rung.STAFF_CALLS: gettext_noop("Call twice in two days, and the relative or helper."),
        Rung.NURSE_CALLS_DAILY: gettext_noop("A nurse calls every day; offer another site or a home refill."),
        Rung.PHYSICIAN: gettext_noop("The physician calls; agree on an emergency plan."),
        Rung.EMERGENCY: gettext_noop("Emergency: the patient is to be seen now."),
    }
)


def rung(
    *,
    days_to_empty: int | Fraction | None,
    days_to_refill_date: int | Fraction | None,
    hazard: Hazard,
    has_symptoms: bool = False,
) -> Rung:
    """The rung for so many days left; ``days_to_refill_date`` counts to ``must_refill_by``, None: not known.

    With neither known nothing says that there is time: the pump stands as if in its last fortnight.
    Less time never gives a lower rung, and a graver drug never one either.
    """
    if has_symptoms:
        return Rung.EMERGENCY
    left = [days for days in (days_to_empty, _with_grace(days_to_refill_date)) if days is not None]
    reached = _reached(min(left)) if left else Rung.STAFF_CALLS
    if hazard is Hazard.EMERGENCY and reached is not Rung.EMERGENCY:
        return Rung(reached + 1)
    return reached


def _with_grace(days: int | Fraction | None) -> int | Fraction | None:
    return None if days is None else days + REFILL_DATE_GRACE_DAYS


def _reached(days_left: int | Fraction) -> Rung:
    for most, reached in _MOST_DAYS:
        if days_left <= most:
            return reached
    return Rung.RESCHEDULE
