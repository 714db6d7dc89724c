"""A clinic's rules and hours: what it begins with, and changes of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from django.db import transaction

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.rules import DEFAULT_RULES, Rule
from notifications.domain.words.forbidden import forbidden_in
from notifications.models import MessagingPolicy, ReminderRule
from notifications.selectors.rules import as_row
from notifications.selectors.words import unspeakable_names
from scheduling.services.sweeps import start_recalculation


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEntry:
    """Hours and caps as somebody set them."""

    quiet_from: time
    quiet_until: time
    most_texts_a_day: int
    most_texts_a_week: int
    unanswered_days: int
    place: str
    is_text_on: bool
    is_invitation_on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleEntry:
    """One step as somebody set it. ``step`` names one that is there; empty: a new one."""

    step: str
    days: int
    at: time
    channels: tuple[ChannelName, ...]
    wants_answer: bool
    is_critical: bool
    is_active: bool


def set_up_messages(clinic_id: int, now: datetime) -> None:
    """Give the clinic the policy and the rules that every clinic begins with, in the caller's transaction.

    A reader of ``announce_members``; asked for again, it adds nothing. A clinic that has none yet is planned for by
    the same rules.
    """
    MessagingPolicy.objects.bulk_create([MessagingPolicy(clinic_id=clinic_id)], ignore_conflicts=True)
    if not ReminderRule.objects.for_clinic(clinic_id).exists():
        _add(clinic_id, DEFAULT_RULES)


def set_policy(*, clinic_id: int, entry: PolicyEntry, actor_id: int, now: datetime) -> int | None:
    """Change hours and caps; the number of the run over the clinic that plans anew, None where nothing changed.

    Raises RecordError at ``quiet_until`` for quiet hours without an end, at ``most_texts_a_week`` for fewer than a day's,
    at ``place`` for words that no message holds.
    """
    if entry.quiet_from == entry.quiet_until:
        raise RecordError("quiet_until", gettext_noop("must be another time than their beginning"))
    if entry.most_texts_a_week < entry.most_texts_a_day:
        raise RecordError("most_texts_a_week", gettext_noop("cannot be fewer than a day's"))
    for word, _why in forbidden_in(entry.place, names=unspeakable_names()):
        raise RecordError("place", gettext_noop("“%(word)s” would tell why somebody comes"), word=word)
    with transaction.atomic():
        set_up_messages(clinic_id, now)
        policy = MessagingPolicy.objects.for_clinic(clinic_id).select_for_update().get()
        names = [name for name in entry.__slots__ if getattr(policy, name) != getattr(entry, name)]
        if not names:
            return None
        for name in names:
            setattr(policy, name, getattr(entry, name))
        policy.save(update_fields=names)
        return start_recalculation(clinic_id=clinic_id, now=now, actor_id=actor_id).pk


def set_rules(
    *, clinic_id: int, kind: MessageKind, entries: Sequence[RuleEntry], actor_id: int, now: datetime
) -> int | None:
    """Put these steps in place of a kind's steps; the run that plans anew, None where nothing changed.

    A step that is left out goes out of use: messages that were sent name it. Raises RecordError at ``days`` for two
    steps at the same day and hour.
    """
    used = [(entry.days, entry.at) for entry in entries if entry.is_active]
    if len(set(used)) < len(used):
        raise RecordError("days", gettext_noop("two steps are at the same day and hour"))
    with transaction.atomic():
        set_up_messages(clinic_id, now)
        stored = {
            row.step: row
            for row in ReminderRule.objects.for_clinic(clinic_id).filter(kind=kind.value).select_for_update()
        }
        changed = [_put(row, entry) for entry in entries if (row := stored.get(entry.step)) is not None]
        new = [entry for entry in entries if entry.step not in stored]
        named = {entry.step for entry in entries}
        dropped = [row for row in stored.values() if row.step not in named and row.is_active]
        for row in dropped:
            row.is_active = False
            row.save(update_fields=["is_active"])
        _add(clinic_id, _named(kind, new, set(stored)))
        if not any(changed) and not new and not dropped:
            return None
        return start_recalculation(clinic_id=clinic_id, now=now, actor_id=actor_id).pk


def restore_rules(*, clinic_id: int, kind: MessageKind, actor_id: int, now: datetime) -> int | None:
    """Put the steps that every clinic begins with in place of a kind's steps."""
    entries = [
        RuleEntry(
            step=rule.step,
            days=rule.days,
            at=rule.at,
            channels=rule.channels,
            wants_answer=rule.wants_answer,
            is_critical=rule.is_critical,
            is_active=True,
        )
        for rule in DEFAULT_RULES
        if rule.kind is kind
    ]
    return set_rules(clinic_id=clinic_id, kind=kind, entries=entries, actor_id=actor_id, now=now)


def _put(row: ReminderRule, entry: RuleEntry) -> bool:
    values = {
        "days": entry.days,
        "at": entry.at,
        "channels": [channel.value for channel in entry.channels],
        "wants_answer": entry.wants_answer,
        "is_critical": entry.is_critical,
        "is_active": entry.is_active,
    }
    names = [name for name, value in values.items() if getattr(row, name) != value]
    for name in names:
        setattr(row, name, values[name])
    if names:
        row.save(update_fields=names)
    return bool(names)


def _named(kind: MessageKind, entries: Iterable[RuleEntry], taken: set[str]) -> list[Rule]:
    """New steps with names of their own, by their days: a name stays when the days are changed."""
    found = []
    for entry in entries:
        wanted = entry.step or (f"d{-entry.days}" if entry.days <= 0 else f"a{entry.days}")
        names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
        name = next(name for name in names if name not in taken)
        taken.add(name)
        found.append(
            Rule(
                kind=kind,
                step=name,
                days=entry.days,
                at=entry.at,
                channels=entry.channels,
                wants_answer=entry.wants_answer,
                is_critical=entry.is_critical,
            )
        )
    return found


def _add(clinic_id: int, rules: Iterable[Rule]) -> None:
    ReminderRule.objects.bulk_create([as_row(clinic_id, rule) for rule in rules], ignore_conflicts=True)
