"""After a restore nothing leaves until somebody has it decided what became of the messages since the backup."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Q

from notifications.domain.states import State
from notifications.models import Message, Restoration
from notifications.services.delivery.restored import doubt


class WrongMomentError(ValueError):
    """The moment cannot be: the text says why."""


def hold_messages(*, backup_at: datetime, now: datetime, using: str = "default") -> Restoration:
    """Let no process send anything, or clear anything up, until ``decide``. ``backup_at``: the backup's moment."""
    if backup_at > now:
        raise WrongMomentError("the moment of the backup has not come yet")
    return Restoration.objects.using(using).create(backup_at=backup_at, restored_at=now, sent_until=now)


def undecided() -> list[Restoration]:
    """The restores after which messages are held, the first one first."""
    return list(Restoration.objects.filter(decided_at=None).order_by("restored_at", "pk"))


def say_stopped(restoration: Restoration, *, stopped_at: datetime) -> None:
    """What ran since the backup certainly sent nothing after this moment: what was due later is simply sent now."""
    if not restoration.backup_at <= stopped_at <= restoration.restored_at:
        raise WrongMomentError("it lies between the moment of the backup and that of the restore")
    restoration.sent_until = stopped_at
    restoration.save(update_fields=["sent_until"])


def decide(
    restoration: Restoration,
    *,
    clock: Callable[[], datetime],
    each: Callable[[list[int]], Iterable[int]] = lambda ids: ids,
) -> int:
    """Take everything for perhaps sent that may have been, then let messages leave; how many those are.

    A message each: whoever dies over it does the rest when called again. ``each`` shows how far it is.
    """
    number = sum(
        doubt(message_id, restoration, now=clock()) for message_id in each(_may_have_been_sent(restoration))
    )
    restoration.decided_at = clock()
    restoration.save(update_fields=["decided_at"])
    return number


def _may_have_been_sent(restoration: Restoration) -> list[int]:
    """What was waiting and due, what was in hand, and what was being cleared up."""
    rows = Message.objects.filter(
        Q(state=State.QUEUED, due_at__lte=restoration.sent_until)
        | Q(state__in=[State.CLAIMED, State.SENDING])
        | Q(state=State.UNKNOWN, look_again_at__isnull=False)
    )
    return list(rows.order_by("due_at", "pk").values_list("pk", flat=True))
