"""Words and addresses in the templates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext

from clinic import writing
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import Reason
from web import words
from web.browsers import browser_words
from web.navigation import clinic_address

register = template.Library()


@register.simple_tag(takes_context=True)
def clinic_url(context: template.Context, name: str, **kwargs: Any) -> str:
    """The address of a page of this clinic: ``{% clinic_url "patient" ref=patient.ref %}``."""
    return clinic_address(name, context["clinic"].slug, **kwargs)


@register.filter
def day(value: date | None) -> str:
    """Sat 21 Nov 2026."""
    return words.day_words(value)


@register.filter
def moment(value: datetime | None) -> str:
    """Sat 21 Nov 2026, 14:05 on the clinic's clock."""
    return words.moment_words(value)


@register.filter
def dated(value: date | datetime | None, pattern: str) -> str:
    """As Django's own ``date``, with months shortened as the reader's language shortens them."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        value = timezone.localtime(value)
    return "" if not value else writing.dated(value, pattern)


@register.filter
def quantity(value: Decimal | None) -> str:
    """40 rather than 40.000000000000; the unit stands in the template."""
    return words.quantity_words(value)


@register.filter
def age(birth_date: date, on: date) -> int:
    """Completed years on a day."""
    return words.age_in_years(birth_date, on=on)


@register.filter
def said(reason: Reason | RecordError) -> str:
    """A refusal or finding in the reader's language."""
    return words.said(reason.reason if isinstance(reason, RecordError) else reason)


@register.filter
def plain(value: object) -> str:
    """Any value of the record as a person reads it."""
    return words.plain_words(value)


@register.filter
def told(reason: str) -> str:
    """A stored reason: the product's own in the reader's language, a person's as it was written."""
    return gettext(reason) if reason else ""


@register.filter
def browser(user_agent: str) -> str:
    """Chrome on Windows."""
    return browser_words(user_agent)


@register.filter
def as_json(value: Any) -> str:
    """A value for a script, in an attribute: the content policy allows no script element of the page's own."""
    return json.dumps(value, cls=DjangoJSONEncoder)


@register.filter
def lookup(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The mapping's value under a key that the template holds in a variable."""
    return mapping.get(key, key)


@register.inclusion_tag("partials/group_badge.html")
def group_badge(group: str) -> dict[str, Any]:
    """The urgency group of a pump: a sign, a word and a colour."""
    from web.groups import GROUPS

    return {"group": GROUPS[group]}
