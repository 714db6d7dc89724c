"""The paper list on the screen: how old it is, and the files to take away while everything runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.seeing import saw
from scheduling.selectors.paper_lists import last_paper_list
from scheduling.services.paper_lists import paper_folder
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import clinic_reverse
from web.nurse.reports.frame import report_frame


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def reports(request: ClinicRequest) -> HttpResponse:
    """Where the reports begin: the newest paper list, and a loud note when it is old or there is none."""
    last = last_paper_list(clinic_id=request.clinic.id)
    lead = _t(
        "What the clinic works from while the system is down: written every night, to be printed or kept aside."
    )
    context: dict[str, Any] = report_frame(request, "reports", _("Reports"), lead) | {
        "last": last,
        "is_old": last is not None and last.is_old(now=request.now),
        "hours": (request.now - last.made_at) // timedelta(hours=1) if last else None,
        "is_readable": last is not None
        and (paper_folder(request.clinic.slug) / f"{last.file_name}.html").exists(),
        "folder": request.clinic.slug,
    }
    return render(request, "nurse/reports/paper.html", context)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def paper_list_page(request: ClinicRequest) -> HttpResponse:
    """The newest list as a page to keep or print."""
    return _file(request, "html", "text/html")


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def paper_list_table(request: ClinicRequest) -> HttpResponse:
    """The newest list as a table."""
    return _file(request, "csv", "text/csv")


def _file(request: ClinicRequest, ending: str, kind: str) -> HttpResponse:
    """The file as it lies on the disk, to be saved: it carries its own style, which no page of this site may."""
    last = last_paper_list(clinic_id=request.clinic.id)
    try:
        if last is None or (last.rows and not last.patient_ids):
            raise FileNotFoundError  # of before it was kept whom a list names: nobody could say who was seen
        content = (paper_folder(request.clinic.slug) / f"{last.file_name}.{ending}").read_bytes()
    except OSError:
        messages.error(request, _t("The list cannot be read here. Look where the paper lists are kept."))
        return redirect(clinic_reverse(request, "reports"))
    saw(request.clinic.id, last.patient_ids)
    response = HttpResponse(content, content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = (
        f'attachment; filename="{request.clinic.slug}-{last.file_name}.{ending}"'
    )
    return response


urlpatterns = [
    path("reports/", reports, name="reports"),
    path("reports/paper-list.html", paper_list_page, name="paper_list_page"),
    path("reports/paper-list.csv", paper_list_table, name="paper_list_table"),
]
