"""How a pump runs: versions of its program, each from its start on."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.entries import BolusEntry, ProgramEntry
from clinic.domain.roles import Permission
from clinic.selectors.fills import get_program
from clinic.selectors.implants import program_rows
from clinic.selectors.rows import DoseUnit, ProgramKind
from clinic.services.programs import correct_program, record_program, void_program
from scheduling.services.preview import preview_program, preview_without_program
from web.api.access import ClinicAPIView
from web.api.implants import implant_or_404
from web.api.outlooks import AcknowledgedSent, acknowledging
from web.api.pages import page_of
from web.api.shapes import AmountField, ListedField, QuantityField, Sent, Shown

MASSES = ("mcg", "mg")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURLY = ("mcg/h", "mg/h")


class StepSent(Sent):
    """Some hours at one rate; the steps of a day fill 24 hours from midnight."""

    hours = AmountField()
    dose_per_hour = AmountField()
    unit = serializers.ChoiceField(choices=HOURLY)


class DaySent(Sent):
    """The steps of some weekdays."""

    on = ListedField(child=serializers.ChoiceField(choices=WEEKDAYS), min_length=1, max_length=7)
    steps = ListedField(child=StepSent(), min_length=1, max_length=48)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        steps = [
            {
                "hours": f"{step['hours']:f}",
                "dose_per_hour": f"{step['dose_per_hour']:f}",
                "unit": step["unit"],
            }
            for step in sent["steps"]
        ]
        return {"on": sent["on"], "steps": steps}


class ProgramAtFillSent(Sent):
    """How a pump runs. ``continuous`` with a dose and its unit or with a flow, ``flex`` with a pattern, ``stopped``."""

    kind = serializers.ChoiceField(choices=ProgramKind.choices)
    dose = QuantityField(allow_null=True, default=None)
    dose_unit = serializers.ChoiceField(choices=DoseUnit.choices, allow_blank=True, default="")
    flow_ml_per_day = QuantityField(allow_null=True, default=None)
    pattern = ListedField(child=DaySent(), allow_null=True, default=None, max_length=7)
    bolus_dose = QuantityField(allow_null=True, default=None)
    bolus_unit = serializers.ChoiceField(choices=MASSES, allow_blank=True, default="")
    bolus_max_per_day = serializers.IntegerField(min_value=0, max_value=999, allow_null=True, default=None)
    bolus_mean_per_day = QuantityField(allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        """A bolus is whole or absent: what a part of it meant would be a guess."""
        given = [
            sent["bolus_dose"] is not None,
            bool(sent["bolus_unit"]),
            sent["bolus_max_per_day"] is not None,
        ]
        if any(given) != all(given) or (sent["bolus_mean_per_day"] is not None and not all(given)):
            raise serializers.ValidationError(
                {"bolus_dose": ["A bolus has a dose, a unit and the most a day, or none of them."]}
            )
        return sent


class ProgramSent(ProgramAtFillSent):
    """A program and its start. Without an hour the whole first day counts at the higher of the two flows."""

    starts_on = serializers.DateField()
    starts_at = serializers.DateTimeField(allow_null=True, default=None)


class NewProgramSent(ProgramSent, AcknowledgedSent):
    """A change of program."""


class CorrectionSent(AcknowledgedSent):
    """Why an entry is corrected or withdrawn; it stays in the history."""

    reason = serializers.CharField(max_length=500)


class ProgramCorrectionSent(NewProgramSent, CorrectionSent):
    """What the program truly was."""


class ProgramShown(Shown):
    """A version of a program. ``superseded`` ones were corrected or withdrawn; the newest start before a day runs on it."""

    id = serializers.IntegerField()
    implant = serializers.UUIDField(source="implant.ref")
    starts_on = serializers.DateField()
    starts_at = serializers.DateTimeField(allow_null=True)
    kind = serializers.CharField()
    dose = QuantityField(allow_null=True)
    dose_unit = serializers.CharField()
    flow_ml_per_day = QuantityField(allow_null=True)
    pattern = serializers.ListField(child=DaySent(), allow_null=True)
    bolus_dose = QuantityField(allow_null=True)
    bolus_unit = serializers.CharField()
    bolus_max_per_day = serializers.IntegerField(allow_null=True)
    bolus_mean_per_day = QuantityField(allow_null=True)
    note = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    is_superseded = serializers.SerializerMethodField()

    def get_is_superseded(self, row: Any) -> bool:
        return is_superseded(row)


def is_superseded(row: Any) -> bool:
    """Whether a later entry corrects or withdraws this one."""
    return getattr(row, "superseded_by", None) is not None


def program_entry(values: dict[str, Any], **start: Any) -> ProgramEntry:
    """What the services take."""
    bolus = None
    if values["bolus_dose"] is not None:
        parts = {name: values[f"bolus_{name}"] for name in ("dose", "unit", "max_per_day", "mean_per_day")}
        bolus = BolusEntry(**parts)
    names = ("starts_on", "starts_at", "kind", "dose", "dose_unit", "flow_ml_per_day", "pattern", "note")
    return ProgramEntry(**({name: values[name] for name in names if name in values} | start), bolus=bolus)


class Programs(ClinicAPIView):
    """The versions of a pump's program."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.CHANGE_PROGRAM}

    @extend_schema(responses=page_of(ProgramShown), operation_id="list_programs")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Every version, also corrected and withdrawn ones."""
        implant = implant_or_404(self, ref)
        return self.page(program_rows(clinic_id=self.clinic.pk, implant_id=implant.pk), ProgramShown)

    @extend_schema(request=NewProgramSent, responses={201: ProgramShown}, operation_id="record_program")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record a change of program; the dates follow at once.

        409 with the stops where the new dates are in doubt: send it again with their codes in ``acknowledged``.
        """
        values = self.read(NewProgramSent)
        entry, implant = program_entry(values), implant_or_404(self, ref)

        def record() -> Any:
            with acknowledging(self, ref, values) as confirmed:
                confirmed.preview(
                    preview_program(
                        clinic_id=self.clinic.pk, implant_id=implant.pk, entry=entry, now=self.now
                    )
                )
                made = record_program(
                    clinic=self.clinic,
                    implant_ref=ref,
                    entry=entry,
                    actor_id=self.person_id,
                    now=self.now,
                    reason=confirmed.reason("program changed"),
                )
            return ProgramShown(made).data

        return self.once(record)


class _OneProgram(ClinicAPIView):
    permissions: ClassVar = {"post": Permission.CHANGE_PROGRAM}

    def version(self, number: int) -> Any:
        """The clinic's version that still stands or stood, or 404."""
        found = get_program(clinic_id=self.clinic.pk, program_id=number)
        if found is None:
            raise Http404
        return found


class ProgramCorrection(_OneProgram):
    """The correction of a version."""

    @extend_schema(
        request=ProgramCorrectionSent, responses={201: ProgramShown}, operation_id="correct_program"
    )
    def post(self, request: Request, clinic_slug: str, number: int) -> Response:
        """Say what the program truly was: the old version stays, superseded. 409 as for a change of program."""
        values = self.read(ProgramCorrectionSent)
        entry, old = program_entry(values), self.version(number)

        def correct() -> Any:
            with acknowledging(self, old.implant.ref, values) as confirmed:
                confirmed.preview(
                    preview_program(
                        clinic_id=self.clinic.pk,
                        implant_id=old.implant_id,
                        entry=entry,
                        now=self.now,
                        replaces=(old.starts_on, old.starts_at),
                    )
                )
                made = correct_program(
                    clinic=self.clinic,
                    program_id=old.pk,
                    entry=entry,
                    reason=confirmed.reason(values["reason"]),
                    actor_id=self.person_id,
                    now=self.now,
                )
            return ProgramShown(made).data

        return self.once(correct)


class ProgramWithdrawal(_OneProgram):
    """The withdrawal of a version that never ran."""

    @extend_schema(request=CorrectionSent, responses=ProgramShown, operation_id="withdraw_program")
    def post(self, request: Request, clinic_slug: str, number: int) -> Response:
        """Withdraw a version; the one before it runs on. 409 as for a change of program."""
        values, old = self.read(CorrectionSent), self.version(number)

        def withdraw() -> Any:
            with acknowledging(self, old.implant.ref, values) as confirmed:
                confirmed.preview(
                    preview_without_program(
                        clinic_id=self.clinic.pk,
                        implant_id=old.implant_id,
                        start=(old.starts_on, old.starts_at),
                        now=self.now,
                    )
                )
                void_program(
                    clinic=self.clinic,
                    program_id=old.pk,
                    reason=confirmed.reason(values["reason"]),
                    actor_id=self.person_id,
                    now=self.now,
                )
            return ProgramShown(self.version(old.pk)).data

        return self.once(withdraw, code=200)
