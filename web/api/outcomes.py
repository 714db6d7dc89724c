"""Outcome scores over time: the clinic's medians, and each patient's course. See docs/reference/reports.md."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.paginator import Paginator
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.domain.reports.outcomes import scale_key
from scheduling.selectors.reports.outcomes import outcome_report, scored_patients
from web.api.access import ClinicAPIView
from web.api.pages import NumberedAsked
from web.api.reports import FigureField
from web.api.shapes import QuantityField, Shown, said_unknown


class QuarterShown(Shown):
    """The median of the patients' last scores in a quarter; null where nobody was asked. ``is_few``: under five."""

    year = serializers.IntegerField(source="quarter.year")
    number = serializers.IntegerField(source="quarter.number")
    patients = serializers.IntegerField()
    median = FigureField(allow_null=True)
    is_few = serializers.BooleanField()


class ScaleShown(Shown):
    """One scale, told from others by its name alone."""

    key = serializers.CharField()
    name = serializers.CharField()
    quarters = QuarterShown(many=True)


class ScoreShown(Shown):
    """One score."""

    on = serializers.DateField()
    score = QuantityField()


class CourseShown(Shown):
    """One patient's scores, oldest first. ``change`` is last minus first."""

    patient = serializers.UUIDField()
    change = QuantityField()
    scores = ScoreShown(many=True)


class CoursesAsked(NumberedAsked):
    """Which scale: a key of the report."""

    scale = serializers.CharField(max_length=60)


class CoursesShown(Shown):
    """A page of patients, those whose score has changed most first."""

    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    results = CourseShown(many=True)


class Outcomes(ClinicAPIView):
    """Outcomes."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=ScaleShown(many=True), operation_id="report_outcomes")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The median of every scale, quarter by quarter. Nothing is called better or worse: that hangs on the scale."""
        found = outcome_report(clinic_id=self.clinic.pk, now=self.now)
        return Response(ScaleShown(found, many=True).data)


class OutcomeCourses(ClinicAPIView):
    """Patients' courses."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(parameters=[CoursesAsked], responses=CoursesShown, operation_id="report_outcome_courses")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Every patient's scores on one scale."""
        asked = self.asked(CoursesAsked)
        wanted = scale_key(asked["scale"])
        scales = outcome_report(clinic_id=self.clinic.pk, now=self.now)
        scale = next((each for each in scales if each.key == wanted), None)
        if scale is None:
            raise serializers.ValidationError({"scale": [said_unknown()]})
        page = Paginator(scale.courses, asked["limit"]).get_page(asked["page"])
        people = scored_patients(
            clinic_id=self.clinic.pk, patient_ids=[each.patient_id for each in page.object_list]
        )
        results: list[dict[str, Any]] = [
            {"patient": people[each.patient_id].patient_ref, "change": each.change, "scores": each.scores}
            for each in page.object_list
        ]
        shown = {"page": page.number, "pages": page.paginator.num_pages, "results": results}
        return Response(CoursesShown(shown).data)
