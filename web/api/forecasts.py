"""Projections: of pumps sent in the request, and of a clinic's implants as stored."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.domain.roles import Permission
from clinic.selectors.catalogue import catalogue
from scheduling.domain.forecast_file import forecast_record
from scheduling.selectors.forecasts import clinic_forecasts
from web.api.access import ClinicAPIView

MOST_PUMPS = 500


class PumpsSerializer(serializers.Serializer[Any]):
    """A list of records in the shape of the forecast file."""

    pumps = serializers.ListField(child=serializers.JSONField(), min_length=1, max_length=MOST_PUMPS)


class ProjectPumps(APIView):
    """POST pumps in the shape of the forecast file; each gets its result or its refusal. Stores nothing."""

    http_method_names = ["post", "options"]

    def post(self, request: Request) -> Response:
        sent = PumpsSerializer(data=request.data)
        sent.is_valid(raise_exception=True)
        now, known = timezone.now(), catalogue()

        def today(zone: ZoneInfo) -> date:
            return now.astimezone(zone).date()

        pumps = sent.validated_data["pumps"]
        return Response({"results": [forecast_record(pump, today=today, catalogue=known) for pump in pumps]})


class ForecastSerializer(serializers.Serializer[Any]):
    """A stored forecast. No name, no number: an implant is known by its reference."""

    implant = serializers.UUIDField(source="implant.ref")
    status = serializers.CharField()
    must_refill_by = serializers.DateField()
    limited_by = serializers.CharField()
    low_reservoir_on = serializers.DateField()
    empty_on = serializers.DateField()
    empty_at = serializers.DateTimeField()
    target_visit_on = serializers.DateField()
    latest_visit_on = serializers.DateField()
    review_by = serializers.DateField()
    limits = serializers.JSONField()
    findings = serializers.JSONField()
    computed_at: serializers.Field[datetime, Any, str, Any] = serializers.DateTimeField()


class ClinicForecasts(ClinicAPIView):
    """GET the stored forecasts of a clinic, the earliest date first, in pages."""

    http_method_names = ["get", "head", "options"]
    required_permission = Permission.VIEW_PATIENTS

    def get(self, request: Request, clinic_slug: str) -> Response:
        pages = LimitOffsetPagination()
        pages.max_limit = 500
        rows = pages.paginate_queryset(clinic_forecasts(clinic_id=self.clinic.id), request, view=self)
        return pages.get_paginated_response(ForecastSerializer(rows, many=True).data)
