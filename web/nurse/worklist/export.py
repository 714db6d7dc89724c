"""The work list as a table to take away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.http import HttpResponse
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.selectors.worklist import ORDER, WorkRow, work_list
from web import findings
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.colleagues import colleagues
from web.nurse.worklist.filters import FilterForm, wanted
from web.nurse.worklist.looks import LOOKS
from web.tables import csv_download
from web.words import moment_words

COLUMNS = (
    _("Group"),
    _("Last name"),
    _("First name"),
    _("MRN"),
    _("Date of birth"),
    _("Pump"),
    _("Serial number"),
    _("Drugs"),
    _("Last fill"),
    _("Must refill by"),
    _("What binds"),
    _("Target visit"),
    _("Latest visit"),
    _("Days left"),
    _("Low reservoir"),
    _("Empty"),
    _("Days to empty"),
    _("Visit booked"),
    _("With nurse"),
    _("Owner"),
    _("Findings"),
)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
@in_english
def worklist_csv(request: ClinicRequest) -> HttpResponse:
    """The list under the filters of the address, all pages, for a spreadsheet."""
    chosen = FilterForm(request.GET, people=colleagues(request)).chosen()
    groups = frozenset(request.GET.getlist("group")) & frozenset(ORDER)
    listed = work_list(
        clinic_id=request.clinic.id,
        wanted=wanted(chosen, groups, "", user_id=request.user.id),
        now=request.now,
        page_size=None,
    )
    rows = (_cells(row) for row in listed.rows)
    return csv_download(f"worklist-{request.today.isoformat()}.csv", COLUMNS, rows)


def _days_left(row: WorkRow) -> str:
    """In words once it is late: a spreadsheet takes a leading minus for a formula."""
    if row.days_left is None:
        return ""
    return str(row.days_left) if row.days_left >= 0 else _t("%(days)d late") % {"days": -row.days_left}


def _cells(row: WorkRow) -> list[str]:
    def iso(day: date | None) -> str:
        return day.isoformat() if day else ""

    return [
        str(LOOKS[row.group].label),
        row.last_name,
        row.first_name,
        row.mrn,
        iso(row.birth_date),
        row.pump,
        row.serial,
        " + ".join(row.drugs),
        iso(row.filled_on),
        iso(row.must_refill_by),
        str(findings.LIMITS.get(row.limited_by, "")),
        iso(row.target_visit_on),
        iso(row.latest_visit_on),
        _days_left(row),
        iso(row.low_reservoir_on),
        iso(row.empty_on),
        "" if row.days_to_empty is None else str(max(row.days_to_empty, Decimal(0))),
        moment_words(row.visit.starts_at) if row.visit else "",
        row.visit.nurse if row.visit else "",
        row.owner,
        "; ".join(said.short for said in findings.stored(row.findings)),
    ]
