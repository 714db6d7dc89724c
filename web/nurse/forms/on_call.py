"""The roster as a form: a person for each weekday and duty, or nobody."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.text import format_lazy

from clinic.domain.roles import Role
from clinic.selectors.rows import ROLE_LABELS
from notifications.domain.escalation.causes import Duty
from notifications.selectors.roster import OnCall, may_act
from notifications.services.escalations.roster import ROSTER_DUTIES
from web.forms import ChangeForm


class RosterForm(ChangeForm):
    """Its fields are made from the clinic's people; somebody who left is offered no more."""

    def __init__(self, *args: Any, found: OnCall, **kwargs: Any) -> None:
        roster = found.setting.roster
        initial = {
            self.name_of(weekday, duty): roster.cells.get((weekday, duty)) or ""
            for weekday in range(7)
            for duty in ROSTER_DUTIES
        }
        super().__init__(*args, initial=initial, **kwargs)
        people: list[tuple[Any, Any]] = [("", "–")]
        people += [
            (user_id, format_lazy("{} ({})", str(member.user), ROLE_LABELS[Role(member.role)]))
            for user_id, member in found.people.items()
            if may_act(member)
        ]
        for weekday in range(7):
            for duty in ROSTER_DUTIES:
                self.fields[self.name_of(weekday, duty)] = forms.TypedChoiceField(
                    label=WEEKDAYS[weekday],
                    choices=people,
                    coerce=int,
                    empty_value=None,
                    required=False,
                    widget=forms.Select(attrs={"class": "form-select form-select-sm"}),
                )

    @staticmethod
    def name_of(weekday: int, duty: Duty) -> str:
        return f"{duty.value}_{weekday}"

    def cells(self) -> dict[tuple[int, Duty], int | None]:
        return {
            (weekday, duty): self.cleaned_data[self.name_of(weekday, duty)]
            for weekday in range(7)
            for duty in ROSTER_DUTIES
        }
