"""What follows when a message ends badly or out of turn, in the transaction that ends it.

No message that needs a person is without one: its escalation is opened in the same commit. What was taken back while
it was on its way is followed by a correction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from django.db import transaction

from clinic.selectors.rows import ContactKind, ContactPoint
from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.plan import WhyNot
from notifications.domain.plan.rules import STANDS_ALONE, STEP_CANCELLED, STEP_MOVED
from notifications.domain.states import State
from notifications.models import Message, ReminderRule
from notifications.models.escalations import Cause
from notifications.selectors.world import is_withdrawal
from notifications.services.escalations import open_escalation
from notifications.services.plan import replan_patients
from scheduling.selectors.rows import Visit

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        State.UNKNOWN: Cause.MAY_BE_LOST,
        State.FAILED: Cause.NOT_DELIVERED,
        State.DEAD: Cause.NOT_DELIVERED,
        State.MISSED: Cause.MISSED,
    }
)
_KIND_OF_CONTACT = MappingProxyType(
    {ChannelName.EMAIL: ContactKind.EMAIL, ChannelName.SMS: ContactKind.PHONE}
)


def hand_to_person(row: Message, *, now: datetime) -> None:
    """Open the escalation of a message that only a person can bring to its end. ``row.state`` says which.

    Words to one member of staff are one matter, however many fail: each matter tells people, and must not breed.
    """
    open_escalation(
        clinic_id=row.clinic_id,
        cause=CAUSES[row.state],
        key=f"message:{row.pk}" if row.user_id is None else f"staff:{row.user_id}",
        now=now,
        patient_id=row.patient_id if row.user_id is None else None,
        implant_id=row.implant_id,
        visit_id=row.visit_id,
        message_id=row.pk,
    )


def try_other_channel(row: Message, *, now: datetime) -> Message | None:
    """Queue the same word for the rule's next channel, to an address of the same reader; None where there is none.

    At most once a channel: the message's key holds it. Whether it may go is asked when it goes.
    """
    channel = _next_channel(row)
    if channel is None or row.patient_id is None or row.recipient_id is None or row.not_after <= now:
        return None
    contact_id = _contact(row.recipient_id, row.patient_id, channel)
    if contact_id is None:
        return None
    return _add(row, now=now, channel=channel.value, recipient_id=contact_id)


def let_go(row: Message, *, now: datetime) -> None:
    """Plan anew, once this is committed, what a message was to say besides its own: nobody was told.

    Not in this transaction: planning takes the patient's lock before those of messages. Whoever dies in between
    leaves it to the hourly comparison.
    """
    clinic_id, patient_id = row.clinic_id, row.patient_id
    if patient_id is not None and row.carries.filter(reason=WhyNot.DIGEST).exists():
        transaction.on_commit(lambda: replan_patients(clinic_id, [patient_id], now))


def correct(row: Message, *, now: datetime) -> Message | None:
    """Queue the correction of a message that was taken back while it was out; None where nothing is to be said.

    It is the one that the planner plans for whoever was told, under the same key: whichever comes first, it is one. What was said of a visit is corrected. A request to book, or to answer, that is no longer true says nothing wrong.
    """
    if row.kind not in (*VISIT_KINDS, *STANDS_ALONE) or row.visit_id is None or is_withdrawal(row):
        return None
    visit = Visit.objects.for_clinic(row.clinic_id).select_related("patient").get(pk=row.visit_id)
    is_standing = visit.status == "booked"
    is_as_told = is_standing and str(visit.sequence) == row.planned_version
    ends = visit.starts_at if is_standing else row.not_after
    if is_as_told or ends <= now or visit.patient.died_on is not None:
        return None
    return _add(
        row,
        now=now,
        kind=MessageKind.CHANGE.value,
        step=STEP_MOVED if is_standing else STEP_CANCELLED,
        planned_version=str(visit.sequence),
        implant_id=None,
        not_after=ends,
        wants_answer=is_standing,
        is_critical=True,
    )


def _add(row: Message, *, now: datetime, **different: object) -> Message:
    values: dict[str, object] = {
        "clinic_id": row.clinic_id,
        "patient_id": row.patient_id,
        "recipient_id": row.recipient_id,
        "user_id": row.user_id,
        "kind": row.kind,
        "implant_id": row.implant_id,
        "visit_id": row.visit_id,
        "follow_up_id": row.follow_up_id,
        "escalation_id": row.escalation_id,
        "inbound_id": row.inbound_id,
        "occurrence": row.occurrence,
        "step": row.step,
        "channel": row.channel,
        "planned_version": row.planned_version,
        "wants_answer": row.wants_answer,
        "is_critical": row.is_critical,
        "due_at": now,
        "not_after": row.not_after,
        "planned_at": now,
    }
    made = Message(**(values | different))
    Message.objects.bulk_create([made], ignore_conflicts=True)
    return made


def _next_channel(row: Message) -> ChannelName | None:
    """The channel after this one in the rule; for what no rule plans, the other one."""
    rule = ReminderRule.objects.for_clinic(row.clinic_id).filter(kind=row.kind, step=row.step).first()
    if rule is None:
        order = [name.value for name in ChannelName] if row.kind == MessageKind.CHANGE else []
        return next((ChannelName(name) for name in order if name != row.channel), None)
    order = list(rule.channels)
    later = order[order.index(row.channel) + 1 :] if row.channel in order else order
    return ChannelName(later[0]) if later else None


def _contact(recipient_id: int, patient_id: int, channel: ChannelName) -> int | None:
    """The same reader's address for that channel: the patient's own, or the same helper's."""
    reader = ContactPoint.objects.values_list("clinic_id", "proxy_id").get(pk=recipient_id)
    found = ContactPoint.objects.for_clinic(reader[0]).filter(
        patient_id=patient_id, proxy_id=reader[1], kind=_KIND_OF_CONTACT[channel], is_active=True
    )
    if channel is ChannelName.SMS:
        found = found.exclude(dialable="")
    return found.order_by("-is_preferred", "id").values_list("id", flat=True).first()
