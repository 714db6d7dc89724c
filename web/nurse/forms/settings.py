"""The clinic's place in time, its refill policy, its closed days."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any, ClassVar
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import ClinicEntry
from clinic.domain.holiday_regions import region_names
from clinic.domain.public_holidays import country_names
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

MOVES_HOLIDAYS = frozenset({"holiday_country", "holiday_region", "language"})


def countries() -> list[tuple[str, str]]:
    """The countries whose public holidays are known, after none."""
    named = ((code, gettext(name)) for code, name in country_names().items())
    return [("", gettext("no country")), *sorted(named, key=lambda each: _without_marks(each[1]))]


def _without_marks(name: str) -> str:
    """As names are put in order: É beside E."""
    return "".join(
        char for char in unicodedata.normalize("NFD", name) if not unicodedata.combining(char)
    ).lower()


def regions(country: str) -> list[tuple[str, str]]:
    """The regions of a country that have holidays of their own, after none; of no country none."""
    named = sorted(region_names(country).items(), key=lambda each: each[1])
    return [("", gettext("the whole country") if country else "–"), *named]


def zones(*, beside: Iterable[str] = ()) -> list[tuple[str, str]]:
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
    holiday_country = forms.ChoiceField(
        label=_("Public holidays of"),
        required=False,
        help_text=_("The clinic is closed on them; one on which it works can be opened again."),
    )
    holiday_region = forms.ChoiceField(label=_("State or region"), required=False)
    pharmacy_lead_days = CountField(
        label=_("The pharmacy prepares a syringe in"),
        unit=_("days"),
        min_value=0,
        max_value=60,
        help_text=_("The drug preparation list counts back from the visit by so many days."),
    )
    rows = (
        ("name", "phone"),
        ("time_zone", "language"),
        "open_weekdays",
        ("holiday_country", "holiday_region"),
        ("target_margin_days", "latest_margin_days"),
        "max_interval_days",
        "does_high_flow_bind",
        ("pharmacy_lead_days", "sweep_hour"),
    )
    places: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, clinic: Clinic, regions_url: str, **kwargs: Any) -> None:
        values = {name: getattr(clinic, name) for name in ClinicForm.base_fields if name != "seen"}
        super().__init__(*args, initial=values, **kwargs)
        country = self.data.get("holiday_country", clinic.holiday_country)
        self._choose_from("time_zone", zones(beside=[clinic.time_zone]))
        self._choose_from("holiday_country", countries())
        self._choose_from("holiday_region", regions(country))
        self.fields["holiday_country"].widget.attrs |= {
            "hx-get": regions_url,
            "hx-trigger": "change",
            "hx-target": "#id_holiday_region",
        }

    def clean(self) -> dict[str, Any]:
        """A region of the country that was chosen before does not keep another country from being chosen."""
        cleaned = super().clean()
        if "holiday_country" in self.changed_data and "holiday_region" in self.errors:
            del self.errors["holiday_region"]
            cleaned["holiday_region"] = ""
        return cleaned

    def _choose_from(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = choices

    def entry(self) -> ClinicEntry:
        values = dict(self.cleaned_data)
        return ClinicEntry(**values | {"open_weekdays": tuple(values["open_weekdays"])})

    @property
    def moves_dates(self) -> bool:
        """Whether something changed on which refill dates rest."""
        return not MOVES_DATES.isdisjoint(self.changed_data)

    @property
    def moves_holidays(self) -> bool:
        """Whether the clinic has other public holidays now, or the same under other names."""
        return not MOVES_HOLIDAYS.isdisjoint(self.changed_data)


class ClosureForm(RecordForm):
    closed_on = DayField(label=_("Closed on"))
    reason = forms.CharField(
        label=_("Reason"), max_length=120, required=False, help_text=_("For example: public holiday.")
    )
    rows = (("closed_on", "reason"),)
