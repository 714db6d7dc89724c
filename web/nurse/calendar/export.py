"""The clinic's calendar as a file: any days, whose, what, in which form. The file streams and says how far it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.scope import each_in_clinic
from scheduling.domain.calendars.access import details_up_to
from scheduling.domain.calendars.entries import Detail
from scheduling.selectors import resources as stored
from scheduling.selectors.calendar_export import Wanted, count_entries, export_csv, export_ics, note_shown
from scheduling.selectors.calendar_feeds import most_detail
from scheduling.selectors.rows import FeedHolds, FeedScope
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.calendar_links import CalendarExportForm, whose, whose_choices
from web.nurse.frame import clinic_reverse

TOTAL = "X-Total-Entries"
"""How many entries the file will hold; the page shows how many it has."""


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def calendar_export(request: ClinicRequest) -> HttpResponse:
    """Choose days and filters; how many entries that are is said before the file is asked for."""
    form = _form(request)
    context: dict[str, Any] = {
        "place": "calendar",
        "heading": _("Export the calendar"),
        "trail": [(_("Calendar"), clinic_reverse(request, "calendar")), (_("Export"), "")],
        "form": form,
    }
    if form.is_valid():
        context |= {
            "number": count_entries(clinic=request.clinic, wanted=_wanted(request, form)),
            "file_url": f"{clinic_reverse(request, 'calendar_export_file')}?{urlencode(_query(form))}",
        }
    return render(request, "nurse/calendar/export.html", context, status=422 if form.errors else 200)


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def calendar_export_file(request: ClinicRequest) -> HttpResponse:
    """The file, piece by piece; what cannot be exported leads back to the page that says why."""
    form = _form(request)
    if not form.is_valid():
        return redirect(f"{clinic_reverse(request, 'calendar_export')}?{request.GET.urlencode()}")
    wanted = _wanted(request, form)
    note_shown(clinic=request.clinic, wanted=wanted)
    is_table = form.cleaned_data["form"] == "csv"
    pieces: Iterable[bytes] = (
        (line.encode() for line in export_csv(clinic=request.clinic, wanted=wanted))
        if is_table
        else export_ics(clinic=request.clinic, wanted=wanted)
    )
    response: Any = StreamingHttpResponse(
        each_in_clinic(request.clinic.pk, _gathered(pieces)),
        content_type="text/csv; charset=utf-8" if is_table else "text/calendar; charset=utf-8",
    )
    end = "csv" if is_table else "ics"
    name = f"calendar-{wanted.first_on.isoformat()}-{wanted.last_on.isoformat()}.{end}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response[TOTAL] = str(count_entries(clinic=request.clinic, wanted=wanted))
    return response  # type: ignore[no-any-return]


def _gathered(pieces: Iterable[bytes], size: int = 65_536) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a packet."""
    gathered = bytearray()
    for piece in pieces:
        gathered += piece
        if len(gathered) >= size:
            yield bytes(gathered)
            gathered.clear()
    yield bytes(gathered)


def _form(request: ClinicRequest) -> CalendarExportForm:
    rows = stored.resources(clinic_id=request.clinic.id, today=request.today)
    return CalendarExportForm(
        request.GET or None,
        choices=whose_choices(rows, stored.visit_kinds(clinic_id=request.clinic.id)),
        details=details_up_to(most_detail(clinic_id=request.clinic.id)),
        initial=CalendarExportForm.usual(request.today),
    )


def _query(form: CalendarExportForm) -> dict[str, str]:
    return {name: str(value) for name, value in form.cleaned_data.items() if value not in (None, "", False)}


def _wanted(request: ClinicRequest, form: CalendarExportForm) -> Wanted:
    values = form.cleaned_data
    scope, ref = whose(values["whose"])
    return Wanted(
        first_on=values["first_on"],
        last_on=values["last_on"],
        scope=scope,
        of_id=None
        if ref is None
        else stored.id_of(clinic_id=request.clinic.id, scope=FeedScope(scope), ref=ref),
        holds=FeedHolds(values["holds"]),
        detail=Detail(values["detail"]),
        with_cancelled=values["with_cancelled"],
    )
