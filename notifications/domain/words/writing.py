"""Filling words in: every placeholder is replaced, nothing is executed.

A part in square brackets is left out whole when something it names is missing:
``[Call us at {clinic_phone}.]`` says nothing where the clinic has no telephone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from notifications.domain.words.gsm import ONE_TEXT, length, to_gsm
from notifications.domain.words.purposes import Placeholder
from notifications.domain.words.values import clean, cut

_BRACKETS = re.compile(r"\[([^\[\]\n]*)\]")
_SPACES = re.compile(r"[ \t]{2,}")
_BEFORE_STOP = re.compile(r" +([,.])")
_TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")
"""A place may end with one: *9 Main St.*"""
_BLANK_LINES = re.compile(r"\n{3,}")
_PHONE_SIGNS = re.compile(r"[ ()./-]")
SHORTEST_CLINIC_NAME = 8
"""A clinic's name is never cut below this: then a text takes two messages rather than lose what matters."""

Values = Mapping[Placeholder, str]


@dataclass(frozen=True, slots=True)
class Words:
    """What is said, with its placeholders. ``subject`` is an e-mail's; a text has none."""

    body: str
    subject: str = ""


def fill(words: str, values: Values) -> str:
    """The words with their values, as they are read."""
    missing = {each for each in Placeholder if not values.get(each)}
    text = "\n".join(
        line for each in words.splitlines() if (line := _line(each, missing)) or not each.strip()
    )
    for placeholder in Placeholder:
        text = text.replace(placeholder.mark, values.get(placeholder, ""))
    text = _TWO_STOPS.sub(".", _BEFORE_STOP.sub(r"\1", _SPACES.sub(" ", text)))
    return _BLANK_LINES.sub("\n\n", "\n".join(line.strip() for line in text.splitlines())).strip()


def _line(words: str, missing: set[Placeholder]) -> str:
    return _BRACKETS.sub(
        lambda part: "" if any(each.mark in part[1] for each in missing) else part[1], words
    ).strip()


def cleaned(values: Values) -> dict[Placeholder, str]:
    """The values of the record made harmless."""
    return {placeholder: clean(placeholder, value) for placeholder, value in values.items()}


def write_text(words: str, *, values: Callable[[bool], Values]) -> str:
    """A text message of one part where that can be, in the network's alphabet.

    ``values(is_short)`` gives the values with dates in full or shortened. What is too long gives way in steps: the
    place, the length of the date, the first name, the signs within the telephone, then the clinic's name. Date, time,
    telephone and link stay whatever the length.
    """
    words = to_gsm(words)
    text, tried = "", dict[Placeholder, str]()
    for tried in _ever_shorter(values):
        text = fill(words, tried)
        if length(text) <= ONE_TEXT:
            return text
    return _with_cut_name(words, tried, over=length(text) - ONE_TEXT)


def _ever_shorter(values: Callable[[bool], Values]) -> Iterator[dict[Placeholder, str]]:
    """Most texts fit with all that they say: what is shorter is written when it is asked for."""
    placeless = {Placeholder.PLACE: ""}
    nameless = placeless | {Placeholder.FIRST_NAME: ""}
    full = {key: to_gsm(value) for key, value in values(False).items()}
    yield full
    yield full | placeless
    short = {key: to_gsm(value) for key, value in values(True).items()}
    yield short | placeless
    yield short | nameless
    phone = _PHONE_SIGNS.sub("", short.get(Placeholder.CLINIC_PHONE, ""))
    yield short | nameless | {Placeholder.CLINIC_PHONE: phone}


def _with_cut_name(words: str, values: Values, *, over: int) -> str:
    """As short as the clinic's name lets it be: cut at a word, or within one where a word would leave too little."""
    name = values.get(Placeholder.CLINIC_NAME, "")
    times = max(words.count(Placeholder.CLINIC_NAME.mark), 1)
    room = max(len(name) - -(-over // times), SHORTEST_CLINIC_NAME)
    at_word = cut(name, room)
    within = at_word if len(at_word) > room // 2 else name[:room].rstrip(" ,;:-–&'’")
    text = fill(words, {**values, Placeholder.CLINIC_NAME: within})
    if length(text) <= ONE_TEXT:
        return text
    return fill(words, {**values, Placeholder.CLINIC_NAME: at_word})
