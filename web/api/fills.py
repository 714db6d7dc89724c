"""Refills: what was put into a pump, and how it runs from then on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.checks import RecordError
from clinic.domain.entries import BridgeEntry, DrugEntry, FillEntry, ProgramEntry
from clinic.domain.roles import Permission
from clinic.selectors.fills import all_fills, get_fill
from clinic.selectors.rows import ConcentrationUnit, Fill
from clinic.services.fills import correct_fill, record_fill, void_fill
from scheduling.services.preview import Preview, preview_fill, preview_program, preview_without_fill
from web.api.access import ClinicAPIView
from web.api.implants import implant_or_404
from web.api.outlooks import AcknowledgedSent, OutlookShown, acknowledging, comparison_of
from web.api.pages import page_of
from web.api.programs import CorrectionSent, ProgramAtFillSent, ProgramSent, is_superseded, program_entry
from web.api.shapes import ListedField, QuantityField, Sent, Shown

UNITS = ConcentrationUnit.choices


class DrugSent(Sent):
    """A drug of the mixture. ``drug`` is a key of the catalogue; a concentration has its unit."""

    drug = serializers.CharField(source="drug_key", max_length=60)
    concentration = QuantityField()
    concentration_unit = serializers.ChoiceField(choices=UNITS)
    is_diluted = serializers.BooleanField(allow_null=True, default=None)
    stability_days = serializers.IntegerField(min_value=1, max_value=3660, allow_null=True, default=None)
    lot = serializers.CharField(max_length=60, allow_blank=True, default="")
    beyond_use_on = serializers.DateField(allow_null=True, default=None)


class FillSent(Sent):
    """A refill. The first drug is the one that doses refer to."""

    filled_on = serializers.DateField()
    filled_at = serializers.DateTimeField(allow_null=True, default=None)
    fill_volume_ml = QuantityField()
    residual_ml = QuantityField(allow_null=True, default=None)
    drugs = ListedField(child=DrugSent(), min_length=1, max_length=3)
    is_first_fill = serializers.BooleanField(allow_null=True, default=None)
    bridge_old_volume_ml = QuantityField(allow_null=True, default=None)
    bridge_old_concentration = QuantityField(allow_null=True, default=None)
    bridge_old_unit = serializers.ChoiceField(choices=UNITS, allow_blank=True, default="")
    printed_refill_on = serializers.DateField(allow_null=True, default=None)
    performed_by = serializers.CharField(max_length=120, allow_blank=True, default="")
    note = serializers.CharField(max_length=2000, allow_blank=True, default="")

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        """A bridge is whole or absent."""
        given = {
            sent["bridge_old_volume_ml"] is not None,
            sent["bridge_old_concentration"] is not None,
            bool(sent["bridge_old_unit"]),
        }
        if len(given) > 1:
            raise serializers.ValidationError(
                {
                    "bridge_old_volume_ml": [
                        "A bridge has a volume, a concentration and its unit, or none of them."
                    ]
                }
            )
        return sent


class NewFillSent(FillSent, AcknowledgedSent):
    """A refill and, where the pump was reprogrammed at it, the program from then on."""

    program = ProgramAtFillSent(allow_null=True, default=None)


class FillCorrectionSent(FillSent, CorrectionSent):
    """What the refill truly was."""


class FillWithdrawalSent(CorrectionSent):
    """Why a refill never was."""

    with_program = serializers.BooleanField(
        default=False, help_text="Withdraw the program that began with it too."
    )


class WhatIfSent(Sent):
    """A refill, with a program or without, or a change of program."""

    fill = FillSent(allow_null=True, default=None)
    program = ProgramSent(allow_null=True, default=None)

    def validate(self, sent: dict[str, Any]) -> dict[str, Any]:
        if sent["fill"] is None and sent["program"] is None:
            raise serializers.ValidationError({"fill": ["Give a fill, a program or both."]})
        return sent


class DrugShown(Shown):
    """A drug of a mixture."""

    drug = serializers.CharField(source="drug.key")
    concentration = QuantityField()
    concentration_unit = serializers.CharField()
    is_diluted = serializers.BooleanField(allow_null=True)
    stability_days = serializers.IntegerField(allow_null=True)
    lot = serializers.CharField()
    beyond_use_on = serializers.DateField(allow_null=True)


class FillShown(Shown):
    """A refill. ``is_superseded`` ones were corrected or withdrawn."""

    ref = serializers.UUIDField()
    implant = serializers.UUIDField(source="implant.ref")
    filled_on = serializers.DateField()
    filled_at = serializers.DateTimeField(allow_null=True)
    fill_volume_ml = QuantityField()
    residual_ml = QuantityField(allow_null=True)
    drugs = DrugShown(many=True)
    bridge_old_volume_ml = QuantityField(allow_null=True)
    bridge_old_concentration = QuantityField(allow_null=True)
    bridge_old_unit = serializers.CharField()
    printed_refill_on = serializers.DateField(allow_null=True)
    performed_by = serializers.CharField()
    note = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    is_superseded = serializers.SerializerMethodField()

    def get_is_superseded(self, row: Fill) -> bool:
        return is_superseded(row)


def fill_entry(values: dict[str, Any]) -> FillEntry:
    """What the services take."""
    bridge = None
    if values["bridge_old_unit"]:
        bridge = BridgeEntry(
            old_volume_ml=values["bridge_old_volume_ml"],
            old_concentration=values["bridge_old_concentration"],
            old_unit=values["bridge_old_unit"],
        )
    names = (
        *("filled_on", "filled_at", "fill_volume_ml", "residual_ml", "is_first_fill"),
        *("printed_refill_on", "performed_by", "note"),
    )
    drugs = tuple(DrugEntry(**drug) for drug in values["drugs"])
    return FillEntry(**{name: values[name] for name in names}, drugs=drugs, bridge=bridge)


def program_at(values: dict[str, Any] | None, fill: FillEntry) -> ProgramEntry | None:
    """The program that begins with the fill."""
    if values is None:
        return None
    return program_entry(values, starts_on=fill.filled_on, starts_at=fill.filled_at)


@contextmanager
def parts_named() -> Iterator[None]:
    """Say ``program/dose`` where the fault is in the program beside a fill; no field has the same name in both."""
    try:
        yield
    except RecordError as error:
        if error.field in {*ProgramSent().fields}:
            error.field = f"program.{error.field}"
        raise


class _OfFill(ClinicAPIView):
    def fill(self, ref: UUID) -> Fill:
        """The clinic's refill, or 404."""
        found = get_fill(clinic_id=self.clinic.pk, fill_ref=ref)
        if found is None:
            raise Http404
        return found


class Fills(_OfFill):
    """A pump's refills."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS, "post": Permission.RECORD_CARE}

    @extend_schema(responses=page_of(FillShown), operation_id="list_fills")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Every refill, also corrected and withdrawn ones."""
        implant = implant_or_404(self, ref)
        rows = all_fills(clinic_id=self.clinic.pk).filter(implant_id=implant.pk)
        return self.page(rows, FillShown)

    @extend_schema(request=NewFillSent, responses={201: FillShown}, operation_id="record_fill")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Record a refill, with the program from then on where it changed; the dates follow at once.

        409 with the stops where the new dates are in doubt: send it again with their codes in ``acknowledged``.
        A change of drug or concentration waits for a second person before it moves a date later.
        """
        values, implant = self.read(NewFillSent), implant_or_404(self, ref)
        entry = fill_entry(values)
        program = program_at(values["program"], entry)

        def record() -> Any:
            with acknowledging(self, ref, values) as confirmed, parts_named():
                confirmed.preview(
                    preview_fill(
                        clinic_id=self.clinic.pk,
                        implant_id=implant.pk,
                        entry=entry,
                        program=program,
                        now=self.now,
                    )
                )
                made = record_fill(
                    clinic=self.clinic,
                    implant_ref=ref,
                    entry=entry,
                    program=program,
                    actor_id=self.person_id,
                    now=self.now,
                    reason=confirmed.reason("refill recorded"),
                )
            return FillShown(self.fill(made.ref)).data

        return self.once(record)


class OneFill(_OfFill):
    """A refill."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=FillShown, operation_id="get_fill")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The refill."""
        return Response(FillShown(self.fill(ref)).data)


class FillCorrection(_OfFill):
    """The correction of a refill."""

    permissions: ClassVar = {"post": Permission.RECORD_CARE}

    @extend_schema(request=FillCorrectionSent, responses={201: FillShown}, operation_id="correct_fill")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Say what the refill truly was: the old entry stays, superseded. 409 as for a new refill."""
        values, old = self.read(FillCorrectionSent), self.fill(ref)
        entry = fill_entry(values)

        def correct() -> Any:
            with acknowledging(self, old.implant.ref, values) as confirmed:
                confirmed.preview(
                    preview_fill(
                        clinic_id=self.clinic.pk,
                        implant_id=old.implant_id,
                        entry=entry,
                        now=self.now,
                        replaces=old.pk,
                    )
                )
                made = correct_fill(
                    clinic=self.clinic,
                    fill_ref=ref,
                    entry=entry,
                    reason=confirmed.reason(values["reason"]),
                    actor_id=self.person_id,
                    now=self.now,
                )
            return FillShown(self.fill(made.ref)).data

        return self.once(correct)


class FillWithdrawal(_OfFill):
    """The withdrawal of a refill that never happened."""

    permissions: ClassVar = {"post": Permission.RECORD_CARE}

    @extend_schema(request=FillWithdrawalSent, responses=FillShown, operation_id="withdraw_fill")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """Withdraw a refill; it stays in the history. 409 as for a new refill."""
        values, old = self.read(FillWithdrawalSent), self.fill(ref)

        def withdraw() -> Any:
            with acknowledging(self, old.implant.ref, values) as confirmed:
                confirmed.preview(
                    preview_without_fill(
                        clinic_id=self.clinic.pk,
                        implant_id=old.implant_id,
                        fill_id=old.pk,
                        now=self.now,
                        is_with_program=values["with_program"],
                    )
                )
                void_fill(
                    clinic=self.clinic,
                    fill_ref=ref,
                    reason=confirmed.reason(values["reason"]),
                    actor_id=self.person_id,
                    now=self.now,
                    is_with_program=values["with_program"],
                )
            return FillShown(self.fill(ref)).data

        return self.once(withdraw, code=200)


class WhatIf(ClinicAPIView):
    """What an entry would do to a pump's dates."""

    permissions: ClassVar = {"post": Permission.VIEW_PATIENTS}

    @extend_schema(request=WhatIfSent, responses=OutlookShown, operation_id="what_if")
    def post(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The dates now and after the entry. Nothing is written; what writing would refuse is refused here too."""
        values, implant = self.read(WhatIfSent), implant_or_404(self, ref)
        with parts_named():
            return Response(comparison_of(self._preview(values, implant.pk)))

    def _preview(self, values: dict[str, Any], implant_id: int) -> Preview:
        at: dict[str, Any] = {"clinic_id": self.clinic.pk, "implant_id": implant_id, "now": self.now}
        program = program_entry(values["program"]) if values["program"] else None
        if values["fill"] is None:
            assert program is not None  # noqa: S101 - one of the two is given
            return preview_program(entry=program, **at)
        return preview_fill(entry=fill_entry(values["fill"]), program=program, **at)
