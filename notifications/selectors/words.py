"""The words in use: the clinic's own where it has some, the shipped ones otherwise."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet

from clinic.selectors.catalogue import drug_choices, pump_model_choices
from notifications.domain.words.forbidden import names_of_catalogue
from notifications.domain.words.purposes import Occasion
from notifications.domain.words.shipped import shipped
from notifications.domain.words.writing import Words
from notifications.models import MessageTemplate


def words_in_use(*, clinic_id: int, occasion: Occasion) -> Words:
    """The newest row of the clinic; none, or one without a text: the shipped words."""
    own = _rows(clinic_id, occasion).first()
    if own is None or not own.body:
        return shipped(occasion)
    return Words(own.body, own.subject)


def words_history(*, clinic_id: int, occasion: Occasion) -> list[MessageTemplate]:
    """What the clinic has said before, the newest first, with who wrote it; a row without a text restored ours."""
    return list(_rows(clinic_id, occasion).select_related("created_by"))


def own_words(*, clinic_id: int) -> set[tuple[str, str, str]]:
    """The purposes, channels and languages for which the clinic's own words are in use (one query)."""
    newest = (
        MessageTemplate.objects.for_clinic(clinic_id)
        .order_by("purpose", "channel", "language", "-id")
        .distinct("purpose", "channel", "language")
        .values_list("purpose", "channel", "language", "body")
    )
    return {(purpose, channel, language) for purpose, channel, language, body in newest if body}


def unspeakable_names() -> frozenset[str]:
    """The words by which the catalogue's drugs and pumps would be known again."""
    choices: Iterable[tuple[str, str]] = [*drug_choices(), *pump_model_choices()]
    return names_of_catalogue(name for choice in choices for name in choice)


def _rows(clinic_id: int, occasion: Occasion) -> QuerySet[MessageTemplate]:
    rows = MessageTemplate.objects.for_clinic(clinic_id)
    return rows.filter(
        purpose=occasion.purpose, channel=occasion.channel, language=occasion.language
    ).order_by("-id")
