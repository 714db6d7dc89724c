"""What is filled in, made harmless: a name is a name, never a link, a line or a placeholder of its own."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

from notifications.domain.words.purposes import Placeholder

_SCHEME = re.compile(
    r"\b(?:https?|ftp|tel|sms|mailto|javascript|data)\s*:\s*/*|://|\bwww\b\.?", re.IGNORECASE
)
_INNER_DOT = re.compile(r"(?<=\w)[.。․](?=\w)")
_NO_PHONE = re.compile(r"[^0-9+()\-./x# ]")
_LONGEST: Mapping[Placeholder, int] = MappingProxyType(
    {Placeholder.FIRST_NAME: 40, Placeholder.CLINIC_NAME: 80, Placeholder.PLACE: 120}
)


def one_line(text: str) -> str:
    """On one line, without control, direction and other unseen characters, without the marks of our words."""
    spaced = "".join(" " if char in "\r\n\t\v\f\x85\u2028\u2029" else char for char in text)
    seen = (char for char in spaced if unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn"))
    return " ".join("".join(seen).translate(str.maketrans("{}[]", "()()")).split())


def clean(placeholder: Placeholder, value: str) -> str:
    """A value from the record as words may hold it.

    Names and places lose what a telephone would make a link of: a scheme, *www*, the dot of a domain, an @.
    """
    if placeholder is Placeholder.CLINIC_PHONE:
        return " ".join(_NO_PHONE.sub("", one_line(value)).split())[:40]
    if placeholder not in _LONGEST:
        return value
    text = one_line(unicodedata.normalize("NFKC", value))
    text = _INNER_DOT.sub(" ", _SCHEME.sub(" ", text)).replace("@", " ")
    return cut(" ".join(text.split()), _LONGEST[placeholder])


def cut(text: str, longest: int) -> str:
    """At most so long, cut between words where there is one to cut at."""
    if len(text) <= longest:
        return text
    if longest < 1:
        return ""
    head = text[: longest + 1].rsplit(" ", 1)[0] if " " in text[: longest + 1] else text[:longest]
    return head.rstrip(" ,;:-–&")
