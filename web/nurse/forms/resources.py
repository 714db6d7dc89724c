"""Nurses and rooms with their weekly hours, the days that differ, and kinds of visit."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduling.domain.hours import (
    DaySpan,
    ExceptionEntry,
    NotHours,
    Week,
    day_hours_words,
    read_day_hours,
)
from scheduling.domain.visit_kinds import REFILL_KIND
from scheduling.selectors.rows import HoursException, Resource, ResourceKind, VisitKind
from scheduling.services.resources import ResourceEntry
from scheduling.services.visit_kinds import VisitKindEntry
from web.forms import ChangeForm, CountField, DayField, RecordForm, TimeOfDayField
from web.nurse.forms.settings import WEEKDAYS
from web.words import said

USUAL_DAY = (DaySpan(time(9), time(12)), DaySpan(time(13), time(17)))


class HoursField(forms.CharField):
    """The hours of one day as people write them; what cannot be read is refused, never guessed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=80, **kwargs)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "off", "spellcheck": "false"}

    def to_python(self, value: Any) -> tuple[DaySpan, ...]:  # type: ignore[override]  # the spans, not the text
        try:
            return read_day_hours(super().to_python(value) or "")
        except NotHours as error:
            raise ValidationError(said(error.reason), code="invalid") from None

    def run_validators(self, value: Any) -> None:
        """The text's length is bounded by what hours can be."""


class ResourceForm(ChangeForm):
    """A nurse or a room with the whole week; a room has no account."""

    name = forms.CharField(label=_("Name"), max_length=80)
    seats = CountField(label=_("Visits at once"), min_value=1, max_value=50, help_text=_("Usually one."))
    user = forms.TypedChoiceField(
        label=_("Account"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Leave empty for somebody who does not sign in."),
    )
    day_0 = HoursField(label=_("Monday"))
    day_1 = HoursField(label=_("Tuesday"))
    day_2 = HoursField(label=_("Wednesday"))
    day_3 = HoursField(label=_("Thursday"))
    day_4 = HoursField(label=_("Friday"))
    day_5 = HoursField(label=_("Saturday"))
    day_6 = HoursField(label=_("Sunday"))
    places: ClassVar[dict[str, str]] = {"week": "day_0"}

    def __init__(
        self,
        *args: Any,
        kind: str,
        accounts: Mapping[int, str],
        week: Week,
        resource: Resource | None = None,
        **kwargs: Any,
    ) -> None:
        stored: dict[str, Any] = {f"day_{day}": day_hours_words(spans) for day, spans in week.items()}
        stored |= {"seats": 1} if resource is None else {"name": resource.name, "seats": resource.seats}
        if resource is not None and resource.user_id is not None:
            stored["user"] = resource.user_id
        super().__init__(*args, initial=stored, **kwargs)
        if kind == ResourceKind.NURSE:
            field = self.fields["user"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [("", _("none")), *accounts.items()]
        else:
            del self.fields["user"]

    def entry(self) -> ResourceEntry:
        cleaned = self.cleaned_data
        return ResourceEntry(name=cleaned["name"], seats=cleaned["seats"], user_id=cleaned.get("user"))

    def week(self) -> Week:
        """The spans of each weekday on which there are any."""
        spans = {weekday: self.cleaned_data[f"day_{weekday}"] for weekday, _name in WEEKDAYS}
        return {weekday: found for weekday, found in spans.items() if found}

    def day_fields(self) -> list[forms.BoundField]:
        """The seven fields of the week, for a template that lays them out as a table."""
        return [self[f"day_{weekday}"] for weekday, _name in WEEKDAYS]


AWAY, EXTRA = "away", "extra"


class ExceptionForm(RecordForm):
    """Days that differ from the weekly hours."""

    what = forms.ChoiceField(
        label=_("What"),
        choices=[(AWAY, _("Away")), (EXTRA, _("There beyond the usual hours"))],
        widget=forms.RadioSelect,
    )
    first_on = DayField(label=_("From"))
    last_on = DayField(label=_("To"), required=False, help_text=_("Empty: the one day."))
    starts_at = TimeOfDayField(
        label=_("From time"), required=False, help_text=_("Without times: the whole day.")
    )
    ends_at = TimeOfDayField(label=_("To time"), required=False)
    reason = forms.CharField(label=_("Reason"), max_length=120, required=False)
    rows = ("what", ("first_on", "last_on"), ("starts_at", "ends_at"), "reason")

    def entry(self) -> ExceptionEntry:
        cleaned = self.cleaned_data
        return ExceptionEntry(
            first_on=cleaned["first_on"],
            last_on=cleaned["last_on"] or cleaned["first_on"],
            starts_at=cleaned["starts_at"],
            ends_at=cleaned["ends_at"],
            is_available=cleaned["what"] == EXTRA,
            reason=cleaned["reason"],
        )


def exception_values(exception: HoursException) -> dict[str, Any]:
    """What the form starts from."""
    return {
        "what": EXTRA if exception.is_available else AWAY,
        "first_on": exception.first_on,
        "last_on": exception.last_on,
        "starts_at": exception.starts_at,
        "ends_at": exception.ends_at,
        "reason": exception.reason,
    }


def exception_fields(entry: ExceptionEntry) -> list[tuple[str, str]]:
    """The entry as the form would post it: what an undo sends."""
    return [
        ("what", EXTRA if entry.is_available else AWAY),
        ("first_on", entry.first_on.isoformat()),
        ("last_on", entry.last_on.isoformat()),
        ("starts_at", f"{entry.starts_at:%H:%M}" if entry.starts_at else ""),
        ("ends_at", f"{entry.ends_at:%H:%M}" if entry.ends_at else ""),
        ("reason", entry.reason),
    ]


class VisitKindForm(ChangeForm):
    name = forms.CharField(label=_("Name"), max_length=60)
    duration_minutes = CountField(
        label=_("Duration"),
        unit=_("minutes"),
        min_value=5,
        max_value=480,
        help_text=_("With the time the patient is watched afterwards. Visits that are booked keep theirs."),
    )
    needs_nurse = forms.BooleanField(label=_("Needs a nurse"), required=False)
    needs_room = forms.BooleanField(label=_("Needs a room"), required=False)
    is_refill = forms.BooleanField(label=_("The pump is refilled"), required=False)
    capacity = CountField(
        label=_("At most at once"),
        unit=_("visits"),
        min_value=1,
        max_value=50,
        required=False,
        help_text=_("Empty: as many as nurses and rooms allow."),
    )
    rows = (("name", "duration_minutes"), ("needs_nurse", "needs_room"), "is_refill", "capacity")

    def __init__(self, *args: Any, kind: VisitKind | None = None, **kwargs: Any) -> None:
        stored: dict[str, Any] = {"needs_nurse": True, "needs_room": True, "duration_minutes": 30}
        if kind is not None:
            capacity = kind.capacity_resource
            stored = {name: getattr(kind, name) for name in VisitKindForm.base_fields if hasattr(kind, name)}
            stored["capacity"] = capacity.seats if capacity is not None else None
        super().__init__(*args, initial=stored, **kwargs)
        if kind is not None and kind.key == REFILL_KIND:
            self.fields["is_refill"].disabled = True

    def entry(self) -> VisitKindEntry:
        return VisitKindEntry(**self.cleaned_data)
