"""The words of a message and their way through Django's e-mail back end."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from clinic.selectors.recipients import Addressee
from notifications.channels.email import MESSAGE_HEADER
from notifications.channels.failures import name_of, outcome_of
from notifications.domain.states import Outcome

log = logging.getLogger(__name__)

LANGUAGES = ("en", "es", "fr")


def render(*, step: str, to: Addressee) -> tuple[str, str]:
    """(subject, text) in the recipient's language: first name, clinic, telephone, and nothing else.

    Never a drug, a dose, a pump, a diagnosis, nor that anything is to be refilled.
    """
    language = to.language if to.language in LANGUAGES else "en"
    values: Mapping[str, str] = MappingProxyType(
        {
            "first_name": _one_line(to.first_name),
            "clinic_name": _one_line(to.clinic_name),
            "clinic_phone": _one_line(to.clinic_phone),
        }
    )
    folder = f"notifications/{step}"
    subject = render_to_string(f"{folder}/{language}.subject.txt", dict(values))
    text = render_to_string(f"{folder}/{language}.txt", dict(values))
    return _one_line(subject), text.strip() + "\n"


def send_letter(*, ref: str, step: str, to: Addressee) -> tuple[Outcome, str]:
    """Hand the letter to the e-mail back end: what came of it, and the class of what was raised.

    Everything that does not prove the contrary may have been sent: a time-out, a broken connection.
    """
    subject, text = render(step=step, to=to)
    letter = EmailMessage(subject=subject, body=text, to=[to.address], headers={MESSAGE_HEADER: ref})
    try:
        letter.send(fail_silently=False)
    except Exception as error:
        outcome = outcome_of(error)
        log.warning("message %s: %s (%s)", ref, outcome.value, type(error).__name__)
        return outcome, name_of(error)
    return Outcome.ACCEPTED, ""


def _one_line(text: str) -> str:
    return " ".join(text.split())
