"""What waits for a second person. Read only: signing is for people, who re-enter unseen what somebody else entered."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.selectors.second_checks import running_checks
from web.api.access import ClinicAPIView
from web.api.pages import page_of
from web.api.shapes import Shown


class SecondCheckShown(Shown):
    """Entries of one pump that wait. ``holds`` is the refill date until somebody signs; never what was entered.

    ``emergency_until``: in effect until then, alone, in an emergency.
    """

    ref = serializers.UUIDField()
    patient = serializers.UUIDField(source="implant.patient.ref")
    implant = serializers.UUIDField(source="implant.ref")
    state = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    author = serializers.IntegerField(source="author_id", allow_null=True)
    opened_at = serializers.DateTimeField()
    holds = serializers.DateField(allow_null=True)
    mismatches = serializers.IntegerField()
    emergency_until = serializers.DateTimeField(allow_null=True)


class SecondChecks(ClinicAPIView):
    """The clinic's second checks."""

    permissions: ClassVar = {"get": Permission.RECORD_CARE}

    @extend_schema(responses=page_of(SecondCheckShown), operation_id="list_second_checks")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """What waits for a second person. A token never signs: somebody does, on the page of what is to check."""
        return self.page(running_checks(clinic_id=self.clinic.pk), SecondCheckShown)
