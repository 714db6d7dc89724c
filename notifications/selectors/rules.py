"""How a clinic tells people: its rules and its hours, as the planner takes them and as the settings show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.rules import DEFAULT_RULES, Policy, Rule
from notifications.domain.quiet_hours import QuietHours
from notifications.models import MessagingPolicy, ReminderRule

StoredPolicy = MessagingPolicy
StoredRule = ReminderRule


def rules_from(rows: Sequence[ReminderRule]) -> tuple[Rule, ...]:
    """The rules in use, from all of the clinic's rows; those that every clinic begins with where it has none yet."""
    return tuple(as_rule(row) for row in rows if row.is_active) if rows else DEFAULT_RULES


def policy_from(row: MessagingPolicy) -> Policy:
    """Hours and caps, as the planner takes them."""
    return Policy(
        quiet=QuietHours(row.quiet_from, row.quiet_until),
        most_texts_a_day=row.most_texts_a_day,
        most_texts_a_week=row.most_texts_a_week,
        is_text_on=row.is_text_on,
        is_invitation_on=row.is_invitation_on,
    )


def stored_policy(*, clinic_id: int) -> MessagingPolicy:
    """The clinic's row; one with what every clinic begins with, not stored, where there is none."""
    row = MessagingPolicy.objects.for_clinic(clinic_id).first()
    return row or MessagingPolicy(clinic_id=clinic_id)


def stored_rules(*, clinic_id: int) -> list[ReminderRule]:
    """The clinic's rules, in use or not; those that every clinic begins with, not stored, where it has none."""
    rows = list(ReminderRule.objects.for_clinic(clinic_id))
    return rows or [as_row(clinic_id, rule) for rule in DEFAULT_RULES]


def is_as_shipped(kind: MessageKind, rows: Iterable[ReminderRule]) -> bool:
    """Whether a kind's rules are those that every clinic begins with."""
    used = {as_rule(row) for row in rows if row.is_active}
    return used == {rule for rule in DEFAULT_RULES if rule.kind is kind}


def as_row(clinic_id: int, rule: Rule) -> ReminderRule:
    """The rule as it is stored; not saved."""
    return ReminderRule(
        clinic_id=clinic_id,
        kind=rule.kind.value,
        step=rule.step,
        days=rule.days,
        at=rule.at,
        channels=[channel.value for channel in rule.channels],
        wants_answer=rule.wants_answer,
        is_critical=rule.is_critical,
    )


def as_rule(row: ReminderRule) -> Rule:
    """The row as the planner takes it."""
    return Rule(
        kind=MessageKind(row.kind),
        step=row.step,
        days=row.days,
        at=row.at,
        channels=tuple(ChannelName(channel) for channel in row.channels),
        wants_answer=row.wants_answer,
        is_critical=row.is_critical,
    )
