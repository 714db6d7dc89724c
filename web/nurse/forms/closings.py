"""Days on which the clinic is closed, or one nurse or room is away."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from scheduling.selectors.rows import Resource, ResourceKind
from web.forms import DayField, RecordForm


class ClosingForm(RecordForm):
    resource = forms.ChoiceField(label=_("Who"), required=False)
    first_on = DayField(label=_("From"))
    last_on = DayField(label=_("To"), required=False, help_text=_("Empty: the one day."))
    reason = forms.CharField(
        label=_("Reason"), max_length=120, help_text=_("Shown at each visit that is moved. Name no patient.")
    )
    rows = ("resource", ("first_on", "last_on"), "reason")

    def __init__(self, *args: Any, resources: Sequence[Resource], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["resource"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        groups = [(ResourceKind.NURSE, _("A nurse is away")), (ResourceKind.ROOM, _("A room cannot be used"))]
        field.choices = [
            ("", _("The whole clinic is closed")),
            *(
                (label, [(str(each.ref), each.name) for each in resources if each.kind == kind])
                for kind, label in groups
            ),
        ]

    def closing(self) -> dict[str, Any]:
        """What the service takes."""
        cleaned = self.cleaned_data
        first_on: date = cleaned["first_on"]
        return {
            "resource_ref": UUID(cleaned["resource"]) if cleaned["resource"] else None,
            "first_on": first_on,
            "last_on": cleaned["last_on"] or first_on,
            "reason": cleaned["reason"],
        }
