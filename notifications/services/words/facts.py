"""What the words are filled with: the record as it is now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from clinic.domain.manners import country_of
from notifications.domain.kinds import VISIT_KINDS, ChannelName
from notifications.domain.plan import WhyNot
from notifications.domain.words.labels import item, on_one_line
from notifications.domain.words.moments import Manner, clock, weekday_date
from notifications.domain.words.purposes import LANGUAGES, Placeholder, Purpose
from notifications.domain.words.writing import Values, cleaned
from notifications.models import Message
from notifications.services.words.links import LinkOf
from scheduling.selectors.rows import Status, Visit

_IS_TO_HAPPEN = (Status.BOOKED, Status.ARRIVED, Status.CHECKED_IN)


@dataclass(frozen=True, slots=True)
class Written:
    """Who reads, in which language, and the values for long and for short words."""

    language: str
    purpose: Purpose
    values: Callable[[bool], Values]


def written_for(
    message: Message, *, place: str, purpose: Purpose, carried: list[Message], link: LinkOf, now: datetime
) -> Written:
    """The values for a message, read from the record."""
    clinic, patient = message.clinic, message.patient
    language = language_of(message)
    country = country_of(clinic.holiday_country, clinic.phone)
    has_own_link = purpose is not Purpose.DIGEST or message.channel == ChannelName.SMS
    address = link(message) if has_own_link and purpose is not Purpose.WITHDRAWN else ""
    shared = cleaned(
        {
            Placeholder.FIRST_NAME: patient.first_name if patient is not None else "",
            Placeholder.CLINIC_NAME: clinic.name,
            Placeholder.CLINIC_PHONE: clinic.phone,
            Placeholder.PLACE: place,
        }
    )

    def values(is_short: bool) -> Values:
        manner = Manner(language, country, is_short)
        said = {**shared, Placeholder.LINK: address}
        if message.visit is not None:
            said |= when(message.visit, manner, message, now)
        if purpose is Purpose.DIGEST:
            said[Placeholder.ITEMS] = _items([message, *carried], manner, link, now)
        return said

    return Written(language, purpose, values)


def language_of(message: Message) -> str:
    """A colleague's own, else the clinic's; the patient's for patients and their helpers; the clinic's for everybody else."""
    patient, colleague = message.patient, message.user
    if colleague is not None:
        wish = colleague.language or message.clinic.language
    else:
        wish = patient.language if patient is not None else message.clinic.language
    return wish if wish in LANGUAGES else "en"


def when(visit: Visit, manner: Manner, message: Message, now: datetime) -> dict[Placeholder, str]:
    """Day and hour of a visit on the clock of its clinic."""
    zone = ZoneInfo(visit.time_zone)
    theirs = message.recipient.time_zone if message.recipient is not None else ""
    moment = datetime.combine(visit.local_on, visit.local_at, zone)
    return {
        Placeholder.WEEKDAY_DATE: weekday_date(visit.local_on, manner, today=now.astimezone(zone).date()),
        Placeholder.TIME: clock(moment, manner, reader_zone=ZoneInfo(theirs) if theirs else None),
    }


def carried_by(message: Message, *, now: datetime) -> list[Message]:
    """What the message says besides its own: what still stands, in the order of its days."""
    rows = message.carries.filter(reason=WhyNot.DIGEST).select_related(
        "visit", "clinic", "patient", "recipient", "user", "follow_up", "escalation"
    )
    return [row for row in rows.order_by("visit__starts_at", "id") if still_stands(row, now=now)]


def still_stands(message: Message, *, now: datetime) -> bool:
    """Whether what a message announces is yet to come."""
    if message.kind not in VISIT_KINDS:
        return True
    visit = message.visit
    return visit is not None and visit.status in _IS_TO_HAPPEN and visit.starts_at > now


def _items(messages: list[Message], manner: Manner, link: LinkOf, now: datetime) -> str:
    """A digest's contents: in a text on one line, in an e-mail each on its own with its link."""
    is_text = messages[0].channel == ChannelName.SMS
    lines = [_item(each, manner, now) for each in messages]
    if not is_text:
        return "\n\n".join(f"{line}\n{link(each)}" for line, each in zip(lines, messages, strict=True))
    return on_one_line(lines, is_short=manner.is_short)


def _item(message: Message, manner: Manner, now: datetime) -> str:
    if message.visit is None or message.kind not in VISIT_KINDS:
        return item(message.kind, manner.language)
    said = when(message.visit, manner, message, now)
    between = " " if manner.is_short else ", "
    return f"{said[Placeholder.WEEKDAY_DATE]}{between}{said[Placeholder.TIME]}"
