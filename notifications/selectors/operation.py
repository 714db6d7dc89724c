"""What those who run the system ask. Figures only, no persons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, Min

from clinic.selectors.operation import clinic_numbers
from clinic.together import Answers
from notifications.domain.states import State
from notifications.models import Message, ReconcilerRun, Restoration, WebhookEvent, WebhookRefusal
from notifications.selectors.inbound import unplaced_texts

DISPATCHER = "dispatcher"
"""The name under which whoever sends messages leaves a sign of life."""
LATE_AFTER = timedelta(minutes=10)
"""A message that is due so long and was not taken is late: dispatch stands still."""
FURTHEST_CLOCKS = timedelta(seconds=5)
FRESH_FOR = timedelta(hours=2)
"""A comparison older than this proves nothing any more."""


@dataclass(frozen=True, slots=True)
class LateDispatch:
    """Messages of a clinic that should have left, or all of them held back after a restore."""

    number: int
    oldest_due_at: datetime | None
    backup_at: datetime | None
    """The backup's moment while messages are held: what was sent since is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The last finished comparison of one clinic; ``finished_at`` None: there was none yet."""

    clinic_id: int
    finished_at: datetime | None = None
    unwatched: int = 0
    missing: int = 0
    surplus: int = 0
    overdue: int = 0
    ownerless: int = 0

    def is_in_order(self, *, now: datetime) -> bool:
        """Whether it is fresh and found every pump watched and every message where it belongs."""
        if self.finished_at is None or now - self.finished_at > FRESH_FOR:
            return False
        return not (self.unwatched or self.missing or self.surplus or self.overdue or self.ownerless)


def messages_by_state() -> dict[str, int]:
    """How many messages stand in each state, over all clinics."""
    return dict(Message.objects.values_list("state").annotate(Count("pk")).order_by("state"))


def backlog(*, now: datetime) -> dict[str, int]:
    """How many messages are due, or to be cleared up, by channel."""
    queued = Message.objects.filter(state=State.QUEUED, due_at__lte=now)
    unknown = Message.objects.filter(state=State.UNKNOWN, look_again_at__lte=now)
    counts: dict[str, int] = {}
    for rows in (queued, unknown):
        for channel, number in rows.order_by().values_list("channel").annotate(Count("pk")):
            counts[channel] = counts.get(channel, 0) + number
    return counts


def oldest_due(*, now: datetime) -> datetime | None:
    """Since when the longest waiting due message waits, over all clinics."""
    found = Message.objects.filter(state=State.QUEUED, due_at__lte=now).aggregate(Min("due_at"))
    oldest: datetime | None = found["due_at__min"]
    return oldest


def dispatch_questions(given: Any) -> dict[str, Any]:
    """What ``late_dispatch_from`` needs the answers to; asked of ``late_before``, which is ``LATE_AFTER`` ago."""
    late = Message.objects.for_clinic(given.clinic_id).filter(
        state=State.QUEUED, due_at__lte=given.late_before
    )
    held = Restoration.objects.filter(decided_at=None).order_by("backup_at")
    return {
        "late": late.order_by().values_list("clinic_id").annotate(number=Count("*"), oldest=Min("due_at")),
        "held": held.values_list("backup_at", flat=True)[:1],
    }


def late_dispatch_from(answers: Answers) -> LateDispatch | None:
    """The clinic's messages that should have left by then, or that messages are held; None: neither."""
    number, oldest_due_at = next((row[1:] for row in answers["late"]), (0, None))
    backup_at = next(iter(answers["held"]), None)
    return LateDispatch(number, oldest_due_at, backup_at) if number or backup_at else None


def held_since() -> datetime | None:
    """Since when messages are held after a restore, until it is decided what became of them; None: they are not."""
    found: datetime | None = Restoration.objects.filter(decided_at=None).aggregate(Min("restored_at"))[
        "restored_at__min"
    ]
    return found


def is_held() -> bool:
    """Whether no message may leave: the database was restored, and what was sent since the backup is not decided."""
    return held_since() is not None


def last_reconciled() -> list[Reconciled]:
    """The last finished comparison of every clinic, none left out (two queries)."""
    rows = (
        ReconcilerRun.objects.filter(finished_at__isnull=False)
        .order_by("clinic_id", "-hour")
        .distinct("clinic_id")
    )
    by_clinic = {
        row.clinic_id: Reconciled(
            clinic_id=row.clinic_id,
            finished_at=row.finished_at,
            unwatched=row.unwatched,
            missing=row.missing,
            surplus=row.surplus,
            overdue=row.overdue,
            ownerless=row.ownerless,
        )
        for row in rows
    }
    return [by_clinic.get(pk, Reconciled(clinic_id=pk)) for pk, _ in clinic_numbers()]


def is_outbox_accounted(*, now: datetime) -> bool:
    """Whether every clinic's last comparison is fresh and found nothing out of place, and messages leave."""
    return not is_held() and all(each.is_in_order(now=now) for each in last_reconciled())


def clock_difference(*, now: datetime) -> timedelta:
    """How far this machine's clock and the database's are apart."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        theirs: datetime = cursor.fetchone()[0]
    return abs(theirs - now)


def is_clock_trusted(*, now: datetime) -> bool:
    """Leases run on the database's clock and hours on ours: they must agree."""
    return clock_difference(now=now) <= FURTHEST_CLOCKS


def refused_reports(*, now: datetime) -> dict[str, int]:
    """How many reports were refused today (UTC), by the provider they claimed to be of."""
    return dict(WebhookRefusal.objects.filter(day=now.date()).values_list("provider", "number"))


def texts_of_nobody() -> int:
    """How many texts came from numbers that no clinic knows and nobody has dealt with."""
    return unplaced_texts().count()


def waiting_reports() -> int:
    """How many reports wait for a message that they name."""
    return WebhookEvent.objects.filter(applied_at=None).count()
