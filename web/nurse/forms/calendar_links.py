"""Links to calendars, and the export of a calendar, as forms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduling.domain.calendars.entries import Detail
from scheduling.selectors.rows import FeedDetail, FeedHolds, FeedScope, Resource, ResourceKind, VisitKind
from scheduling.services.calendar_feeds import LONGEST_LABEL, FeedEntry
from web.forms import DayField, RecordForm

_REVEALS = {
    FeedDetail.BUSY: _("Busy: only when, nothing else"),
    FeedDetail.WORK: _("Work: kind and room, no people"),
    FeedDetail.INITIALS: _("Initials: kind, room, patient's initials"),
    FeedDetail.NAMES: _("Names: kind, room, patient's name"),
}
_HOLDS = [(each.value, capfirst(each.label)) for each in FeedHolds]
WHOLE = FeedScope.CLINIC.value

Whose = tuple[FeedScope, UUID | None]


def whose_choices(resources: Iterable[Resource], kinds: Iterable[VisitKind]) -> list[tuple[Any, Any]]:
    """Whose calendar it may be: the clinic's, or that of a nurse, a room or a kind of visit."""
    listed = list(resources)
    groups: list[tuple[str, FeedScope, list[Any]]] = [
        (gettext("Nurse"), FeedScope.NURSE, [row for row in listed if row.kind == ResourceKind.NURSE]),
        (gettext("Room"), FeedScope.ROOM, [row for row in listed if row.kind == ResourceKind.ROOM]),
        (gettext("Kind of visit"), FeedScope.KIND, list(kinds)),
    ]
    choices: list[tuple[Any, Any]] = [(WHOLE, gettext("The whole clinic"))]
    for label, scope, rows in groups:
        if rows:
            choices.append(
                (
                    label,
                    [
                        (
                            f"{scope.value}:{row.ref}",
                            gettext(row.name) if scope is FeedScope.KIND else row.name,
                        )
                        for row in rows
                    ],
                )
            )
    return choices


def whose(value: str) -> Whose:
    """What a choice stands for; the form has checked that it is one."""
    scope, _colon, ref = value.partition(":")
    return FeedScope(scope), UUID(ref) if ref else None


class _Chosen(RecordForm):
    """Whose calendar, and how much it says: what a clinic does not let its calendars say is not offered."""

    whose = forms.ChoiceField(label=_("Whose calendar"))
    detail = forms.ChoiceField(label=_("How much it says"))

    def __init__(
        self, *args: Any, choices: list[tuple[Any, Any]], details: Iterable[Detail], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["whose"].choices = choices  # type: ignore[attr-defined]
        self.fields["detail"].choices = [  # type: ignore[attr-defined]
            (detail.value, _REVEALS[FeedDetail(detail)]) for detail in details
        ]


class CalendarLinkForm(_Chosen):
    """A link as it is asked for. What a clinic does not let its calendars say is not offered."""

    places: ClassVar[dict[str, str]] = {"of": "whose"}
    rows = (("label", "whose"), ("holds", "detail"))

    label = forms.CharField(
        label=_("Name"),
        max_length=LONGEST_LABEL,
        help_text=_("For you to know it by: one link for each device, such as “My phone”."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    holds = forms.ChoiceField(
        label=_("What"), choices=_HOLDS, initial=FeedHolds.VISITS, widget=forms.RadioSelect
    )
    detail = forms.ChoiceField(label=_("How much it says"), initial=FeedDetail.BUSY, widget=forms.RadioSelect)

    def entry(self) -> FeedEntry:
        scope, of = whose(self.cleaned_data["whose"])
        return FeedEntry(
            label=self.cleaned_data["label"],
            scope=scope,
            of=of,
            holds=FeedHolds(self.cleaned_data["holds"]),
            detail=FeedDetail(self.cleaned_data["detail"]),
        )


class CalendarPolicyForm(RecordForm):
    most = forms.ChoiceField(
        label=_("Calendars may say at most"),
        choices=[(detail.value, _REVEALS[detail]) for detail in FeedDetail],
        widget=forms.RadioSelect,
        help_text=_("Links that were made to say more say only this from then on."),
    )


class CalendarExportForm(_Chosen):
    """Which entries a file is to hold, and in which form."""

    rows = (("first_on", "last_on"), ("whose", "holds"), ("detail", "form"), "with_cancelled")

    first_on = DayField(label=_("From"))
    last_on = DayField(label=_("To"))
    holds = forms.ChoiceField(label=_("What"), choices=_HOLDS)
    form = forms.ChoiceField(
        label=_("Kind of file"), choices=[("ics", _("Calendar (.ics)")), ("csv", _("Table (.csv)"))]
    )
    with_cancelled = forms.BooleanField(label=_("Cancelled ones too"), required=False)

    @staticmethod
    def usual(today: date) -> dict[str, Any]:
        """What most people want: everything of the next two months."""
        return {
            "first_on": today,
            "last_on": today + timedelta(days=60),
            "whose": WHOLE,
            "holds": FeedHolds.BOTH.value,
            "detail": FeedDetail.WORK.value,
            "form": "ics",
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first_on, last_on = cleaned.get("first_on"), cleaned.get("last_on")
        if first_on and last_on and last_on < first_on:
            self.add_error("last_on", gettext("is before the first day"))
        return cleaned
