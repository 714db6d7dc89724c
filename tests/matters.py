"""Matters for tests, opened the way the product opens them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from clinic.models import Implant
from notifications.models import Escalation
from notifications.services.escalations import open_escalation
from scheduling.models import Forecast
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
