"""A refill visit: what was found, what was put in, how the pump runs from then on, who checked."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import BridgeEntry, DrugEntry, FillEntry
from clinic.selectors.catalogue import drug_choices
from clinic.selectors.rows import ConcentrationUnit, Fill, FirstFill
from web.forms import CountField, DayField, QuantityField, RecordForm, TimeOfDayField, local_instant
from web.words import quantity_words

MOST_DRUGS = 6
_ROW_SAYS_SOMETHING = ("drug_key", "concentration", "lot", "beyond_use_on", "stability_days")


class DrugForm(forms.Form):
    """One drug of the mixture. A row in which nothing is entered does not count."""

    drug_key = forms.ChoiceField(label=_("Drug"), required=False)
    concentration = QuantityField(label=_("Concentration"), required=False)
    concentration_unit = forms.ChoiceField(label=_("Unit"), choices=ConcentrationUnit.choices, required=False)
    lot = forms.CharField(label=_("Lot"), max_length=60, required=False)
    beyond_use_on = DayField(label=_("Beyond-use date"), required=False)
    is_diluted = forms.ChoiceField(
        label=_("Diluted"),
        choices=[("", _("not stated")), ("yes", _("diluted")), ("no", _("undiluted"))],
        required=False,
    )
    stability_days = CountField(
        label=_("Pharmacy's stability in the pump, days"), min_value=1, max_value=3660, required=False
    )

    use_required_attribute = False

    def __init__(self, *args: Any, drugs: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["drug_key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Choose")), *drugs]
        self.fields["lot"].widget.attrs["autocomplete"] = "off"

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.is_blank():
            return cleaned
        if not cleaned.get("drug_key") and "drug_key" not in self.errors:
            self.add_error("drug_key", _("Choose the drug."))
        concentration = cleaned.get("concentration")
        if concentration is None and "concentration" not in self.errors:
            self.add_error("concentration", _("Enter a number."))
        elif concentration is not None and concentration <= 0:
            self.add_error("concentration", _("Must be more than zero."))
        if not cleaned.get("concentration_unit") and "concentration_unit" not in self.errors:
            self.add_error("concentration_unit", _("Choose mcg/mL or mg/mL."))
        return cleaned

    def is_blank(self) -> bool:
        return not any(str(self.data.get(self.add_prefix(name), "")).strip() for name in _ROW_SAYS_SOMETHING)

    def entry(self) -> DrugEntry:
        cleaned = self.cleaned_data
        return DrugEntry(
            drug_key=cleaned["drug_key"],
            concentration=cleaned["concentration"],
            concentration_unit=cleaned["concentration_unit"],
            is_diluted={"yes": True, "no": False}.get(cleaned["is_diluted"]),
            stability_days=cleaned["stability_days"],
            lot=cleaned["lot"],
            beyond_use_on=cleaned["beyond_use_on"],
        )


if TYPE_CHECKING:
    _Rows = forms.BaseFormSet[DrugForm]
else:
    _Rows = forms.BaseFormSet


class BaseDrugFormSet(_Rows):
    """The mixture; the first drug is the primary one, which a dose refers to."""

    def filled(self) -> list[DrugForm]:
        return [form for form in self.forms if not form.is_blank()]

    def clean(self) -> None:
        if not any(form.errors for form in self.forms) and not self.filled():
            raise forms.ValidationError(_("Enter at least one drug."))

    def entries(self) -> tuple[DrugEntry, ...]:
        return tuple(form.entry() for form in self.filled())

    def add_record_error(self, field: str, message: str) -> bool:
        """Put a refusal of ``drugs.2.concentration`` at the second filled row; False when it is not ours."""
        if field == "drugs":
            self.filled()[0].add_error("drug_key", message)
            return True
        if not field.startswith("drugs."):
            return False
        _drugs, number, name = field.split(".")
        row = self.filled()[int(number) - 1]
        name = "drug_key" if name == "drug" else name
        row.add_error(name if name in row.fields else None, message)
        return True


def drug_formset(data: Mapping[str, Any] | None, *, initial: Iterable[dict[str, Any]]) -> BaseDrugFormSet:
    """The rows of the mixture: the given ones, at least one."""
    rows = list(initial) or [{"concentration_unit": ConcentrationUnit.MCG_PER_ML.value}]
    made: Any = forms.formset_factory(
        DrugForm, formset=BaseDrugFormSet, extra=0, max_num=MOST_DRUGS, absolute_max=MOST_DRUGS
    )
    formset: BaseDrugFormSet = made(
        data,
        prefix="drugs",
        initial=None if data is not None else rows,
        form_kwargs={"drugs": drug_choices()},
    )
    return formset


def drug_values(fill: Fill | None, *, with_lots: bool) -> list[dict[str, Any]]:
    """The rows of a fill's mixture; a new refill starts from the last one without its lots and dates."""
    rows = []
    for drug in fill.drugs.all() if fill else ():
        row = {
            "drug_key": drug.drug.key,
            "concentration": drug.concentration,
            "concentration_unit": drug.concentration_unit,
            "is_diluted": {True: "yes", False: "no", None: ""}[drug.is_diluted],
            "stability_days": drug.stability_days,
        }
        if with_lots:
            row |= {"lot": drug.lot, "beyond_use_on": drug.beyond_use_on}
        rows.append(row)
    return rows


class RefillForm(RecordForm):
    """The visit itself; the mixture and the program stand in forms of their own beside it."""

    ref = forms.UUIDField(label=_("Reference"), widget=forms.HiddenInput)
    filled_on = DayField(label=_("Date"))
    filled_time = TimeOfDayField(label=_("Time"), required=False)
    residual_ml = QuantityField(
        label=_("Found in the pump"), unit="mL", required=False, help_text=_("Drawn out before the refill.")
    )
    fill_volume_ml = QuantityField(label=_("Put in"), unit="mL")
    first_fill = forms.ChoiceField(
        label=_("First fill of a new pump"),
        choices=FirstFill.choices,
        required=False,
        help_text=_("Matters for ziconotide. When not stated, the record decides."),
    )
    bridge_old_volume_ml = QuantityField(
        label=_("Old drug in tubing and catheter"), unit="mL", required=False
    )
    bridge_old_concentration = QuantityField(label=_("Old concentration"), required=False)
    bridge_old_unit = forms.ChoiceField(label=_("Unit"), choices=ConcentrationUnit.choices, required=False)
    printed_refill_on = DayField(
        label=_("Refill date on the programmer's printout"),
        required=False,
        help_text=_("If it is earlier than ours, it binds."),
    )
    performed_by = forms.CharField(label=_("Performed by"), max_length=120, required=False)
    checked_by_id = forms.TypedChoiceField(
        label=_("Checked by a second person"), coerce=int, empty_value=None, required=False
    )
    note = forms.CharField(
        label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    reason = forms.CharField(
        label=_("Reason for the correction"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Kept in the history with your name."),
    )

    places: ClassVar[dict[str, str]] = {
        "filled_at": "filled_time",
        "starts_on": "filled_on",
        "starts_at": "filled_time",
        "correction_reason": "reason",
    }

    def __init__(
        self, *args: Any, colleagues: list[tuple[int, str]], corrects: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["checked_by_id"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Nobody yet")), *colleagues]
        if not corrects:
            del self.fields["reason"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("fill_volume_ml", "bridge_old_concentration"):
            value = cleaned.get(name)
            if value is not None and value <= 0:
                self.add_error(name, _("Must be more than zero."))
        for name in ("residual_ml", "bridge_old_volume_ml"):
            value = cleaned.get(name)
            if value is not None and value < 0:
                self.add_error(name, _("Must not be negative."))
        has_bridge = cleaned.get("bridge_old_volume_ml") is not None
        is_asked = has_bridge and cleaned.get("bridge_old_concentration") is None
        if is_asked and not self.has_error("bridge_old_concentration"):
            self.add_error("bridge_old_concentration", _("Enter the old concentration."))
        return cleaned

    def entry(self, drugs: BaseDrugFormSet, zone: ZoneInfo) -> FillEntry:
        cleaned = self.cleaned_data
        filled_on: date = cleaned["filled_on"]
        bridge = None
        if cleaned["bridge_old_volume_ml"] is not None:
            bridge = BridgeEntry(
                old_volume_ml=cleaned["bridge_old_volume_ml"],
                old_concentration=cleaned["bridge_old_concentration"],
                old_unit=cleaned["bridge_old_unit"] or ConcentrationUnit.MCG_PER_ML.value,
            )
        return FillEntry(
            ref=cleaned["ref"],
            filled_on=filled_on,
            filled_at=local_instant("filled_at", filled_on, cleaned["filled_time"], zone),
            fill_volume_ml=cleaned["fill_volume_ml"],
            residual_ml=cleaned["residual_ml"],
            drugs=drugs.entries(),
            is_first_fill={"yes": True, "no": False}.get(cleaned["first_fill"]),
            bridge=bridge,
            printed_refill_on=cleaned["printed_refill_on"],
            performed_by=cleaned["performed_by"],
            checked_by_id=cleaned["checked_by_id"],
            note=cleaned["note"],
        )


def new_refill_values(
    *, today: date | None, volume_ml: Any, person: str, last: Fill | None
) -> dict[str, Any]:
    """What a new refill starts from; the old concentration is the last fill's, its volume is asked for."""
    primary = next(iter(last.drugs.all()), None) if last else None
    return {
        "ref": uuid.uuid4(),
        "filled_on": today,
        "fill_volume_ml": volume_ml,
        "performed_by": person,
        "bridge_old_concentration": primary.concentration if primary else None,
        "bridge_old_unit": primary.concentration_unit if primary else ConcentrationUnit.MCG_PER_ML.value,
    }


def refill_values(fill: Fill) -> dict[str, Any]:
    """What the correction of a fill starts from."""
    names = (
        "filled_on",
        "residual_ml",
        "fill_volume_ml",
        "first_fill",
        "bridge_old_volume_ml",
        "bridge_old_concentration",
        "bridge_old_unit",
        "printed_refill_on",
        "performed_by",
        "checked_by_id",
        "note",
    )
    return {name: getattr(fill, name) for name in names} | {
        "ref": uuid.uuid4(),
        "filled_time": _time_of(fill.filled_at),
    }


def _time_of(instant: datetime | None) -> Any:
    return None if instant is None else timezone.localtime(instant).time().replace(microsecond=0)


def mass_echo(value: Any, unit: str) -> str:
    """The other way to write an amount: 0.3 mg/day = 300 mcg/day. Empty when there is nothing to say."""
    mass, slash, rest = (unit or "").partition("/")
    if value is None or value <= 0 or mass not in {"mcg", "mg"}:
        return ""
    other, shown = ("mcg", value.scaleb(3)) if mass == "mg" else ("mg", value.scaleb(-3))
    per = f"{slash}{rest}"
    return f"{quantity_words(value)} {mass}{per} = {quantity_words(shown)} {other}{per}"
