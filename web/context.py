"""What every page's frame needs: the clinic, what its reader may do, and whether last night's check finished."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from scheduling.selectors.sweeps import late_sweep
from web.navigation import links


def clinic_frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's values: the idle time-out for whoever is signed in, and on a clinic page the clinic's."""
    clinic = getattr(request, "clinic", None)
    if clinic is None:
        return {"idle_seconds": settings.SESSION_COOKIE_AGE}
    permissions = request.permissions  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    frame: dict[str, Any] = {
        "idle_seconds": settings.SESSION_COOKIE_AGE,
        "clinic": clinic,
        "today": request.today,  # type: ignore[attr-defined]
        "may": {permission.value: True for permission in permissions},
    }
    if not getattr(request, "htmx", False):
        frame["navigation"] = links(clinic_slug=clinic.slug, permissions=permissions)
        frame["late_sweep"] = late_sweep(clinic_id=clinic.id, now=now)
    return frame
