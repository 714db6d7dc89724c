"""Short words around the words: what a button says, and what a digest calls what has no hour."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from notifications.domain.kinds import MessageKind
from notifications.domain.words.purposes import ABOUT_AN_ACCOUNT, Purpose

_SEE = MappingProxyType({"en": "See your visit", "es": "Ver su cita", "fr": "Voir votre rendez-vous"})
_ANSWER = MappingProxyType(
    {"en": "Answer the questions", "es": "Contestar las preguntas", "fr": "Répondre aux questions"}
)
_OPEN = MappingProxyType({"en": "Open Refillwise", "es": "Abrir Refillwise", "fr": "Ouvrir Refillwise"})
_NEW_PASSWORD = MappingProxyType(
    {"en": "Choose a new password", "es": "Elegir otra contraseña", "fr": "Choisir un nouveau mot de passe"}
)
_BUTTONS: Mapping[Purpose, Mapping[str, str]] = MappingProxyType(
    {
        Purpose.BOOK_VISIT: MappingProxyType(
            {"en": "Choose a time", "es": "Elegir fecha", "fr": "Choisir une date"}
        ),
        Purpose.VISIT_CONFIRM: MappingProxyType(
            {"en": "Answer", "es": "Responder", "fr": "Répondre"},
        ),
        Purpose.INVITATION: MappingProxyType(
            {"en": "Answer", "es": "Responder", "fr": "Répondre"},
        ),
        Purpose.PREPARATION: MappingProxyType(
            {"en": "How to prepare", "es": "Cómo prepararse", "fr": "Comment se préparer"}
        ),
        Purpose.CHECK_IN: _ANSWER,
        Purpose.CHECK_IN_CHASE: _ANSWER,
        Purpose.STAFF: _OPEN,
        Purpose.EMERGENCY_TAKEN: _OPEN,
        **dict.fromkeys(ABOUT_AN_ACCOUNT, _NEW_PASSWORD),
    }
)
_ITEMS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        MessageKind.BOOK_VISIT: MappingProxyType(
            {"en": "a visit to arrange", "es": "una cita por concertar", "fr": "un rendez-vous à prendre"}
        ),
        MessageKind.PREPARATION: MappingProxyType(
            {"en": "how to prepare", "es": "cómo prepararse", "fr": "comment se préparer"}
        ),
        MessageKind.CHECK_IN: MappingProxyType(
            {"en": "a few questions", "es": "unas preguntas", "fr": "quelques questions"}
        ),
    }
)
NOT_READ: Mapping[str, str] = MappingProxyType(
    {
        "en": "Nobody reads answers from a calendar. Use the link in the e-mail.",
        "es": "Nadie lee las respuestas desde un calendario. Use el enlace del correo.",
        "fr": "Personne ne lit les réponses d’un agenda. Utilisez le lien de l’e-mail.",
    }
)
"""What an invitation says in the calendar, whose program offers buttons of its own."""


_ROOM_FOR_ITEMS = 44
"""Characters of a text that a digest's contents may take beside clinic, telephone, link and the word that ends texts."""


def on_one_line(items: Sequence[str], *, is_short: bool) -> str:
    """A digest's contents in a text; shortened the first ones and how many more: the link shows them all."""
    if not is_short:
        return "; ".join(items)
    for number in range(len(items), 0, -1):
        more = f" +{len(items) - number}" if number < len(items) else ""
        said = "; ".join(items[:number]) + more
        if len(said) <= _ROOM_FOR_ITEMS:
            break
    return said


def button(purpose: Purpose, language: str) -> str:
    """What the button of an e-mail says."""
    return _BUTTONS.get(purpose, _SEE)[language]


def item(kind: str, language: str) -> str:
    """What a digest calls a thing without a day and an hour of its own."""
    return _ITEMS[kind][language]
