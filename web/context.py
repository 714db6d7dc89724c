"""What every page's frame needs: the clinic, what its reader may do, whether last night's check finished, what waits."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from clinic.domain.roles import Permission
from clinic.scope import in_clinic
from clinic.selectors.emergencies import unreviewed_emergencies
from clinic.selectors.rows import Clinic
from clinic.together import ask_together
from notifications.selectors.escalations import Alarm, alarm_from, alarm_questions
from notifications.selectors.operation import LATE_AFTER, dispatch_questions, late_dispatch_from
from scheduling.domain.care.rungs import Rung
from scheduling.selectors.second_checks import as_author, to_check_from, to_check_questions
from scheduling.selectors.sweeps import late_sweep_from, night_to_finish, nights_since
from web.drafts import owner_and_key
from web.language import OWN_NAMES
from web.navigation import links
from web.second_factor import is_second_factor_missing
from web.signed_in import person_id

RUNG_NAMES = {
    Rung.EMERGENCY: _("emergency"),
    Rung.PHYSICIAN: _("very urgent"),
    Rung.NURSE_CALLS_DAILY: _("urgent"),
    Rung.STAFF_CALLS: _("soon"),
    Rung.RESCHEDULE: _("when there is time"),
}
"""How grave, where it is not said of what."""


def clinic_frame(request: HttpRequest) -> dict[str, Any]:
    """The frame's values: the idle time-out for whoever is signed in, and on a clinic page the clinic's."""
    frame: dict[str, Any] = {"idle_seconds": settings.SESSION_COOKIE_AGE, "page_languages": OWN_NAMES.items()}
    person = getattr(request, "user", None)
    if person is not None and person.is_authenticated:
        frame["draft_owner"], frame["draft_key"] = owner_and_key(person.pk)
        frame["second_factor_missing"] = is_second_factor_missing(request)
    clinic = getattr(request, "clinic", None)
    if clinic is None:
        return frame
    with in_clinic(clinic.id):  # the page of an error is made when the page itself is over
        return frame | _frame_of(request, clinic)


def _frame_of(request: HttpRequest, clinic: Clinic) -> dict[str, Any]:
    permissions = request.permissions  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    frame: dict[str, Any] = {
        "clinic": clinic,
        "today": request.today,  # type: ignore[attr-defined]
        "may": {permission.value: True for permission in permissions},
    }
    if not getattr(request, "htmx", False):
        frame["navigation"] = links(clinic_slug=clinic.slug, permissions=permissions)
        night = night_to_finish(clinic, now)
        answers = ask_together(
            _questions,
            clinic_id=clinic.id,
            user_id=person_id(request),
            own=as_author(person_id(request)),
            night=night,
            late_before=now - LATE_AFTER,
        )
        frame["late_sweep"] = late_sweep_from(answers["nights"], night)
        frame["late_dispatch"] = late_dispatch_from(answers)
        frame["emergency"] = getattr(request, "emergency", None)
        if Permission.MANAGE_MEMBERS in permissions:
            frame["unreviewed"] = unreviewed_emergencies(clinic_id=clinic.id)
        if Permission.VIEW_PATIENTS in permissions:
            frame["alarm"] = shown_alarm(alarm_from(answers))
        if Permission.RECORD_CARE in permissions:
            frame["to_check"] = to_check_from(answers)
    return frame


def _questions(given: Any) -> dict[str, Any]:
    return {
        "nights": nights_since(given.clinic_id, given.night),
        **dispatch_questions(given),
        **alarm_questions(given),
        **to_check_questions(given),
    }


def shown_alarm(found: Alarm) -> dict[str, Any]:
    """What waits for somebody, counted at each page load; loud where it is an emergency or nobody took it."""
    return {
        "number": found.number,
        "mine": found.mine,
        "with_everybody": found.with_everybody,
        "rung": RUNG_NAMES[Rung(found.gravest)] if found.gravest else "",
        "is_loud": found.with_everybody > 0 or found.gravest >= Rung.EMERGENCY,
    }
