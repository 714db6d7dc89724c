"""An operation that is planned: its day and purpose, and why it is called off."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import SurgeryEntry
from clinic.selectors.rows import Surgery, SurgeryPurpose
from web.forms import ChangeForm, DayField, RecordForm


class SurgeryForm(ChangeForm):
    planned_on = DayField(
        label=_("Planned for"), help_text=_("What must be done before is due relative to this day.")
    )
    purpose = forms.ChoiceField(label=_("Purpose"), choices=SurgeryPurpose.choices)
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rows = (("planned_on", "purpose"), "note")

    def __init__(self, *args: Any, surgery: Surgery | None = None, **kwargs: Any) -> None:
        if surgery is not None:
            kwargs["initial"] = {
                "planned_on": surgery.planned_on,
                "purpose": surgery.purpose,
                "note": surgery.note,
            }
        super().__init__(*args, **kwargs)

    def entry(self) -> SurgeryEntry:
        return SurgeryEntry(**self.cleaned_data)


class SurgeryCancelForm(RecordForm):
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Kept in the history with your name.")
    )
    places: ClassVar[dict[str, str]] = {"cancel_reason": "reason", "planned_on": "reason"}
