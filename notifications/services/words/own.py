"""A clinic's own words: checked before they are kept, every version kept, the shipped ones always at hand."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from clinic.domain.manners import country_of
from clinic.selectors.rows import Clinic
from notifications.domain.kinds import ChannelName
from notifications.domain.transport import Outgoing
from notifications.domain.words.checks import Fault, Problem, WordsRefused, check, tidy
from notifications.domain.words.gsm import segments
from notifications.domain.words.labels import on_one_line
from notifications.domain.words.moments import Manner, clock, weekday_date
from notifications.domain.words.purposes import Occasion, Placeholder, offered
from notifications.domain.words.shipped import shipped
from notifications.domain.words.writing import Values, Words, cleaned
from notifications.models import MessageTemplate, MessagingPolicy
from notifications.selectors.words import unspeakable_names, words_in_use
from notifications.services.links import address_of
from notifications.services.words.compose import outgoing
from notifications.services.words.facts import Written

SAMPLE_NAME = "Maria"
SAMPLE_CODE = "abcdefghijklmnopqrstuv"
"""As long as a real one, and no link."""
SAMPLE_DAYS = 14
SAMPLE_TIME = time(14, 30)


def set_words(
    *,
    clinic: Clinic,
    occasion: Occasion,
    words: Words,
    actor_id: int,
    now: datetime,
) -> None:
    """Let the clinic say it in these words from now on. What is in use already is not kept twice.

    Raises ``WordsRefused`` with every problem; nothing is written then.
    """
    words = tidy(words)
    problems = problems_of(clinic=clinic, occasion=occasion, words=words, now=now)
    if problems:
        raise WordsRefused(problems)
    _keep(clinic=clinic, occasion=occasion, words=words, actor_id=actor_id, now=now)


def restore_shipped(*, clinic: Clinic, occasion: Occasion, actor_id: int, now: datetime) -> None:
    """Say it in the shipped words again, those of later versions too. The clinic's own stay in the history."""
    _keep(clinic=clinic, occasion=occasion, words=tidy(shipped(occasion)), actor_id=actor_id, now=now)


def problems_of(*, clinic: Clinic, occasion: Occasion, words: Words, now: datetime) -> list[Problem]:
    """Everything that keeps the words from being used: what they say, and a text that takes more than one."""
    problems = check(words, purpose=occasion.purpose, channel=occasion.channel, names=unspeakable_names())
    if occasion.channel is ChannelName.SMS and not problems:
        shown = sample(clinic=clinic, occasion=occasion, words=words, now=now)
        parts = segments(shown.text)
        if parts > 1:
            problems = [Problem("body", Fault.SEVERAL_TEXTS, str(parts))]
    return problems


def sample(*, clinic: Clinic, occasion: Occasion, words: Words, now: datetime) -> Outgoing:
    """How the words would read for an invented patient of this clinic. Reads the clinic's place, writes nothing."""
    policy = MessagingPolicy.objects.for_clinic(clinic.pk).first()
    shared = cleaned(
        {
            Placeholder.FIRST_NAME: SAMPLE_NAME,
            Placeholder.CLINIC_NAME: clinic.name,
            Placeholder.CLINIC_PHONE: clinic.phone,
            Placeholder.PLACE: policy.place if policy is not None else "",
        }
    )
    country = country_of(clinic.holiday_country, clinic.phone)
    zone = ZoneInfo(clinic.time_zone)

    def values(is_short: bool) -> Values:
        manner = Manner(occasion.language, country, is_short)
        dates = _sample_dates(manner, occasion.channel, now, zone)
        said = {**shared, **dates, Placeholder.LINK: address_of(SAMPLE_CODE)}
        return {each: value for each, value in said.items() if each in offered(occasion.purpose)}

    written = Written(occasion.language, occasion.purpose, values)
    return outgoing(written, words, key="", channel=occasion.channel, address="")


def _sample_dates(
    manner: Manner, channel: ChannelName, now: datetime, zone: ZoneInfo
) -> dict[Placeholder, str]:
    today = now.astimezone(zone).date()
    days = [today + timedelta(days=SAMPLE_DAYS + more) for more in (0, 2)]
    hour = clock(datetime.combine(days[0], SAMPLE_TIME, zone), manner)
    between = " " if manner.is_short else ", "
    items = [f"{weekday_date(day, manner, today=today)}{between}{hour}" for day in days]
    return {
        Placeholder.WEEKDAY_DATE: weekday_date(days[0], manner, today=today),
        Placeholder.TIME: hour,
        Placeholder.ITEMS: on_one_line(items, is_short=manner.is_short)
        if channel is ChannelName.SMS
        else "\n\n".join(f"{line}\n{address_of(SAMPLE_CODE)}" for line in items),
    }


def _keep(*, clinic: Clinic, occasion: Occasion, words: Words, actor_id: int, now: datetime) -> None:
    """Unless they are in use. The shipped ones as a row without a text, so that those of later versions count."""
    with transaction.atomic():
        if words == tidy(words_in_use(clinic_id=clinic.pk, occasion=occasion)):
            return
        kept = Words("") if words == tidy(shipped(occasion)) else words
        MessageTemplate.objects.create(
            clinic=clinic,
            purpose=occasion.purpose,
            channel=occasion.channel,
            language=occasion.language,
            subject=kept.subject,
            body=kept.body,
            created_at=now,
            created_by_id=actor_id,
        )
