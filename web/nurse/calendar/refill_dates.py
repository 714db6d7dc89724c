"""A clinic's refill dates as a calendar file."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.deadline_calendar import Deadline, deadline_calendar
from scheduling.selectors.forecasts import dated_forecasts
from web.access import ClinicRequest, clinic_page
from web.findings import LIMITS
from web.nurse.frame import clinic_reverse


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def refill_dates(request: ClinicRequest) -> HttpResponse:
    """Every refill date, as whole days. An entry names what binds and leads to the patient's page, no more."""
    deadlines = [
        Deadline(
            uid=str(row.implant.ref),
            refill_by=row.must_refill_by,
            summary=_("Last day to refill: %(limit)s") % {"limit": LIMITS[row.limited_by]},
            url=request.build_absolute_uri(clinic_reverse(request, "patient", ref=row.implant.patient.ref)),
            changed_at=row.computed_at,
        )
        for row in dated_forecasts(clinic_id=request.clinic.id)
        if row.must_refill_by is not None
    ]
    if not deadlines:
        messages.info(request, _("There is no refill date to put in a calendar yet."))
        return redirect(clinic_reverse(request, "worklist"))
    body = deadline_calendar(deadlines, name=_("Refill dates"))
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="refill-dates.ics"'
    return response
