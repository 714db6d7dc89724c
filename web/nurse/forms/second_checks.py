"""What a second person re-enters, asked for without any of the values that are recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from clinic.selectors.catalogue import drug_choices
from clinic.selectors.rows import ConcentrationUnit, DoseUnit
from scheduling.services.cases import in_mcg
from scheduling.services.second_check_acts.reentry import DOSE, FLEX, FLOW, STOPPED, Asked, Reentered
from web.forms import CountField, DayField, QuantityField, RecordForm
from web.nurse.forms.program import WEEKDAYS

_CHOOSE = ("", _("Choose"))
_CONCENTRATIONS = [_CHOOSE, *ConcentrationUnit.choices]
_DOSES = [_CHOOSE, *DoseUnit.choices]
_MASSES = [_CHOOSE, ("mcg", "mcg"), ("mg", "mg")]
_DIFFERS = _("This differs from what was entered. Look again at the label, the printout or the programmer.")


class ReentryForm(RecordForm):
    """The fields that ``Asked`` names; ``given`` is what was entered, in mcg and mL."""

    def __init__(self, *args: Any, asked: Asked, **kwargs: Any) -> None:
        self.asked = asked
        super().__init__(*args, **kwargs)

    def layout_rows(self) -> Sequence[str | Sequence[str]]:
        """Add the fields, which depend on what is asked, and lay them out: an amount beside its unit."""
        rows: list[str | Sequence[str]] = []
        if self.asked.has_day:
            self.fields["filled_on"] = DayField(label=_("Day of the last fill"))
            rows.append("filled_on")
        for number in range(1, self.asked.drugs + 1):
            self._add_drug(number)
            rows.append((f"drug_{number}", f"concentration_{number}", f"unit_{number}"))
        self.fields["fill_volume_ml"] = QuantityField(label=_("Volume put in"), unit="mL")
        rows.append("fill_volume_ml")
        rows += self._add_program()
        if self.asked.has_threshold:
            self.fields["threshold_ml"] = QuantityField(
                label=_("Low-reservoir threshold"),
                unit="mL",
                required=False,
                help_text=_("Empty: the pump's own."),
            )
            rows.append("threshold_ml")
        for field in self.fields.values():
            field.widget.attrs["autocomplete"] = "off"
        return rows

    def given(self) -> Reentered:
        """What was entered."""
        cleaned = self.cleaned_data
        drugs = [
            (cleaned[f"drug_{number}"], in_mcg(cleaned[f"concentration_{number}"], cleaned[f"unit_{number}"]))
            for number in range(1, self.asked.drugs + 1)
        ]
        values: dict[str, Decimal | int | str | None] = {
            name: cleaned.get(name)
            for name in (
                "fill_volume_ml",
                "threshold_ml",
                "is_stopped",
                "flow_ml_per_day",
                "bolus_max_per_day",
            )
        }
        if cleaned.get("filled_on") is not None:
            values["filled_on"] = cleaned["filled_on"].isoformat()
        for name in ("dose", "bolus_dose"):
            if cleaned.get(name) is not None:
                values[name] = in_mcg(cleaned[name], cleaned[f"{name}_unit"])
        for number in range(1, len(self.asked.days) + 1):
            amount = cleaned.get(f"days_{number}")
            if amount is not None:
                unit = cleaned.get(f"days_{number}_unit")
                values[f"days.{number}"] = in_mcg(amount, unit) if unit else amount
        return Reentered(drugs=drugs, values=values)

    def show_differing(self, names: Iterable[str]) -> None:
        """Say at each field that it differs, and nothing more."""
        for name in names:
            self.add_error(_place(name), _DIFFERS)

    def _add_drug(self, number: int) -> None:
        label = _t("Drug") if number > 1 else _t("Drug that the dose refers to")
        self.fields[f"drug_{number}"] = forms.ChoiceField(
            label=label if self.asked.drugs > 1 else _t("Drug"), choices=[_CHOOSE, *drug_choices()]
        )
        self.fields[f"concentration_{number}"] = QuantityField(label=_("Concentration"))
        self.fields[f"unit_{number}"] = forms.ChoiceField(label=_("Unit"), choices=_CONCENTRATIONS)

    def _add_program(self) -> list[str | Sequence[str]]:
        asked = self.asked
        if not asked.program:
            return []
        self.fields["is_stopped"] = forms.ChoiceField(
            label=_("The pump"), choices=[_CHOOSE, ("no", _("runs")), ("yes", _("is stopped"))]
        )
        rows: list[str | Sequence[str]] = ["is_stopped"]
        is_needed = asked.program != STOPPED
        if asked.program in (DOSE, STOPPED):
            self.fields["dose"] = QuantityField(label=_("Dose a day"), required=is_needed)
            self.fields["dose_unit"] = forms.ChoiceField(label=_("Unit"), choices=_DOSES, required=is_needed)
            rows.append(("dose", "dose_unit"))
        if asked.program == FLOW:
            self.fields["flow_ml_per_day"] = QuantityField(label=_("Flow"), unit="mL/day")
            rows.append("flow_ml_per_day")
        if asked.program == FLEX:
            rows += [self._add_days(number, days) for number, days in enumerate(asked.days, start=1)]
        if asked.has_bolus:
            self.fields["bolus_dose"] = QuantityField(label=_("Patient bolus"))
            self.fields["bolus_dose_unit"] = forms.ChoiceField(label=_("Unit"), choices=_MASSES)
            self.fields["bolus_max_per_day"] = CountField(label=_("Most boluses a day"))
            rows.append(("bolus_dose", "bolus_dose_unit", "bolus_max_per_day"))
        return rows

    def _add_days(self, number: int, days: Sequence[str]) -> str | Sequence[str]:
        names = ", ".join(str(name) for key, name in WEEKDAYS if key in days)
        label = _t("All steps of a day together: %(days)s") % {"days": names}
        if self.asked.is_by_flow:
            self.fields[f"days_{number}"] = QuantityField(label=label, unit="mL")
            return f"days_{number}"
        self.fields[f"days_{number}"] = QuantityField(label=label)
        self.fields[f"days_{number}_unit"] = forms.ChoiceField(label=_("Unit"), choices=_MASSES)
        return (f"days_{number}", f"days_{number}_unit")


def _place(name: str) -> str:
    """The form's field for what differs: ``drugs.2.concentration`` is ``concentration_2``."""
    first, *rest = name.split(".")
    if first == "drugs":
        return f"{rest[1]}_{rest[0]}"
    return "_".join([first, *rest])


class EmergencyForm(RecordForm):
    """Why one person acts alone."""

    reason = forms.CharField(
        label=_("Why it cannot wait for a second person"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("At least 10 letters. Kept with your name."),
    )
    places: ClassVar[dict[str, str]] = {}
