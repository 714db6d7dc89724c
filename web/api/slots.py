"""Free times for a visit: the same search as the pages'. See docs/reference/visits.md."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.domain.roles import Permission
from clinic.selectors.patients import get_patient
from scheduling.domain.slots import Needs, Window
from scheduling.selectors.availability import free_slots
from scheduling.selectors.resources import get_resource, get_visit_kind
from scheduling.selectors.visit_needs import DAYS_AHEAD, needs_of
from web.api.shapes import Sent, Shown, said_unknown
from web.api.visit_answers import SlotShown, VisitsView

MOST_SLOTS = 100
LONGEST_SEARCH_DAYS = 184


class SlotsAsked(Sent):
    """What to search free times for."""

    patient = serializers.UUIDField()
    kind = serializers.UUIDField()
    nurse = serializers.UUIDField(required=False)
    room = serializers.UUIDField(required=False)
    duration_minutes = serializers.IntegerField(required=False, min_value=5, max_value=480)
    limit = serializers.IntegerField(default=20, min_value=1, max_value=MOST_SLOTS)
    first_on = serializers.DateField(required=False)
    last_on = serializers.DateField(required=False)


class SlotsShown(Shown):
    """Free times."""

    results = SlotShown(many=True)


class Slots(VisitsView):
    """Free times."""

    permissions: ClassVar = {"get": Permission.VIEW_PATIENTS}

    @extend_schema(parameters=[SlotsAsked], responses=SlotsShown, operation_id="find_slots")
    def get(self, request: Request, clinic_slug: str) -> Response:
        """Free times of a kind of visit for a patient, within half a year."""
        now, values = self.now, self.asked(SlotsAsked)
        patient = get_patient(clinic_id=self.clinic.id, patient_ref=values["patient"])
        if patient is None:
            raise serializers.ValidationError({"patient": [said_unknown()]})
        window = self._window(values, now)
        found = free_slots(
            clinic_id=self.clinic.id,
            needs=self._needs(values, now),
            window=window,
            now=now,
            patient_id=patient.pk,
            limit=values["limit"],
        )
        inside = [slot for slot in found if window.target_on <= slot.local_on <= window.latest_on]
        return Response({"results": [each for each, _ in self.slots(inside)]})

    def _needs(self, values: dict[str, Any], now: datetime) -> Needs:
        kind = get_visit_kind(clinic_id=self.clinic.id, kind_ref=values["kind"])
        if kind is None or not kind.is_active:
            raise serializers.ValidationError({"kind": [said_unknown()]})
        if "duration_minutes" in values:
            kind.duration_minutes = values["duration_minutes"]
        today = now.astimezone(ZoneInfo(self.clinic.time_zone)).date()
        named = {name: self._resource(name, values.get(name), today) for name in ("nurse", "room")}
        return needs_of([kind], nurse_id=named["nurse"], room_id=named["room"])

    def _resource(self, name: str, ref: UUID | None, today: date) -> int | None:
        if ref is None:
            return None
        found = get_resource(clinic_id=self.clinic.id, resource_ref=ref, today=today)
        if found is None or found.kind != name:
            raise serializers.ValidationError({name: [said_unknown()]})
        return found.pk

    def _window(self, values: dict[str, Any], now: datetime) -> Window:
        today = now.astimezone(ZoneInfo(self.clinic.time_zone)).date()
        first_on = max(values.get("first_on", today), today)
        last_on = values.get("last_on", first_on + timedelta(days=DAYS_AHEAD - 1))
        if not first_on <= last_on <= first_on + timedelta(days=LONGEST_SEARCH_DAYS):
            raise serializers.ValidationError(
                {"last_on": [str(_("is not within half a year after first_on"))]}
            )
        return Window(target_on=first_on, latest_on=last_on, must_by=last_on)
