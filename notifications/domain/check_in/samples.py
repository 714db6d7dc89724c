"""Answers with which a table is tried out before it is put in force."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from clinic.domain.register.reasons import gettext_noop
from notifications.domain.check_in.answers import Answers, Temperature, TemperatureUnit
from notifications.domain.check_in.questions import DRY, WELL, Context, Question

_QUIET = Context(
    days_since_operation=20, drugs=frozenset({"baclofen"}), days_to_alarm=60, hours_since_change=400
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody's answers, and what the record knows of that patient."""

    title: str
    answers: Answers
    context: Context = field(default=_QUIET)
    asked: tuple[Question, ...] = ()


def _says(*signs: str, celsius: str = "", **said: str) -> Answers:
    return Answers(
        wound=frozenset(signs or (DRY,)),
        scales={**WELL, **{Question(question): value for question, value in said.items()}},
        temperature=Temperature(Decimal(celsius), TemperatureUnit.CELSIUS) if celsius else None,
    )


def _on(*drugs: str, alarm: int = 60, hours: int = 400) -> Context:
    return Context(
        days_since_operation=20, drugs=frozenset(drugs), days_to_alarm=alarm, hours_since_change=hours
    )


SAMPLES = (
    Sample(gettext_noop("All is well"), Answers(all_well=True)),
    Sample(gettext_noop("Red wound, no fever"), _says("redness")),
    Sample(gettext_noop("Red wound, 38.4 °C"), _says("redness", celsius="38.4", fever="yes")),
    Sample(gettext_noop("Fever and a stiff neck"), _says(fever="yes", neck="yes")),
    Sample(gettext_noop("Clear fluid from the wound"), _says("fluid")),
    Sample(gettext_noop("Mild headache"), _says(headache="mild")),
    Sample(gettext_noop("Severe headache with vomiting"), _says(headache="vomiting")),
    Sample(gettext_noop("One tone"), _says(alarm="single")),
    Sample(gettext_noop("Two tones"), _says(alarm="double")),
    Sample(
        gettext_noop("Itching on baclofen, 3 days before the alarm date"),
        _says(withdrawal="yes"),
        _on("baclofen", alarm=3),
    ),
    Sample(gettext_noop("Itching on baclofen, 60 days before it"), _says(withdrawal="yes"), _on("baclofen")),
    Sample(
        gettext_noop("Hard to wake, 6 hours after a dose change"),
        _says(breathing="yes"),
        _on("morphine", hours=6),
    ),
    Sample(gettext_noop("Hallucinations on ziconotide"), _says(mood="yes"), _on("ziconotide")),
    Sample(gettext_noop("Weak legs"), _says(weakness="yes")),
    Sample(gettext_noop("Feels worse"), _says(feeling="worse")),
    Sample(gettext_noop("Nothing answered"), Answers(), asked=tuple(Question)),
)
