"""What the record says about a message in the moment before it is sent. Asked apart from the planner, on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from clinic.selectors.rows import Consent, Topic
from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.leave import Manners, World
from notifications.domain.plan import WhyNot
from notifications.domain.plan.rules import ASKED_FOR, STEP_INVITED, STEP_WITHDRAWN, UNCAPPED
from notifications.domain.states import WENT_OUT
from notifications.models import (
    CheckIn,
    Message,
    MessageTemplate,
    MessagingPolicy,
    PatientAnswer,
    ReminderRule,
    StoppedAddress,
)
from notifications.models.answers import Answer
from notifications.selectors.answers import OF_NOW
from notifications.selectors.rules import stored_policy
from scheduling.selectors.visit_dates import visit_dates

TEXTS_COUNTED_FOR = timedelta(days=8)
_UNFINISHED = ("open", "postponed")
_JOINED = ("clinic", "patient", "recipient__proxy", "user", "visit", "follow_up", "escalation")


@dataclass(frozen=True, slots=True)
class Seen:
    """A message with the rows that it names, its clinic's policy and what else bears on it. Patient data."""

    message: Message
    policy: MessagingPolicy
    facts: dict[str, Any]


def see(message_id: int, *, now: datetime) -> Seen:
    """The record as it bears on the message: one look for the verdict and for the words (three queries).

    Whoever is to send it has locked its row in an earlier statement, so that what is seen stays true.
    """
    row = Message.objects.select_related(*_JOINED).get(pk=message_id)
    return Seen(row, stored_policy(clinic_id=row.clinic_id), _facts(message_id, now))


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


def _facts(message_id: int, now: datetime) -> dict[str, Any]:
    names, statement, places = _question()
    values: dict[Any, Any] = {_SOME_ID: message_id, _SOME_MOMENT: now - TEXTS_COUNTED_FOR}
    with connection.cursor() as cursor:
        cursor.execute(statement, [values.get(place, place) for place in places])
        return dict(zip(names, cursor.fetchone(), strict=True))


_SOME_ID, _SOME_MOMENT = -1, datetime(1, 1, 2, tzinfo=UTC)


@cache
def _question() -> tuple[list[str], str, tuple[Any, ...]]:
    """What is asked besides the rows that a message names, with places for its id and for the first text's moment.

    Written once a process: to write it took longer than the answer, and it is asked for every message.
    """
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
    asked = {
        "explanted_on": F("implant__explanted_on"),
        "has_consent": Case(When(is_check_in, then=check_ins), default=consents),
        "has_said_stop": Exists(stops),
        "is_rule_off": Exists(off),
        "has_checked_in": Exists(CheckIn.objects.filter(follow_up_id=OuterRef("follow_up_id"))),
        "last_answer": Subquery(answers.values("answer")[:1]),
        "texts_sent_at": ArraySubquery(_other_texts().values("first_sent_at")),
        "has_carried": Exists(Message.objects.filter(carried_by=OuterRef("pk"), reason=WhyNot.DIGEST)),
        "has_own_words": Exists(own_words),
    }
    rows = Message.objects.annotate(**{f"asked_{name}": what for name, what in asked.items()})
    found = rows.filter(pk=_SOME_ID).values_list(*(f"asked_{name}" for name in asked))
    return [*asked], *found.query.sql_with_params()


def _other_texts() -> QuerySet[Message]:
    """Other texts about the patient that went out to the same reader, or may have. Answers do not count."""
    return (
        Message.objects.annotate(reader=Coalesce("recipient__proxy_id", 0))
        .filter(
            clinic_id=OuterRef("clinic_id"),
            patient_id=OuterRef("patient_id"),
            reader=Coalesce(OuterRef("recipient__proxy_id"), 0),
            channel=ChannelName.SMS,
            state__in=WENT_OUT,
            first_sent_at__gt=_SOME_MOMENT,
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
