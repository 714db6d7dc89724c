"""What there is to say about one patient, whoever reads it and however it goes: one wish for each step of each thing.

A thing of which nothing is to be said names why: that is what becomes of messages about it that still wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan.facts import (
    CANNOT_COME,
    CHECK_INS,
    REMINDERS,
    Address,
    CheckInFacts,
    Known,
    OperationFacts,
    PatientFacts,
    RefillFacts,
    Standing,
    VisitFacts,
)
from notifications.domain.plan.rules import (
    CHANGE_WAITS,
    EMAIL_FIRST,
    NOT_AGAIN_WITHIN,
    STEP_CANCELLED,
    STEP_MOVED,
    TEXT_FIRST,
    UNPLACED_WAITS,
    Policy,
    Rule,
)
from notifications.domain.plan.why_not import WhyNot
from notifications.domain.quiet_hours import instant_at


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """An instant, or a day and an hour on the reader's clock."""

    moment: datetime | None = None
    day: date | None = None
    at: time = time()

    def on_clock_of(self, zone: ZoneInfo) -> datetime:
        """The instant for a reader in ``zone``."""
        if self.moment is not None:
            return self.moment
        if self.day is None:
            raise ValueError("neither a moment nor a day")
        return instant_at(self.day, self.at, zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Something to say, once to each reader. ``why_not``: true, and not to be said.

    ``implant_id`` only where it is the pump that is to be seen to: a visit may outlast the pump that it was booked for.
    ``since``: what is due before then was over when it came to be known. ``only_to``: one reader's proxy number;
    ``only_at``: at this address.
    """

    kind: MessageKind
    occurrence: str
    step: str
    version: str
    due: When
    until: When
    channels: tuple[ChannelName, ...]
    topic: str = REMINDERS
    wants_answer: bool = False
    is_critical: bool = False
    since: datetime | None = None
    implant_id: int | None = None
    visit_id: int | None = None
    follow_up_id: int | None = None
    why_not: WhyNot | None = None
    days_away: int = 0
    is_for_one: bool = False
    only_to: int | None = None
    only_at: Address | None = None


@dataclass(slots=True)
class Wishes:
    """All of them, and why nothing (else) is said: by ``occurrence``, and by ``implant:<id>`` for its refill.

    ``versions``: of what stands, so that a step without a rule is told from one of an earlier time.
    """

    wanted: list[Wish] = field(default_factory=list)
    why_gone: dict[str, WhyNot] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)


def wishes(facts: PatientFacts, rules: Sequence[Rule], policy: Policy, *, now: datetime) -> Wishes:
    """What there is to say, before anybody asks who reads it, through what, and how often."""
    found = Wishes()
    if facts.has_died:
        return found
    by_kind: dict[MessageKind, list[Rule]] = {}
    for rule in rules:
        by_kind.setdefault(rule.kind, []).append(rule)
    for refill in facts.refills:
        _of_refill(found, refill, facts, by_kind.get(MessageKind.BOOK_VISIT, ()), policy, now)
    for visit in facts.visits:
        _of_visit(found, visit, by_kind.get(visit.kind, ()), now)
        found.wanted += _changes(visit, facts.known)
    for check_in in facts.check_ins:
        _of_check_in(found, check_in, by_kind.get(MessageKind.CHECK_IN, ()), policy)
    for operation in facts.operations:
        found.wanted += _of_operation(operation, by_kind.get(MessageKind.PREPARATION, ()))
        found.why_gone[operation.occurrence] = WhyNot.MOVED
        found.versions[operation.occurrence] = operation.planned_on.isoformat()
    return found


def _of_refill(
    found: Wishes,
    refill: RefillFacts,
    facts: PatientFacts,
    rules: Iterable[Rule],
    policy: Policy,
    now: datetime,
) -> None:
    wanted = [] if (why := _no_refill(refill)) else list(_book_visit(refill, rules, policy))
    found.wanted += [_unless_told(wish, facts, now) for wish in wanted]
    why = why or (WhyNot.MOVED if wanted else WhyNot.RULE_OFF)
    found.why_gone[f"implant:{refill.implant_id}"] = why


def _no_refill(refill: RefillFacts) -> WhyNot | None:
    if not refill.is_active:
        return WhyNot.ENDED
    if refill.fill_id is None:
        return WhyNot.NOT_FILLED
    if refill.target_visit_on is None or refill.latest_visit_on is None:
        return WhyNot.NO_CERTAIN_DATE
    return WhyNot.BOOKED if refill.is_booked else None


def _book_visit(refill: RefillFacts, rules: Iterable[Rule], policy: Policy) -> Iterator[Wish]:
    target, latest = refill.target_visit_on, refill.latest_visit_on
    if target is None or latest is None:
        return
    for rule in rules:
        yield Wish(
            kind=rule.kind,
            occurrence=f"fill:{refill.fill_id}",
            step=rule.step,
            version=target.isoformat(),
            due=_due(rule, target),
            until=When(day=latest, at=policy.quiet.last_minute),
            channels=rule.channels,
            wants_answer=rule.wants_answer,
            is_critical=rule.is_critical,
            days_away=abs(rule.days),
            implant_id=refill.implant_id,
        )


def _unless_told(wish: Wish, facts: PatientFacts, now: datetime) -> Wish:
    """Who was asked to book a short time ago is not asked again because the date moved."""
    told = [
        (known.first_sent_at, (known.occurrence, known.version) == (wish.occurrence, wish.version))
        for known in facts.known
        if known.implant_id == wish.implant_id
        and (known.kind, known.step) == (wish.kind, wish.step)
        and known.went_out
        and known.first_sent_at is not None
    ]
    if not told:
        return wish
    told_at, is_the_same = max(told)
    sends_at = max(wish.due.on_clock_of(facts.zone), now)
    if not is_the_same and sends_at >= told_at + NOT_AGAIN_WITHIN:
        return wish
    return replace(wish, why_not=WhyNot.TOLD_ALREADY)


def _of_visit(found: Wishes, visit: VisitFacts, rules: Iterable[Rule], now: datetime) -> None:
    if visit.standing is not Standing.BOOKED:
        found.why_gone[visit.occurrence] = _GONE[visit.standing]
        return
    found.why_gone[visit.occurrence] = WhyNot.MOVED
    found.versions[visit.occurrence] = str(visit.sequence)
    for rule in rules:
        found.wanted.append(
            Wish(
                kind=visit.kind,
                occurrence=visit.occurrence,
                step=rule.step,
                version=str(visit.sequence),
                due=_due(rule, visit.local_on),
                until=When(moment=visit.starts_at),
                channels=rule.channels,
                wants_answer=rule.wants_answer and not visit.answer,
                is_critical=rule.is_critical,
                days_away=abs(rule.days),
                since=visit.since,
                visit_id=visit.visit_id,
                why_not=WhyNot.ANSWERED if visit.answer == CANNOT_COME else None,
            )
        )


_GONE = {
    Standing.UNPLACED: WhyNot.MOVED,
    Standing.OVER: WhyNot.OVER,
    Standing.OFF: WhyNot.CANCELLED,
}


def _changes(visit: VisitFacts, known: Iterable[Known]) -> Iterator[Wish]:
    """To each reader who was told of the visit: that it stands at another time now, or at none.

    Held against what that reader was told last, so that a change that was taken back before it was told is none.
    """
    for proxy_id, last in _last_told(visit, known).items():
        step = _step_of_change(visit, last)
        if step is None or last.first_sent_at is None:
            continue
        waits = UNPLACED_WAITS if visit.standing is Standing.UNPLACED else CHANGE_WAITS
        told_start = visit.start_told_by(last)
        yield Wish(
            kind=MessageKind.CHANGE,
            occurrence=visit.occurrence,
            step=step,
            version=str(visit.sequence),
            due=When(moment=visit.since + waits),
            until=When(moment=visit.starts_at if step == STEP_MOVED else told_start),
            channels=TEXT_FIRST if last.channel is ChannelName.SMS else EMAIL_FIRST,
            wants_answer=step == STEP_MOVED,
            is_critical=True,
            visit_id=visit.visit_id,
            is_for_one=True,
            only_to=proxy_id,
        )


def _last_told(visit: VisitFacts, known: Iterable[Known]) -> dict[int | None, Known]:
    found: dict[int | None, Known] = {}
    for each in known:
        if each.occurrence != visit.occurrence or not each.tells_of_visit:
            continue
        if not each.arrived or each.first_sent_at is None:
            continue
        before = found.get(each.proxy_id)
        if before is None or (before.first_sent_at, before.message_id) < (
            each.first_sent_at,
            each.message_id,
        ):
            found[each.proxy_id] = each
    return found


def _step_of_change(visit: VisitFacts, last: Known) -> str | None:
    if not is_outdated(visit, last):
        return None
    return STEP_MOVED if visit.standing is Standing.BOOKED else STEP_CANCELLED


def is_outdated(visit: VisitFacts, known: Known) -> bool:
    """Whether a message that went out says something of the visit that holds no longer."""
    if known.first_sent_at is None or visit.standing is Standing.OVER or not known.tells_of_visit:
        return False
    if known.version == str(visit.sequence):
        return False
    if visit.standing is not Standing.BOOKED:
        return not known.says_off
    return known.says_off or visit.start_told_by(known) != visit.starts_at


def _of_check_in(found: Wishes, check_in: CheckInFacts, rules: Iterable[Rule], policy: Policy) -> None:
    if not check_in.is_open:
        why = WhyNot.ANSWERED if check_in.is_answered else WhyNot.OVER
        found.why_gone[check_in.occurrence] = why
        return
    found.why_gone[check_in.occurrence] = WhyNot.MOVED
    found.versions[check_in.occurrence] = check_in.target_on.isoformat()
    for rule in rules:
        last_on = max(check_in.latest_on, check_in.target_on + timedelta(days=rule.days))
        found.wanted.append(
            Wish(
                kind=rule.kind,
                occurrence=check_in.occurrence,
                step=rule.step,
                version=check_in.target_on.isoformat(),
                due=_due(rule, check_in.target_on),
                until=When(day=last_on, at=policy.quiet.last_minute),
                channels=rule.channels,
                topic=CHECK_INS,
                wants_answer=rule.wants_answer,
                is_critical=rule.is_critical,
                days_away=abs(rule.days),
                since=check_in.since,
                follow_up_id=check_in.follow_up_id,
            )
        )


def _of_operation(operation: OperationFacts, rules: Iterable[Rule]) -> Iterator[Wish]:
    for rule in rules:
        yield Wish(
            kind=rule.kind,
            occurrence=operation.occurrence,
            step=rule.step,
            version=operation.planned_on.isoformat(),
            due=_due(rule, operation.planned_on),
            until=When(day=operation.planned_on),
            channels=rule.channels,
            wants_answer=rule.wants_answer,
            is_critical=rule.is_critical,
            days_away=abs(rule.days),
        )


def _due(rule: Rule, day: date) -> When:
    return When(day=day + timedelta(days=rule.days), at=rule.at)
