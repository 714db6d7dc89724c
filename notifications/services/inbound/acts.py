"""What one text does, in one transaction with its consequences and whoever must act on it.

The patient has no account: the history names nobody and says "the patient, by text". Locks are taken in the order of
docs/adr/0012-seats-and-locks.md: patient, pumps, visit; then messages; then escalations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.numbers import NumberOwner, clinic_by_id
from clinic.selectors.rows import Clinic
from clinic.services.consents import record_patients_word
from notifications.domain.escalation.keys import visit_key
from notifications.domain.inbound import Meaning
from notifications.domain.kinds import ChannelName
from notifications.models import InboundMessage, PatientAnswer, StoppedAddress
from notifications.models.answers import Answer
from notifications.models.escalations import Cause
from notifications.selectors.answers import answers_of_visits
from notifications.services.escalations import open_escalation
from notifications.services.inbound.asked import visit_asked_about
from notifications.services.inbound.reply import reply, was_told
from notifications.services.inbound.stopping import lift, stop_address
from notifications.services.plan import replan_patients
from scheduling.selectors.rows import Visit
from scheduling.services.booking.locks import Locked, lock_patient, lock_visit
from scheduling.services.booking.transactions import in_one_transaction

BY_TEXT = gettext_noop("the patient, by text")
UNCLEAR = "unclear"
_ANSWER: dict[Meaning, tuple[Answer, Cause | None]] = {
    Meaning.CONFIRM: (Answer.CONFIRMED, None),
    Meaning.RESCHEDULE: (Answer.WANTS_OTHER_TIME, Cause.WANTS_OTHER_TIME),
    Meaning.DECLINE: (Answer.CANNOT_COME, Cause.CANNOT_COME),
}


def act_on(
    row: InboundMessage, *, owners: Sequence[NumberOwner], is_certain: bool, may_reply: bool, now: datetime
) -> None:
    """Do what the text says for the owners of its number in one clinic. ``is_certain``: it is one patient's own.

    Raises BusyTryAgain as a booking does; nothing was written then.
    """
    act = _act_for(row, owners, is_certain, may_reply, now)
    in_one_transaction(act, actor_id=None, reason=BY_TEXT)


def hand_to_person(row: InboundMessage, *, now: datetime) -> None:
    """Ask a person to read the text, whatever it says."""
    in_one_transaction(lambda: _ask_to_read(row, now), actor_id=None, reason=BY_TEXT)


def _act_for(
    row: InboundMessage, owners: Sequence[NumberOwner], is_certain: bool, may_reply: bool, now: datetime
) -> Callable[[], None]:
    meaning = Meaning(row.meaning)
    if owners and meaning is Meaning.STOP:
        return lambda: _stop(row, owners, may_reply, now)
    if owners and meaning is Meaning.HELP:
        return lambda: _help(row, owners, may_reply, now)
    if is_certain and meaning is Meaning.START:
        return lambda: _start(row, owners[0], may_reply, now)
    if is_certain and meaning in _ANSWER:
        return lambda: _answer(row, owners[0], meaning, now)
    return lambda: _read_by_person(row, owners, may_reply, now)


def _stop(row: InboundMessage, owners: Sequence[NumberOwner], may_reply: bool, now: datetime) -> None:
    """No more texts to the number, whoever it belongs to; confirmed once."""
    is_new = stop_address(
        owners,
        channel=ChannelName.SMS,
        address=row.from_address,
        words=row.body,
        reason=BY_TEXT,
        now=now,
        inbound_id=row.pk,
    )
    if may_reply and is_new:
        reply(row, owners[0], step="stop", now=now)


def _start(row: InboundMessage, owner: NumberOwner, may_reply: bool, now: datetime) -> None:
    """Texts again, to who once agreed to them."""
    locked = _lock(row, owner)
    lift(StoppedAddress.objects.for_clinic(_clinic_id(row)), number=row.from_address, now=now)
    _say(row, [owner.patient_id], is_granted=True, now=now)
    _replan(row, locked, now)
    if may_reply:
        reply(row, owner, step="start", now=now)
    _handled(row, now)


def _help(row: InboundMessage, owners: Sequence[NumberOwner], may_reply: bool, now: datetime) -> None:
    if may_reply:
        reply(row, owners[0], step="help", now=now)
    _handled(row, now)


def _answer(row: InboundMessage, owner: NumberOwner, meaning: Meaning, now: datetime) -> None:
    """The patient's word on the one visit that was asked about; a person where it is not just one.

    A confirmation is soft: it ends no escalation. A visit is never moved or cancelled by a text.
    """
    locked = _lock(row, owner)
    answer, cause = _ANSWER[meaning]
    visit = _asked_visit(row, owner, now)
    if visit is None and cause is None:
        _read_by_person(row, [owner], True, now)
        return
    _write_answer(row, owner, answer, visit, now)
    _replan(row, locked, now)
    if cause is None:
        reply(row, owner, step="confirm", now=now, visit=visit)
        _handled(row, now)
        return
    reply(row, owner, step=meaning.value, now=now, visit=visit)
    key = visit_key(visit.pk, visit.starts_at) if visit else f"inbound:{row.pk}"
    _open(row, cause, key, now, locked, visit)


def _asked_visit(row: InboundMessage, owner: NumberOwner, now: datetime) -> Visit | None:
    """The visit asked about, locked, and asked about still behind that lock."""
    visit = visit_asked_about(owner, now=now)
    if visit is None:
        return None
    lock_visit(clinic=_clinic(row), visit_ref=visit.ref)
    again = visit_asked_about(owner, now=now)
    return again if again is not None and again.pk == visit.pk else None


def _write_answer(
    row: InboundMessage, owner: NumberOwner, answer: Answer, visit: Visit | None, now: datetime
) -> None:
    """Said again it is not written again."""
    if visit is not None:
        said = answers_of_visits(clinic_id=owner.clinic_id, visit_ids=[visit.pk]).get(visit.pk)
        if said is not None and said.answer == answer:
            return
    PatientAnswer.objects.create(
        clinic_id=owner.clinic_id,
        patient_id=owner.patient_id,
        visit=visit,
        visit_sequence=visit.sequence if visit else None,
        visit_starts_at=visit.starts_at if visit else None,
        inbound=row,
        answer=answer,
        at=now,
    )


def _read_by_person(
    row: InboundMessage, owners: Sequence[NumberOwner], may_reply: bool, now: datetime
) -> None:
    """Ask a person, and tell whoever wrote that one will read it and where to call when it cannot wait.

    Not told again within hours, so that two machines do not answer each other; not told to who wants no texts.
    """
    if owners and may_reply and not _is_stopped(row) and not was_told(owners[0], step=UNCLEAR, now=now):
        reply(row, owners[0], step=UNCLEAR, now=now)
    _ask_to_read(row, now)


def _is_stopped(row: InboundMessage) -> bool:
    stops = StoppedAddress.objects.filter(clinic_id=_clinic_id(row), channel=ChannelName.SMS)
    return stops.filter(address=row.from_address, lifted_at=None).exists()


def _ask_to_read(row: InboundMessage, now: datetime) -> None:
    _open(row, Cause.NOT_UNDERSTOOD, f"inbound:{row.pk}", now)


def _lock(row: InboundMessage, owner: NumberOwner) -> Locked:
    """The patient and the pumps."""
    return lock_patient(clinic=_clinic(row), patient_ref=owner.patient_ref)


def _clinic_id(row: InboundMessage) -> int:
    assert row.clinic_id is not None  # noqa: S101 - what no clinic can be told never comes here
    return row.clinic_id


def _clinic(row: InboundMessage) -> Clinic:
    return clinic_by_id(clinic_id=_clinic_id(row))


def _say(row: InboundMessage, patient_ids: list[int], *, is_granted: bool, now: datetime) -> None:
    record_patients_word(
        clinic_id=_clinic_id(row),
        patient_ids=patient_ids,
        channel=ChannelName.SMS,
        is_granted=is_granted,
        wording=row.body,
        now=now,
        reason=BY_TEXT,
    )


def _replan(row: InboundMessage, locked: Locked, now: datetime) -> None:
    replan_patients(_clinic_id(row), [locked.patient.pk], now)


def _open(
    row: InboundMessage,
    cause: Cause,
    key: str,
    now: datetime,
    locked: Locked | None = None,
    visit: Visit | None = None,
) -> None:
    pumps = locked.implant_ids if locked else []
    open_escalation(
        clinic_id=_clinic_id(row),
        cause=cause,
        key=key,
        now=now,
        patient_id=locked.patient.pk if locked else row.patient_id,
        implant_id=visit.implant_id if visit else pumps[0] if len(pumps) == 1 else None,
        visit_id=visit.pk if visit else None,
        inbound_id=row.pk,
    )


def _handled(row: InboundMessage, now: datetime) -> None:
    InboundMessage.objects.filter(pk=row.pk, handled_at=None).update(handled_at=now)
