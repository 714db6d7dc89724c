"""A clinic's refill dates as a calendar file."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.calendars.access import DAYS_AHEAD, DAYS_BACK, detail_now
from scheduling.domain.calendars.entries import Detail
from scheduling.selectors.calendar_export import Wanted, count_entries, export_ics
from scheduling.selectors.calendar_feeds import most_detail
from scheduling.selectors.rows import FeedHolds
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import clinic_reverse


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def refill_dates(request: ClinicRequest) -> HttpResponse:
    """The refill dates of a year, as whole days. An entry says what day it is and leads to the patient's page,
    where the clinic lets its calendars say so much."""
    wanted = Wanted(
        first_on=request.today - timedelta(days=DAYS_BACK),
        last_on=request.today + timedelta(days=DAYS_AHEAD),
        holds=FeedHolds.DEADLINES,
        detail=detail_now(Detail.WORK, most=most_detail(clinic_id=request.clinic.id)),
    )
    if not count_entries(clinic=request.clinic, wanted=wanted):
        messages.info(request, _("There is no refill date to put in a calendar yet."))
        return redirect(clinic_reverse(request, "worklist"))
    body = b"".join(export_ics(clinic=request.clinic, wanted=wanted))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="refill-dates.ics"'
    return response
