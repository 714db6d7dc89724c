"""Matters for tests, opened the way the product opens them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clinic.models import Implant
from clinic.services.patients import add_contact_point
from notifications.models import Escalation, Message
from notifications.services.escalations import open_escalation
from scheduling.models import Forecast, Visit
from tests.factories import House


def open_matter(
    house: House, *, cause: str = "not_delivered", key: str = "message:1", **values: Any
) -> Escalation:
    return open_escalation(clinic_id=house.clinic.id, cause=cause, key=key, **({"now": house.now} | values))


def days_left(house: House, implant: Implant, days: int, **values: object) -> Implant:
    """Put the pump so many days before empty, its target long past; a drug without withdrawal unless said."""
    today = house.today
    Forecast.objects.filter(implant=implant).update(
        **{
            "status": "ok",
            "must_refill_by": today + timedelta(days=days),
            "limited_by": "empty",
            "target_visit_on": today - timedelta(days=20),
            "latest_visit_on": today - timedelta(days=1),
            "empty_on": today + timedelta(days=days),
            "empty_at": house.now + timedelta(days=days),
            "low_reservoir_on": None,
            "hazard": 0,
        }
        | values
    )
    return implant


def asked(visit: Visit, *, state: str = "delivered", wants_answer: bool = True, **values: Any) -> Message:
    """A reminder of the visit as it stands, sent the day before it was booked; unless said, it arrived and asks."""
    now = visit.booked_at
    contact = add_contact_point(
        clinic=visit.clinic,
        patient_ref=visit.patient.ref,
        kind="email",
        value=f"p{visit.pk}x{visit.sequence}{state}@example.org",
        actor_id=visit.booked_by_id,
        now=now,
    )
    row, _ = Message.objects.update_or_create(
        clinic_id=visit.clinic_id,
        recipient=contact,
        kind="refill",
        occurrence=f"visit:{visit.pk}",
        step="d14",
        channel="email",
        planned_version=str(visit.sequence),
        defaults={
            "patient": visit.patient,
            "visit": visit,
            "wants_answer": wants_answer,
            "state": state,
            "reason": "",
            "due_at": now - timedelta(days=1),
            "first_sent_at": None if state in ("queued", "missed") else now - timedelta(days=1),
            "not_after": now + timedelta(days=1),
            "planned_at": now - timedelta(days=2),
        }
        | values,
    )
    return row
