"""One row of the care protocol, and what is said of a new version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.domain.register.reasons import Reason
from scheduling.domain.care.protocol_entry import MOST_STEPS, RowEntry, StepEntry
from scheduling.selectors.rows import Anchor, Mode, VisitKind
from web.forms import RecordForm
from web.nurse.forms.controls import dress
from web.nurse.forms.relative_dates import RelativeDateField
from web.words import said

FEWEST_STEPS_SHOWN = 2


class RowForm(RecordForm):
    """A row of the protocol. Repetitions come one after the other; the last may go on for good."""

    title = forms.CharField(label=_("Title"), max_length=80)
    instructions = forms.CharField(
        label=_("What to do"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    anchor = forms.ChoiceField(label=_("Counted from"), choices=Anchor.choices)
    mode = forms.ChoiceField(label=_("How"), choices=Mode.choices)
    target = RelativeDateField(label=_("Aim for"))
    latest = RelativeDateField(label=_("At the latest"))
    visit_kind_key = forms.ChoiceField(label=_("Kind of visit"), required=False)
    only_programmable = forms.BooleanField(label=_("Only pumps with a programmer"), required=False)

    places: ClassVar[dict[str, str]] = {"key": "title", "repeats": "every_1"}

    def __init__(
        self, *args: Any, kinds: Sequence[VisitKind], row: RowEntry | None = None, **kwargs: Any
    ) -> None:
        if row is not None:
            kwargs["initial"] = row_values(row)
        super().__init__(*args, **kwargs)
        for number in self.step_numbers():
            self.fields[f"every_{number}"] = RelativeDateField(
                label=_("Repeated every"), has_side=False, required=False
            )
            self.fields[f"until_{number}"] = RelativeDateField(label=_("until"), required=False)
        field = self.fields["visit_kind_key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        known = {kind.key for kind in kinds}
        field.choices = [
            ("", _("none")),
            *((kind.key, gettext(kind.name)) for kind in kinds if kind.is_active),
        ]
        if row is not None and row.visit_kind_key in known - {key for key, _name in field.choices}:
            retired = next(gettext(kind.name) for kind in kinds if kind.key == row.visit_kind_key)
            field.choices = [*field.choices, (row.visit_kind_key, retired)]
        dress(self)
        self.fields["only_programmable"].widget.attrs["class"] = "form-check-input"
        for field in self.fields.values():
            if isinstance(field, RelativeDateField):
                del field.widget.attrs["class"]  # its parts have classes of their own

    def step_numbers(self) -> range:
        """The repetitions that can be entered: those there are, and one more."""
        used = sum(1 for name in self.initial if name.startswith("every_"))
        most = MOST_STEPS if self.is_bound else min(max(used + 1, FEWEST_STEPS_SHOWN), MOST_STEPS)
        return range(1, most + 1)

    def steps(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """(every, until) of each repetition."""
        return [(self[f"every_{number}"], self[f"until_{number}"]) for number in self.step_numbers()]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for number in self.step_numbers():
            if cleaned.get(f"until_{number}") and not cleaned.get(f"every_{number}"):
                self.add_error(f"every_{number}", _("Say how often."))
        return cleaned

    def entry(self, *, key: str, is_active: bool) -> RowEntry:
        """The row as the protocol reads it; what cannot be is found there."""
        cleaned = self.cleaned_data
        names = ("title", "instructions", "anchor", "mode", "target", "latest", "visit_kind_key")
        return RowEntry(
            key=key,
            is_active=is_active,
            only_programmable=cleaned["only_programmable"],
            repeats=tuple(
                StepEntry(every=cleaned[f"every_{number}"], until=cleaned[f"until_{number}"])
                for number in self.step_numbers()
                if cleaned[f"every_{number}"]
            ),
            **{name: cleaned[name] for name in names},
        )

    def add_fault(self, field: str, reason: Reason) -> None:
        """Show what the protocol refuses at the field that caused it."""
        place = self.places.get(field, field)
        self.add_error(place if place in self.fields else None, said(reason))


class VersionForm(RecordForm):
    note = forms.CharField(
        label=_("What changed"),
        max_length=200,
        help_text=_("Shown in the list of versions, with your name."),
    )


def row_values(row: RowEntry) -> dict[str, Any]:
    """What the form starts from."""
    names = (
        "title",
        "instructions",
        "anchor",
        "mode",
        "target",
        "latest",
        "visit_kind_key",
        "only_programmable",
    )
    values: dict[str, Any] = {name: getattr(row, name) for name in names}
    for number, step in enumerate(row.repeats, 1):
        values |= {f"every_{number}": step.every, f"until_{number}": step.until}
    return values
