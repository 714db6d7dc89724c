"""Stored messages as a plan reads and writes them: not instances, of which a night would make six a pump and change none."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from clinic.selectors.versions import RECENT
from clinic.together import ask_together
from notifications.domain.kinds import RULED_KINDS, MessageKind
from notifications.domain.states import OPEN
from notifications.models import Message

LOOKS_BACK = RECENT
"""What was settled longer ago bears on nothing: no cap, no fortnight, no visit that is still to come."""
PLANNED_KINDS = sorted(kind.value for kind in (*RULED_KINDS, MessageKind.CHANGE, MessageKind.INVITATION))


@dataclass(slots=True)
class StoredMessage:
    """What a plan reads and writes of a stored message, and of whom it goes to; by the names that the model has."""

    id: int
    ref: UUID
    clinic_id: int
    patient_id: int
    implant_id: int | None
    visit_id: int | None
    follow_up_id: int | None
    kind: str
    occurrence: str
    step: str
    channel: str
    planned_version: str
    wants_answer: bool
    is_critical: bool
    carried_by_id: int | None
    state: str
    reason: str
    due_at: datetime
    not_after: datetime
    lease_until: datetime | None
    attempts_made: int
    first_sent_at: datetime | None
    settled_at: datetime | None
    is_cancel_requested: bool
    invite_method: str
    invite_ends_at: datetime | None
    recipient_id: int
    recipient__proxy_id: int | None
    recipient__value: str
    recipient__dialable: str
    recipient__time_zone: str

    @property
    def pk(self) -> int:
        return self.id

    @property
    def letter_address(self) -> str:
        """Where it goes, an e-mail address as machines write it."""
        return self.recipient__dialable or self.recipient__value.strip().lower()


def stored_messages(
    clinic_id: int, patient_ids: Collection[int], now: datetime, *, is_locking: bool
) -> defaultdict[int, list[StoredMessage]]:
    """Those of these patients that bear on a plan, by patient and by id (one query)."""
    questions = _locking if is_locking else _looking
    answers = ask_together(questions, clinic_id=clinic_id, patient_ids=patient_ids, recent=now - LOOKS_BACK)
    found: defaultdict[int, list[StoredMessage]] = defaultdict(list)
    for row in answers["messages"]:
        each = StoredMessage(*row)
        found[each.patient_id].append(each)
    return found


def _looking(given: Any) -> dict[str, Any]:
    return {
        "messages": Message.objects.for_clinic(given.clinic_id)
        .filter(
            Q(state__in=OPEN) | Q(not_after__gt=given.recent) | Q(first_sent_at__gt=given.recent),
            patient_id__any_of=given.patient_ids,
            recipient__isnull=False,
            kind__in=PLANNED_KINDS,
        )
        .order_by("id")
        .values_list(*(each.name for each in fields(StoredMessage)))
    }


def _locking(given: Any) -> dict[str, Any]:
    return {name: rows.select_for_update(of=("self",)) for name, rows in _looking(given).items()}
