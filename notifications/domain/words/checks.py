"""What a clinic's own words must and must not hold. The shipped ones pass the same check."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from notifications.domain.kinds import ChannelName
from notifications.domain.words.forbidden import forbidden_in
from notifications.domain.words.purposes import (
    MAY_COME_FIRST,
    REQUIRED,
    Placeholder,
    Purpose,
    offered,
)
from notifications.domain.words.writing import Words

STOP_WORD = "STOP"
LONGEST_SUBJECT = 150
LONGEST_BODY = 4000
NOT_IN_SUBJECT = frozenset({Placeholder.LINK, Placeholder.ITEMS, Placeholder.PLACE, Placeholder.FIRST_NAME})
"""A subject stands in lists and on lock screens."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_BRACKETS = re.compile(r"\[([^\[\]\n]*)\]")
_ADDRESS = re.compile(r"\w+\s*:\s*//\S*|\bwww\.\S*|\S+@\S+|\b[\w-]+\.[^\W\d_]{2,}\b(?:/\S*)?")
_STOP = re.compile(rf"\b{STOP_WORD}\b")


class Fault(StrEnum):
    UNKNOWN_PLACEHOLDER = "unknown_placeholder"
    NOT_OFFERED = "not_offered"
    STRAY_BRACE = "stray_brace"
    STRAY_BRACKET = "stray_bracket"
    MISSING_PLACEHOLDER = "missing_placeholder"
    MAY_VANISH = "may_vanish"
    """It stands in brackets with something else that may be missing, and would go with it."""
    FORBIDDEN_DRUG = "forbidden_drug"
    FORBIDDEN_DOSE = "forbidden_dose"
    FORBIDDEN_DEVICE = "forbidden_device"
    FORBIDDEN_DIAGNOSIS = "forbidden_diagnosis"
    FOREIGN_LINK = "foreign_link"
    NO_STOP_WORD = "no_stop_word"
    SUBJECT_MISSING = "subject_missing"
    SUBJECT_OF_TEXT = "subject_of_text"
    LINE_IN_SUBJECT = "line_in_subject"
    TOO_LONG = "too_long"
    SEVERAL_TEXTS = "several_texts"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault at ``subject`` or ``body``; ``found`` is what stands there."""

    field: str
    fault: Fault
    found: str = ""


class WordsRefused(ValueError):
    """Words that a clinic may not have, with everything that is wrong with them. Nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(", ".join(problem.fault.value for problem in problems))


def tidy(words: Words) -> Words:
    """The words without unseen characters and spaces at the ends of lines; a subject on one line is left to the check."""
    return Words(_seen(words.body), _seen(words.subject))


def check(
    words: Words, *, purpose: Purpose, channel: ChannelName, names: frozenset[str] = frozenset()
) -> list[Problem]:
    """Every fault of the words for a purpose and channel; ``names``: a catalogue's, that may not be said."""
    found = [*_body(words, purpose, channel), *_subject(words, channel)]
    for field, text in (("subject", words.subject), ("body", words.body)):
        found += _placeholders(field, text, purpose)
        found += _said(field, text, names)
    return found


def _body(words: Words, purpose: Purpose, channel: ChannelName) -> Iterator[Problem]:
    if not words.body.strip():
        yield Problem("body", Fault.EMPTY)
        return
    if len(words.body) > LONGEST_BODY:
        yield Problem("body", Fault.TOO_LONG, str(LONGEST_BODY))
    for required in sorted(REQUIRED[purpose]):
        if required.mark not in words.body:
            yield Problem("body", Fault.MISSING_PLACEHOLDER, required.mark)
        elif all(_may_vanish(part, required) for part in _parts_with(words.body, required)):
            yield Problem("body", Fault.MAY_VANISH, required.mark)
    if channel is ChannelName.SMS and purpose in MAY_COME_FIRST and not _has_stop_word(words.body):
        yield Problem("body", Fault.NO_STOP_WORD, STOP_WORD)


def _subject(words: Words, channel: ChannelName) -> Iterator[Problem]:
    if channel is ChannelName.SMS:
        if words.subject:
            yield Problem("subject", Fault.SUBJECT_OF_TEXT)
        return
    if not words.subject.strip():
        yield Problem("subject", Fault.SUBJECT_MISSING)
    if len(words.subject) > LONGEST_SUBJECT:
        yield Problem("subject", Fault.TOO_LONG, str(LONGEST_SUBJECT))
    if len(words.subject.splitlines()) > 1:
        yield Problem("subject", Fault.LINE_IN_SUBJECT)


def _placeholders(field: str, text: str, purpose: Purpose) -> Iterator[Problem]:
    known = {each.value for each in Placeholder}
    allowed = {each.value for each in offered(purpose) if not (field == "subject" and each in NOT_IN_SUBJECT)}
    for name in dict.fromkeys(_BRACES.findall(text)):
        if name not in known:
            yield Problem(field, Fault.UNKNOWN_PLACEHOLDER, f"{{{name}}}")
        elif name not in allowed:
            yield Problem(field, Fault.NOT_OFFERED, f"{{{name}}}")
    if set("{}") & set(_BRACES.sub("", text)):
        yield Problem(field, Fault.STRAY_BRACE)
    if set("[]") & set(_BRACKETS.sub("", text)):
        yield Problem(field, Fault.STRAY_BRACKET)


def _said(field: str, text: str, names: frozenset[str]) -> Iterator[Problem]:
    plain = _BRACES.sub(" ", text).replace("[", "").replace("]", "")
    for word, why in forbidden_in(plain, names=names):
        yield Problem(field, Fault(f"forbidden_{why.value}"), word)
    for address in _ADDRESS.findall(plain):
        yield Problem(field, Fault.FOREIGN_LINK, address)


def _parts_with(body: str, placeholder: Placeholder) -> list[str]:
    """The bracketed parts that name it, and an empty one for where it stands in the open."""
    parts = [part for part in _BRACKETS.findall(body) if placeholder.mark in part]
    in_the_open = placeholder.mark in _BRACKETS.sub("", body)
    return [*parts, ""] if in_the_open else parts


def _may_vanish(part: str, required: Placeholder) -> bool:
    """Whether the part may be left out although this placeholder has a value."""
    return bool(set(_BRACES.findall(part)) - {required.value})


def _has_stop_word(body: str) -> bool:
    """In the open: a part in brackets may be left out."""
    return _STOP.search(_BRACKETS.sub(lambda part: part[1] if "{" not in part[1] else "", body)) is not None


def _seen(text: str) -> str:
    lines = (
        unicodedata.normalize("NFC", text)
        .replace("\t", " ")
        .replace("\r\n", "\n")
        .replace("\r", "\n")
        .split("\n")
    )
    kept = ("".join(char for char in line if unicodedata.category(char)[0] != "C") for line in lines)
    return "\n".join(" ".join(line.split(" ")).rstrip() for line in kept).strip("\n")
