"""Ending a matter, or saying that nobody answered."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import Field, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from notifications.selectors.escalations import OUTCOMES
from notifications.services.escalations import ABOUT_NOBODY, call_of
from scheduling.domain.call_entries import CallEntry
from scheduling.selectors.rows import Reached
from web.forms import RecordForm


class OutcomeForm(RecordForm):
    """``whom`` is shown by the style sheet only while nobody answered."""

    outcome = forms.ChoiceField(
        label=_("What came of it"), choices=OUTCOMES.choices, widget=forms.RadioSelect
    )
    whom = forms.ChoiceField(
        label=_("Whom you tried"),
        choices=Reached.choices,
        widget=forms.RadioSelect,
        initial=Reached.PATIENT,
        required=False,
        help_text=_(
            "Try another number or a relative next time; after three tries the next person is asked."
        ),
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Needed where nothing is to be done: why?"),
    )

    def __init__(self, *args: Any, has_patient: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_patient:
            outcome = self.fields["outcome"]
            assert isinstance(outcome, forms.ChoiceField)  # noqa: S101 - declared above
            outcome.choices = [choice for choice in OUTCOMES.choices if choice[0] in ABOUT_NOBODY]
        self.helper.layout = Layout(
            "outcome", Field("whom", wrapper_class="side-by-side only-no-answer"), "note"
        )

    @property
    def is_try(self) -> bool:
        return bool(self.cleaned_data["outcome"] == "no_answer")

    def call(self) -> CallEntry | None:
        """The call to be written down with it; None where the outcome is none."""
        values = self.cleaned_data
        return call_of(values["outcome"], note=values["note"], whom=values["whom"] or "patient")
