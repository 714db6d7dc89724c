"""Messages as the page shows them, without the words to staff about escalations. Every read names the clinic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Count, Exists, IntegerField, OuterRef, Prefetch, QuerySet, Value, When

from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.states import NEEDS_A_PERSON, State
from notifications.models import Attempt, Escalation, Message

IN_APP = "notifications.backends.InAppBackend"


class Group(StrEnum):
    """What somebody who looks after messages tells apart, in the order in which it matters."""

    ATTENTION = "attention"
    PLANNED = "planned"
    SENT = "sent"
    NOT_SENT = "not_sent"


STATES: Mapping[Group, frozenset[State]] = MappingProxyType(
    {
        Group.ATTENTION: NEEDS_A_PERSON,
        Group.PLANNED: frozenset({State.QUEUED, State.CLAIMED, State.SENDING}),
        Group.SENT: frozenset({State.ACCEPTED, State.DELIVERED}),
        Group.NOT_SENT: frozenset({State.CANCELLED, State.SUPPRESSED}),
    }
)
GROUP_OF: Mapping[str, Group] = MappingProxyType(
    {state.value: group for group, states in STATES.items() for state in states}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which messages are asked for; None: any."""

    kind: MessageKind | None = None
    channel: ChannelName | None = None
    patient_ref: UUID | None = None
    state: State | None = None
    due_from: datetime | None = None
    due_before: datetime | None = None


def message_list(
    *, clinic_id: int, group: Group | None = None, wanted: Wanted = Wanted()
) -> QuerySet[Message]:
    """The clinic's messages with patient, address, attempts and kept letters; those for a person first.

    ``is_digest`` says whether a message says other messages' content too.
    """
    rows = (
        _wanted(clinic_id, wanted)
        .select_related("patient", "recipient")
        .prefetch_related("attempts", "mails")
        .annotate(is_digest=Exists(Message.objects.filter(carried_by=OuterRef("pk"))))
    )
    if group is not None:
        rows = rows.filter(state__in=STATES[group])
    rank = Case(
        *(When(state__in=states, then=Value(place)) for place, states in enumerate(STATES.values())),
        output_field=IntegerField(),
    )
    soonest_first = group in (None, Group.PLANNED)
    return rows.annotate(rank=rank).order_by("rank", "due_at" if soonest_first else "-due_at", "id")


def message_rows(
    *, clinic_id: int, group: Group | None = None, wanted: Wanted = Wanted()
) -> QuerySet[Message]:
    """The same without letters: with what each is about, and the attempts in order."""
    rows = (
        _wanted(clinic_id, wanted)
        .select_related("patient", "recipient", "implant", "visit", "follow_up", "carried_by")
        .prefetch_related(Prefetch("attempts", Attempt.objects.order_by("pk")))
    )
    return rows if group is None else rows.filter(state__in=STATES[group])


def message_by_ref(*, clinic_id: int, ref: UUID) -> Message | None:
    """One message to a patient or helper, with whom and what it is about, attempts, kept letters, what it carries."""
    return (
        _wanted(clinic_id, Wanted())
        .select_related("patient", "recipient__proxy", "visit__kind", "follow_up", "inbound", "carried_by")
        .prefetch_related(
            Prefetch("attempts", Attempt.objects.order_by("pk")), "mails", "carries__visit__kind"
        )
        .filter(ref=ref)
        .first()
    )


def matters_of_message(*, clinic_id: int, message_id: int) -> list[Escalation]:
    """What was handed to a person because of the message, the newest first."""
    rows = Escalation.objects.for_clinic(clinic_id).filter(message_id=message_id)
    return list(rows.select_related("acknowledged_by").order_by("-pk"))


def messages_of_patient(*, clinic_id: int, patient_id: int) -> list[Message]:
    """What the patient was told or was to be told, except what still waits; with address and kept letters."""
    return list(
        Message.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id, user__isnull=True)
        .exclude(state__in=STATES[Group.PLANNED])
        .select_related("recipient")
        .prefetch_related("mails")
        .order_by("-id")
    )


def message_of_patient(*, clinic_id: int, patient_id: int, message_ref: UUID) -> Message | None:
    """One message about a patient; None for one of another patient or clinic as for none."""
    return Message.objects.for_clinic(clinic_id).filter(patient_id=patient_id, ref=message_ref).first()


def message_counts(*, clinic_id: int, wanted: Wanted = Wanted()) -> dict[Group, int]:
    """How many messages stand in each group."""
    counts = dict.fromkeys(Group, 0)
    rows = _wanted(clinic_id, wanted)
    for state, number in rows.order_by().values_list("state").annotate(Count("pk")):
        counts[GROUP_OF[state]] += number
    return counts


def stays_in_installation() -> bool:
    """Whether letters are kept here instead of sent, for want of a mail server."""
    return str(settings.EMAIL_BACKEND) == IN_APP


def _wanted(clinic_id: int, wanted: Wanted) -> QuerySet[Message]:
    asked = {
        "kind": wanted.kind,
        "channel": wanted.channel,
        "patient__ref": wanted.patient_ref,
        "state": wanted.state,
        "due_at__gte": wanted.due_from,
        "due_at__lt": wanted.due_before,
    }
    rows = Message.objects.for_clinic(clinic_id).filter(user__isnull=True)
    return rows.filter(**{name: value for name, value in asked.items() if value is not None})
