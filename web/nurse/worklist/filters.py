"""What the work list can be filtered by. It stands in the address and says nothing of who a patient is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from clinic.selectors.catalogue import drug_choices, pump_model_choices
from scheduling.selectors.worklist import Booking, Sorting, Wanted
from web import findings

WEEKS = (2, 4, 8, 12, 26)
MINE = "mine"
SORTINGS = (
    (Sorting.URGENCY.value, _("Most urgent first")),
    (Sorting.DATE.value, _("Refill date")),
    (Sorting.NAME.value, _("Name")),
)
BOOKINGS = (
    ("", _("Any")),
    (Booking.NOT_BOOKED.value, _("not booked")),
    (Booking.TOO_LATE.value, _("booked too late")),
    (Booking.BOOKED.value, _("booked in time")),
)


class FilterForm(forms.Form):
    """What cannot be read is left out."""

    owner = forms.ChoiceField(label=_("Whose"), required=False)
    visit = forms.ChoiceField(label=_("Visit"), required=False, choices=BOOKINGS)
    drug = forms.ChoiceField(label=_("Drug"), required=False)
    pump = forms.ChoiceField(label=_("Pump"), required=False)
    limit = forms.ChoiceField(label=_("What binds"), required=False)
    hazard = forms.ChoiceField(label=_("If late"), required=False)
    weeks = forms.ChoiceField(label=_("Refill within"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTINGS)

    def __init__(self, data: QueryDict, *, people: Iterable[tuple[int, str]]) -> None:
        super().__init__(data, label_suffix="")
        any_one = [("", _("Any"))]
        weeks = [(str(number), _t("%(number)d weeks") % {"number": number}) for number in WEEKS]
        whose = [("", _("Everybody's")), (MINE, _("Mine")), *((str(pk), name) for pk, name in people)]
        self._offer("owner", whose)
        self._offer("drug", [*any_one, *drug_choices()])
        self._offer("pump", [*any_one, *pump_model_choices()])
        self._offer("limit", [*any_one, *findings.LIMITS.items()])
        self._offer("hazard", [*any_one, *((str(key), label) for key, label in findings.HAZARDS.items())])
        self._offer("weeks", [*any_one, *weeks])
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select form-select-sm"

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(choices)

    def chosen(self) -> dict[str, str]:
        """The filters that are set, by their name in the address."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        if chosen.get("sort") == Sorting.URGENCY:
            del chosen["sort"]
        return chosen


def wanted(chosen: dict[str, str], groups: frozenset[str], text: str, *, user_id: int) -> Wanted:
    """The rows that the address and the words searched for ask for."""
    owner = chosen.get("owner", "")
    return Wanted(
        groups=groups,
        owner_id=user_id if owner == MINE else int(owner) if owner else None,
        booking=Booking(chosen["visit"]) if "visit" in chosen else None,
        drug_key=chosen.get("drug", ""),
        pump_model_key=chosen.get("pump", ""),
        hazard=int(chosen["hazard"]) if "hazard" in chosen else None,
        limited_by=chosen.get("limit", ""),
        within_weeks=int(chosen["weeks"]) if "weeks" in chosen else None,
        text=text,
        sorting=Sorting(chosen.get("sort", Sorting.URGENCY)),
    )
