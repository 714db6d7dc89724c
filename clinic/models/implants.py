"""The pump in the patient, what is in it, and how it runs.

Patient data: every field. Fills, programs, readings and events are written once; a correction supersedes.
A date field says the local day in the clinic's zone; the instant beside it is known only where it was given.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from clinic.models.base import (
    ClinicOwned,
    QuantityField,
    RecordedFact,
    Referenced,
    audited,
    never_overwritten,
    positive,
    recorded_constraints,
)
from clinic.models.catalogue import ConcentrationUnit, DoseUnit, Drug, PumpModel
from clinic.models.patients import Patient
from clinic.models.search import kept_with
from clinic.seeing import tells

ALL_OR_NONE_BRIDGE = Q(bridge_old_volume_ml__isnull=True, bridge_old_concentration__isnull=True) & Q(
    bridge_old_unit=""
) | Q(bridge_old_volume_ml__isnull=False, bridge_old_concentration__isnull=False) & Q(
    bridge_old_unit__in=ConcentrationUnit.values
)


@tells("ref", "serial")
@audited
class Implant(ClinicOwned, Referenced):
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="implants")
    pump_model = models.ForeignKey(
        PumpModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("pump model")
    )
    serial = models.CharField(_("serial number"), max_length=60)
    udi = models.CharField(_("UDI as printed"), max_length=200, blank=True)
    implanted_on = models.DateField(_("implanted on"))
    constant_flow_ml_per_day = QuantityField(_("factory flow, mL/day"), null=True, blank=True)
    threshold_ml = QuantityField(_("low-reservoir threshold, mL"), null=True, blank=True)
    threshold_reason = models.CharField(_("why this threshold"), max_length=200, blank=True)
    max_interval_days = models.PositiveSmallIntegerField(
        _("longest interval between refills, days"), null=True, blank=True
    )
    end_of_service_on = models.DateField(_("end of service stated by the programmer"), null=True, blank=True)
    catheter = models.CharField(_("catheter model and tip level"), max_length=200, blank=True)
    pocket_site = models.CharField(_("pump pocket site"), max_length=120, blank=True)
    implanting_physician = models.CharField(_("implanting physician"), max_length=120, blank=True)
    following_physician = models.CharField(_("following physician"), max_length=120, blank=True)
    explanted_on = models.DateField(_("explanted on"), null=True, blank=True)
    explant_reason = models.CharField(_("reason for the explant"), max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        triggers = [
            kept_with(
                *("serial", "patient_id"),
                was="patient_id = OLD.patient_id AND implant_id = OLD.id",
                row="NEW.patient_id, NEW.id",
            )
        ]
        constraints = [
            models.UniqueConstraint(F("clinic"), Upper("serial"), name="implant_serial_once_per_clinic"),
            models.CheckConstraint(condition=~Q(serial=""), name="implant_has_serial"),
            models.CheckConstraint(
                condition=Q(explanted_on__isnull=True) | Q(explanted_on__gte=F("implanted_on")),
                name="implant_explanted_after",
            ),
            models.CheckConstraint(
                condition=Q(max_interval_days__isnull=True) | Q(max_interval_days__gt=0),
                name="implant_interval_positive",
            ),
            positive("threshold_ml", below=100, or_zero=True, prefix="implant"),
            positive("constant_flow_ml_per_day", below=100, prefix="implant"),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "id"], condition=Q(explanted_on__isnull=True), name="implant_active"
            ),
            models.Index(
                fields=["clinic", "id"], condition=Q(explanted_on__isnull=False), name="implant_explanted"
            ),
        ]

    def __str__(self) -> str:
        return f"implant {self.pk}"


class FirstFill(models.TextChoices):
    """Unknown is not no: the projection then decides from the record and says so."""

    UNKNOWN = "", _("not stated")
    YES = "yes", _("yes")
    NO = "no", _("no")


@audited
class Fill(RecordedFact, Referenced):
    """One refill: what was found, what was put in."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="fills")
    filled_on = models.DateField(_("filled on"))
    filled_at = models.DateTimeField(_("filled at"), null=True, blank=True)
    fill_volume_ml = QuantityField(_("volume put in, mL"))
    residual_ml = QuantityField(_("volume found (aspirated), mL"), null=True, blank=True)
    first_fill = models.CharField(
        _("first fill of a new pump"), max_length=3, choices=FirstFill.choices, blank=True, default=""
    )
    bridge_old_volume_ml = QuantityField(_("old drug in tubing and catheter, mL"), null=True, blank=True)
    bridge_old_concentration = QuantityField(_("old concentration"), null=True, blank=True)
    bridge_old_unit = models.CharField(
        _("unit"), max_length=10, choices=ConcentrationUnit.choices, blank=True, default=""
    )
    printed_refill_on = models.DateField(_("refill date on the programmer's printout"), null=True, blank=True)
    performed_by = models.CharField(_("performed by"), max_length=120, blank=True)
    checked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("checked by"),
    )
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        triggers = never_overwritten()
        indexes = [models.Index(fields=["implant", "-filled_on", "-id"], name="fill_newest")]
        constraints = [
            *recorded_constraints("fill"),
            positive("fill_volume_ml", below=1000, prefix="fill"),
            positive("residual_ml", below=1000, or_zero=True, prefix="fill"),
            positive("bridge_old_volume_ml", below=1000, prefix="fill"),
            positive("bridge_old_concentration", below=1_000_000, prefix="fill"),
            models.CheckConstraint(condition=ALL_OR_NONE_BRIDGE, name="fill_bridge_whole_or_absent"),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("recorded_by")),
                name="fill_checked_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"fill {self.pk}"


@audited
class FillDrug(ClinicOwned):
    """One drug of a fill's mixture; the first is the primary drug, the one a dose refers to."""

    fill = models.ForeignKey(Fill, on_delete=models.PROTECT, related_name="drugs")
    position = models.PositiveSmallIntegerField(_("position in the mixture"))
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="+", verbose_name=_("drug"))
    concentration = QuantityField(_("concentration"))
    concentration_unit = models.CharField(_("unit"), max_length=10, choices=ConcentrationUnit.choices)
    is_diluted = models.BooleanField(_("diluted"), null=True, blank=True)
    stability_days = models.PositiveSmallIntegerField(
        _("pharmacy's stability in the pump, days"), null=True, blank=True
    )
    lot = models.CharField(_("lot"), max_length=60, blank=True)
    beyond_use_on = models.DateField(_("beyond-use date"), null=True, blank=True)

    class Meta:
        triggers = never_overwritten()
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["fill", "position"], name="fill_drug_position_once"),
            models.UniqueConstraint(fields=["fill", "drug"], name="fill_drug_once"),
            positive("concentration", below=1_000_000, prefix="fill_drug"),
            models.CheckConstraint(condition=Q(position__gte=1), name="fill_drug_position_from_one"),
            models.CheckConstraint(
                condition=Q(concentration_unit__in=ConcentrationUnit.values), name="fill_drug_unit_known"
            ),
            models.CheckConstraint(
                condition=Q(stability_days__isnull=True) | Q(stability_days__gt=0),
                name="fill_drug_stability_positive",
            ),
        ]
        indexes = [models.Index(fields=["clinic", "lot"], condition=~Q(lot=""), name="fill_drug_by_lot")]

    def __str__(self) -> str:
        return f"drug {self.position} of fill {self.fill_id}"


class ProgramKind(models.TextChoices):
    CONTINUOUS = "continuous", _("continuous")
    FLEX = "flex", _("flex (steps within the day)")
    STOPPED = "stopped", _("stopped")


_NO_DOSE = Q(dose__isnull=True, dose_unit="")
_A_DOSE = Q(dose__isnull=False, dose_unit__in=DoseUnit.values)
_SHAPE_OF_KIND = (
    Q(kind="continuous", pattern__isnull=True) & (_A_DOSE & Q(flow_ml_per_day__isnull=True))
    | Q(kind="continuous", pattern__isnull=True) & (_NO_DOSE & Q(flow_ml_per_day__isnull=False))
    | Q(kind="flex", pattern__isnull=False, flow_ml_per_day__isnull=True) & _NO_DOSE
    | Q(kind="stopped", pattern__isnull=True, flow_ml_per_day__isnull=True) & _NO_DOSE
)
_NO_BOLUS = Q(bolus_dose__isnull=True, bolus_unit="", bolus_max_per_day__isnull=True)
_A_BOLUS = Q(bolus_dose__isnull=False, bolus_unit__in=["mcg", "mg"], bolus_max_per_day__isnull=False)


@audited
class ProgramVersion(RecordedFact):
    """How the pump runs from a day or an instant on, until the next version."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="programs")
    starts_on = models.DateField(_("from"))
    starts_at = models.DateTimeField(_("from, exactly"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=ProgramKind.choices)
    dose = QuantityField(_("dose"), null=True, blank=True)
    dose_unit = models.CharField(_("unit"), max_length=10, choices=DoseUnit.choices, blank=True, default="")
    flow_ml_per_day = QuantityField(_("flow, mL/day"), null=True, blank=True)
    pattern = models.JSONField(_("steps by weekday"), null=True, blank=True)
    bolus_dose = QuantityField(_("patient bolus"), null=True, blank=True)
    bolus_unit = models.CharField(
        _("unit"), max_length=3, choices=[("mcg", "mcg"), ("mg", "mg")], blank=True, default=""
    )
    bolus_max_per_day = models.PositiveSmallIntegerField(_("most boluses a day"), null=True, blank=True)
    bolus_mean_per_day = QuantityField(_("mean boluses a day"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        triggers = never_overwritten()
        indexes = [models.Index(fields=["implant", "starts_on", "id"], name="program_in_order")]
        constraints = [
            *recorded_constraints("program"),
            models.CheckConstraint(condition=_SHAPE_OF_KIND, name="program_shape_of_its_kind"),
            models.CheckConstraint(condition=_NO_BOLUS | _A_BOLUS, name="program_bolus_whole_or_absent"),
            positive("dose", below=1_000_000, prefix="program"),
            positive("flow_ml_per_day", below=1000, prefix="program"),
            positive("bolus_dose", below=1_000_000, or_zero=True, prefix="program"),
            positive("bolus_mean_per_day", below=1000, or_zero=True, prefix="program"),
        ]

    def __str__(self) -> str:
        return f"program {self.pk}"


@audited
class Reading(RecordedFact):
    """What the programmer showed between refills."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="readings")
    read_on = models.DateField(_("read on"))
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    reservoir_ml = QuantityField(_("reservoir volume shown, mL"), null=True, blank=True)
    printed_refill_on = models.DateField(_("refill date shown"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        triggers = never_overwritten()
        indexes = [models.Index(fields=["implant", "-read_on", "-id"], name="reading_newest")]
        constraints = [
            *recorded_constraints("reading"),
            positive("reservoir_ml", below=1000, or_zero=True, prefix="reading"),
            models.CheckConstraint(
                condition=Q(reservoir_ml__isnull=False) | Q(printed_refill_on__isnull=False),
                name="reading_says_something",
            ),
        ]

    def __str__(self) -> str:
        return f"reading {self.pk}"


class EventKind(models.TextChoices):
    MRI = "mri", _("MRI scan")
    STALLED = "stalled", _("pump stalled")
    RESTARTED = "restarted", _("pump running again")
    REPLACEMENT_SIGNAL = "replacement_signal", _("elective replacement indicator")
    ALARM = "alarm", _("pump alarm")
    FALL = "fall", _("fall")
    COMPLICATION = "complication", _("complication")
    SIDE_EFFECT = "side_effect", _("side effect")
    OUTCOME_SCORE = "outcome_score", _("outcome score")


@audited
class PumpEvent(RecordedFact):
    """Something that happened to the patient or the pump."""

    implant = models.ForeignKey(Implant, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(_("kind"), max_length=20, choices=EventKind.choices)
    occurred_on = models.DateField(_("date"))
    occurred_at = models.DateTimeField(_("time"), null=True, blank=True)
    scale = models.CharField(_("scale"), max_length=60, blank=True)
    score = QuantityField(_("score"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)

    class Meta:
        triggers = never_overwritten()
        indexes = [models.Index(fields=["implant", "-occurred_on", "-id"], name="pump_event_newest")]
        constraints = [
            *recorded_constraints("pump_event"),
            models.CheckConstraint(condition=Q(kind__in=EventKind.values), name="pump_event_kind_known"),
            models.CheckConstraint(
                condition=~Q(kind="outcome_score") | (Q(score__isnull=False) & ~Q(scale="")),
                name="pump_event_score_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.pk}"
