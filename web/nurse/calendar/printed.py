"""A day on paper: what stands when the screens are dark."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.selectors.calendar import calendar_choices
from web.access import ClinicRequest, clinic_page
from web.nurse.calendar.address import DAY, read_address
from web.nurse.calendar.page import agenda
from web.words import day_words


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def calendar_print(request: ClinicRequest) -> HttpResponse:
    """The visits of one day, a table for each nurse, or of one nurse where the address names one."""
    choices = calendar_choices(clinic_id=request.clinic.id)
    address = replace(read_address(request.GET, choices=choices, today=request.today), view=DAY)
    day = agenda(request, address, choices)
    context = day | {
        "place": "calendar",
        "address": address,
        "nurses": choices.nurses,
        "heading": _("Visits on %(day)s") % {"day": day_words(address.day)},
        "groups": _by_nurse(day["rows"]),
    }
    return render(request, "nurse/calendar/print.html", context)


def _by_nurse(rows: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rows under the name of their nurse, in order of the names, those without one last."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["entry"].nurse, []).append(row)
    named = sorted((name, found) for name, found in groups.items() if name)
    return [*named, *([(_("No nurse"), groups[""])] if "" in groups else [])]
