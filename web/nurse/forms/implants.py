"""The pump: which, where, since when, and what is special about it."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import ImplantEntry
from clinic.selectors.implants import pump_models
from clinic.selectors.rows import Implant
from web.forms import ChangeForm, CountField, DayField, QuantityField, RecordForm


class ImplantForm(ChangeForm):
    pump_model_key = forms.ChoiceField(label=_("Pump model"))
    serial = forms.CharField(label=_("Serial number"), max_length=60)
    implanted_on = DayField(label=_("Implanted on"))
    udi = forms.CharField(
        label=_("UDI as printed"), max_length=200, required=False, help_text=_("The whole line of the label.")
    )
    constant_flow_ml_per_day = QuantityField(
        label=_("Factory flow"),
        unit="mL/day",
        required=False,
        help_text=_("Only for a constant-flow pump, from its label."),
    )
    threshold_ml = QuantityField(
        label=_("Low-reservoir threshold"),
        unit="mL",
        required=False,
        help_text=_("Leave empty to use the pump model's."),
    )
    threshold_reason = forms.CharField(
        label=_("Why this threshold"),
        max_length=200,
        required=False,
        help_text=_("For example: early symptoms."),
    )
    max_interval_days = CountField(
        label=_("Longest interval"),
        unit=_("days"),
        min_value=1,
        max_value=3660,
        required=False,
        help_text=_("Only if this patient has a limit of their own."),
    )
    end_of_service_on = DayField(
        label=_("End of service"), required=False, help_text=_("If the programmer states it.")
    )
    catheter = forms.CharField(label=_("Catheter model and tip level"), max_length=200, required=False)
    pocket_site = forms.CharField(label=_("Pump pocket site"), max_length=120, required=False)
    implanting_physician = forms.CharField(label=_("Implanting physician"), max_length=120, required=False)
    following_physician = forms.CharField(label=_("Following physician"), max_length=120, required=False)

    places: ClassVar[dict[str, str]] = {"pump_model": "pump_model_key"}
    rows = (
        "pump_model_key",
        ("serial", "implanted_on"),
        "udi",
        ("threshold_ml", "threshold_reason"),
        ("max_interval_days", "end_of_service_on", "constant_flow_ml_per_day"),
        ("catheter", "pocket_site"),
        ("implanting_physician", "following_physician"),
    )

    def __init__(self, *args: Any, implant: Implant | None = None, **kwargs: Any) -> None:
        if implant is not None:
            kwargs["initial"] = implant_values(implant)
        super().__init__(*args, **kwargs)
        models = pump_models(beside=implant.pump_model_id if implant else None)
        field = self.fields["pump_model_key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", _("Choose the pump")), *((model.key, str(model)) for model in models)]

    def entry(self) -> ImplantEntry:
        return ImplantEntry(**self.cleaned_data)


def implant_values(implant: Implant) -> dict[str, Any]:
    """What the form starts from when an implant is changed."""
    names = [name for name in ImplantForm.base_fields if name not in ("pump_model_key", "seen")]
    return {name: getattr(implant, name) for name in names} | {"pump_model_key": implant.pump_model.key}


class ExplantForm(RecordForm):
    explanted_on = DayField(label=_("Explanted on"))
    why = forms.CharField(label=_("Reason for the explant"), max_length=200, required=False)

    def day(self) -> date:
        day: date = self.cleaned_data["explanted_on"]
        return day
