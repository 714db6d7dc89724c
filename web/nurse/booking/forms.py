"""A time chosen by hand, moving a visit, and why."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from crispy_forms.layout import Layout
from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.domain.visit_entries import LONGEST_NOTE, LONGEST_REASON
from scheduling.domain.wall_time import readings_of
from scheduling.selectors.calendar import Choices
from scheduling.selectors.rows import Resource
from web.forms import DayField, RecordForm, TimeOfDayField
from web.nurse.booking.slots import Pick
from web.nurse.calendar.address import read_ref

FIRST, LATER = "first", "later"
WHICH = (
    (FIRST, _("the first, before the clocks go back")),
    (LATER, _("the second, after the clocks have gone back")),
)


class TimeForm(RecordForm):
    """A day and a time on the clinic's clock, with whom and where; an override only for those who may."""

    local_on = DayField(label=_("Day"))
    local_at = TimeOfDayField(label=_("Time"))
    which = forms.ChoiceField(
        label=_("Which of the two?"),
        required=False,
        choices=WHICH,
        widget=forms.RadioSelect,
    )
    nurse = forms.ChoiceField(label=_("Nurse"), required=False)
    room = forms.ChoiceField(label=_("Room"), required=False)
    override_reason = forms.CharField(
        label=_("Overbook, because"),
        required=False,
        max_length=LONGEST_REASON,
        help_text=_(
            "Only to book where there is no room, or outside the hours: kept with your name. "
            "A patient is never booked twice at once."
        ),
    )
    places: ClassVar[dict[str, str]] = {
        "starts_at": "local_at",
        "nurse_ref": "nurse",
        "room_ref": "room",
        "slot": "local_at",
    }
    any_nurse: ClassVar[str | Promise] = _("Any nurse")
    any_room: ClassVar[str | Promise] = _("Any room")

    def __init__(
        self, *args: Any, choices: Choices, may_overbook: bool, zone: ZoneInfo, **kwargs: Any
    ) -> None:
        self.may_overbook = may_overbook
        super().__init__(*args, **kwargs)
        self._offer("nurse", self.any_nurse, choices.nurses)
        self._offer("room", self.any_room, choices.rooms)
        if not may_overbook:
            del self.fields["override_reason"]
        if not self._comes_twice(zone):
            del self.fields["which"]
        self.helper.layout = Layout(*(self._row(row) for row in self._wanted_rows()))

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        return []  # what is shown depends on the time: see __init__

    def _wanted_rows(self) -> Sequence[str | Sequence[str]]:
        which = ["which"] if "which" in self.fields else []
        reason = ["override_reason"] if self.may_overbook else []
        return [("local_on", "local_at"), *which, ("nurse", "room"), *reason]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "which" in self.fields and not cleaned.get("which") and "which" not in self.errors:
            twice = _("The clocks go back that day and show this time twice: say which one is meant.")
            self.add_error("which", str(twice))
        return cleaned

    def _comes_twice(self, zone: ZoneInfo) -> bool:
        """Whether the clocks show the time that stands in the fields twice on its day."""
        given = self.data if self.is_bound else self.initial
        day, at = given.get("local_on"), given.get("local_at")
        try:
            wall = datetime.fromisoformat(f"{day}T{at}")
        except ValueError:
            return False
        return len(readings_of(wall, zone)) > 1

    def pick(self) -> Pick:
        """The time as it was entered."""
        given = self.cleaned_data
        return Pick(
            given["local_on"],
            given["local_at"],
            given.get("which") == LATER,
            read_ref(given["nurse"]),
            read_ref(given["room"]),
        )

    def overriding(self) -> str:
        """Why it is booked against what stands in its way; empty for most."""
        return str(self.cleaned_data.get("override_reason", "")).strip()

    def _offer(self, name: str, nobody: str | Promise, resources: Sequence[Resource]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", nobody), *((str(each.ref), each.name) for each in resources)]


class MoveForm(TimeForm):
    """Where a visit goes, and why."""

    any_nurse = _("The same nurse")
    any_room = _("The same room, or any that is free")

    reason = forms.CharField(label=_("Why it moves"), required=False, max_length=LONGEST_REASON)
    sequence = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def _wanted_rows(self) -> Sequence[str | Sequence[str]]:
        return [*super()._wanted_rows(), "reason"]


class NoteForm(RecordForm):
    """What is to be known of a visit."""

    note = forms.CharField(
        label=_("Note for the visit"),
        required=False,
        max_length=LONGEST_NOTE,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class DoneForm(RecordForm):
    """What was done at a visit: the follow-ups that it fulfilled."""

    follow_ups = forms.MultipleChoiceField(
        label=_("Done at this visit"), required=False, widget=forms.CheckboxSelectMultiple
    )

    is_without_fill = forms.BooleanField(
        label=_("The pump was not refilled: the refill stays due"), required=False
    )
    reason = forms.CharField(label=_("Why not"), required=False, max_length=LONGEST_REASON)

    def __init__(
        self, *args: Any, offered: Sequence[tuple[str, str]], asks_for_fill: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if not asks_for_fill:
            del self.fields["is_without_fill"], self.fields["reason"]
        if not offered:
            del self.fields["follow_ups"]
            return
        field = self.fields["follow_ups"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = list(offered)

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        return list(self.fields)

    def refs(self) -> tuple[UUID, ...]:
        """The follow-ups that were ticked."""
        return tuple(UUID(each) for each in self.cleaned_data.get("follow_ups", ()))
