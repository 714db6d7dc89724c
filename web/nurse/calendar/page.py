"""The calendar page: the grid of a day, a week or a month, and the day as a list that needs no script."""

from __future__ import annotations

from datetime import time
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.writing import dated
from scheduling.selectors.calendar import (
    Choices,
    WorkDay,
    absences_on_days,
    calendar_choices,
    visits_on_days,
    weekdays_with_visits,
    work_on_days,
)
from scheduling.selectors.resources import work_policy
from web.access import ClinicRequest, clinic_page
from web.nurse.calendar.address import DAY, LIST, MONTH, WEEK, Address, first_weekday, read_address
from web.nurse.calendar.feed import answers_by_visit, away_said, clinic_now, closed_said, conflicts_by_visit
from web.nurse.calendar.looks import shown
from web.nurse.filters import filter_chips
from web.nurse.frame import clinic_reverse
from web.words import DAY_FORMAT, day_words

EARLIEST, LATEST = time(8), time(18)
GRIDS = {DAY: "timeGridDay", WEEK: "timeGridWeek", MONTH: "dayGridMonth"}


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def calendar(request: ClinicRequest) -> HttpResponse:
    """The calendar at the address. Without a view in it the day's list; a wide screen goes on to the week."""
    choices = calendar_choices(clinic_id=request.clinic.id)
    address = read_address(request.GET, choices=choices, today=request.today)
    context: dict[str, Any] = {
        "place": "calendar",
        "address": address,
        "choices": choices,
        "period": period_said(address),
        "tabs": _tabs(address),
        "earlier": address.earlier().query(),
        "later": address.later().query(),
        "now_query": address.query(day=request.today),
        "is_filtered": bool(address.nurse or address.room or address.kind),
        "list_query": address.query(view=LIST),
        "everyone": address.query(nurse="", room="", kind=""),
    }
    context |= filter_chips(request, "calendar", address.query() if context["is_filtered"] else "")
    if address.view in GRIDS:
        context["grid"] = _grid(request, address, choices)
    else:
        context |= agenda(request, address, choices) | {"wide_query": address.query(view=WEEK)}
    return render(request, "nurse/calendar/page.html", context)


def agenda(request: ClinicRequest, address: Address, choices: Choices) -> dict[str, Any]:
    """The visits of the address's day as rows, and what is to be known of the day."""
    wanted, day = address.wanted(choices), address.day
    entries = visits_on_days(
        clinic_id=request.clinic.id, first_on=day, last_on=day, wanted=wanted, now=request.now
    )
    conflicts, answers = conflicts_by_visit(request, entries), answers_by_visit(request, entries)
    (work,) = work_on_days(clinic=request.clinic, first_on=day, last_on=day, wanted=wanted)
    absences = absences_on_days(clinic_id=request.clinic.id, first_on=day, last_on=day)
    return {
        "rows": [shown(entry, conflicts.get(entry.id, ""), answers.get(entry.id)) for entry in entries],
        "closed": "" if work.is_open else closed_said(work),
        "hours": [(begin.time(), end.time()) for begin, end in work.at_work],
        "absences": [(away_said(each), each.starts_at, each.ends_at) for each in absences],
    }


def period_said(address: Address) -> str:
    """The days of the view in words."""
    if address.view == MONTH:
        return dated(address.day, "F Y")
    if address.view == WEEK:
        return f"{dated(address.first_on, 'D j M')} – {dated(address.last_on, DAY_FORMAT)}"
    return day_words(address.day)


def _tabs(address: Address) -> list[tuple[str, str, str, bool]]:
    labels = {DAY: _("Day"), WEEK: _("Week"), MONTH: _("Month"), LIST: _("List")}
    icons = {DAY: "calendar-day", WEEK: "calendar-week", MONTH: "calendar-month", LIST: "list-ul"}
    return [
        (label, icons[view], address.query(view=view), view == address.view) for view, label in labels.items()
    ]


def _grid(request: ClinicRequest, address: Address, choices: Choices) -> dict[str, Any]:
    """What the script draws the grid with; the visits themselves are fetched for the days in view."""
    view, first_on, last_on = address.view, address.first_on, address.last_on
    work = work_on_days(
        clinic=request.clinic, first_on=first_on, last_on=last_on, wanted=address.wanted(choices)
    )
    earliest, latest = _day_from_to(work)
    feed = clinic_reverse(request, "calendar_feed")
    return {
        "view": GRIDS[view],
        "phoneView": "listWeek" if view == WEEK else GRIDS[view],
        "date": address.day.isoformat(),
        "feed": f"{feed}?{address.query()}",
        "now": clinic_now(request),
        "zone": request.clinic.time_zone,
        "earliest": earliest,
        "latest": latest,
        "hiddenDays": _hidden_days(request, address) if view == WEEK else [],
        "firstDay": first_weekday(),
        "minutes": work_policy(clinic_id=request.clinic.id).slot_minutes,
        "language": _language(),
        "dayUrl": f"{clinic_reverse(request, 'calendar')}?{address.query(view=DAY)}",
        "bookUrl": clinic_reverse(request, "visit_new") if request.may(Permission.BOOK_VISITS) else "",
        "nurse": address.nurse,
        "room": address.room,
        "words": _words(),
    }


def _language() -> str:
    """The reader's language as browsers know it; English with the day before the month, as on every page."""
    language = get_language() or "en"
    return "en-GB" if language == "en" else language


def _words() -> dict[str, str]:
    return {
        "moved": _("The visit is moved."),
        "undo": _("Undo"),
        "undone": _("The visit is back where it was."),
        "refused": _("The visit stays where it was."),
        "failed": _("The server did not answer. The visit stays where it was; try again."),
        "notLoaded": _("The visits could not be loaded."),
        "again": _("Load again"),
        "free": _("Next free times"),
        "close": _("Close"),
        "allDay": _("Notes"),
        "noVisits": _("No visits"),
        "calendar": _("Calendar"),
        "overbooked": _("overbooked"),
    }


def _day_from_to(work: list[WorkDay]) -> tuple[str, str]:
    """From the first to the last hour of work on the days shown, whole hours."""
    begins = [begin.time() for day in work for begin, _ in day.at_work]
    ends = [end.time() for day in work for _, end in day.at_work]
    earliest = min(begins, default=EARLIEST)
    latest = max(ends, default=LATEST)
    if any(end == time() for end in ends):
        return f"{earliest.hour:02}:00", "24:00"
    return f"{earliest.hour:02}:00", f"{latest.hour + bool(latest.minute):02}:00"


def _hidden_days(request: ClinicRequest, address: Address) -> list[int]:
    """The weekdays that the clinic never opens and on which this week no visit stands; Sunday is 0."""
    taken = weekdays_with_visits(
        clinic_id=request.clinic.id, first_on=address.first_on, last_on=address.last_on, now=request.now
    )
    wanted = {*request.clinic.open_weekdays, *taken, address.day.weekday()}
    return [(weekday + 1) % 7 for weekday in range(7) if weekday not in wanted]
