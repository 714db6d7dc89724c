"""What the interface answers about visits and times, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission, may
from scheduling.domain.slot_refusals import BusyTryAgain, SlotTaken
from scheduling.domain.slots import Slot
from scheduling.selectors.rows import Visit
from scheduling.selectors.visits import next_free_times, purposes, resource_refs, status_history
from web.api.access import ClinicAPIView
from web.words import said


class VisitsView(ClinicAPIView):
    """Tells refusals in one way: 409 for a time that cannot be had, 503 for a crowd, 422 at the field for the rest."""

    def answer(self, act: Callable[[], Visit], *, code: int = status.HTTP_200_OK) -> Response:
        """Do it and show the visit, or say why not."""
        now = timezone.now()
        try:
            visit = act()
        except SlotTaken as refused:
            times = next_free_times(clinic=self.clinic, sought=refused.sought, now=now)
            body: dict[str, Any] = {
                "reason": refused.why.value,
                "detail": said(refused.reason),
                "next_free_times": [{**each, "is_at_risk": at_risk} for each, at_risk in self.slots(times)],
            }
            return Response(body, status.HTTP_409_CONFLICT)
        except BusyTryAgain as refused:
            body = {"detail": said(refused.reason)}
            return Response(body, status.HTTP_503_SERVICE_UNAVAILABLE, headers={"Retry-After": "1"})
        except RecordError as refused:
            body = {refused.field: [said(refused.reason)]}
            return Response(body, status.HTTP_422_UNPROCESSABLE_ENTITY)
        return Response(self.shown(visit), code)

    def shown(self, visit: Visit) -> dict[str, Any]:
        """The visit. No name: patient, nurse and room are known by their references."""
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
            "follow_ups": [row.ref for row in purposes(clinic_id=self.clinic.id, visit_id=visit.pk)],
            "history": [
                {
                    "status": row.status,
                    "since": row.since.astimezone(zone),
                    "reason": row.reason,
                    "moved_from": row.moved_from.astimezone(zone) if row.moved_from else None,
                }
                for row in status_history(clinic_id=self.clinic.id, visit_id=visit.pk)
            ],
        }

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
        if values["override_reason"].strip() and not may(self.role, Permission.OVERBOOK):
            raise PermissionDenied
