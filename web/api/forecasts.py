"""Projections: of pumps sent in the request, and of a clinic's implants as stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.domain.roles import Permission
from clinic.selectors.catalogue import catalogue
from scheduling.domain.forecast_file import forecast_record
from scheduling.selectors.forecasts import clinic_forecasts
from web.api.access import ClinicAPIView
from web.api.implants import implant_or_404
from web.api.pages import page_of
from web.api.shapes import Sent, Shown

MOST_PUMPS = 500


@extend_schema_field({"type": "object", "additionalProperties": True})
class PumpField(serializers.JSONField):
    """A record of the forecast file. One that is wrong is refused in its own result, beside those of the others."""


class PumpsSent(Sent):
    """A list of records in the shape of the forecast file (docs/reference/forecast-file.md)."""

    pumps = serializers.ListField(child=PumpField(), min_length=1, max_length=MOST_PUMPS)


class ResultsShown(Shown):
    """A result or a refusal for each pump, in the shape of the forecast file."""

    results = serializers.ListField(child=serializers.JSONField())


class ProjectPumps(APIView):
    """Pumps that are in no record."""

    @extend_schema(request=PumpsSent, responses=ResultsShown, operation_id="project_pumps")
    def post(self, request: Request) -> Response:
        """The dates of pumps that are sent, each with its result or its refusal. Nothing is stored."""
        sent = PumpsSent(data=request.data)
        sent.is_valid(raise_exception=True)
        now, known = timezone.now(), catalogue()

        def today(zone: ZoneInfo) -> date:
            return now.astimezone(zone).date()

        pumps = sent.validated_data["pumps"]
        return Response({"results": [forecast_record(pump, today=today, catalogue=known) for pump in pumps]})


class ForecastShown(Shown):
    """A stored forecast. No name, no number: an implant is known by its reference."""

    implant = serializers.UUIDField(source="implant.ref")
    status = serializers.CharField()
    must_refill_by = serializers.DateField(allow_null=True)
    limited_by = serializers.CharField()
    low_reservoir_on = serializers.DateField(allow_null=True)
    empty_on = serializers.DateField(allow_null=True)
    empty_at = serializers.DateTimeField(allow_null=True)
    target_visit_on = serializers.DateField(allow_null=True)
    latest_visit_on = serializers.DateField(allow_null=True)
    review_by = serializers.DateField(allow_null=True)
    limits = serializers.JSONField()
    findings = serializers.JSONField()
    computed_at: serializers.Field[datetime, Any, str, Any] = serializers.DateTimeField()


class ForecastsAsked(Sent):
    """Which forecasts."""

    status = serializers.ChoiceField(choices=("ok", "review"), required=False)
    due_by = serializers.DateField(
        required=False, help_text="To be refilled or looked at by this day, or in doubt without any."
    )


class ClinicForecasts(ClinicAPIView):
    """When the clinic's pumps must be refilled."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(
        parameters=[ForecastsAsked], responses=page_of(ForecastShown), operation_id="list_forecasts"
    )
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The forecasts in effect, as stored. Pumps in review stand among them without a date."""
        asked = self.asked(ForecastsAsked)
        rows = clinic_forecasts(clinic_id=self.clinic.pk, **asked)
        return self.page(rows, ForecastShown)


class OneForecast(ClinicAPIView):
    """When a pump must be refilled."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=ForecastShown, operation_id="get_forecast")
    def get(self, request: Request, clinic_slug: str, ref: UUID) -> Response:
        """The forecast in effect, as stored. 404 for a pump that was taken out."""
        implant = implant_or_404(self, ref)
        found = clinic_forecasts(clinic_id=self.clinic.pk).filter(implant_id=implant.pk).first()
        if found is None:
            raise Http404
        return Response(ForecastShown(found).data)
