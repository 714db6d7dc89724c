"""The table by which answers are graded: rows of conditions that must all hold, and the one that is shipped.

A condition says "at least as bad as", so a worse answer can never meet fewer rows: whatever a clinic enters, a worse
answer never gives a lower grade.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from clinic.domain.catalogue import Confidence
from clinic.domain.register.reasons import gettext_noop
from notifications.domain.check_in.questions import Question


class Grade(IntEnum):
    """How soon somebody must act; higher is sooner. Stored by name."""

    FINE = 0
    WORKING_DAY = 1
    SAME_DAY = 2
    EMERGENCY = 3

    @property
    def key(self) -> str:
        """As it is stored."""
        return self.name.lower()


GRADE_OF = {grade.key: grade for grade in Grade}


class Kind(StrEnum):
    """What a condition looks at: an answer, or something that the record knows."""

    ANSWER = "answer"
    """``question`` is answered at least as badly as ``value``."""
    WOUND = "wound"
    """One of the signs in ``values``."""
    DRUG = "drug"
    """One of the drugs in ``values`` is in a pump."""
    ALARM_WITHIN_DAYS = "alarm_within_days"
    """The low-reservoir date is at most ``number`` days off, or past."""
    CHANGE_WITHIN_HOURS = "change_within_hours"
    """The last refill or change of dose was at most ``number`` hours ago."""
    OPERATION_WITHIN_DAYS = "operation_within_days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One of a row's conditions. What the record does not know is taken as met: doubt is never in favour."""

    kind: Kind
    question: Question | None = None
    value: str = ""
    values: tuple[str, ...] = ()
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row. ``source`` and ``sure`` say where it comes from: D is our own choice."""

    key: str
    title: str
    grade: Grade
    conditions: tuple[Condition, ...]
    source: str = ""
    sure: Confidence = Confidence.DESIGN
    is_active: bool = True


def answer(question: Question, value: str) -> Condition:
    """At least as bad as ``value``."""
    return Condition(kind=Kind.ANSWER, question=question, value=value)


def wound(*signs: str) -> Condition:
    return Condition(kind=Kind.WOUND, values=signs)


NEAR_ALARM_DAYS = 7
"""21 of 88 patients had withdrawal one to seven days before the reservoir was low."""
_LISTED = gettext_noop("the product's list")
_NEAREST = gettext_noop("beyond the list: like the nearest on it")
_Q = Question


def _rule(key: str, title: str, grade: Grade, *conditions: Condition, source: str = _LISTED) -> Rule:
    return Rule(key=key, title=title, grade=grade, conditions=conditions, source=source)


DEFAULT_RULES = (
    _rule("two_tones", gettext_noop("Alarm with two tones"), Grade.EMERGENCY, answer(_Q.ALARM, "double")),
    _rule(
        "fever_neck",
        gettext_noop("Fever with a stiff neck or confusion"),
        Grade.EMERGENCY,
        answer(_Q.FEVER, "yes"),
        answer(_Q.NECK, "yes"),
    ),
    _rule(
        "withdrawal_near_alarm",
        gettext_noop("Itching or returning spasticity near or past the alarm date, on baclofen"),
        Grade.EMERGENCY,
        answer(_Q.WITHDRAWAL, "yes"),
        Condition(kind=Kind.DRUG, values=("baclofen",)),
        Condition(kind=Kind.ALARM_WITHIN_DAYS, number=NEAR_ALARM_DAYS),
    ),
    _rule(
        "breathing_after_change",
        gettext_noop("Slow breathing or hard to wake within 24 hours of a refill or dose change"),
        Grade.EMERGENCY,
        answer(_Q.BREATHING, "yes"),
        Condition(kind=Kind.CHANGE_WITHIN_HOURS, number=24),
    ),
    _rule(
        "weakness",
        gettext_noop("New leg weakness, or a change of bladder or bowel"),
        Grade.EMERGENCY,
        answer(_Q.WEAKNESS, "yes"),
    ),
    _rule("single_tone", gettext_noop("Alarm with a single tone"), Grade.SAME_DAY, answer(_Q.ALARM, "single")),
    _rule("clear_fluid", gettext_noop("Clear fluid from the wound"), Grade.SAME_DAY, wound("fluid")),
    _rule("wound_opening", gettext_noop("The wound opens"), Grade.SAME_DAY, wound("open")),
    _rule(
        "wound_fever",
        gettext_noop("Redness or swelling with fever"),
        Grade.SAME_DAY,
        wound("redness", "swelling"),
        answer(_Q.FEVER, "yes"),
    ),
    _rule(
        "headache_severe",
        gettext_noop("Severe headache, worse upright or with vomiting"),
        Grade.SAME_DAY,
        answer(_Q.HEADACHE, "severe"),
    ),
    _rule("loss_of_effect", gettext_noop("Sudden loss of effect"), Grade.SAME_DAY, answer(_Q.FEELING, "lost")),
    _rule(
        "mood_ziconotide",
        gettext_noop("New hallucinations or change of mood, on ziconotide"),
        Grade.SAME_DAY,
        answer(_Q.MOOD, "yes"),
        Condition(kind=Kind.DRUG, values=("ziconotide",)),
    ),
    _rule("redness", gettext_noop("Redness without fever"), Grade.WORKING_DAY, wound("redness")),
    _rule("headache_mild", gettext_noop("Mild headache"), Grade.WORKING_DAY, answer(_Q.HEADACHE, "mild")),
    _rule("swelling", gettext_noop("Mild swelling"), Grade.WORKING_DAY, wound("swelling")),
    _rule("moved", gettext_noop("The pump has moved"), Grade.WORKING_DAY, wound("moved")),
    _rule(
        "breathing", gettext_noop("Slow breathing or hard to wake, at any time"), Grade.EMERGENCY,
        answer(_Q.BREATHING, "yes"), source=_NEAREST,
    ),
    _rule("pus", gettext_noop("Pus or other drainage"), Grade.SAME_DAY, wound("pus"), source=_NEAREST),
    _rule("fever", gettext_noop("Fever alone"), Grade.SAME_DAY, answer(_Q.FEVER, "yes"), source=_NEAREST),
    _rule(
        "neck", gettext_noop("Stiff neck or confusion without fever"), Grade.SAME_DAY, answer(_Q.NECK, "yes"),
        source=_NEAREST,
    ),
    _rule(
        "withdrawal", gettext_noop("Itching or returning spasticity, at any time"), Grade.SAME_DAY,
        answer(_Q.WITHDRAWAL, "yes"), source=_NEAREST,
    ),
    _rule(
        "mood", gettext_noop("Hallucinations or change of mood, on any drug"), Grade.WORKING_DAY,
        answer(_Q.MOOD, "yes"), source=_NEAREST,
    ),
    _rule("worse", gettext_noop("Feels worse"), Grade.WORKING_DAY, answer(_Q.FEELING, "worse"), source=_NEAREST),
)  # fmt: skip
"""The shipped table: the sixteen rows of our list, then what the form asks beyond it."""
