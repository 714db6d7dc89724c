"""The questions of a check-in, and which of them are asked when.

Patients read these words: they name no drug, no dose, no device and no diagnosis. Every scale runs from the best
answer to the worst, and grading rests on that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from clinic.domain.register.reasons import gettext_noop


class Question(StrEnum):
    """One thing that is asked. All but the wound have one answer on a scale."""

    WOUND = "wound"
    FEVER = "fever"
    HEADACHE = "headache"
    NECK = "neck"
    FEELING = "feeling"
    WITHDRAWAL = "withdrawal"
    WEAKNESS = "weakness"
    ALARM = "alarm"
    BREATHING = "breathing"
    MOOD = "mood"


NO, YES = "no", "yes"
SCALES: Mapping[Question, tuple[str, ...]] = MappingProxyType(
    {
        Question.FEVER: (NO, YES),
        Question.HEADACHE: ("none", "mild", "severe", "vomiting"),
        Question.NECK: (NO, YES),
        Question.FEELING: ("better", "same", "worse", "lost"),
        Question.WITHDRAWAL: (NO, YES),
        Question.WEAKNESS: (NO, YES),
        Question.ALARM: ("none", "single", "double"),
        Question.BREATHING: (NO, YES),
        Question.MOOD: (NO, YES),
    }
)
"""From the best answer to the worst."""

WELL: Mapping[Question, str] = MappingProxyType(
    {question: "same" if question is Question.FEELING else scale[0] for question, scale in SCALES.items()}
)
"""What "all is well" says."""

DRY = "dry"
SIGNS = ("redness", "swelling", "moved", "fluid", "pus", "open")
"""What may be wrong with the wound, several at once; ``dry`` is that none of it is so."""

ASKED: Mapping[Question, str] = MappingProxyType(
    {
        Question.WOUND: gettext_noop("How do the scars look?"),
        Question.FEVER: gettext_noop("Do you have a fever?"),
        Question.HEADACHE: gettext_noop("Do you have a headache?"),
        Question.NECK: gettext_noop("Is your neck stiff, or are you confused?"),
        Question.FEELING: gettext_noop("How do you feel, compared with last time?"),
        Question.WITHDRAWAL: gettext_noop("Does your skin itch, or is stiffness or cramping coming back?"),
        Question.WEAKNESS: gettext_noop(
            "Are your legs newly weak or numb, or has your bladder or bowel changed?"
        ),
        Question.ALARM: gettext_noop("Do you hear beeping sounds from your body?"),
        Question.BREATHING: gettext_noop("Are you breathing slowly, or are you hard to wake?"),
        Question.MOOD: gettext_noop(
            "Do you see or hear things that are not there, or is your mood new to you?"
        ),
    }
)

ANSWERS: Mapping[Question, Mapping[str, str]] = MappingProxyType(
    {
        Question.WOUND: {
            DRY: gettext_noop("dry and closed"),
            "redness": gettext_noop("red"),
            "swelling": gettext_noop("swollen"),
            "moved": gettext_noop("something under the skin has moved or turned"),
            "fluid": gettext_noop("clear fluid comes out"),
            "pus": gettext_noop("pus or something else comes out"),
            "open": gettext_noop("it is opening"),
        },
        Question.FEVER: {NO: gettext_noop("no"), YES: gettext_noop("yes, or 38 °C (100.4 °F) or more")},
        Question.HEADACHE: {
            "none": gettext_noop("none"),
            "mild": gettext_noop("mild"),
            "severe": gettext_noop("strong, or worse when I sit or stand"),
            "vomiting": gettext_noop("strong, with vomiting"),
        },
        Question.NECK: {NO: gettext_noop("no"), YES: gettext_noop("yes")},
        Question.FEELING: {
            "better": gettext_noop("better"),
            "same": gettext_noop("the same"),
            "worse": gettext_noop("worse"),
            "lost": gettext_noop("suddenly much worse: the help I had is gone"),
        },
        Question.WITHDRAWAL: {NO: gettext_noop("no"), YES: gettext_noop("yes")},
        Question.WEAKNESS: {NO: gettext_noop("no"), YES: gettext_noop("yes")},
        Question.ALARM: {
            "none": gettext_noop("none"),
            "single": gettext_noop("one tone, again and again"),
            "double": gettext_noop("two tones, one after the other"),
        },
        Question.BREATHING: {NO: gettext_noop("no"), YES: gettext_noop("yes")},
        Question.MOOD: {NO: gettext_noop("no"), YES: gettext_noop("yes")},
    }
)

WELL_MEANS: Mapping[Question, str] = MappingProxyType(
    {
        Question.WOUND: gettext_noop("the scars are dry and closed"),
        Question.FEVER: gettext_noop("no fever"),
        Question.HEADACHE: gettext_noop("no headache"),
        Question.NECK: gettext_noop("no stiff neck, no confusion"),
        Question.FEELING: gettext_noop("I feel the same as before or better"),
        Question.WITHDRAWAL: gettext_noop("no itching, no stiffness or cramping coming back"),
        Question.WEAKNESS: gettext_noop("legs, bladder and bowel as before"),
        Question.ALARM: gettext_noop("no beeping sounds from my body"),
        Question.BREATHING: gettext_noop("I breathe and wake as usual"),
        Question.MOOD: gettext_noop("I see and hear nothing strange, and my mood is as usual"),
    }
)
"""What somebody says who says that all is well."""

LONGEST_NOTE = 500
BREATHING_WITHIN_HOURS = 24
"""After a refill or a change of dose; the hours in which too much shows (docs/reference/check-in.md)."""
HEADACHE_UNTIL_DAY = 120
"""Leaks of spinal fluid come until about then."""
MOOD_DRUG = "ziconotide"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the record knows when the answers are read. None is "not known", and never read as harmless.

    ``drugs`` are the keys of what is in the patient's pumps. ``days_to_alarm`` counts to the earliest low-reservoir
    date, negative once it is past. ``hours_since_change`` counts from the last refill or change of dose; where only
    its day is known, from the end of that day, so never too many.
    """

    days_since_operation: int | None = None
    drugs: frozenset[str] | None = None
    days_to_alarm: int | None = None
    hours_since_change: int | None = None


def questions_for(context: Context) -> tuple[Question, ...]:
    """What is asked, in order. What is not known to be needless is asked, so a question gives nothing away."""
    left_out = set()
    days, hours = context.days_since_operation, context.hours_since_change
    if days is not None and days > HEADACHE_UNTIL_DAY:
        left_out.add(Question.HEADACHE)
    if hours is not None and hours > BREATHING_WITHIN_HOURS:
        left_out.add(Question.BREATHING)
    if context.drugs is not None and MOOD_DRUG not in context.drugs:
        left_out.add(Question.MOOD)
    return tuple(question for question in Question if question not in left_out)
