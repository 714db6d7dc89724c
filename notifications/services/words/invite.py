"""The calendar that goes with an e-mail about a visit, written from the record at the moment it is sent.

What went to the address before decides which entry it names and how it is counted: a calendar drops what is not newer
than what it holds, and holds an entry that was cancelled for dead.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from uuid import UUID, uuid4

from django.conf import settings

from notifications.domain.kinds import MessageKind
from notifications.domain.plan import STEP_CANCELLED, STEP_WITHDRAWN
from notifications.domain.plan.rules import STANDS_ALONE
from notifications.domain.states import WENT_OUT
from notifications.domain.transport import Invite
from notifications.domain.words.labels import NOT_READ
from notifications.models import Message
from notifications.selectors.patient_calendar import words_for_patient
from notifications.selectors.world import Seen
from notifications.services.words.facts import language_of
from scheduling.domain.calendars import text, writer
from scheduling.domain.calendars.writer import Invited, Method, Standing, Timing, Words
from scheduling.selectors.calendar_entries import number_of_visit
from scheduling.selectors.rows import Status, Visit


@dataclass(frozen=True, slots=True)
class _Number:
    method: Method
    uid: UUID
    sequence: int


def invite_with(seen: Seen, *, address: str, now: datetime) -> Invite | None:
    """The calendar for an e-mail as it was seen; None where none goes with it. Writes nothing.

    The same at every attempt that may have been one: its number is kept with the message (``keep_invite``), and it is
    dated by the first of them.
    """
    row = seen.message
    if row.kind not in STANDS_ALONE or row.visit is None or row.recipient is None:
        return None
    number = _kept(row) or _number(row, row.visit, address, is_on=seen.policy.is_invitation_on)
    if number is None:
        return None
    return Invite(
        method=number.method.value,
        uid=number.uid,
        sequence=number.sequence,
        ends_at=row.visit.ends_at,
        text=_written(row, row.visit, number, address=address, now=now),
    )


def keep_invite(row: Message, invite: Invite | None) -> None:
    """Note with the message which entry went out with it. Nothing where none does."""
    if invite is not None:
        Message.objects.filter(pk=row.pk).update(
            invite_method=invite.method,
            invite_uid=invite.uid,
            invite_sequence=invite.sequence,
            invite_ends_at=invite.ends_at,
        )


def _kept(row: Message) -> _Number | None:
    """As it was sent before, where it may have been; what certainly went nowhere is counted anew."""
    if row.first_sent_at is None or row.invite_uid is None:
        return None
    return _Number(Method(row.invite_method), row.invite_uid, row.invite_sequence or 0)


def _number(row: Message, visit: Visit, address: str, *, is_on: bool) -> _Number | None:
    """What the message asks of that calendar, of which entry, and its count; None where there is nothing to ask."""
    before = _sent_before(row, visit, address)
    last = before[0] if before else None
    holds = last is not None and last.method is Method.REQUEST
    if row.step in (STEP_CANCELLED, STEP_WITHDRAWN):
        if last is None or not holds:
            return None
        method = Method.CANCEL
    elif row.kind == MessageKind.INVITATION or last is not None or is_on:
        method = Method.REQUEST
    else:
        return None
    entry = number_of_visit(clinic_id=row.clinic_id, visit_id=visit.pk)
    counted = entry.sequence if entry is not None else 0
    if last is not None and holds:
        return _Number(method, last.uid, max(counted, last.sequence + 1))
    is_fresh = entry is not None and entry.uid not in {each.uid for each in before}
    return _Number(method, entry.uid if entry is not None and is_fresh else uuid4(), counted)


def _sent_before(row: Message, visit: Visit, address: str) -> list[_Number]:
    """What that calendar was told of the visit, or may have been, the last first."""
    rows = (
        Message.objects.for_clinic(row.clinic_id)
        .filter(visit_id=visit.pk, invite_uid__isnull=False, state__in=WENT_OUT)
        .exclude(pk=row.pk)
        .select_related("recipient")
        .order_by("-first_sent_at", "-id")
    )
    return [
        _Number(Method(each.invite_method), each.invite_uid, each.invite_sequence or 0)
        for each in rows
        if each.invite_uid is not None
        and each.recipient is not None
        and (each.recipient.dialable or each.recipient.value).lower() == address.lower()
    ]


def _written(row: Message, visit: Visit, number: _Number, *, address: str, now: datetime) -> str:
    made_at = row.first_sent_at or now
    is_off = visit.status != Status.BOOKED
    standing = None if row.step == STEP_WITHDRAWN and not is_off else Standing.CONFIRMED
    if number.method is Method.CANCEL and standing is not None:
        standing = Standing.CANCELLED
    timing = Timing(
        uid=str(number.uid),
        sequence=number.sequence,
        changed_at=made_at,
        starts=visit.starts_at,
        ends=visit.ends_at,
        standing=standing,
    )
    invited = Invited(
        organizer=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        organizer_name=row.clinic.name,
        attendee=address,
        made_at=made_at,
    )
    event = writer.event(timing, _words(row, number), invited)
    return b"".join(writer.calendar(writer.head(method=number.method), [event])).decode()


def _words(row: Message, number: _Number) -> Words:
    """What a patient's own calendar says; asked to come, also that nobody reads what the program sends back."""
    clinic, language = row.clinic, language_of(row)
    said = words_for_patient(clinic_id=clinic.pk, name=clinic.name, phone=clinic.phone, language=language)
    if number.method is Method.CANCEL:
        return said.cancelled
    call, not_read = said.visit.description, text.one_line(NOT_READ[language])
    return said.visit._replace(description="\n".join(line for line in (call, not_read) if line))
