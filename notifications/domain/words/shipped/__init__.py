"""The words that come with the product, one module a language.

Texts hold no á, í, ó, ú, ç, ê: the network's alphabet has none, and one of them would more than halve the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.kinds import ChannelName
from notifications.domain.words.purposes import Occasion, Purpose
from notifications.domain.words.shipped import en, es, fr
from notifications.domain.words.writing import Words

_BY_LANGUAGE: Mapping[str, Mapping[ChannelName, Mapping[Purpose, Words]]] = MappingProxyType(
    {
        each.LANGUAGE: MappingProxyType({ChannelName.EMAIL: each.EMAILS, ChannelName.SMS: each.TEXTS})
        for each in (en, es, fr)
    }
)


def shipped(occasion: Occasion) -> Words:
    """The words for an occasion; English where the language is none of ours."""
    return _BY_LANGUAGE.get(occasion.language, _BY_LANGUAGE["en"])[occasion.channel][occasion.purpose]
