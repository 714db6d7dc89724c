"""Who the patient is."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import PatientEntry
from clinic.selectors.rows import Language, Patient
from web.forms import ChangeForm, DayField, RecordForm

STATUSES = (
    ("active", _("With pump")),
    ("none", _("No pump")),
    ("planned", _("Operation planned")),
    ("died", _("Died")),
    ("all", _("All")),
)


class SearchForm(forms.Form):
    """A name, an MRN or a serial number: patient data, so it is posted and never part of an address."""

    text = forms.CharField(
        label=_("Name, MRN or serial number"),
        required=False,
        max_length=80,
        widget=forms.TextInput(
            attrs={"type": "search", "class": "form-control", "autocomplete": "off", "spellcheck": "false"}
        ),
    )


class PatientForm(ChangeForm):
    last_name = forms.CharField(label=_("Last name"), max_length=80)
    first_name = forms.CharField(label=_("First name"), max_length=80)
    mrn = forms.CharField(
        label=_("MRN"), max_length=40, help_text=_("The number of the patient's record in your hospital.")
    )
    birth_date = DayField(label=_("Date of birth"))
    language = forms.ChoiceField(
        label=_("Language"), choices=Language.choices, help_text=_("The language of messages to the patient.")
    )
    notes = forms.CharField(
        label=_("Notes"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    rows = (("last_name", "first_name"), ("mrn", "birth_date", "language"), "notes")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.setdefault("autocomplete", "off")  # the patient's data, not the nurse's own

    def entry(self) -> PatientEntry:
        return PatientEntry(**self.cleaned_data)


def patient_values(patient: Patient) -> dict[str, Any]:
    """What the form starts from when a patient is changed."""
    return {name: getattr(patient, name) for name in PatientForm.base_fields if name != "seen"}


class DeathForm(RecordForm):
    died_on = DayField(label=_("Died on"))

    places: ClassVar[dict[str, str]] = {}

    def day(self) -> date:
        day: date = self.cleaned_data["died_on"]
        return day
