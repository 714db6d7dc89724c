"""What is done about a follow-up: a note, a day, a reason, an owner."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from web.forms import DayField, RecordForm
from web.words import day_words


class DoneForm(RecordForm):
    note = forms.CharField(
        label=_("Note"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the care plan."),
    )


class PostponeForm(RecordForm):
    until = DayField(label=_("Until"))
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Whoever looks after it then reads this."),
    )
    places: ClassVar[dict[str, str]] = {"postponed_until": "until"}

    def __init__(self, *args: Any, earliest: date, latest: date | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.latest = latest
        self.fields["until"].widget.attrs["min"] = earliest.isoformat()
        if latest is not None:
            self.fields["until"].widget.attrs["max"] = latest.isoformat()

    def clean_until(self) -> date:
        """Said here beside whatever else is wrong; the service refuses it too."""
        until: date = self.cleaned_data["until"]
        if self.latest is not None and until > self.latest:
            text = gettext("The last day is %(day)s.") % {"day": day_words(self.latest)}
            raise forms.ValidationError(text)
        return until


class NotNeededForm(RecordForm):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept with the care plan and your name. It can be reopened."),
    )


class GiveForm(RecordForm):
    owner = forms.TypedChoiceField(label=_("To"), coerce=int)
    places: ClassVar[dict[str, str]] = {"owner_id": "owner"}

    def __init__(self, *args: Any, people: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["owner"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Choose a person")), *people]
