"""The facts of many patients, and their stored messages under lock, in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from clinic.selectors.recipients import (
    ContactFacts,
    PatientContacts,
    PlannedOperation,
    PumpFacts,
    contacts_from,
    operations_from,
    pumps_from,
    recipient_questions,
)
from clinic.together import Answers, ask_together
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.plan import (
    Address,
    CheckInFacts,
    FormerAddress,
    Holding,
    Known,
    Move,
    OperationFacts,
    PatientFacts,
    Reader,
    RefillFacts,
    Standing,
    VisitFacts,
)
from notifications.domain.states import WENT_OUT, State
from notifications.models import (
    Correspondence,
    MessagingPolicy,
    ReminderRule,
    StoppedAddress,
)
from notifications.selectors.answers import newest_answers
from notifications.selectors.rules import policy_from, rules_from
from notifications.services.plan.stored import StoredMessage, stored_messages
from scheduling.domain.local_time import start_of_day
from scheduling.domain.visit_states import VisitState
from scheduling.selectors.refill_visits import (
    before_every_today,
    first_of_each,
    refill_visits_by_pump,
)
from scheduling.selectors.tellings import (
    CheckInTelling,
    VisitTelling,
    check_ins_to_tell,
    telling_questions,
    visits_to_tell,
)
from scheduling.selectors.visit_dates import VisitDates, certain_dates, visit_dates_from

_DAY = timedelta(days=1)
_WOUNDS = frozenset({"wound_check", "suture_removal"})
_CHECK_UPS = frozenset({"check_up", "pump_check", "titration", "annual_review"})
_STANDING = {
    VisitState.BOOKED: Standing.BOOKED,
    VisitState.PENDING: Standing.UNPLACED,
    VisitState.CANCELLED: Standing.OFF,
    VisitState.ENTERED_IN_ERROR: Standing.OFF,
}
_Consents = frozenset[tuple[ChannelName, str]]


@dataclass(slots=True)
class Read:
    """What one patient's plan is made of."""

    facts: PatientFacts
    stored: list[StoredMessage]


def lock_correspondence(clinic_id: int, patient_ids: Collection[int]) -> None:
    """Let nobody else plan for these patients until the transaction ends: after every other lock, by patient's id."""
    rows = Correspondence.objects.filter(clinic_id=clinic_id, patient_id__any_of=patient_ids)
    locking = rows.order_by("patient_id").select_for_update().values_list("patient_id", flat=True)
    missing = set(patient_ids) - set(locking)
    if missing:
        Correspondence.objects.bulk_create(
            [Correspondence(clinic_id=clinic_id, patient_id=patient_id) for patient_id in sorted(missing)],
            ignore_conflicts=True,
        )
        list(locking.all())


def read(clinic_id: int, patient_ids: Collection[int], now: datetime, *, is_locking: bool = True) -> Reading:
    """The stored messages of these patients, locked unless that is not wanted, and then the facts."""
    stored = stored_messages(clinic_id, patient_ids, now, is_locking=is_locking)
    return Reading(clinic_id, patient_ids, stored, now)


class Reading:
    """Everything that was read for one call, by patient."""

    def __init__(
        self,
        clinic_id: int,
        patient_ids: Collection[int],
        stored: defaultdict[int, list[StoredMessage]],
        now: datetime,
    ) -> None:
        rows = [row for each in stored.values() for row in each]
        letters = {row.letter_address for row in rows if row.invite_method}
        answers = ask_together(
            _questions,
            clinic_id=clinic_id,
            patient_ids=patient_ids,
            now=now,
            visits_since=before_every_today(now),
            letters=letters,
            told_visits=sorted({row.visit_id for row in rows if row.visit_id is not None}),
            told_check_ins=sorted({row.follow_up_id for row in rows if row.follow_up_id is not None}),
        )
        self.stored = stored
        self.by_id = {row.pk: row for row in rows}
        self.rules = rules_from(answers["rules"])
        self.policy = policy_from(*answers["policy"] or [MessagingPolicy(clinic_id=clinic_id)])
        self.zone = ZoneInfo(*answers["time_zone"])
        self.contacts = contacts_from(answers)
        self.pumps = pumps_from(answers)
        self.dates = visit_dates_from(
            answers["dates"],
            first_of_each(answers["refill_visits"], today=now.astimezone(self.zone).date()),
        )
        self.visits = visits_to_tell(answers)
        self.check_ins = check_ins_to_tell(answers)
        self.operations = operations_from(answers)
        self.stopped = _stopped(clinic_id, answers, self.contacts.values(), letters)
        self.answers = dict(answers["said"])

    def of(self, patient_id: int) -> Read:
        """One patient's; raises whatever facts raise that cannot be."""
        contacts = self.contacts[patient_id]
        readers = self._readers(contacts)
        facts = PatientFacts(
            patient_id=patient_id,
            zone=self.zone,
            has_died=contacts.has_died,
            readers=readers,
            former=self._former(readers, contacts),
            consents=_consents(contacts),
            visits=tuple(self._visit(each) for each in self.visits.get(patient_id, ())),
            refills=tuple(
                _refill(pump, self.dates.get(pump.implant_id)) for pump in self.pumps.get(patient_id, ())
            ),
            check_ins=tuple(_check_in(each) for each in self.check_ins.get(patient_id, ())),
            operations=tuple(_operation(each) for each in self.operations.get(patient_id, ())),
            known=tuple(self._known(row) for row in self.stored[patient_id]),
        )
        return Read(facts, self.stored[patient_id])

    def days_after_visits(self, patient_id: int) -> list[datetime]:
        """When the pumps' first refill visits ahead are no longer ahead, said or not how they ended."""
        dates = (self.dates.get(pump.implant_id) for pump in self.pumps.get(patient_id, ()))
        days = [each.visit_on for each in dates if each is not None and each.visit_on is not None]
        return [start_of_day(day + _DAY, self.zone) for day in days]

    def _readers(self, contacts: PatientContacts) -> tuple[Reader, ...]:
        by_proxy: dict[int | None, list[Address]] = {None: []}
        for each in contacts.contacts:
            address = self._address(each)
            if address is not None:
                by_proxy.setdefault(each.proxy_id, []).append(address)
        return tuple(
            Reader(proxy_id=proxy_id, addresses=tuple(addresses)) for proxy_id, addresses in by_proxy.items()
        )

    def _address(self, contact: ContactFacts) -> Address | None:
        if not contact.address:
            return None
        channel = ChannelName.EMAIL if contact.is_email else ChannelName.SMS
        return Address(
            contact_id=contact.contact_id,
            channel=channel,
            zone=ZoneInfo(contact.time_zone) if contact.time_zone else self.zone,
            is_stopped=(channel.value, contact.address) in self.stopped,
        )

    def _former(self, readers: Iterable[Reader], contacts: PatientContacts) -> tuple[FormerAddress, ...]:
        """The addresses with a visit in their calendar that no reader has any more; none of a reader who said stop."""
        in_use = {reader.proxy_id: at for reader in readers if (at := reader.by(ChannelName.EMAIL))}
        used_ids = {each.contact_id for each in in_use.values()}
        used = {each.address for each in contacts.contacts if each.contact_id in used_ids}
        found: dict[int, FormerAddress] = {}
        for row in self.stored[contacts.patient_id]:
            if not row.invite_method or row.recipient_id in used_ids:
                continue
            address, now_at = row.letter_address, in_use.get(row.recipient__proxy_id)
            is_stopped = (ChannelName.EMAIL.value, address) in self.stopped or (now_at and now_at.is_stopped)
            if address not in used and not is_stopped:
                zone = ZoneInfo(row.recipient__time_zone) if row.recipient__time_zone else self.zone
                held_at = Address(contact_id=row.recipient_id, channel=ChannelName.EMAIL, zone=zone)
                found[row.recipient_id] = FormerAddress(proxy_id=row.recipient__proxy_id, address=held_at)
        return tuple(found.values())

    def _visit(self, visit: VisitTelling) -> VisitFacts:
        return VisitFacts(
            visit_id=visit.visit_id,
            kind=_kind(visit),
            sequence=visit.sequence,
            standing=_STANDING.get(visit.status, Standing.OVER),
            starts_at=visit.starts_at,
            ends_at=visit.ends_at,
            local_on=visit.local_on,
            since=visit.since,
            implant_id=visit.implant_id,
            moves=tuple(Move(each.at, each.moved_from, each.least, each.most) for each in visit.moves),
            answer=self.answers.get(visit.visit_id, ""),
        )

    def _known(self, row: StoredMessage) -> Known:
        carrier = self.by_id.get(row.carried_by_id) if row.carried_by_id is not None else None
        was_carried = row.carried_by_id is not None and (carrier is None or carrier.state in WENT_OUT)
        sent_at = carrier.first_sent_at if carrier is not None and was_carried else row.first_sent_at
        return Known(
            message_id=row.pk,
            proxy_id=row.recipient__proxy_id,
            recipient_id=row.recipient_id,
            kind=MessageKind(row.kind),
            occurrence=row.occurrence,
            step=row.step,
            channel=ChannelName(row.channel),
            version=row.planned_version,
            state=State(row.state),
            reason=row.reason,
            implant_id=row.implant_id,
            due_at=row.due_at,
            not_after=row.not_after,
            first_sent_at=sent_at,
            carrier_id=row.carried_by_id,
            was_carried=was_carried,
            left=Holding(row.invite_method),
            left_until=row.invite_ends_at,
        )


def _questions(given: Any) -> dict[str, Any]:
    pumps = given.found("patients_pumps", "id")
    return {
        **recipient_questions(given),
        **telling_questions(given),
        "rules": ReminderRule.objects.for_clinic(given.clinic_id),
        "policy": MessagingPolicy.objects.for_clinic(given.clinic_id).order_by("pk")[:1],
        # By the patients, not by the pumps found: of a list that is not there yet the server rather reads a clinic.
        "dates": certain_dates(given.clinic_id).filter(implant__patient_id__any_of=given.patient_ids),
        "refill_visits": refill_visits_by_pump(given.clinic_id, pumps, since=given.visits_since),
        "stopped": _stops(given.clinic_id)
        .filter(Q(address__any_of=given.letters) | Q(address__any_of=given.found("contacts", "dialable")))
        .values_list("channel", "address"),
        "said": newest_answers(given.clinic_id, given.found("visits", "id")).values_list(
            "visit_id", "answer"
        ),
    }


def _kind(visit: VisitTelling) -> MessageKind:
    if visit.is_refill:
        return MessageKind.REFILL
    if visit.kind_key in _WOUNDS:
        return MessageKind.WOUND_CHECK
    return MessageKind.CHECK_UP if visit.kind_key in _CHECK_UPS else MessageKind.OTHER_VISIT


def _consents(contacts: PatientContacts) -> _Consents:
    known = {channel.value for channel in ChannelName}
    return frozenset((ChannelName(channel), topic) for channel, topic in contacts.granted if channel in known)


def _refill(pump: PumpFacts, dates: VisitDates | None) -> RefillFacts:
    return RefillFacts(
        implant_id=pump.implant_id,
        is_active=pump.is_active,
        fill_id=pump.fill_id,
        target_visit_on=dates.target_visit_on if dates else None,
        latest_visit_on=dates.latest_visit_on if dates else None,
        is_booked=dates is not None and dates.is_booked,
    )


def _check_in(each: CheckInTelling) -> CheckInFacts:
    return CheckInFacts(
        follow_up_id=each.follow_up_id,
        target_on=each.target_on,
        latest_on=each.latest_on,
        since=each.created_at,
        implant_id=each.implant_id,
        is_open=each.is_open,
        is_answered=each.is_done,
    )


def _operation(each: PlannedOperation) -> OperationFacts:
    return OperationFacts(surgery_id=each.surgery_id, planned_on=each.planned_on)


def _stopped(
    clinic_id: int, answers: Answers, patients: Iterable[PatientContacts], letters: set[str]
) -> set[tuple[str, str]]:
    """The stops at the patients' addresses, and at those that got a visit for their calendar.

    One query more where an address is not stored as machines write it.
    """
    found = set(answers["stopped"])
    asked = letters | {dialable for *_, dialable, _ in answers["contacts"]}
    others = {each.address for patient in patients for each in patient.contacts} - asked
    if others:
        found |= set(_stops(clinic_id).filter(address__any_of=others).values_list("channel", "address"))
    return found


def _stops(clinic_id: Any) -> QuerySet[StoppedAddress]:
    return StoppedAddress.objects.for_clinic(clinic_id).filter(lifted_at__isnull=True)
