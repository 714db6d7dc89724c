"""How work is shared out, and how visits are booked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scheduling.selectors.rows import WorkPolicy
from scheduling.services.work_policy import SLOT_MINUTES, WorkPolicyEntry
from web.forms import ChangeForm, CountField


class WorkPolicyForm(ChangeForm):
    default_owner = forms.TypedChoiceField(
        label=_("Follow-ups that nobody was named for go to"),
        coerce=int,
        empty_value=None,
        required=False,
        help_text=_("Follow-ups that have an owner keep theirs."),
    )
    slot_minutes = forms.TypedChoiceField(
        label=_("Visits begin every"),
        coerce=int,
        choices=[(minutes, format_lazy("{} {}", minutes, _("minutes"))) for minutes in SLOT_MINUTES],
    )
    hold_minutes = CountField(
        label=_("A chosen time is held for"),
        unit=_("minutes"),
        min_value=1,
        max_value=60,
        help_text=_("So long nobody else can take it while a visit is being booked."),
    )
    rows = ("default_owner", ("slot_minutes", "hold_minutes"))

    def __init__(self, *args: Any, policy: WorkPolicy, owners: Mapping[int, str], **kwargs: Any) -> None:
        stored = {
            "default_owner": policy.default_owner_id or "",
            "slot_minutes": policy.slot_minutes,
            "hold_minutes": policy.hold_minutes,
        }
        super().__init__(*args, initial=stored, **kwargs)
        field = self.fields["default_owner"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("the first nurse, else an administrator")), *owners.items()]

    def entry(self) -> WorkPolicyEntry:
        cleaned = self.cleaned_data
        return WorkPolicyEntry(
            default_owner_id=cleaned["default_owner"],
            slot_minutes=cleaned["slot_minutes"],
            hold_minutes=cleaned["hold_minutes"],
        )
