"""A telephone call: whom, how it went, when to call again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, ClassVar

from crispy_forms.layout import Field, Layout, LayoutObject
from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.selectors.rows import ContactPoint
from scheduling.domain.call_entries import CallEntry
from scheduling.selectors.rows import CallOutcome, Reached
from web.forms import DayField, RecordForm


class CallForm(RecordForm):
    """``wrong_number`` is shown by the style sheet only while that outcome is chosen."""

    outcome = forms.ChoiceField(label=_("How it went"), choices=CallOutcome.choices, widget=forms.RadioSelect)
    whom = forms.ChoiceField(
        label=_("Whom you called"), choices=Reached.choices, widget=forms.RadioSelect, initial=Reached.PATIENT
    )
    wrong_number = forms.ChoiceField(
        label=_("Which number is wrong?"),
        required=False,
        widget=forms.RadioSelect,
        help_text=_("It is no longer used from now on. You can take that back."),
    )
    call_back_on = DayField(
        label=_("Call again on"),
        required=False,
        help_text=_("Puts the patient on the call list that day, whatever the outcome."),
    )
    note = forms.CharField(
        label=_("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    places: ClassVar[dict[str, str]] = {"called_at": "outcome"}

    def __init__(self, *args: Any, numbers: Sequence[ContactPoint], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["wrong_number"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("None of them")), *((str(point.id), point.value) for point in numbers)]
        if not numbers:
            del self.fields["wrong_number"]
        widget = self.fields["call_back_on"].widget
        widget.attrs |= {"min": today.isoformat(), "max": (today + timedelta(days=366)).isoformat()}
        self.helper.layout = self._lay_out()

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        return [name for name in self.fields if name != "wrong_number"]

    def _lay_out(self) -> Layout:
        parts: list[LayoutObject | str] = [
            Field("outcome", wrapper_class="side-by-side"),
            Field("whom", wrapper_class="side-by-side"),
        ]
        if "wrong_number" in self.fields:
            parts.append(Field("wrong_number", wrapper_class="side-by-side only-wrong-number"))
        return Layout(*parts, "call_back_on", "note")

    def entry(self) -> CallEntry:
        values = self.cleaned_data
        return CallEntry(
            outcome=values["outcome"],
            whom=values["whom"],
            call_back_on=values["call_back_on"],
            note=values["note"],
        )

    def wrong_contact_id(self) -> int | None:
        """The number to stop using; only a wrong number names one."""
        chosen = self.cleaned_data.get("wrong_number", "")
        is_wrong = self.cleaned_data["outcome"] == CallOutcome.WRONG_NUMBER
        return int(chosen) if chosen and is_wrong else None
