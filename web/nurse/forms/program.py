"""How the pump runs: one dose, one flow, steps within the day, or stopped; and what the patient may add."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _

from clinic.domain.entries import BolusEntry, ProgramEntry
from clinic.selectors.rows import DoseUnit, ProgramVersion
from web.forms import CountField, DayField, QuantityField, RecordForm, TimeOfDayField, local_instant
from web.nurse.forms.controls import dress
from web.words import quantity_typed, quantity_words

UNCHANGED, DOSE, FLOW, FLEX, STOPPED = "unchanged", "dose", "flow", "flex", "stopped"
MODES = (
    (DOSE, _("One dose all day")),
    (FLEX, _("Flex: steps within the day")),
    (FLOW, _("One flow")),
    (STOPPED, _("Stopped")),
)
WEEKDAYS = (
    ("mon", _("Mon")),
    ("tue", _("Tue")),
    ("wed", _("Wed")),
    ("thu", _("Thu")),
    ("fri", _("Fri")),
    ("sat", _("Sat")),
    ("sun", _("Sun")),
)
ALL_DAYS = [key for key, _name in WEEKDAYS]
BOLUS_FIELDS = ("bolus_dose", "bolus_unit", "bolus_max_per_day", "bolus_mean_per_day")
HOURS_PER_DAY = Decimal(24)
MOST_STEPS = 48


class StepForm(forms.Form):
    """One step: on which days, for how long, how much an hour. A row without numbers does not count."""

    days = forms.MultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    hours = QuantityField(label=_("Hours"), required=False)
    dose_per_hour = QuantityField(label=_("Dose per hour"), required=False)
    unit = forms.ChoiceField(label=_("Unit"), choices=[("mcg/h", "mcg/h"), ("mg/h", "mg/h")], required=False)

    use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if self.is_blank():
            return cleaned
        for name in ("hours", "dose_per_hour"):
            value = cleaned.get(name)
            if value is None and name not in self.errors:
                self.add_error(name, _("Enter a number."))
            elif value is not None and value <= 0:
                self.add_error(name, _("Must be more than zero."))
        hours = cleaned.get("hours")
        if hours is not None and hours > HOURS_PER_DAY:
            self.add_error("hours", _("A day has 24 hours."))
        if not cleaned.get("days") and "days" not in self.errors:
            self.add_error("days", _("Choose at least one day."))
        return cleaned

    def is_blank(self) -> bool:
        return not any(
            str(self.data.get(self.add_prefix(name), "")).strip() for name in ("hours", "dose_per_hour")
        )


if TYPE_CHECKING:
    _Rows = forms.BaseFormSet[StepForm]
else:
    _Rows = forms.BaseFormSet


class BaseStepFormSet(_Rows):
    """The steps of a week; together they fill each weekday."""

    def clean(self) -> None:
        if any(form.errors for form in self.forms):
            return
        filled = dict.fromkeys(ALL_DAYS, Decimal(0))
        for form in self.steps():
            for day in form.cleaned_data["days"]:
                filled[day] += form.cleaned_data["hours"]
        for day, name in WEEKDAYS:
            if filled[day] != HOURS_PER_DAY:
                raise forms.ValidationError(
                    _t("The steps of %(day)s last %(hours)s of 24 hours."),
                    params={"day": name, "hours": quantity_words(filled[day]) or "0"},
                )

    def steps(self) -> list[StepForm]:
        return [form for form in self.forms if not form.is_blank()]

    def pattern(self) -> list[dict[str, Any]]:
        """The stored shape: each set of days with its steps, in the order they were entered."""
        steps = self.steps()
        groups: dict[tuple[int, ...], list[str]] = {}
        for day in ALL_DAYS:
            places = (number for number, form in enumerate(steps) if day in form.cleaned_data["days"])
            groups.setdefault(tuple(places), []).append(day)
        return [
            {"on": days, "steps": [_step(steps[number]) for number in places]}
            for places, days in groups.items()
        ]


def _step(form: StepForm) -> dict[str, str]:
    cleaned = form.cleaned_data
    return {
        "hours": quantity_typed(cleaned["hours"]),
        "dose_per_hour": quantity_typed(cleaned["dose_per_hour"]),
        "unit": cleaned["unit"] or "mcg/h",
    }


def step_formset(data: Mapping[str, Any] | None, *, version: ProgramVersion | None = None) -> BaseStepFormSet:
    """The rows of steps: those of the version to start from, else three empty ones."""
    initial = steps_of(version) or [{"days": ALL_DAYS, "unit": "mcg/h"}] * 3
    made: Any = forms.formset_factory(
        StepForm, formset=BaseStepFormSet, extra=0, max_num=MOST_STEPS, absolute_max=MOST_STEPS
    )
    formset: BaseStepFormSet = made(data, prefix="steps", initial=None if data is not None else initial)
    return formset


def template_step() -> StepForm:
    """The row that the script copies when a step is added."""
    row = StepForm(prefix="steps-__prefix__", initial={"days": ALL_DAYS})
    dress(row)
    return row


def steps_of(version: ProgramVersion | None) -> list[dict[str, Any]]:
    """The rows that a stored pattern is shown as; steps given as a flow have no dose to show."""
    return [
        {
            "days": group["on"],
            "hours": step["hours"],
            "dose_per_hour": step.get("dose_per_hour", ""),
            "unit": step.get("unit", "mcg/h"),
        }
        for group in (version.pattern if version else None) or []
        for step in group["steps"]
    ]


class ProgramForm(RecordForm):
    """The program without its start; ``ProgramChangeForm`` adds the start for a change between refills."""

    mode = forms.ChoiceField(label=_("The pump runs"), choices=MODES, widget=forms.RadioSelect)
    dose = QuantityField(label=_("Dose a day"), required=False)
    dose_unit = forms.ChoiceField(label=_("Unit"), choices=DoseUnit.choices, required=False)
    flow_ml_per_day = QuantityField(label=_("Flow"), unit="mL/day", required=False)
    bolus_dose = QuantityField(label=_("Patient bolus"), required=False)
    bolus_unit = forms.ChoiceField(
        label=_("Unit of the bolus"), choices=[("mcg", "mcg"), ("mg", "mg")], required=False
    )
    bolus_max_per_day = CountField(label=_("Most a day"), min_value=0, max_value=999, required=False)
    bolus_mean_per_day = QuantityField(label=_("Mean a day"), required=False)

    places: ClassVar[dict[str, str]] = {"pattern": "mode", "kind": "mode"}

    def __init__(self, *args: Any, may_stay: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if may_stay:
            field = self.fields["mode"]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [(UNCHANGED, _("Unchanged")), *MODES]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        mode = cleaned.get("mode")
        self._ask(cleaned, "dose", is_needed=mode == DOSE)
        self._ask(cleaned, "flow_ml_per_day", is_needed=mode == FLOW)
        if mode not in {DOSE, FLOW, FLEX}:
            for name in BOLUS_FIELDS:
                self.errors.pop(name, None)
            return cleaned
        dose, most, mean = (cleaned.get(f"bolus_{name}") for name in ("dose", "max_per_day", "mean_per_day"))
        if dose is not None and dose < 0:
            self.add_error("bolus_dose", _("Must not be negative."))
        if dose is not None and most is None and "bolus_max_per_day" not in self.errors:
            self.add_error("bolus_max_per_day", _("Say how many boluses the pump allows a day."))
        if dose is None and (most is not None or mean is not None) and "bolus_dose" not in self.errors:
            self.add_error("bolus_dose", _("Say how much one bolus gives."))
        if mean is not None and mean < 0:
            self.add_error("bolus_mean_per_day", _("Must not be negative."))
        if mean is not None and most is not None and mean > most:
            self.add_error("bolus_mean_per_day", _("Is more than the pump allows a day."))
        return cleaned

    def _ask(self, cleaned: dict[str, Any], name: str, *, is_needed: bool) -> None:
        """A number that this way of running needs; what another way left behind is not read."""
        if not is_needed:
            self.errors.pop(name, None)
            cleaned[name] = None
            return
        value = cleaned.get(name)
        if value is None and name not in self.errors:
            self.add_error(name, _("Enter a number."))
        elif value is not None and value <= 0:
            self.add_error(name, _("Must be more than zero."))

    def program(
        self, steps: BaseStepFormSet, *, starts_on: date, starts_at: datetime | None, note: str = ""
    ) -> ProgramEntry | None:
        """What the service takes; None when the program stays as it is."""
        cleaned = self.cleaned_data
        mode = cleaned["mode"]
        if mode == UNCHANGED:
            return None
        bolus = None
        if mode != STOPPED and cleaned["bolus_dose"] is not None:
            bolus = BolusEntry(
                dose=cleaned["bolus_dose"],
                unit=cleaned["bolus_unit"] or "mcg",
                max_per_day=cleaned["bolus_max_per_day"],
                mean_per_day=cleaned["bolus_mean_per_day"],
            )
        return ProgramEntry(
            starts_on=starts_on,
            starts_at=starts_at,
            kind={FLEX: "flex", STOPPED: "stopped"}.get(mode, "continuous"),
            dose=cleaned["dose"],
            dose_unit=(cleaned["dose_unit"] or DoseUnit.MCG_PER_DAY.value) if mode == DOSE else "",
            flow_ml_per_day=cleaned["flow_ml_per_day"],
            pattern=steps.pattern() if mode == FLEX else None,
            bolus=bolus,
            note=note,
        )


class ProgramChangeForm(ProgramForm):
    """A program with its start; ``reason`` is asked for when an earlier entry is corrected."""

    starts_on = DayField(label=_("From"))
    starts_time = TimeOfDayField(
        label=_("Time"),
        required=False,
        help_text=_("Without a time the whole day counts at the higher of the two flows."),
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
        **ProgramForm.places,
        "starts_at": "starts_time",
        "correction_reason": "reason",
    }

    def __init__(self, *args: Any, corrects: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not corrects:
            del self.fields["reason"]

    def entry(self, steps: BaseStepFormSet, zone: ZoneInfo) -> ProgramEntry:
        cleaned = self.cleaned_data
        starts_on: date = cleaned["starts_on"]
        program = self.program(
            steps,
            starts_on=starts_on,
            starts_at=local_instant("starts_at", starts_on, cleaned["starts_time"], zone),
            note=cleaned["note"],
        )
        assert program is not None  # noqa: S101 - "unchanged" is not offered here
        return program


def program_values(version: ProgramVersion | None) -> dict[str, Any]:
    """What a form starts from: the version's values, as a person would enter them."""
    if version is None:
        return {"mode": DOSE, "dose_unit": DoseUnit.MCG_PER_DAY.value, "bolus_unit": "mcg"}
    mode = DOSE if version.dose is not None else FLOW
    return {
        "mode": {"flex": FLEX, "stopped": STOPPED}.get(version.kind, mode),
        "dose": version.dose,
        "dose_unit": version.dose_unit or DoseUnit.MCG_PER_DAY.value,
        "flow_ml_per_day": version.flow_ml_per_day,
        "bolus_dose": version.bolus_dose,
        "bolus_unit": version.bolus_unit or "mcg",
        "bolus_max_per_day": version.bolus_max_per_day,
        "bolus_mean_per_day": version.bolus_mean_per_day,
    }
