"""What the programmer showed and what happened between refills."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import EventEntry, ReadingEntry
from clinic.selectors.rows import EventKind
from web.forms import DayField, QuantityField, RecordForm, TimeOfDayField, local_instant


class ReadingForm(RecordForm):
    read_on = DayField(label=_("Read on"))
    read_time = TimeOfDayField(
        label=_("Time"), required=False, help_text=_("If known. A day alone counts from its midnight.")
    )
    reservoir_ml = QuantityField(label=_("Reservoir volume shown"), unit="mL", required=False)
    printed_refill_on = DayField(
        label=_("Refill date shown"), required=False, help_text=_("As the programmer shows or prints it.")
    )
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rows = (("read_on", "read_time"), ("reservoir_ml", "printed_refill_on"), "note")
    places: ClassVar[dict[str, str]] = {"read_at": "read_time"}

    def entry(self, zone: ZoneInfo) -> ReadingEntry:
        """The entry, with the instant where the hour is known. Raises RecordError for an hour that was not."""
        values = dict(self.cleaned_data)
        at = values.pop("read_time")
        return ReadingEntry(read_at=local_instant("read_at", values["read_on"], at, zone), **values)


class EventForm(RecordForm):
    kind = forms.ChoiceField(
        label=_("What happened"), choices=[("", _("Choose what happened")), *EventKind.choices]
    )
    occurred_on = DayField(label=_("Date"))
    occurred_time = TimeOfDayField(label=_("Time"), required=False, help_text=_("If known."))
    scale = forms.CharField(
        label=_("Scale"),
        max_length=60,
        required=False,
        help_text=_("Only for an outcome score, for example: pain 0–10, Ashworth."),
    )
    score = QuantityField(label=_("Score"), required=False)
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    rows = ("kind", ("occurred_on", "occurred_time"), ("scale", "score"), "note")
    places: ClassVar[dict[str, str]] = {"occurred_at": "occurred_time"}

    def entry(self, zone: ZoneInfo) -> EventEntry:
        """The entry, with the instant where the hour is known. Raises RecordError for an hour that was not."""
        values: dict[str, Any] = dict(self.cleaned_data)
        at: time | None = values.pop("occurred_time")
        day: date = values["occurred_on"]
        occurred_at: datetime | None = local_instant("occurred_at", day, at, zone)
        return EventEntry(occurred_at=occurred_at, **values)
