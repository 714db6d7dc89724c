"""The questions of a check-in as a form, and what comes back; the same for patients and for whoever asks by telephone.

An alarming answer is never held up by a missing one: what is missing is asked for once, and sent again it is taken
as not answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications.domain.check_in.answers import Answers, TemperatureUnit, read_answers, read_degrees
from notifications.domain.check_in.questions import ANSWERS, ASKED, LONGEST_NOTE, Question
from notifications.services.check_ins import new_once

ALL_WELL = "well"
TEMPERATURE, UNIT, NOTE = "temperature", "temperature_unit", "note"
UNITS = (
    (TemperatureUnit.CELSIUS.value, gettext_lazy("°C")),
    (TemperatureUnit.FAHRENHEIT.value, gettext_lazy("°F")),
)


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One question as the template shows it. ``error`` stands with it."""

    name: str
    label: str
    choices: tuple[Choice, ...]
    is_multiple: bool
    error: str = ""

    @property
    def is_yes_or_no(self) -> bool:
        """Whether the answers are short enough to stand side by side."""
        return not self.is_multiple and all(len(choice.label) <= 5 for choice in self.choices)


@dataclass(frozen=True, slots=True)
class CheckInForm:
    """What was posted, or nothing yet."""

    asked: tuple[Question, ...]
    answers: Answers
    posted: Mapping[str, str]
    wound: tuple[str, ...]
    once: UUID
    is_second: bool
    errors: Mapping[str, str]

    @property
    def fields(self) -> list[Field]:
        """The questions in order; nothing is chosen beforehand."""
        return [self._field(question) for question in self.asked]

    @property
    def units(self) -> list[Choice]:
        return [Choice(value, str(label), self.posted.get(UNIT) == value) for value, label in UNITS]

    def _field(self, question: Question) -> Field:
        is_multiple = question is Question.WOUND
        chosen = self.wound if is_multiple else (self.posted.get(question.value, ""),)
        return Field(
            name=question.value,
            label=_(ASKED[question]),
            choices=tuple(
                Choice(value, _(label), value in chosen) for value, label in ANSWERS[question].items()
            ),
            is_multiple=is_multiple,
            error=self.errors.get(question.value, ""),
        )


def empty_form(asked: Sequence[Question]) -> CheckInForm:
    """The form as it is first shown."""
    return CheckInForm(tuple(asked), Answers(), {}, (), new_once(), is_second=False, errors={})


def posted_form(asked: Sequence[Question], post: QueryDict) -> CheckInForm:
    """What was sent. ``errors`` names what is missing or cannot be read."""
    posted = {name: post.get(name, "") for name in [*Question, TEMPERATURE, UNIT, NOTE]}
    wound = tuple(post.getlist(Question.WOUND.value))
    degrees = posted[TEMPERATURE].strip()
    note = posted[NOTE].strip()
    if degrees and read_degrees(degrees) is None:
        # A person reads what no program can: it is kept with the words.
        note = " ".join(
            [note[: LONGEST_NOTE - 60], _("Temperature as written: %(text)s") % {"text": degrees[:20]}]
        )
    raw: dict[str, object] = {
        **posted,
        "note": note,
        "wound": wound,
        "all_well": post.get("send") == ALL_WELL,
    }
    answers = read_answers(raw)
    form = CheckInForm(
        tuple(asked), answers, posted, wound, _once(post), is_second=post.get("again") == "1", errors={}
    )
    return replace(form, errors=_errors(form, degrees))


def _errors(form: CheckInForm, degrees: str) -> dict[str, str]:
    errors = {
        question.value: _("Please choose an answer.")
        for question in form.asked
        if not form.answers.is_answered(question)
    }
    temperature = form.answers.temperature
    if degrees and temperature is None:
        errors[TEMPERATURE] = _("Please write the temperature as a number, for example 37.5.")
    elif temperature is not None and temperature.unit is None:
        errors[UNIT] = _("Please say whether this is °C or °F.")
    elif temperature is not None and temperature.celsius is None:
        errors[TEMPERATURE] = _("This cannot be a body temperature. Please look again.")
    if len(form.posted[NOTE].strip()) > LONGEST_NOTE:
        errors[NOTE] = _("Please use at most 500 characters.")
    if Question.WOUND in form.asked and any(each is Question.WOUND for each in form.answers.contradictions()):
        errors[Question.WOUND.value] = _("Dry and closed, or one of the others?")
    return errors


def _once(post: QueryDict) -> UUID:
    try:
        return UUID(post.get("once", ""))
    except ValueError:
        return new_once()
