"""Whether anybody is told of a visit, or could be: what a person must see to where the plan can reach nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from notifications.domain.kinds import VISIT_KINDS
from notifications.domain.plan.facts import PatientFacts, Standing, VisitFacts
from notifications.domain.plan.routing import Setting, reaches, readers_of, setting_of
from notifications.domain.plan.rules import Policy, Rule
from notifications.domain.plan.wishes import Wish, is_outdated, wishes


class Reach(StrEnum):
    """How a visit to come is told of."""

    TOLD = "told"
    """Somebody was told, will be, or has answered."""
    NOBODY = "nobody"
    """The clinic wants it told, and there is nobody to tell it to."""
    NOT_WANTED = "not_wanted"
    """The clinic tells nothing of it, or the hours for it had passed when it was booked."""


def reach_of_visits(
    facts: PatientFacts, rules: Sequence[Rule], policy: Policy, *, now: datetime
) -> dict[int, Reach]:
    """How each of the patient's booked visits to come is told of, by id."""
    setting = setting_of(facts, policy, now)
    wanted: dict[int | None, list[Wish]] = {}
    for wish in wishes(facts, rules, policy, now=now).wanted:
        if wish.kind in VISIT_KINDS:
            wanted.setdefault(wish.visit_id, []).append(wish)
    return {
        visit.visit_id: Reach.TOLD
        if _knows(visit, facts)
        else _reach(wanted.get(visit.visit_id, ()), setting)
        for visit in facts.visits
        if visit.standing is Standing.BOOKED and visit.starts_at > now
    }


def _knows(visit: VisitFacts, facts: PatientFacts) -> bool:
    if visit.answer:
        return True
    return any(
        known.occurrence == visit.occurrence
        and known.tells_of_visit
        and (known.waits or known.went_out)
        and not is_outdated(visit, known)
        for known in facts.known
    )


def _reach(wanted: Iterable[Wish], setting: Setting) -> Reach:
    found = {reaches(wish, reader, setting) for wish in wanted for reader in readers_of(wish, setting.facts)}
    if True in found:
        return Reach.TOLD
    return Reach.NOBODY if False in found else Reach.NOT_WANTED
