"""Numbers and addresses as machines write them, so that a text that comes in finds whose it is."""

from __future__ import annotations

import phonenumbers


def dialable(value: str, region: str) -> str:
    """The number in E.164 (``+13125550142``); '' where no text can be sent to it.

    ``region`` (ISO 3166-1, '' for none) says how a number without a country code is meant. A number with an
    extension is an exchange's, and one of a length that its country does not have is nobody's.
    """
    try:
        number = phonenumbers.parse(value, region or None)
    except phonenumbers.NumberParseException:
        return ""
    if number.extension or not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def readable(number: str) -> str:
    """A number in E.164 in groups, as one reads it out (``+1 312-555-0142``); whatever is none as it is."""
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def reachable_at(kind: str, value: str, region: str) -> str:
    """What ``ContactPoint.dialable`` holds: a telephone in E.164, an e-mail address in lower case."""
    return dialable(value, region) if kind == "phone" else value.strip().lower()
