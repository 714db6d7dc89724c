"""What the record says about a message in the moment before it is sent. Asked apart from the planner, on purpose."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, F, OuterRef, Subquery

from clinic.selectors.rows import Consent, Topic
from notifications.domain.kinds import VISIT_KINDS, ChannelName, MessageKind
from notifications.domain.leave import Manners, World
from notifications.domain.plan.rules import ASKED_FOR, UNCAPPED
from notifications.domain.states import WENT_OUT
from notifications.models import CheckIn, Message, MessagingPolicy, PatientAnswer, StoppedAddress
from notifications.models.answers import Answer
from scheduling.selectors.visit_dates import visit_dates

TEXTS_COUNTED_FOR = timedelta(days=8)
_UNFINISHED = ("open", "postponed")
_READ = {
    "died_on": F("patient__died_on"),
    "explanted_on": F("implant__explanted_on"),
    "visit_status": F("visit__status"),
    "visit_sequence": F("visit__sequence"),
    "visit_starts_at": F("visit__starts_at"),
    "follow_up_state": F("follow_up__state"),
    "is_contact_active": F("recipient__is_active"),
    "dialable": F("recipient__dialable"),
    "proxy_id": F("recipient__proxy_id"),
    "is_proxy_active": F("recipient__proxy__is_active"),
    "may_proxy_read": F("recipient__proxy__may_receive_reminders"),
    "reader_zone": F("recipient__time_zone"),
    "clinic_zone": F("clinic__time_zone"),
    "acknowledged_at": F("escalation__acknowledged_at"),
}


def world_of(message: Message, *, now: datetime) -> World:
    """The world as it bears on this message, whose row the caller has locked in an earlier statement.

    Two queries; one more for a text, two for a reminder to book.
    """
    facts = _facts(message)
    manners = manners_of(message.clinic_id, facts["reader_zone"] or facts["clinic_zone"])
    is_about_visit = message.visit_id is not None
    is_same, is_booked = _booking(message, facts, now)
    return World(
        kind=MessageKind(message.kind),
        channel=ChannelName(message.channel),
        step=message.step,
        not_after=message.not_after,
        manners=manners,
        is_alive=facts["died_on"] is None or message.user_id is not None,
        is_pump_in_place=facts["explanted_on"] is None or message.user_id is not None,
        is_visit_booked=not is_about_visit or facts["visit_status"] == "booked",
        is_same_version=is_same,
        is_visit_over=is_about_visit
        and message.kind in VISIT_KINDS
        and (facts["visit_starts_at"] <= now or facts["visit_status"] in ("arrived", "checked-in")),
        is_follow_up_open=message.follow_up_id is None
        or message.kind not in (MessageKind.CHECK_IN, MessageKind.PREPARATION)
        or facts["follow_up_state"] in _UNFINISHED,
        is_address_in_use=_is_in_use(message, facts),
        has_consent=facts["proxy_id"] is not None or bool(facts["has_consent"]),
        has_said_stop=facts["has_said_stop"],
        is_answered=_is_answered(message, facts),
        is_booked_already=is_booked,
        is_acknowledged=message.kind == MessageKind.ESCALATION and facts["acknowledged_at"] is not None,
        texts_sent_at=_texts(message, facts["proxy_id"], now)
        if message.channel == ChannelName.SMS and message.kind not in UNCAPPED
        else (),
    )


def manners_of(clinic_id: int, zone: str) -> Manners:
    """The clinic's policy for a reader in this zone; the shipped one where it has set none."""
    policy = MessagingPolicy.objects.for_clinic(clinic_id).first() or MessagingPolicy()
    return Manners(
        zone=ZoneInfo(zone),
        quiet_from=policy.quiet_from,
        quiet_until=policy.quiet_until,
        most_texts_a_day=policy.most_texts_a_day,
        most_texts_a_week=policy.most_texts_a_week,
        is_text_on=policy.is_text_on,
    )


def _facts(message: Message) -> dict[str, Any]:
    topic = Topic.CHECK_INS if message.kind == MessageKind.CHECK_IN else Topic.REMINDERS
    consents = Consent.objects.filter(
        patient_id=OuterRef("patient_id"), channel=message.channel, topic=topic
    ).order_by("-id")
    stops = StoppedAddress.objects.filter(
        clinic_id=OuterRef("clinic_id"),
        channel=message.channel,
        address=OuterRef("recipient__dialable"),
        lifted_at__isnull=True,
    )
    answers = PatientAnswer.objects.filter(
        visit_id=OuterRef("visit_id"), visit_sequence=OuterRef("visit__sequence")
    ).order_by("-id")
    return (
        Message.objects.filter(pk=message.pk)
        .annotate(
            has_consent=Subquery(consents.values("is_granted")[:1]),
            has_said_stop=Exists(stops),
            has_checked_in=Exists(CheckIn.objects.filter(follow_up_id=OuterRef("follow_up_id"))),
            last_answer=Subquery(answers.values("answer")[:1]),
        )
        .values("has_consent", "has_said_stop", "has_checked_in", "last_answer", **_READ)
        .get()
    )


def _is_in_use(message: Message, facts: dict[str, Any]) -> bool:
    """A text needs a number that can be dialled; a helper must still be allowed to read."""
    if message.recipient_id is None:
        return True
    if message.channel == ChannelName.SMS and not facts["dialable"]:
        return False
    may_read = facts["proxy_id"] is None or (facts["is_proxy_active"] and facts["may_proxy_read"])
    return bool(facts["is_contact_active"] and may_read)


def _is_answered(message: Message, facts: dict[str, Any]) -> bool:
    if message.kind == MessageKind.CHECK_IN:
        return message.follow_up_id is not None and bool(facts["has_checked_in"])
    if message.kind not in VISIT_KINDS:
        return False
    return bool(facts["last_answer"] == Answer.CANNOT_COME)


def _booking(message: Message, facts: dict[str, Any], now: datetime) -> tuple[bool, bool]:
    """(it is about the version that stands; a reminder to book, and a visit is booked)."""
    if message.kind == MessageKind.BOOK_VISIT and message.implant_id is not None:
        today = now.astimezone(ZoneInfo(facts["clinic_zone"])).date()
        dates = visit_dates(clinic_id=message.clinic_id, implant_ids=[message.implant_id], today=today)
        found = dates.get(message.implant_id)
        is_same = found is not None and found.target_visit_on.isoformat() == message.planned_version
        return is_same, found is not None and found.is_booked
    if message.visit_id is not None and message.kind != MessageKind.ESCALATION:
        return str(facts["visit_sequence"]) == message.planned_version, False
    return True, False


def _texts(message: Message, proxy_id: int | None, now: datetime) -> tuple[datetime, ...]:
    """When other texts about this patient went out to the same reader, or may have. Answers do not count."""
    rows = Message.objects.for_clinic(message.clinic_id).filter(
        patient=message.patient,
        channel=ChannelName.SMS,
        state__in=WENT_OUT,
        first_sent_at__gt=now - TEXTS_COUNTED_FOR,
    )
    rows = (
        rows.filter(recipient__proxy__isnull=True)
        if proxy_id is None
        else rows.filter(recipient__proxy_id=proxy_id)
    )
    others = rows.exclude(pk=message.pk).exclude(kind__in=ASKED_FOR)
    return tuple(sorted(moment for moment in others.values_list("first_sent_at", flat=True) if moment))
