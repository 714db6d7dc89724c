"""Who is on call on which weekday, and who is asked right now."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.dates import WEEKDAYS
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from notifications.domain.escalation.causes import Duty
from notifications.selectors.roster import OnCall, on_call
from notifications.services.escalations import save_roster
from notifications.services.escalations.roster import ROSTER_DUTIES
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.on_call import RosterForm
from web.nurse.frame import clinic_reverse
from web.nurse.settings.frame import settings_frame

DUTIES: dict[Duty, str | Promise] = {
    Duty.NURSE: _("Nurse on call"),
    Duty.SECOND: _("Second nurse"),
    Duty.PHYSICIAN: _("Physician on call"),
    Duty.ADMINISTRATOR: _("Administrators"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def roster(request: ClinicRequest) -> HttpResponse:
    """A plain list by weekday; an empty cell says who steps in."""
    found = on_call(request.clinic.id)
    form = RosterForm(request.POST or None, found=found)
    if form.is_valid():
        try:
            save_roster(clinic=request.clinic, cells=form.cells())
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _t("The roster is saved. Whoever has a matter already keeps it."))
            return redirect(clinic_reverse(request, "on_call"))
    today = request.today.weekday()
    context = {
        **settings_frame(request, tab="on_call"),
        "form": form,
        "duties": [DUTIES[duty] for duty in ROSTER_DUTIES],
        "days": [
            {
                "name": WEEKDAYS[weekday],
                "is_today": weekday == today,
                "cells": [_cell(form, found, weekday, duty) for duty in ROSTER_DUTIES],
            }
            for weekday in range(7)
        ],
        "now_asked": _asked(found, today),
    }
    return render(request, "nurse/settings/on_call.html", context, status=422 if form.errors else 200)


def _cell(form: RosterForm, found: OnCall, weekday: int, duty: Duty) -> dict[str, Any]:
    """A cell with its field, who left, and who steps in where it is empty."""
    roster = found.setting.roster
    named = roster.cells.get((weekday, duty))
    stands_in = roster.on_duty(weekday, duty)
    return {
        "field": form[form.name_of(weekday, duty)],
        "label": DUTIES[duty],
        "gone": str(found.people[named].user)
        if named in found.people and named not in roster.eligible
        else "",
        "stands_in": str(found.people[stands_in].user) if stands_in and stands_in != named else "",
    }


def _asked(found: OnCall, weekday: int) -> list[str]:
    """Everybody who would be asked today, in order."""
    return [str(found.people[user_id].user) for user_id in found.setting.roster.chain(Duty.NURSE, weekday)]


urlpatterns = [path("settings/on-call/", roster, name="on_call")]
