"""One row of the table that grades check-ins: how soon, and what must hold for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from notifications.domain.check_in.questions import SCALES, SIGNS, WELL, Question
from notifications.domain.check_in.rules import Condition, Grade, Kind, Rule
from notifications.domain.check_in.short import SHORT, short_answer
from notifications.domain.check_in.table import LONGEST_TITLE, MOST_OF
from web.forms import CountField, RecordForm

GRADE_CHOICES = (
    ("emergency", _("Emergency: the patient is told to call the emergency number now")),
    ("same_day", _("Same day: the patient is told to call the clinic today")),
    ("working_day", _("Within one working day: a nurse calls")),
)
_NUMBERS = {
    Kind.ALARM_WITHIN_DAYS: _("At most so many days before the alarm date, or past it"),
    Kind.CHANGE_WITHIN_HOURS: _("At most so many hours after a refill or dose change"),
    Kind.OPERATION_WITHIN_DAYS: _("At most so many days after the operation"),
}


class RuleForm(RecordForm):
    """A row. What is left empty does not matter for it; all that is chosen must hold together."""

    title = forms.CharField(label=_("Title"), max_length=LONGEST_TITLE)
    grade = forms.ChoiceField(label=_("How soon"), choices=GRADE_CHOICES, widget=forms.RadioSelect)
    is_active = forms.BooleanField(label=_("In use"), required=False)
    wound = forms.MultipleChoiceField(
        label=_("Wound: one of these"), required=False, widget=forms.CheckboxSelectMultiple
    )
    drugs = forms.MultipleChoiceField(
        label=_("Only with one of these drugs in a pump"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
        help_text=_("Chosen none: whatever the drug. Where the record does not know, the row holds."),
    )
    note = forms.CharField(
        label=_("What changed and why"),
        max_length=200,
        required=False,
        help_text=_("Needed where an emergency row may catch less."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    places: ClassVar[dict[str, str]] = {"key": "title", "conditions": "title"}

    def __init__(
        self, *args: Any, rule: Rule | None, version: int, drugs: Sequence[tuple[str, str]], **kwargs: Any
    ) -> None:
        kwargs["initial"] = _values(rule) | {"version": version}
        super().__init__(*args, **kwargs)
        self.rule = rule
        for question, scale in SCALES.items():
            worse = scale[scale.index(WELL[question]) + 1 :]
            choices = [(value, _at_least(question, value, value == scale[-1])) for value in worse]
            self.fields[question.value] = forms.ChoiceField(
                label=_t(SHORT[question]), required=False, choices=[("", _("does not matter")), *choices]
            )
        for kind, label in _NUMBERS.items():
            self.fields[kind.value] = CountField(
                label=label, required=False, min_value=0, max_value=MOST_OF[kind]
            )
        self._choose("wound", [(sign, _t(short_answer(Question.WOUND, sign))) for sign in SIGNS])
        unknown = set(self.initial.get("drugs", ())) - {key for key, _name in drugs}
        self._choose("drugs", [*drugs, *((key, key) for key in sorted(unknown))])
        self.helper.layout = self._layout()

    def row(self, *, key: str) -> Rule:
        """The row as it was entered; what cannot be is found by the table."""
        data = self.cleaned_data
        grade = Grade[data["grade"].upper()]
        if self.rule is None:
            base = Rule(key=key, title="", grade=grade, conditions=(), source=_t("the clinic's own"))
        else:
            base = self.rule
        return replace(
            base,
            title=data["title"] if self.rule is None or data["title"] != _t(self.rule.title) else base.title,
            grade=grade,
            is_active=data["is_active"],
            conditions=tuple(self._conditions()),
        )

    def _conditions(self) -> list[Condition]:
        data = self.cleaned_data
        found = [Condition(kind=Kind.WOUND, values=tuple(data["wound"]))] if data["wound"] else []
        found += [
            Condition(kind=Kind.ANSWER, question=question, value=data[question.value])
            for question in SCALES
            if data[question.value]
        ]
        found += [Condition(kind=Kind.DRUG, values=tuple(data["drugs"]))] if data["drugs"] else []
        found += [
            Condition(kind=kind, number=data[kind.value]) for kind in _NUMBERS if data[kind.value] is not None
        ]
        return found

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        return ["title"]

    def _layout(self) -> Layout:
        pairs = [
            ("fever", "headache"),
            ("neck", "feeling"),
            ("withdrawal", "weakness"),
            ("alarm", "breathing"),
            ("mood", Kind.OPERATION_WITHIN_DAYS.value),
            (Kind.ALARM_WITHIN_DAYS.value, Kind.CHANGE_WITHIN_HOURS.value),
        ]
        rows: list[str | Sequence[str]] = ["title", "grade", "is_active", "wound", *pairs, "drugs", "note"]
        return Layout(*(self._row(row) for row in rows), "version")

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = choices


def _at_least(question: Question, value: str, is_worst: bool) -> str:
    words = _t(short_answer(question, value))
    return words if is_worst else _t("%(answer)s or worse") % {"answer": words}


def _values(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"grade": "same_day", "is_active": True}
    values: dict[str, Any] = {"title": _t(rule.title), "grade": rule.grade.key, "is_active": rule.is_active}
    for condition in rule.conditions:
        match condition.kind:
            case Kind.WOUND:
                values["wound"] = list(condition.values)
            case Kind.DRUG:
                values["drugs"] = list(condition.values)
            case Kind.ANSWER if condition.question is not None:
                values[condition.question.value] = condition.value
            case kind:
                values[kind.value] = condition.number
    return values
