"""What the record says about a message in the moment before it is sent. Asked apart from the planner, on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Exists, F, Func, JSONField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from clinic.selectors.rows import Clinic, Consent, ContactPoint, Patient, Proxy, Topic, User
from clinic.together import ask_together
from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.leave import Manners, World
from notifications.domain.plan import WhyNot
from notifications.domain.plan.rules import ASKED_FOR, STEP_INVITED, STEP_WITHDRAWN, UNCAPPED
from notifications.domain.states import WENT_OUT
from notifications.models import (
    CheckIn,
    Escalation,
    Message,
    MessageTemplate,
    MessagingPolicy,
    PatientAnswer,
    ReminderRule,
    StoppedAddress,
)
from notifications.models.answers import Answer
from notifications.selectors.answers import OF_NOW
from scheduling.selectors.rows import FollowUp, Visit
from scheduling.selectors.visit_dates import visit_dates

TEXTS_COUNTED_FOR = timedelta(days=8)
_UNFINISHED = ("open", "postponed")
_NAMED = ("clinic", "patient", "recipient", "user", "visit", "follow_up", "escalation")
"""What a message names, each the one row of the question of that name."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A message with the rows that it names, its clinic's policy and what else bears on it. Patient data."""

    message: Message
    policy: MessagingPolicy
    facts: dict[str, Any]


def see(message_id: int, *, clinic_id: int, now: datetime) -> Seen:
    """The record as it bears on the message: one look for the verdict and for the words (one statement).

    Whoever is to send it has locked its row in an earlier statement, so that what is seen stays true.
    """
    answers = ask_together(
        _questions, clinic_id=clinic_id, message_id=message_id, texts_since=now - TEXTS_COUNTED_FOR
    )
    (row,) = answers["message"]
    for name in _NAMED:
        for named in answers[name]:
            setattr(row, name, named)
    for helper in answers["proxy"]:
        row.recipient.proxy = helper
    (policy,) = answers["policy"] or [MessagingPolicy(clinic_id=clinic_id)]
    facts = dict(zip(_FACTS, *answers["facts"], strict=True))
    facts["texts_sent_at"] = [datetime.fromisoformat(sent) for sent in facts["texts_sent_at"]]
    return Seen(row, policy, facts)


def world_of(seen: Seen, *, now: datetime) -> World:
    """The world of a message. No further query; two for a reminder to book."""
    message, facts = seen.message, seen.facts
    patient, visit, reader = message.patient, message.visit, message.recipient
    is_to_staff = message.user_id is not None
    is_same, is_booked = _booking(message, now)
    return World(
        kind=MessageKind(message.kind),
        channel=ChannelName(message.channel),
        step=message.step,
        not_after=message.not_after,
        manners=_manners(seen.policy, (reader.time_zone if reader else "") or message.clinic.time_zone),
        is_alive=patient is None or patient.died_on is None or is_to_staff,
        is_pump_in_place=facts["explanted_on"] is None or is_to_staff,
        is_visit_booked=visit is None or visit.status == "booked",
        is_same_version=is_same,
        is_visit_over=visit is not None
        and (message.kind in VISIT_KINDS or is_invitation(message))
        and (visit.starts_at <= now or visit.status in ("arrived", "checked-in")),
        is_follow_up_open=message.follow_up is None
        or message.kind not in (MessageKind.CHECK_IN, MessageKind.PREPARATION)
        or message.follow_up.state in _UNFINISHED,
        is_address_in_use=_is_in_use(message),
        has_consent=(reader is not None and reader.proxy_id is not None) or bool(facts["has_consent"]),
        has_said_stop=facts["has_said_stop"],
        is_rule_in_use=not facts["is_rule_off"]
        and (seen.policy.is_invitation_on or not is_invitation(message)),
        is_answered=_is_answered(seen),
        is_booked_already=is_booked,
        is_acknowledged=message.kind == MessageKind.ESCALATION
        and message.escalation is not None
        and message.escalation.acknowledged_at is not None,
        texts_sent_at=tuple(sorted(facts["texts_sent_at"]))
        if message.channel == ChannelName.SMS and message.kind not in UNCAPPED
        else (),
    )


def is_invitation(message: Message) -> bool:
    """Whether it brings a visit into a calendar that does not hold it."""
    return message.kind == MessageKind.INVITATION and message.step == STEP_INVITED


def is_withdrawal(message: Message) -> bool:
    """Whether it takes a visit out of the calendar of an address that is no longer the reader's."""
    return message.kind == MessageKind.INVITATION and message.step == STEP_WITHDRAWN


def _manners(policy: MessagingPolicy, zone: str) -> Manners:
    return Manners(
        zone=ZoneInfo(zone),
        quiet_from=policy.quiet_from,
        quiet_until=policy.quiet_until,
        most_texts_a_day=policy.most_texts_a_day,
        most_texts_a_week=policy.most_texts_a_week,
        is_text_on=policy.is_text_on,
    )


def _questions(given: Any) -> dict[str, QuerySet[Any]]:
    """The message with the rows that it names, its clinic's policy, and the facts besides."""
    message = Message.objects.for_clinic(given.clinic_id).filter(pk=given.message_id)

    def named(column: str) -> Q:
        return Q(id=given.the("message", column))

    return {
        "message": message,
        "clinic": Clinic.objects.filter(pk=given.clinic_id),
        "patient": Patient.objects.for_clinic(given.clinic_id).filter(named("patient_id")),
        "recipient": ContactPoint.objects.for_clinic(given.clinic_id).filter(named("recipient_id")),
        "proxy": Proxy.objects.for_clinic(given.clinic_id).filter(id=given.the("recipient", "proxy_id")),
        "user": User.objects.filter(named("user_id")),
        "visit": Visit.objects.for_clinic(given.clinic_id).filter(named("visit_id")),
        "follow_up": FollowUp.objects.for_clinic(given.clinic_id).filter(named("follow_up_id")),
        "escalation": Escalation.objects.for_clinic(given.clinic_id).filter(named("escalation_id")),
        "policy": MessagingPolicy.objects.for_clinic(given.clinic_id),
        "facts": _facts(message, given),
    }


_FACTS = (
    "explanted_on",
    "has_consent",
    "has_said_stop",
    "is_rule_off",
    "has_checked_in",
    "last_answer",
    "texts_sent_at",
    "has_carried",
    "has_own_words",
)


def _facts(message: QuerySet[Message], given: Any) -> QuerySet[Message, Any]:
    """What is asked besides the rows that a message names, in the order of ``_FACTS``."""
    is_check_in = Q(kind=MessageKind.CHECK_IN)
    newest = Consent.objects.filter(patient_id=OuterRef("patient_id"), channel=OuterRef("channel"))
    consents, check_ins = (
        Subquery(newest.filter(topic=topic).order_by("-id").values("is_granted")[:1])
        for topic in (Topic.REMINDERS, Topic.CHECK_INS)
    )
    stops = StoppedAddress.objects.filter(
        clinic_id=OuterRef("clinic_id"),
        channel=OuterRef("channel"),
        address=OuterRef("recipient__dialable"),
        lifted_at__isnull=True,
    )
    off = ReminderRule.objects.filter(
        clinic_id=OuterRef("clinic_id"), kind=OuterRef("kind"), step=OuterRef("step"), is_active=False
    )
    answers = PatientAnswer.objects.filter(OF_NOW, visit_id=OuterRef("visit_id")).order_by("-id")
    own_words = MessageTemplate.objects.filter(clinic_id=OuterRef("clinic_id"), channel=OuterRef("channel"))
    texts = ArraySubquery(_other_texts(given.texts_since).values("first_sent_at"))
    asked = {
        "explanted_on": F("implant__explanted_on"),
        "has_consent": Case(When(is_check_in, then=check_ins), default=consents),
        "has_said_stop": Exists(stops),
        "is_rule_off": Exists(off),
        "has_checked_in": Exists(CheckIn.objects.filter(follow_up_id=OuterRef("follow_up_id"))),
        "last_answer": Subquery(answers.values("answer")[:1]),
        "texts_sent_at": Func(texts, function="to_json", output_field=JSONField()),
        "has_carried": Exists(Message.objects.filter(carried_by=OuterRef("pk"), reason=WhyNot.DIGEST)),
        "has_own_words": Exists(own_words),
    }
    return message.annotate(**{f"asked_{name}": what for name, what in asked.items()}).values_list(
        *(f"asked_{name}" for name in _FACTS)
    )


def _other_texts(since: Any) -> QuerySet[Message]:
    """Other texts about the patient that went out to the same reader, or may have. Answers do not count.

    By the patient alone: with the clinic named too, all that the clinic ever sent is looked through beside.
    """
    return (
        Message.objects.annotate(reader=Coalesce("recipient__proxy_id", 0))
        .filter(
            patient_id=OuterRef("patient_id"),
            reader=Coalesce(OuterRef("recipient__proxy_id"), 0),
            channel=ChannelName.SMS,
            state__in=WENT_OUT,
            first_sent_at__gt=since,
        )
        .exclude(pk=OuterRef("pk"))
        .exclude(kind__in=ASKED_FOR)
    )


def _is_in_use(message: Message) -> bool:
    """A text needs a number that can be dialled; a helper must still be allowed to read.

    What takes a visit out of a calendar goes to an address because it is no longer in use.
    """
    reader = message.recipient
    if reader is None or is_withdrawal(message):
        return True
    if message.channel == ChannelName.SMS and not reader.dialable:
        return False
    helper = reader.proxy
    return reader.is_active and (helper is None or (helper.is_active and helper.may_receive_reminders))


def _is_answered(seen: Seen) -> bool:
    message = seen.message
    if message.kind == MessageKind.CHECK_IN:
        return message.follow_up_id is not None and bool(seen.facts["has_checked_in"])
    is_of_visit = message.kind in VISIT_KINDS or is_invitation(message)
    return is_of_visit and bool(seen.facts["last_answer"] == Answer.CANNOT_COME)


def _booking(message: Message, now: datetime) -> tuple[bool, bool]:
    """(it is about the version that stands; a reminder to book, and a visit is booked)."""
    if message.kind == MessageKind.BOOK_VISIT and message.implant_id is not None:
        today = now.astimezone(ZoneInfo(message.clinic.time_zone)).date()
        dates = visit_dates(clinic_id=message.clinic_id, implant_ids=[message.implant_id], today=today)
        found = dates.get(message.implant_id)
        is_same = found is not None and found.target_visit_on.isoformat() == message.planned_version
        return is_same, found is not None and found.is_booked
    if message.visit is not None and message.kind != MessageKind.ESCALATION:
        return str(message.visit.sequence) == message.planned_version, False
    return True, False
