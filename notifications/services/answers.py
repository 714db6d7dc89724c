"""What a patient does by a link: each one transaction of the answer, its consequences, and whoever must act on it.

The patient has no account: the history names nobody and says "the patient, by link". Locks are taken in the order of
docs/adr/0012-seats-and-locks.md; the link is read again behind the patient's lock and written last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.numbers import owners_of
from notifications.domain.escalation.keys import visit_key
from notifications.domain.patient_acts import MOST_WRONG_TRIES, PatientAct, Said
from notifications.models import PatientAnswer, PatientLink, StoppedAddress
from notifications.models.answers import Answer
from notifications.models.escalations import Cause
from notifications.selectors.patient_pages import Behind, behind_link, times_behind
from notifications.services.escalations import open_escalation
from notifications.services.links import (
    KEPT_AFTER_VISIT,
    count_wrong_try,
    good_links,
    mark_used,
    revoke_links,
)
from notifications.services.plan import replan_patients
from scheduling.domain.slot_refusals import BusyTryAgain
from scheduling.domain.slots import Slot
from scheduling.domain.visit_entries import MoveEntry, VisitEntry
from scheduling.domain.wall_time import readings_of
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import resource_refs
from scheduling.services.booking import book_visit, move_visit
from scheduling.services.booking.locks import Locked, lock_patient, lock_patients, lock_visit
from scheduling.services.booking.transactions import in_one_transaction
from scheduling.services.calendar_feeds import revoke_patients_feeds

BY_LINK = gettext_noop("the patient, by link")
NOT_ME_SAID = gettext_noop("the reader says, by link: this is not me")
LONGEST_NOTE = 500


class LinkClosed(ValueError):
    """The link is no longer good. Nothing was written."""


class NoLongerSo(ValueError):
    """What the page showed has changed since, or may not be done any more. Nothing was written."""


class TimeTaken(ValueError):
    """The time that was chosen is no longer free, or no longer safe. Nothing was written."""


class NoMoreTries(ValueError):
    """The day of birth was given wrongly too often: from here on only the telephone helps."""


@dataclass(frozen=True, slots=True)
class _Acting:
    link: PatientLink
    locked: Locked


def answers_birth_day(*, link_id: int, day: int, now: datetime) -> bool:
    """Whether ``day`` is the day of the month on which the patient was born. A wrong one is counted.

    It keeps out programs that press buttons; it proves nobody's identity. Raises LinkClosed, NoMoreTries.
    """

    def judge() -> bool:
        link = good_links(now).select_for_update(of=("self",)).filter(pk=link_id).first()
        if link is None:
            raise LinkClosed
        if link.wrong_tries >= MOST_WRONG_TRIES:
            raise NoMoreTries
        is_right = link.patient.birth_date.day == day
        if not is_right:
            count_wrong_try(link)
        return is_right

    return in_one_transaction(judge, actor_id=None, reason=BY_LINK)


def confirm_visit(*, link_id: int, sequence: int, now: datetime) -> None:
    """The patient is coming. Said again it changes nothing. Raises LinkClosed, NoLongerSo."""
    _say(PatientAct.CONFIRM, Answer.CONFIRMED, link_id=link_id, sequence=sequence, now=now)


def decline_visit(*, link_id: int, sequence: int, now: datetime, note: str = "") -> None:
    """The patient cannot come. The visit stands: a nurse is asked to act. Raises LinkClosed, NoLongerSo."""
    _say(PatientAct.DECLINE, Answer.CANNOT_COME, link_id=link_id, sequence=sequence, now=now, note=note)


def ask_for_other_time(*, link_id: int, sequence: int | None, now: datetime, note: str = "") -> None:
    """None of the times suits, or none is safe: a nurse is asked to find one. Raises LinkClosed, NoLongerSo.

    ``sequence`` is None for a visit that is not booked yet.
    """
    if sequence is not None:
        _say(PatientAct.MOVE, Answer.WANTS_OTHER_TIME, link_id=link_id, sequence=sequence, now=now, note=note)
        return

    def ask() -> None:
        acting = _begin(link_id, now)
        if behind_link(link=acting.link, now=now).plan is None:
            raise NoLongerSo
        _write(acting, Answer.WANTS_OTHER_TIME, now=now, note=note)

    in_one_transaction(ask, actor_id=None, reason=BY_LINK)


def choose_time(*, link_id: int, sequence: int | None, starts_at: datetime, now: datetime) -> Visit:
    """Move the visit to a time that is offered, or book one; whoever chooses a time means to come.

    ``sequence`` is the visit's as the page showed it, None where none was booked. Raises LinkClosed, NoLongerSo,
    TimeTaken; BusyTryAgain as the booking does.
    """

    def choose() -> Visit:
        acting = _begin(link_id, now)
        behind = behind_link(link=acting.link, now=now)
        _check_as_shown(behind, sequence)
        times = times_behind(link=acting.link, behind=behind, now=now)
        slot = next((each for each in times if each.starts_at == starts_at), None)
        if slot is None:
            raise TimeTaken
        visit = _take(acting, behind, slot, now)
        answer = Answer.BOOKED if behind.visit is None else Answer.MOVED
        _write(acting, answer, now=now, visit=visit)
        return visit

    return in_one_transaction(choose, actor_id=None, reason=BY_LINK)


def disown(*, link_id: int, now: datetime) -> None:
    """Whoever reads it is not the patient: nothing more goes to that address, and a nurse hears of it.

    Every link that went there is closed, and the calendar links that were made with one. Other patients who gave the same address are planned for anew, and a nurse
    hears of each. Raises LinkClosed.
    """

    def close() -> None:
        others = _others_there(link_id, now)
        acting = _begin(link_id, now)
        link = acting.link
        _stop(link, now)
        revoke_patients_feeds(clinic_id=link.clinic_id, patient_id=link.patient_id, now=now)
        replan_patients(link.clinic_id, [link.patient_id, *others], now)
        _write(acting, Answer.NOT_ME, now=now)
        for patient_id in others:
            open_escalation(
                clinic_id=link.clinic_id,
                cause=Cause.NOT_ME,
                key=f"link:{link.pk}:{patient_id}",
                now=now,
                patient_id=patient_id,
            )

    in_one_transaction(close, actor_id=None, reason=BY_LINK)


def _stop(link: PatientLink, now: datetime) -> None:
    """Close the link and every other that went to its address, and let nothing more go there."""
    PatientLink.objects.filter(pk=link.pk).update(revoked_at=now)
    if link.message is None or link.message.recipient is None:
        return
    contact = link.message.recipient
    address = contact.dialable or contact.value.lower()
    stop = StoppedAddress(
        clinic_id=link.clinic_id,
        channel=link.message.channel,
        address=address,
        words=NOT_ME_SAID,
        stopped_at=now,
    )
    StoppedAddress.objects.bulk_create([stop], ignore_conflicts=True)
    revoke_links(clinic_id=link.clinic_id, address=address, channel=link.message.channel, now=now)


def _others_there(link_id: int, now: datetime) -> list[int]:
    """The clinic's other patients with the address that the link went to; locked with the link's own patient."""
    link = good_links(now).filter(pk=link_id).first()
    if link is None or link.message is None or link.message.recipient is None:
        return []
    contact = link.message.recipient
    owners = owners_of(kind=contact.kind, dialable=contact.dialable)
    here = {owner.patient_id for owner in owners if owner.clinic_id == link.clinic_id}
    lock_patients(clinic=link.clinic, patient_ids=here | {link.patient_id})
    return sorted(here - {link.patient_id})


def _begin(link_id: int, now: datetime) -> _Acting:
    """Lock the link's patient and pumps, and read the link as it is behind that lock."""
    link = good_links(now).filter(pk=link_id).first()
    if link is None:
        raise LinkClosed
    locked = lock_patient(clinic=link.clinic, patient_ref=link.patient.ref)
    link = good_links(now).filter(pk=link_id).first()
    if link is None:
        raise LinkClosed
    return _Acting(link, locked)


def _say(
    act: PatientAct, answer: Answer, *, link_id: int, sequence: int, now: datetime, note: str = ""
) -> None:
    def say() -> None:
        acting = _begin(link_id, now)
        behind = behind_link(link=acting.link, now=now)
        if behind.visit is not None:
            lock_visit(clinic=acting.link.clinic, visit_ref=behind.visit.ref)
            behind = behind_link(link=acting.link, now=now)
        _check_as_shown(behind, sequence)
        if _is_said(behind.said, answer):
            return
        if act not in behind.acts:
            raise NoLongerSo
        _write(acting, answer, now=now, visit=behind.visit, note=note)

    in_one_transaction(say, actor_id=None, reason=BY_LINK)


def _is_said(said: Said, answer: Answer) -> bool:
    return said == (Said.COMING if answer == Answer.CONFIRMED else answer.value)


def _check_as_shown(behind: Behind, sequence: int | None) -> None:
    if sequence is None:
        if behind.plan is None:
            raise NoLongerSo
    elif behind.visit is None or behind.visit.sequence != sequence:
        raise NoLongerSo


def _take(acting: _Acting, behind: Behind, slot: Slot, now: datetime) -> Visit:
    """Move or book at this time, by the one door that booking has; whatever it refuses is gone."""
    zone = ZoneInfo(acting.link.clinic.time_zone)
    wall = slot.starts_at.astimezone(zone).replace(tzinfo=None, fold=0)
    readings = readings_of(wall, zone)
    is_later = len(readings) > 1 and slot.starts_at == readings[-1]
    refs = resource_refs(clinic_id=acting.link.clinic_id)
    nurse_ref = refs[slot.nurse_id] if slot.nurse_id is not None else None
    try:
        if behind.visit is not None:
            return _move(acting, behind, MoveEntry(
                local_on=wall.date(), local_at=wall.time(), is_later=is_later, nurse_ref=nurse_ref, reason=BY_LINK
            ), now)  # fmt: skip
        assert behind.plan is not None  # noqa: S101 - there is no time without a visit or a plan
        entry = VisitEntry(
            patient_ref=acting.locked.patient.ref,
            kind_ref=behind.plan.kinds[0].ref,
            local_on=wall.date(),
            local_at=wall.time(),
            is_later=is_later,
            nurse_ref=nurse_ref,
            follow_up_refs=tuple(item.ref for item in behind.plan.items),
        )
        return book_visit(clinic=acting.link.clinic, entry=entry, actor_id=None, now=now, reason=BY_LINK)
    except BusyTryAgain:
        raise
    except RecordError as refusal:
        raise TimeTaken from refusal


def _move(acting: _Acting, behind: Behind, entry: MoveEntry, now: datetime) -> Visit:
    assert behind.visit is not None  # noqa: S101 - asked by its caller
    if PatientAct.MOVE not in behind.acts:
        raise NoLongerSo
    return move_visit(
        clinic=acting.link.clinic,
        visit_ref=behind.visit.ref,
        entry=entry,
        actor_id=None,
        now=now,
        expected_sequence=behind.visit.sequence,
    )


_ASKS: dict[Answer, Cause] = {
    Answer.CANNOT_COME: Cause.CANNOT_COME,
    Answer.WANTS_OTHER_TIME: Cause.WANTS_OTHER_TIME,
    Answer.NOT_ME: Cause.NOT_ME,
}
"""The answers that a person must act on."""


def _write(
    acting: _Acting, answer: Answer, *, now: datetime, visit: Visit | None = None, note: str = ""
) -> None:
    """The answer, the messages that it makes needless, the nurse's matter, and the mark on the link, in this order."""
    link = acting.link
    PatientAnswer.objects.create(
        clinic_id=link.clinic_id,
        patient_id=link.patient_id,
        visit=visit,
        visit_sequence=visit.sequence if visit else None,
        visit_starts_at=visit.starts_at if visit else None,
        link=link,
        answer=answer,
        note=note.strip()[:LONGEST_NOTE],
        at=now,
    )
    _replan(acting, now)
    if answer in _ASKS:
        open_escalation(
            clinic_id=link.clinic_id,
            cause=_ASKS[answer],
            key=visit_key(visit.pk, visit.starts_at) if visit else f"link:{link.pk}",
            now=now,
            patient_id=link.patient_id,
            implant_id=visit.implant_id if visit else link.message.implant_id if link.message else None,
            visit_id=visit.pk if visit else None,
            message_id=link.message_id,
        )
    mark_used(link, now=now, until=visit.ends_at + KEPT_AFTER_VISIT if visit else None)


def _replan(acting: _Acting, now: datetime) -> None:
    replan_patients(acting.link.clinic_id, [acting.link.patient_id], now)
