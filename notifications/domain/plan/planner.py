"""Who must hear what, when, and through what: worked out from the facts of one patient, whatever is stored.

The laws, each a property test: the same facts give the same plan at any moment until something is due; planning what
is planned already plans nothing new; less consent, fewer addresses never tell more; nothing is due in quiet hours;
no cap is passed; nothing that went out is said again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.domain.plan.facts import Known, PatientFacts, Reader
from notifications.domain.plan.invitations import invitations, said_by_change
from notifications.domain.plan.planned import Planned, same_of
from notifications.domain.plan.routing import readers_of, route, setting_of
from notifications.domain.plan.rules import Policy, Rule
from notifications.domain.plan.sharing import share
from notifications.domain.plan.why_not import WhyNot
from notifications.domain.plan.wishes import Wish, is_outdated, wishes
from notifications.domain.states import WENT_OUT


@dataclass(frozen=True, slots=True)
class Plan:
    """Every message, sent or held back, by hour; and why nothing else is said of each thing."""

    messages: tuple[Planned, ...]
    why_gone: Mapping[str, WhyNot]
    versions: Mapping[str, str]
    has_died: bool
    outdated: frozenset[int]
    """Messages that went out, by id, whose words hold no longer."""
    wishes: tuple[Wish, ...] = ()
    """What there is to say, before anybody asks who reads it."""

    def why_not(self, known: Known, *, now: datetime) -> WhyNot:
        """Why a stored message that waits is no longer wanted as it is."""
        same = [each for each in self.messages if each.same == same_of(known)]
        for each in same:
            if each.is_told or each.sends or each.why_not is WhyNot.DIGEST:
                return WhyNot.OTHER_CHANNEL if each.channel is not known.channel else WhyNot.MOVED
            if each.why_not is not None:
                return each.why_not
        about = known.occurrence
        if self.versions.get(about) == known.version:
            return WhyNot.RULE_OFF
        if about.startswith("fill:"):
            about = f"implant:{known.implant_id}"
        return self.why_gone.get(about, WhyNot.ENDED if self.has_died else WhyNot.CANCELLED)


def plan(facts: PatientFacts, rules: Sequence[Rule], policy: Policy, *, now: datetime) -> Plan:
    """The messages that a patient and the patient's helpers should get."""
    found = wishes(facts, rules, policy, now=now)
    setting = setting_of(facts, policy, now)
    by_reader: defaultdict[int | None, list[Planned]] = defaultdict(list)
    wanted = (*found.wanted, *invitations(facts, policy))
    for wish in wanted:
        for reader in readers_of(wish, facts):
            planned = route(wish, reader, setting)
            if planned is not None:
                by_reader[reader.proxy_id].append(planned)
    readers = {reader.proxy_id: reader for reader in facts.readers}
    messages: list[Planned] = []
    for proxy_id, own in by_reader.items():
        reader = readers.get(proxy_id) or Reader(proxy_id=proxy_id)
        messages += share(said_by_change(own), reader, setting)
    return Plan(
        messages=tuple(sorted(messages, key=_by_hour)),
        why_gone=found.why_gone,
        versions=found.versions,
        has_died=facts.has_died,
        outdated=_outdated(facts, now),
        wishes=wanted,
    )


def _by_hour(planned: Planned) -> tuple[object, ...]:
    contact_id = planned.address.contact_id if planned.address else 0
    return (planned.due_at, planned.proxy_id or 0, planned.wish.occurrence, planned.wish.step, contact_id)


def _outdated(facts: PatientFacts, now: datetime) -> frozenset[int]:
    visits = {visit.occurrence: visit for visit in facts.visits}
    return frozenset(
        known.message_id
        for known in facts.known
        if known.state in WENT_OUT
        and known.not_after > now
        and known.occurrence in visits
        and is_outdated(visits[known.occurrence], known)
    )
