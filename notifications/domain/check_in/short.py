"""Questions and answers as a nurse reads them: short, and by their clinical names."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from clinic.domain.register.reasons import gettext_noop
from notifications.domain.check_in.questions import DRY, NO, YES, Question

SHORT: Mapping[Question, str] = MappingProxyType(
    {
        Question.WOUND: gettext_noop("Wound"),
        Question.FEVER: gettext_noop("Fever"),
        Question.HEADACHE: gettext_noop("Headache"),
        Question.NECK: gettext_noop("Stiff neck or confusion"),
        Question.FEELING: gettext_noop("Feeling"),
        Question.WITHDRAWAL: gettext_noop("Itching or returning stiffness"),
        Question.WEAKNESS: gettext_noop("New leg weakness, bladder or bowel change"),
        Question.ALARM: gettext_noop("Alarm"),
        Question.BREATHING: gettext_noop("Slow breathing, hard to wake"),
        Question.MOOD: gettext_noop("Hallucinations or mood"),
    }
)

SHORT_ANSWERS: Mapping[Question, Mapping[str, str]] = MappingProxyType(
    {
        Question.WOUND: {
            DRY: gettext_noop("dry, closed"),
            "redness": gettext_noop("redness"),
            "swelling": gettext_noop("swelling"),
            "moved": gettext_noop("pump moved"),
            "fluid": gettext_noop("clear fluid"),
            "pus": gettext_noop("pus or drainage"),
            "open": gettext_noop("opening"),
        },
        Question.HEADACHE: {
            "none": gettext_noop("none"),
            "mild": gettext_noop("mild"),
            "severe": gettext_noop("severe or worse upright"),
            "vomiting": gettext_noop("severe with vomiting"),
        },
        Question.FEELING: {
            "better": gettext_noop("better"),
            "same": gettext_noop("same"),
            "worse": gettext_noop("worse"),
            "lost": gettext_noop("sudden loss of effect"),
        },
        Question.ALARM: {
            "none": gettext_noop("none"),
            "single": gettext_noop("single tone"),
            "double": gettext_noop("two tones"),
        },
    }
)
YES_NO: Mapping[str, str] = MappingProxyType({NO: gettext_noop("no"), YES: gettext_noop("yes")})


def short_answer(question: Question, value: str) -> str:
    """The answer as a nurse reads it, to be translated."""
    return SHORT_ANSWERS.get(question, YES_NO).get(value, value)
