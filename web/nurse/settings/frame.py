"""What the pages of the settings share: the tabs, the breadcrumb, and the run that a change of dates begins."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from scheduling.services.sweeps import start_recalculation
from web.access import ClinicRequest
from web.nurse.frame import Trail, clinic_reverse

TABS: tuple[tuple[str, str | Promise], ...] = (
    ("settings", _("Clinic")),
    ("resources", _("Nurses and rooms")),
    ("visit_kinds", _("Visit kinds")),
    ("closed_days", _("Closed days")),
    ("on_call", _("On call")),
    ("protocol", _("Care protocol")),
    ("reminders", _("Reminders")),
    ("check_in_rules", _("Check-ins")),
    ("words", _("Words")),
)


def settings_frame(request: ClinicRequest, *, tab: str) -> dict[str, Any]:
    """What ``nurse/settings/frame.html`` shows around a tab."""
    return {
        "place": "settings",
        "heading": _("Settings"),
        "tabs": [(label, clinic_reverse(request, name), name == tab) for name, label in TABS],
    }


def below_tab(request: ClinicRequest, tab: str, *more: tuple[str | Promise, str]) -> dict[str, Any]:
    """What a page below a tab needs: the place in the navigation and the breadcrumb, the page itself last."""
    trail: Trail = [(_("Settings"), clinic_reverse(request, "settings"))]
    if tab != "settings":
        trail.append((dict(TABS)[tab], clinic_reverse(request, tab)))
    return {"place": "settings", "trail": [*trail, *more]}


def recalculate(request: ClinicRequest) -> str:
    """Begin the run, in the transaction of the change that asks for it; the page of its progress."""
    run = start_recalculation(clinic_id=request.clinic.id, now=request.now, actor_id=request.user.id)
    return clinic_reverse(request, "recalculation", run_id=run.id)
