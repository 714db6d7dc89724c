"""What the interface answers about visits and times, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from rest_framework import serializers, status
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from clinic.domain.roles import Permission
from scheduling.domain.slot_refusals import SlotTaken
from scheduling.domain.slots import Slot
from scheduling.selectors.rows import Visit, VisitStatus
from scheduling.selectors.visits import histories, next_free_times, purposes_of, resource_refs
from web.api.access import ClinicAPIView
from web.api.problems import problem
from web.api.shapes import Shown
from web.words import said


class VisitStatusShown(Shown):
    """A step in the life of a visit."""

    status = serializers.CharField()
    since = serializers.DateTimeField()
    reason = serializers.CharField()
    moved_from = serializers.DateTimeField(allow_null=True)


class VisitShown(Shown):
    """A visit, in the time of its clinic. ``sequence`` counts its changes."""

    ref = serializers.UUIDField()
    status = serializers.CharField()
    patient = serializers.UUIDField()
    implant = serializers.UUIDField(allow_null=True)
    kind = serializers.UUIDField()
    nurse = serializers.UUIDField(allow_null=True)
    room = serializers.UUIDField(allow_null=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    local_on = serializers.DateField()
    local_at = serializers.CharField()
    time_zone = serializers.CharField()
    is_refill = serializers.BooleanField()
    sequence = serializers.IntegerField()
    note = serializers.CharField()
    override_reason = serializers.CharField()
    follow_ups = serializers.ListField(child=serializers.UUIDField())
    history = VisitStatusShown(many=True)


class SlotShown(Shown):
    """A free time. ``is_later`` is the second of two equal hours on the night the clocks go back."""

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    local_on = serializers.DateField()
    local_at = serializers.CharField()
    is_later = serializers.BooleanField()
    nurse = serializers.UUIDField(allow_null=True)
    room = serializers.UUIDField(allow_null=True)


class VisitsView(ClinicAPIView):
    """Tells refusals in one way: 409 for a time that cannot be had, with the next free ones."""

    def answer(self, act: Callable[[], Visit], *, code: int = status.HTTP_200_OK) -> Response:
        """Do it and show the visit, or say why not."""
        return self.answered(lambda: Response(self.shown(act()), code))

    def answered(self, answer: Callable[[], Response]) -> Response:
        """What it answers, or why the time cannot be had."""
        try:
            return answer()
        except SlotTaken as refused:
            times = next_free_times(clinic=self.clinic, sought=refused.sought, now=self.now)
            free = [{**each, "is_at_risk": at_risk} for each, at_risk in self.slots(times)]
            return problem(
                status.HTTP_409_CONFLICT,
                "slot-taken",
                said(refused.reason),
                reason=refused.why.value,
                next_free_times=free,
            )

    def shown(self, visit: Visit) -> dict[str, Any]:
        """The visit. No name: patient, nurse and room are known by their references."""
        return self.all_shown([visit])[0]

    def all_shown(self, visits: Sequence[Visit]) -> list[dict[str, Any]]:
        """The visits, in two queries more."""
        ids = [visit.pk for visit in visits]
        history = histories(clinic_id=self.clinic.pk, visit_ids=ids)
        wanted_for = purposes_of(clinic_id=self.clinic.pk, visit_ids=ids)
        return [_shown(visit, history.get(visit.pk, []), wanted_for.get(visit.pk, [])) for visit in visits]

    def slots(self, found: list[Slot]) -> list[tuple[dict[str, Any], bool]]:
        """Free times as they are shown, each with whether it is after the last safe day."""
        zone, refs = ZoneInfo(self.clinic.time_zone), resource_refs(clinic_id=self.clinic.id)
        return [
            (
                {
                    "starts_at": slot.starts_at.astimezone(zone),
                    "ends_at": slot.ends_at.astimezone(zone),
                    "local_on": slot.local_on,
                    "local_at": f"{slot.starts_at.astimezone(zone):%H:%M}",
                    "is_later": bool(slot.starts_at.astimezone(zone).fold),
                    "nurse": refs.get(slot.nurse_id or 0),
                    "room": refs.get(slot.room_id or 0),
                },
                slot.is_at_risk,
            )
            for slot in found
        ]

    def check_may_overbook(self, values: dict[str, Any]) -> None:
        """403 for an override by somebody who may not overbook."""
        if values["override_reason"].strip() and Permission.OVERBOOK not in self.granted:
            raise PermissionDenied


def _shown(visit: Visit, history: Sequence[VisitStatus], follow_ups: list[UUID]) -> dict[str, Any]:
    zone = ZoneInfo(visit.time_zone)
    return {
        "ref": visit.ref,
        "status": visit.status,
        "patient": visit.patient.ref,
        "implant": visit.implant.ref if visit.implant else None,
        "kind": visit.kind.ref,
        "nurse": visit.nurse.ref if visit.nurse else None,
        "room": visit.room.ref if visit.room else None,
        "starts_at": visit.starts_at.astimezone(zone),
        "ends_at": visit.ends_at.astimezone(zone),
        "local_on": visit.local_on,
        "local_at": f"{visit.local_at:%H:%M}",
        "time_zone": visit.time_zone,
        "is_refill": visit.is_refill,
        "sequence": visit.sequence,
        "note": visit.note,
        "override_reason": visit.override_reason,
        "follow_ups": follow_ups,
        "history": [
            {
                "status": row.status,
                "since": row.since.astimezone(zone),
                "reason": row.reason,
                "moved_from": row.moved_from.astimezone(zone) if row.moved_from else None,
            }
            for row in history
        ],
    }
