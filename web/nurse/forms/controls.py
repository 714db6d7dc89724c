"""Bootstrap's classes for the forms whose templates lay their fields out by hand."""

from __future__ import annotations

from django import forms

_BY_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, ""),
    (forms.RadioSelect, ""),
    (forms.HiddenInput, ""),
    (forms.Select, "form-select"),
)


def dress(form: forms.BaseForm, *, is_small: bool = False) -> None:
    """Give each control the class its kind of widget needs."""
    for field in form.fields.values():
        name = next((name for widget, name in _BY_WIDGET if isinstance(field.widget, widget)), "form-control")
        if name:
            field.widget.attrs["class"] = f"{name} {name}-sm" if is_small else name
