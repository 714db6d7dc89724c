"""A day relative to something: a number, a unit, before or after. Exact, or refused with the reason."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from scheduling.domain.care.relative_date import NotARelativeDate, RelativeDate, Unit

UNITS = (
    (Unit.DAY.value, _("days")),
    (Unit.WEEK.value, _("weeks")),
    (Unit.MONTH.value, _("months")),
    (Unit.YEAR.value, _("years")),
)
AFTER, BEFORE = "after", "before"
SIDES = ((AFTER, _("after")), (BEFORE, _("before")))


class RelativeDateWidget(forms.MultiWidget):
    """A number, its unit and, unless it is a mere length of time, the side of the anchor it lies on."""

    def __init__(self, *, label: str | Promise, has_side: bool) -> None:
        number = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 5, "class": "form-control"}
        choose = {"class": "form-select"}
        widgets: list[forms.Widget] = [
            forms.TextInput(attrs={**number, "aria-label": format_lazy("{}: {}", label, _("number"))}),
            forms.Select(
                attrs={**choose, "aria-label": format_lazy("{}: {}", label, _("unit"))}, choices=UNITS
            ),
        ]
        if has_side:
            widgets.append(
                forms.Select(
                    attrs={**choose, "aria-label": format_lazy("{}: {}", label, _("before or after"))},
                    choices=SIDES,
                )
            )
        super().__init__(widgets)

    def decompress(self, value: Any) -> list[str]:
        parts = ["", Unit.DAY.value, AFTER]
        if value:
            date = RelativeDate.parse(str(value))
            parts = [str(abs(date.count)), date.unit.value, BEFORE if date.count < 0 else AFTER]
        return parts[: len(self.widgets)]


class RelativeDateField(forms.MultiValueField):
    """The compact text of the relative date (``+10 d``); empty where it is not required and no number is given."""

    def __init__(self, *, label: str | Promise, has_side: bool = True, **kwargs: Any) -> None:
        parts = [
            forms.CharField(required=False, max_length=5),
            forms.ChoiceField(choices=UNITS, required=False),
        ]
        if has_side:
            parts.append(forms.ChoiceField(choices=SIDES, required=False))
        widget = RelativeDateWidget(label=label, has_side=has_side)
        super().__init__(parts, label=label, widget=widget, require_all_fields=False, **kwargs)  # type: ignore[arg-type]  # Promise is what gettext_lazy gives

    def clean(self, value: Any) -> str:
        """As the base does, but a unit without a number is no entry: the unit always has a value."""
        number = str((value and value[0]) or "").strip()
        if not number:
            if self.required:
                raise ValidationError(_("Enter a number."), code="required")
            return ""
        return str(super().clean(value))

    def compress(self, data_list: list[Any]) -> str:
        number, unit, *side = data_list
        text = f"{'-' if side == [BEFORE] else '+'}{str(number).strip()} {unit or Unit.DAY.value}"
        try:
            return str(RelativeDate.parse(text))
        except NotARelativeDate:
            raise ValidationError(
                _("Enter a whole number, at most fifty years away."), code="invalid"
            ) from None
