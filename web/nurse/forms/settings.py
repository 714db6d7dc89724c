"""The clinic's place in time, its refill policy, its closed days."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import ClinicEntry
from clinic.selectors.rows import Clinic, Language
from web.forms import ChangeForm, CountField, DayField, RecordForm

WEEKDAYS = (
    (0, _("Monday")),
    (1, _("Tuesday")),
    (2, _("Wednesday")),
    (3, _("Thursday")),
    (4, _("Friday")),
    (5, _("Saturday")),
    (6, _("Sunday")),
)
MOVES_DATES = frozenset(
    {
        "time_zone",
        "open_weekdays",
        "target_margin_days",
        "latest_margin_days",
        "max_interval_days",
        "does_high_flow_bind",
    }
)
"""The settings that refill dates rest on."""


def zones(*, beside: Iterable[str]) -> list[tuple[str, str]]:
    """The time zones named for a place, and those in use."""
    places = {
        zone
        for zone in available_timezones()
        if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
    }
    return [(zone, zone) for zone in sorted(places | {"UTC", *beside})]


class ClinicForm(ChangeForm):
    name = forms.CharField(label=_("Name of the clinic"), max_length=120)
    phone = forms.CharField(
        label=_("Telephone"), max_length=40, required=False, help_text=_("Patients find it in every message.")
    )
    time_zone = forms.ChoiceField(label=_("Time zone"))
    language = forms.ChoiceField(label=_("Language"), choices=Language.choices)
    open_weekdays = forms.TypedMultipleChoiceField(
        label=_("Open on"), choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    target_margin_days = CountField(
        label=_("Aim for a visit before the refill date"),
        unit=_("days"),
        min_value=0,
        max_value=60,
        help_text=_("Closed days move a visit earlier, never later."),
    )
    latest_margin_days = CountField(
        label=_("Latest visit before the refill date"), unit=_("days"), min_value=0, max_value=60
    )
    max_interval_days = CountField(
        label=_("Longest interval between refills"),
        unit=_("days"),
        min_value=7,
        max_value=366,
        required=False,
        help_text=_("Leave empty if the clinic has no limit of its own."),
    )
    does_high_flow_bind = forms.BooleanField(
        label=_("Let the pump's stated accuracy bind the date"),
        required=False,
        help_text=_("The refill date is then worked out for a pump that runs as fast as its maker allows."),
    )
    sweep_hour = CountField(
        label=_("Hour of the nightly check"),
        unit=_("o'clock"),
        min_value=0,
        max_value=23,
        help_text=_("On the clinic's clock."),
    )
    rows = (
        ("name", "phone"),
        ("time_zone", "language"),
        "open_weekdays",
        ("target_margin_days", "latest_margin_days"),
        ("max_interval_days", "sweep_hour"),
        "does_high_flow_bind",
    )
    places: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, clinic: Clinic, **kwargs: Any) -> None:
        values = {name: getattr(clinic, name) for name in ClinicForm.base_fields if name != "seen"}
        super().__init__(*args, initial=values, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = zones(beside=[clinic.time_zone])

    def entry(self) -> ClinicEntry:
        values = dict(self.cleaned_data)
        return ClinicEntry(**values | {"open_weekdays": tuple(values["open_weekdays"])})

    @property
    def moves_dates(self) -> bool:
        """Whether something changed on which refill dates rest."""
        return not MOVES_DATES.isdisjoint(self.changed_data)


class ClosureForm(RecordForm):
    closed_on = DayField(label=_("Closed on"))
    reason = forms.CharField(
        label=_("Reason"), max_length=120, required=False, help_text=_("For example: public holiday.")
    )
    rows = (("closed_on", "reason"),)
