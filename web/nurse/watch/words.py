"""How the watch speaks: grades with a sign and a word, answers in short, a patient's days as a drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from clinic.domain.catalogue import Confidence
from notifications.domain.check_in.answers import Answers
from notifications.domain.check_in.grading import REVIEWS, Review
from notifications.domain.check_in.questions import Question
from notifications.domain.check_in.rules import Grade
from notifications.domain.check_in.short import SHORT, short_answer
from notifications.domain.check_in.trend import DayKind, TrendDay, not_well
from notifications.selectors.check_in_rules import Table
from notifications.selectors.watch import Said
from web.words import day_words, quantity_words


@dataclass(frozen=True, slots=True)
class Look:
    """A word, a sign and a class: never a colour alone."""

    label: str | Promise
    icon: str
    tag: str


GRADES = {
    Grade.EMERGENCY: Look(_("Emergency"), "exclamation-octagon-fill", "group group-emergency"),
    Grade.SAME_DAY: Look(_("Same day"), "exclamation-triangle-fill", "tag tag-danger"),
    Grade.WORKING_DAY: Look(_("One working day"), "chat-left-text-fill", "tag tag-warn"),
    Grade.FINE: Look(_("Well"), "check-lg", "tag tag-good"),
}
SURES = {
    Confidence.CONFIRMED: _("confirmed in a published source"),
    Confidence.SECONDARY: _("confirmed in a secondary source"),
    Confidence.UNCONFIRMED: _("commonly quoted, unconfirmed"),
    Confidence.DESIGN: _("our own choice"),
}
_DAYS = {
    DayKind.MISSED: _("no answer"),
    DayKind.OPEN: _("still open"),
    DayKind.NONE: _("not asked"),
}
CELL, HEIGHT, BASE = 13, 34, 30
_BAR = {Grade.FINE: 5, Grade.WORKING_DAY: 12, Grade.SAME_DAY: 19, Grade.EMERGENCY: 27}


def answers_in_short(answers: Answers) -> list[str]:
    """What is not well, the wound's signs without its name; with the temperature. Empty: all is well."""
    words = []
    for question, value in not_well(answers):
        if question is Question.FEVER:
            words.append(_fever(answers))
        elif question is Question.WOUND:
            words.append(_t(short_answer(question, value)))
        elif value == "yes":
            words.append(_t(SHORT[question]))
        else:
            what = {"what": _t(SHORT[question]), "how": _t(short_answer(question, value))}
            words.append(_t("%(what)s: %(how)s") % what)
    return [str(capfirst(word)) for word in words]


def _fever(answers: Answers) -> str:
    words = _t(SHORT[Question.FEVER])
    measured = answers.temperature
    if measured is None:
        return words
    unit = f"°{measured.unit.value}" if measured.unit else _t("(no unit given)")
    return f"{words} {quantity_words(measured.value)} {unit}"


def reviews_in_words(said: Said) -> list[str]:
    """Why a person must read them, beyond what the table says."""
    known = {review.value: text for review, text in REVIEWS.items() if review is not Review.NOTE}
    return [_t(known[key]) for key in said.check_in.matched if key in known]


def rules_in_words(said: Said, table: Table | None) -> list[str]:
    """The rows of the table that gave the grade, by their titles; milder ones that hold too are left out."""
    rules = table.rules if table else ()
    titles = {rule.key: _t(rule.title) for rule in rules if rule.grade is said.grade}
    return [titles[key] for key in said.check_in.matched if key in titles]


@dataclass(frozen=True, slots=True)
class Cell:
    """One day of the drawing: a bar whose height says how bad it was, a cross for silence, a ring for still open."""

    x: int
    kind: str
    words: str
    y: int = 0
    height: int = 0


def drawing_of(trend: tuple[TrendDay, ...]) -> dict[str, Any]:
    """The days as the template draws them, and as one sentence."""
    cells = [_cell(number, day) for number, day in enumerate(trend)]
    return {
        "cells": cells,
        "width": CELL * len(trend),
        "height": HEIGHT,
        "base": BASE,
        "words": _sentence(trend),
    }


def _cell(number: int, day: TrendDay) -> Cell:
    x, words = number * CELL, f"{day_words(day.on)}: {day_in_words(day)}"
    if day.grade is None:
        return Cell(x, day.kind.value, words, BASE)
    height = _BAR[day.grade]
    return Cell(x, day.grade.key, words, BASE - height, height)


def day_in_words(day: TrendDay) -> str:
    return str(_DAYS[day.kind] if day.grade is None else GRADES[day.grade].label)


def _sentence(trend: tuple[TrendDay, ...]) -> str:
    parts = []
    for grade, look in GRADES.items():
        number = sum(day.grade is grade for day in trend)
        if number:
            parts.append(f"{look.label} {number}")
    missed = sum(day.kind is DayKind.MISSED for day in trend)
    if missed:
        parts.append(ngettext("%(n)s without an answer", "%(n)s without an answer", missed) % {"n": missed})
    days = ngettext("Last %(n)s day", "Last %(n)s days", len(trend)) % {"n": len(trend)}
    return f"{days}: {', '.join(parts) or _t('nothing was asked')}"
