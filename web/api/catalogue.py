"""What other requests name by a key: one's clinics, pump models and drugs, kinds of visit, nurses and rooms."""

from __future__ import annotations

from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from clinic.domain.roles import Permission
from clinic.selectors.accounts import clinics_of
from clinic.selectors.catalogue import drug_choices, pump_model_choices
from clinic.selectors.rows import ApiToken
from clinic.services.patients import local_today
from scheduling.selectors.resources import resources, visit_kinds
from web.api.access import ClinicAPIView
from web.api.shapes import Shown


class ClinicShown(Shown):
    """A clinic. ``slug`` stands in the addresses of its operations."""

    slug = serializers.CharField()
    name = serializers.CharField()
    time_zone = serializers.CharField()
    language = serializers.CharField()


class NamedShown(Shown):
    """A pump model or a drug."""

    key = serializers.CharField()
    name = serializers.CharField()


class CatalogueShown(Shown):
    """The pump models and drugs that the record knows."""

    pump_models = NamedShown(many=True)
    drugs = NamedShown(many=True)


class KindShown(Shown):
    """A kind of visit."""

    ref = serializers.UUIDField()
    name = serializers.CharField()
    duration_minutes = serializers.IntegerField()
    is_refill = serializers.BooleanField()


class ResourceShown(Shown):
    """A nurse or a room."""

    ref = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()


def _named(choices: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"key": key, "name": name} for key, name in choices]


class Clinics(APIView):
    """The clinics that one may ask about."""

    @extend_schema(responses=ClinicShown(many=True), operation_id="list_clinics")
    def get(self, request: Request) -> Response:
        """A token has one clinic; a person in a browser may have more."""
        found = clinics_of(user_id=int(request.user.pk or 0))
        if isinstance(request.auth, ApiToken):
            found = [clinic for clinic in found if clinic.pk == request.auth.clinic_id]
        return Response(ClinicShown(found, many=True).data)


class CatalogueView(APIView):
    """The catalogue."""

    @extend_schema(responses=CatalogueShown, operation_id="get_catalogue")
    def get(self, request: Request) -> Response:
        """The keys of pump models and drugs."""
        shown = {"pump_models": _named(pump_model_choices()), "drugs": _named(drug_choices())}
        return Response(CatalogueShown(shown).data)


class Kinds(ClinicAPIView):
    """Kinds of visit."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=KindShown(many=True), operation_id="list_visit_kinds")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The kinds of visit that can be booked."""
        found = [kind for kind in visit_kinds(clinic_id=self.clinic.pk) if kind.is_active]
        return Response(KindShown(found, many=True).data)


class Resources(ClinicAPIView):
    """Nurses and rooms."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(responses=ResourceShown(many=True), operation_id="list_resources")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """The nurses and rooms that visits are booked with."""
        today = local_today(self.clinic, self.now)
        found = [each for each in resources(clinic_id=self.clinic.pk, today=today) if each.is_active]
        return Response(ResourceShown(found, many=True).data)
