"""The board of everybody under watch: after an operation, or with a check-in that is open."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from notifications.selectors.watch import Part, Watched, watch_board
from web.access import ClinicRequest, clinic_page
from web.navigation import clinic_path
from web.nurse.watch.words import GRADES, answers_in_short, drawing_of, reviews_in_words

PAGE_SIZE = 50
PARTS: dict[Part, str | Promise] = {
    Part.ALL: _("All"),
    Part.NEEDS: _("Somebody must act"),
    Part.MISSED: _("No answer"),
    Part.FIRST: _("First 14 days"),
}


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def watch(request: ClinicRequest) -> HttpResponse:
    """Who needs somebody first; what is shown is in the address, and so is the page."""
    rows = watch_board(clinic_id=request.clinic.id, now=request.now)
    wanted = request.GET.get("show", "")
    part = next((each for each in Part if each.value == wanted), Part.ALL)
    shown = [row for row in rows if row.is_in(part)]
    is_whole = request.GET.get("all") == "1"
    pages = Paginator(shown, len(shown) or 1 if is_whole else PAGE_SIZE)
    page = pages.get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "place": "watch",
        "part": part.value,
        "filters": [
            (each.value, label, sum(row.is_in(each) for row in rows), each is part)
            for each, label in PARTS.items()
        ],
        "page": page,
        "rows": [shown_row(request, row) for row in page.object_list],
        "everybody": len(rows),
        "query": f"show={part.value}" if part is not Part.ALL else "",
    }
    return render(request, "nurse/watch/board.html", context)


def shown_row(request: ClinicRequest, row: Watched) -> dict[str, Any]:
    """One patient as the templates show it."""
    said = row.said
    return {
        "row": row,
        "patient": row.patient,
        "look": GRADES[said.grade] if said else None,
        "answers": answers_in_short(said.answers) if said else [],
        "reviews": reviews_in_words(said) if said else [],
        "days_ago": (request.today - said.on).days if said else None,
        "trend": drawing_of(row.trend),
        "matter_url": clinic_path("escalation", request.clinic.slug, ref=row.matters[0].ref)
        if row.matters
        else "",
        "is_overdue": bool(row.matters) and row.matters[0].respond_by < request.now,
    }


urlpatterns = [path("watch/", watch, name="watch")]
