"""The reports of the pages, in their figures. See docs/reference/reports.md."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.domain.figures import rounded
from scheduling.domain.reports.weeks import week_of
from scheduling.selectors.reports.discrepancy import trend_report
from scheduling.selectors.reports.preparation import Doubt, preparation_report
from scheduling.selectors.reports.refills import refill_report
from web import findings
from web.api.access import ClinicAPIView
from web.api.outlooks import FindingShown
from web.api.pages import NumberedAsked
from web.api.shapes import QuantityField, Sent, Shown

PLACES = 6
"""Figures are kept to so many places."""


@extend_schema_field({"type": "string", "format": "decimal"})
class FigureField(serializers.Field[Any, Any, Any, Any]):
    """An exact fraction, to six places, as a string."""

    def to_representation(self, value: Decimal | Fraction) -> str:
        return f"{rounded(value, PLACES):f}"


class RefillWeekShown(Shown):
    """A week from Monday on. ``repeats`` is an estimate; ``fit`` is null where a nurse, room or kind of visit is missing."""

    starts_on = serializers.DateField(source="week.starts_on")
    ends_on = serializers.DateField(source="week.ends_on")
    due = serializers.IntegerField()
    overdue = serializers.IntegerField()
    repeats = serializers.IntegerField()
    booked = serializers.IntegerField()
    fit = serializers.IntegerField(source="capacity", allow_null=True)
    is_over = serializers.BooleanField()
    may_be_over = serializers.BooleanField()


class RefillsDueShown(Shown):
    """Refills due and what fits. ``uncertain`` pumps have no certain date and are in no week."""

    weeks = RefillWeekShown(many=True)
    uncertain = serializers.IntegerField()
    refill_minutes = serializers.IntegerField(source="minutes", allow_null=True)


class RefillsDue(ClinicAPIView):
    """Refills due."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=RefillsDueShown, operation_id="report_refills_due")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Refills due per week against what the clinic can do, half a year ahead."""
        return Response(RefillsDueShown(refill_report(clinic_id=self.clinic.pk, now=self.now)).data)


class PharmacyAsked(Sent):
    """Any day of the week that is asked for; without one this week."""

    week_on = serializers.DateField(required=False)


class WeekCountShown(Shown):
    """How many syringes a week needs."""

    starts_on = serializers.DateField()
    syringes = serializers.IntegerField()


class IngredientShown(Shown):
    """A drug of a mixture."""

    drug = serializers.CharField()
    concentration = QuantityField()
    unit = serializers.CharField()


class SyringeShown(Shown):
    """What one pump needs at its next refill, by what was put in last: check it against the prescription."""

    patient = serializers.UUIDField()
    implant = serializers.UUIDField()
    volume_ml = QuantityField()
    needed_on = serializers.DateField()
    is_booked = serializers.BooleanField()
    order_by = serializers.DateField()


class PreparationShown(Shown):
    """All syringes of one mixture."""

    mixture = IngredientShown(many=True)
    total_ml = QuantityField()
    order_by = serializers.DateField()
    syringes = SyringeShown(many=True)


class DoubtShown(Shown):
    """A pump whose next syringe nobody can be sure of."""

    patient = serializers.UUIDField(source="whose.patient_ref")
    implant = serializers.UUIDField(source="whose.implant_ref")
    filled = IngredientShown(many=True)
    visit_on = serializers.DateField(allow_null=True)
    findings = serializers.SerializerMethodField()

    @extend_schema_field(FindingShown(many=True))
    def get_findings(self, doubt: Doubt) -> Any:
        return FindingShown(findings.stored(doubt.findings), many=True).data


class PharmacyShown(Shown):
    """What the pharmacy is to prepare for the refills of one week."""

    starts_on = serializers.DateField()
    lead_days = serializers.IntegerField()
    weeks = WeekCountShown(many=True)
    preparations = PreparationShown(many=True)
    doubts = DoubtShown(many=True)


class Pharmacy(ClinicAPIView):
    """For the pharmacy."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(parameters=[PharmacyAsked], responses=PharmacyShown, operation_id="report_pharmacy")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """One week's syringes by mixture, the one to be ordered first on top, and every pump in doubt."""
        week_on = self.asked(PharmacyAsked).get("week_on")
        report = preparation_report(clinic_id=self.clinic.pk, now=self.now, week_on=week_on)
        if week_on is not None and week_of(week_on) != report.week:
            raise serializers.ValidationError({"week_on": ["is not in the coming weeks"]})
        shown = {
            "starts_on": report.week.starts_on,
            "lead_days": report.lead_days,
            "weeks": [{"starts_on": week.starts_on, "syringes": count} for week, count in report.counts],
            "preparations": [
                {
                    "mixture": each.mixture,
                    "total_ml": each.total_ml,
                    "order_by": each.order_by,
                    "syringes": [
                        {
                            "patient": report.people[syringe.implant_id].patient_ref,
                            "implant": report.people[syringe.implant_id].implant_ref,
                            "volume_ml": syringe.volume_ml,
                            "needed_on": syringe.needed_on,
                            "is_booked": syringe.is_booked,
                            "order_by": syringe.order_by,
                        }
                        for syringe in each.syringes
                    ],
                }
                for each in report.preparations
            ],
            "doubts": report.doubts,
        }
        return Response(PharmacyShown(shown).data)


class DiscrepanciesAsked(NumberedAsked):
    """Which pumps."""

    only_flagged = serializers.BooleanField(default=False)


class ResidualCheckShown(Shown):
    """One residual, judged. ``rate_error`` is delivered/programmed - 1; null when nothing was programmed."""

    filled_on = serializers.DateField()
    since = serializers.DateField()
    expected_ml = FigureField()
    residual_ml = FigureField()
    difference_ml = FigureField()
    rate_error = FigureField(allow_null=True)
    is_volume_off = serializers.BooleanField()
    is_rate_off = serializers.BooleanField()
    is_possible_pocket_fill = serializers.BooleanField()
    is_more_than_fill = serializers.BooleanField()


class TrendShown(Shown):
    """One pump's residuals, oldest first. ``mean_rate_error`` is over its last three refills."""

    patient = serializers.UUIDField(source="patient_ref")
    implant = serializers.UUIDField(source="implant_ref")
    is_flagged_now = serializers.BooleanField()
    flagged = serializers.IntegerField()
    mean_rate_error = FigureField(allow_null=True)
    checks = ResidualCheckShown(many=True)


class DiscrepanciesShown(Shown):
    """A page of pumps. ``waiting`` are those whose residuals are still to be judged, in the background."""

    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    total = serializers.IntegerField()
    flagged = serializers.IntegerField()
    unjudged = serializers.IntegerField()
    waiting = serializers.IntegerField()
    results = TrendShown(many=True, source="rows")


class Discrepancies(ClinicAPIView):
    """Discrepancies."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(
        parameters=[DiscrepanciesAsked], responses=DiscrepanciesShown, operation_id="report_discrepancies"
    )
    def get(self, request: Request, clinic_slug: str) -> Response:
        """How far deliveries were off, pump by pump: flagged at the last refill first, then by the mean error."""
        asked = self.asked(DiscrepanciesAsked)
        report = trend_report(
            clinic_id=self.clinic.pk,
            page=asked["page"],
            page_size=asked["limit"],
            only_flagged=asked["only_flagged"],
        )
        return Response(DiscrepanciesShown(report).data)
