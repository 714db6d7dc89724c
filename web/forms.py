"""What every form of the nurse pages shares: exact numbers, real dates, and refusals at their field."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from crispy_forms.bootstrap import AppendedText
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Column, Field, Layout, LayoutObject, Row
from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import NotReadable, gettext_noop
from clinic.domain.register.values import read_decimal
from web.words import quantity_typed, said


class QuantityField(forms.Field):
    """A decimal number as people type it: with a point, or a comma where it cannot mean thousands.

    Exact: the text never passes through a binary float. What cannot be read is refused, never guessed.
    """

    widget = forms.TextInput

    def __init__(self, *, unit: str | Promise = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal", "autocomplete": "off", "maxlength": 40}

    def to_python(self, value: Any) -> Decimal | None:
        text = str(value).strip() if value is not None else ""
        if not text:
            return None
        try:
            return read_decimal(text)
        except NotReadable as error:
            raise ValidationError(said(error.reason), code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        return quantity_typed(value) if isinstance(value, Decimal) else value


class CountField(forms.IntegerField):
    """A whole number, with the number pad of a phone and without the arrows nobody uses."""

    widget = forms.TextInput

    def __init__(self, *, unit: str | Promise = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.unit = unit

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "numeric", "autocomplete": "off", "maxlength": 10}


class DayField(forms.DateField):
    """A day, picked or typed; the browser shows it in the reader's own order."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=widget, input_formats=["%Y-%m-%d"], **kwargs)


class TimeOfDayField(forms.TimeField):
    """A time on the clinic's clock."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        super().__init__(widget=widget, input_formats=["%H:%M", "%H:%M:%S"], **kwargs)


def local_instant(field: str, day: date, at: time | None, zone: ZoneInfo) -> datetime | None:
    """The instant of a time on the clinic's clock; None when no time is given.

    An hour that the clock skipped that day (spring) is refused at ``field``; of an hour that it showed twice
    (autumn) the first is meant.
    """
    if at is None:
        return None
    instant = datetime.combine(day, at, zone)
    if instant.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != datetime.combine(day, at):
        raise RecordError(field, gettext_noop("the clock skipped this hour on %(day)s"), day=day)
    return instant


class RecordForm(forms.Form):
    """A form whose service may refuse it: ``add_record_error`` puts the refusal at its field.

    ``places`` maps a name that a service uses to the field that shows it, where the two differ.
    ``rows`` lays the fields out: a row is a name, or several names side by side on a wide screen.
    """

    places: ClassVar[dict[str, str]] = {}
    rows: ClassVar[Sequence[str | Sequence[str]]] = ()
    error_css_class = "has-error"
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout(*(self._row(row) for row in self.layout_rows()))

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        """The rows to show; all fields one below the other when a form says nothing else."""
        return self.rows or [name for name, field in self.fields.items() if not field.widget.is_hidden]

    def add_record_error(self, error: RecordError) -> None:
        """Show what the record refused, at the field that caused it or above the form."""
        field = self.places.get(error.field, error.field)
        self.add_error(field if field in self.fields else None, said(error.reason))

    def _row(self, row: str | Sequence[str]) -> LayoutObject | str:
        if isinstance(row, str):
            return self._shown(row)
        width = {2: "col-sm-6", 3: "col-sm-4", 4: "col-6 col-sm-3"}.get(len(row), "col-12")
        return Row(*(Column(self._shown(name), css_class=width) for name in row), css_class="gx-3")

    def _shown(self, name: str) -> LayoutObject | str:
        unit = getattr(self.fields[name], "unit", "")
        if isinstance(self.fields[name].widget, forms.CheckboxSelectMultiple):
            return Field(name, wrapper_class="side-by-side")
        return AppendedText(name, unit) if unit else name


class ChangeForm(RecordForm):
    """A form over something that exists: it does not overwrite what somebody else changed meanwhile.

    The page carries a digest of the values it was opened with. Where they have moved on, the form comes back
    once with that news; sent again, it is meant.
    """

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stored = self._digest()
        self.initial = {**self.initial, "seen": self._stored}
        self.helper.layout.append("seen")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        seen = cleaned.pop("seen", "")
        if seen and seen != self._stored:
            data = QueryDict(mutable=True)
            data.update(self.data)
            data[self.add_prefix("seen")] = self._stored
            self.data = data
            raise ValidationError(
                gettext(
                    "Somebody else has changed this since you opened it. Check every field, then save again."
                )
            )
        return cleaned

    def _digest(self) -> str:
        values = sorted((name, str(value)) for name, value in self.initial.items())
        return hashlib.sha256(repr(values).encode()).hexdigest()


class ReasonForm(RecordForm):
    """Why something in the record is taken back: the history keeps the words."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history with your name."),
    )
    places: ClassVar[dict[str, str]] = {"correction_reason": "reason"}
