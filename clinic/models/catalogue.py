"""Reference data every clinic shares: pumps, drugs, how long a drug lasts. Every value names its source."""

from __future__ import annotations

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.base import M, QuantityField, history_names, positive


def catalogue_history(model: type[M]) -> type[M]:
    """Keep the history of reference data; it may be seeded or edited outside a use case."""
    track = pghistory.track(
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(),
        pghistory.DeleteEvent(),
        model_name=f"{model.__name__}History",
        append_only=True,
        obj_field=pghistory.ObjForeignKey(related_name="history"),
        meta=history_names(model),
    )
    tracked: type[M] = track(model)
    return tracked


class Confidence(models.TextChoices):
    CONFIRMED = "C", _("confirmed in a published source")
    SECONDARY = "C2", _("confirmed in a secondary source")
    UNCONFIRMED = "U", _("unconfirmed, commonly quoted")
    DESIGN = "D", _("our own design choice")


class Sourced(models.Model):
    """A value somebody can check: where it comes from, how sure it is, as of when."""

    source = models.CharField(_("source"), max_length=300)
    confidence = models.CharField(_("confidence"), max_length=2, choices=Confidence.choices)
    stated_on = models.DateField(_("as of"), null=True, blank=True)

    class Meta:
        abstract = True


class MriAction(models.TextChoices):
    NONE = "none", _("none reported")
    INTERROGATE = "interrogate", _("interrogate after every scan")
    EMPTY_BEFORE = "empty_before", _("must be emptied before a scan; the date is void until refilled")


@catalogue_history
class PumpModel(models.Model):
    key = models.SlugField(_("key"), max_length=60, unique=True)
    manufacturer = models.CharField(_("manufacturer"), max_length=80)
    name = models.CharField(_("name"), max_length=80)
    mri_action = models.CharField(_("at an MRI scan"), max_length=20, choices=MriAction.choices)
    mri_source = models.CharField(_("source of the MRI rule"), max_length=300)
    mri_confidence = models.CharField(_("confidence"), max_length=2, choices=Confidence.choices)
    is_constant_flow = models.BooleanField(_("constant flow, set by the factory"), default=False)
    is_offered = models.BooleanField(_("offered for new implants"), default=True)

    class Meta:
        ordering = ["manufacturer", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(mri_action__in=MriAction.values), name="pump_mri_action_known")
        ]

    def __str__(self) -> str:
        return f"{self.manufacturer} {self.name}"


class PumpQuantity(models.TextChoices):
    RESERVOIR_ML = "reservoir_ml", _("reservoir, mL")
    THRESHOLD_ML = "threshold_ml", _("low-reservoir threshold, mL")
    MIN_FLOW = "min_flow_ml_per_day", _("lowest flow, mL/day")
    MAX_FLOW = "max_flow_ml_per_day", _("highest flow, mL/day")
    CONSTANT_FLOW = "constant_flow_ml_per_day", _("factory flow, mL/day")
    ACCURACY = "accuracy_percent", _("flow accuracy, %")
    SERVICE_LIFE = "service_life_years", _("service life, years")


@catalogue_history
class PumpModelValue(Sourced):
    """One sourced quantity of a pump model."""

    pump_model = models.ForeignKey(PumpModel, on_delete=models.CASCADE, related_name="values")
    quantity = models.CharField(_("quantity"), max_length=30, choices=PumpQuantity.choices)
    value = QuantityField(_("value"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pump_model", "quantity"], name="pump_value_once"),
            positive("value", below=1000, or_zero=True, prefix="pump_model"),
            models.CheckConstraint(condition=Q(quantity__in=PumpQuantity.values), name="pump_quantity_known"),
        ]

    def __str__(self) -> str:
        return f"{self.pump_model_id} {self.quantity}"


class Hazard(models.IntegerChoices):
    """What a late refill does to the patient; the highest member of a mixture counts."""

    NO_WITHDRAWAL = 0, _("no withdrawal syndrome")
    URGENT = 1, _("urgent")
    EMERGENCY = 2, _("emergency")


@catalogue_history
class Drug(Sourced):
    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=80)
    hazard = models.PositiveSmallIntegerField(_("if the refill is late"), choices=Hazard.choices)
    hazard_note = models.CharField(_("what happens"), max_length=200, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(hazard__in=Hazard.values), name="drug_hazard_known")
        ]

    def __str__(self) -> str:
        return self.name


class StabilityCondition(models.TextChoices):
    ALWAYS = "always", _("any fill")
    FIRST_FILL = "first_fill", _("first fill of a new pump")
    LATER_UNDILUTED = "later_undiluted", _("later fill, undiluted")
    LATER_DILUTED = "later_diluted", _("later fill, diluted")
    WITH_DRUG = "with_drug", _("in a mixture with")


@catalogue_history
class Stability(Sourced):
    """The longest time a drug may stay in the pump, by condition."""

    drug = models.ForeignKey(Drug, on_delete=models.CASCADE, related_name="stabilities")
    condition = models.CharField(
        _("condition"), max_length=20, choices=StabilityCondition.choices, default=StabilityCondition.ALWAYS
    )
    with_drug = models.ForeignKey(
        Drug, null=True, blank=True, on_delete=models.PROTECT, related_name="+", verbose_name=_("with")
    )
    days = models.PositiveSmallIntegerField(_("longest time in the pump, days"))

    class Meta:
        verbose_name_plural = _("stabilities")
        constraints = [
            models.UniqueConstraint(
                fields=["drug", "condition", "with_drug"], nulls_distinct=False, name="stability_once"
            ),
            models.CheckConstraint(
                condition=Q(condition="with_drug", with_drug__isnull=False)
                | ~Q(condition="with_drug") & Q(with_drug__isnull=True),
                name="stability_names_its_companion",
            ),
            models.CheckConstraint(condition=Q(days__gt=0), name="stability_days_positive"),
            models.CheckConstraint(
                condition=Q(condition__in=StabilityCondition.values), name="stability_condition_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug_id} {self.condition}: {self.days} d"


class ConcentrationUnit(models.TextChoices):
    MCG_PER_ML = "mcg/mL", "mcg/mL"
    MG_PER_ML = "mg/mL", "mg/mL"


class DoseUnit(models.TextChoices):
    MCG_PER_DAY = "mcg/day", _("mcg/day")
    MG_PER_DAY = "mg/day", _("mg/day")


@catalogue_history
class MarketedStrength(Sourced):
    """A concentration the drug is sold in; a tenfold or thousandfold departure is a likely slip."""

    drug = models.ForeignKey(Drug, on_delete=models.CASCADE, related_name="strengths")
    concentration = QuantityField(_("concentration"))
    unit = models.CharField(_("unit"), max_length=10, choices=ConcentrationUnit.choices)
    note = models.CharField(_("note"), max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["drug", "concentration", "unit"], name="strength_once"),
            positive("concentration", below=1_000_000, prefix="strength"),
            models.CheckConstraint(
                condition=Q(unit__in=ConcentrationUnit.values), name="strength_unit_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug_id} {self.concentration.normalize():f} {self.unit}"
