"""Text messages as the network counts them (3GPP TS 23.038, 6.2.1).

A text of 160 septets of the basic alphabet is one message; some characters take two. One character outside the
alphabet makes the whole text UCS-2, and then one message holds 70.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("\f^{}\\[~]|€")
_KNOWN = BASIC | EXTENSION
ONE_TEXT = 160
PER_PART = 153
"""Of a longer text: each part says which it is."""
ONE_TEXT_UCS2 = 70
PER_PART_UCS2 = 67

_WRITTEN_AS: Mapping[str, str] = MappingProxyType(
    {
        "’": "'", "‘": "'", "‚": "'", "ʼ": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "–": "-", "—": "-", "‑": "-", "−": "-", "…": "...", "·": "-", "•": "-", "×": "x",
        "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "œ": "oe",
        "Œ": "OE", "ŋ": "n", "Ŋ": "N", "ħ": "h", "Ħ": "H", "ç": "c", "º": "o", "ª": "a", "ẞ": "SS",
    }
)  # fmt: skip


def is_gsm(text: str) -> bool:
    """Whether every character is in the alphabet or its extension."""
    return _KNOWN.issuperset(text)


def length(text: str) -> int:
    """What the text takes: septets, or UTF-16 units where one character is outside the alphabet."""
    if is_gsm(text):
        return len(text) + sum(map(text.count, EXTENSION))
    return len(text.encode("utf-16-be")) // 2


def segments(text: str) -> int:
    """How many messages the network makes of it."""
    one, part = (ONE_TEXT, PER_PART) if is_gsm(text) else (ONE_TEXT_UCS2, PER_PART_UCS2)
    taken = length(text)
    return 0 if not text else 1 if taken <= one else -(-taken // part)


def to_gsm(text: str) -> str:
    """The text in the alphabet: é and ñ stay, ś becomes s, what has no likeness is left out."""
    composed = unicodedata.normalize("NFC", text)
    return composed if is_gsm(composed) else "".join(map(_one, composed))


def _one(char: str) -> str:
    if char in _KNOWN:
        return char
    if char in _WRITTEN_AS:
        return _WRITTEN_AS[char]
    if unicodedata.category(char) == "Zs":
        return " "
    plain = "".join(part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part))
    return "".join(part for part in plain if part in _KNOWN) if plain != char else ""
