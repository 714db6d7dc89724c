"""What the grid asks for: the visits and the shaded hours of the days in view, as JSON.

Times go out as the clinic's clock shows them, without a zone, and the grid draws them as they are: no browser
works out a clinic's time, so both days on which the clocks change are right wherever the reader is.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.selectors.calendar import (
    Absence,
    Entry,
    Wanted,
    WorkDay,
    absences_on_days,
    calendar_choices,
    counts_on_days,
    visits_on_days,
    work_on_days,
)
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.selectors.rows import Status
from web.access import ClinicRequest, clinic_page
from web.conflicts import conflict_words
from web.nurse.answers import AnswerLook, answer_marks
from web.nurse.calendar.address import MONTH, Address, read_address, read_day
from web.nurse.calendar.looks import MOVABLE, STATUSES, kind_of, name_of, sentence, wall
from web.nurse.frame import clinic_reverse
from web.words import day_words

MOST_DAYS = 45
_DAY = timedelta(days=1)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def calendar_feed(request: ClinicRequest) -> HttpResponse:
    """The days from ``start`` to ``end`` (not included), 45 at most; as counts where the view is the month."""
    first_on = read_day(request.GET.get("start", request.today.isoformat())[:10])
    end_on = read_day(request.GET.get("end", (request.today + _DAY).isoformat())[:10])
    if first_on is None or end_on is None or not _DAY <= end_on - first_on <= MOST_DAYS * _DAY:
        return JsonResponse({"said": _("Ask for 1 to %(days)d days.") % {"days": MOST_DAYS}}, status=400)
    choices = calendar_choices(clinic_id=request.clinic.id)
    address = read_address(request.GET, choices=choices, today=request.today)
    wanted, last_on = address.wanted(choices), end_on - _DAY
    work = work_on_days(clinic=request.clinic, first_on=first_on, last_on=last_on, wanted=wanted)
    events: list[dict[str, Any]] = []
    if address.view == MONTH:
        events += [_closed_day(day) for day in work if not day.is_open]
        events += _counts(request, address, wanted, first_on, last_on)
    else:
        events += [*_closed(work), *_off_hours(work), *_away(request, wanted, first_on, last_on)]
        events += _visits(request, wanted, first_on, last_on)
    return JsonResponse({"now": clinic_now(request), "events": events})


def clinic_now(request: ClinicRequest) -> str:
    """What the clinic's clock shows."""
    return _iso(request.now.astimezone(ZoneInfo(request.clinic.time_zone)).replace(tzinfo=None))


def conflicts_by_visit(request: ClinicRequest, entries: list[Entry]) -> dict[int, str]:
    """What is wrong with those of the visits with which something is, in words."""
    if not entries:
        return {}
    found = visit_conflicts(request.clinic.id, request.now, visit_ids=[entry.id for entry in entries])
    return {conflict.visit_id: conflict_words(conflict) for conflict in found}


def answers_by_visit(request: ClinicRequest, entries: list[Entry]) -> dict[int, AnswerLook]:
    """What patients said about those of the visits that are still to come."""
    return answer_marks(request, [entry.id for entry in entries if entry.status == Status.BOOKED])


def _visits(request: ClinicRequest, wanted: Wanted, first_on: date, last_on: date) -> list[dict[str, Any]]:
    entries = visits_on_days(
        clinic_id=request.clinic.id, first_on=first_on, last_on=last_on, wanted=wanted, now=request.now
    )
    conflicts, answers = conflicts_by_visit(request, entries), answers_by_visit(request, entries)
    return [
        visit_event(request, entry, conflicts.get(entry.id, ""), answers.get(entry.id)) for entry in entries
    ]


def visit_event(
    request: ClinicRequest, entry: Entry, conflict: str, answer: AnswerLook | None = None
) -> dict[str, Any]:
    """One visit as the grid draws it."""
    begin, end = wall(entry)
    look = STATUSES[entry.status]
    is_movable = entry.status in MOVABLE and request.may(Permission.BOOK_VISITS)
    return {
        "id": str(entry.ref),
        "title": name_of(entry),
        "start": _iso(begin),
        "end": _iso(end),
        "url": clinic_reverse(request, "visit", ref=entry.ref),
        "startEditable": is_movable,
        "extendedProps": {
            "move": clinic_reverse(request, "visit_move_json", ref=entry.ref) if is_movable else "",
            "sequence": entry.sequence,
            "day": day_words(entry.local_on),
            "time": f"{begin:%H:%M}–{end:%H:%M}",
            "minutes": entry.minutes,
            "kind": kind_of(entry),
            "status": look.key,
            "statusLabel": str(look.label),
            "statusIcon": look.icon,
            "with": ", ".join(each for each in (entry.nurse, entry.room) if each),
            "conflict": conflict,
            "isOverbooked": entry.is_overbooked,
            "answer": str(answer.label) if answer else "",
            "answerIcon": answer.icon if answer else "",
            "sentence": sentence(entry, conflict, answer),
        },
    }


def _counts(
    request: ClinicRequest, address: Address, wanted: Wanted, first_on: date, last_on: date
) -> list[dict[str, Any]]:
    counts = counts_on_days(
        clinic_id=request.clinic.id, first_on=first_on, last_on=last_on, wanted=wanted, now=request.now
    )
    calendar = clinic_reverse(request, "calendar")
    return [
        {
            "title": visits_said(each.visits),
            "start": each.day.isoformat(),
            "allDay": True,
            "url": f"{calendar}?{address.query(view='day', day=each.day)}",
            "extendedProps": {"count": each.visits, "day": day_words(each.day)},
        }
        for each in counts
    ]


def visits_said(number: int) -> str:
    """How many visits, in words."""
    return _("1 visit") if number == 1 else _("%(number)d visits") % {"number": number}


def closed_said(day: WorkDay) -> str:
    """Why the clinic is closed on a day."""
    return _("Closed: %(reason)s") % {"reason": day.closed_because} if day.closed_because else _("Closed")


def away_said(absence: Absence) -> str:
    """Who or what is away, and why."""
    values = {"name": absence.name, "reason": absence.reason}
    return _("%(name)s away: %(reason)s") % values if absence.reason else _("%(name)s away") % values


def _closed(work: list[WorkDay]) -> Iterator[dict[str, Any]]:
    for day in work:
        if not day.is_open:
            yield _shade(*_whole(day.day), "closed", closed_said(day))


def _closed_day(day: WorkDay) -> dict[str, Any]:
    """As the month shows it; a mere day of the week says no reason."""
    return {
        "title": closed_said(day) if day.closed_because else "",
        "start": day.day.isoformat(),
        "allDay": True,
        "display": "background",
        "extendedProps": {"shade": "closed"},
    }


def _off_hours(work: list[WorkDay]) -> Iterator[dict[str, Any]]:
    """The hours of an open day in which nobody asked for is at work."""
    for day in work:
        if not day.is_open:
            continue
        low, midnight = _whole(day.day)
        for begin, end in day.at_work:
            if low < begin:
                yield _shade(low, begin, "off")
            low = end
        if low < midnight:
            yield _shade(low, midnight, "off")


def _away(request: ClinicRequest, wanted: Wanted, first_on: date, last_on: date) -> Iterator[dict[str, Any]]:
    """Absences: across the hours where their nurse or room is asked for, above the day where everybody is."""
    asked = [each for each in (wanted.nurse_id, wanted.room_id) if each is not None]
    absences = absences_on_days(
        clinic_id=request.clinic.id, first_on=first_on, last_on=last_on, resource_ids=asked or None
    )
    for absence in absences:
        said = away_said(absence)
        days = [absence.first_on + _DAY * n for n in range((absence.last_on - absence.first_on).days + 1)]
        if not asked:
            times = ""
            if absence.starts_at and absence.ends_at:
                times = f" {absence.starts_at:%H:%M}–{absence.ends_at:%H:%M}"
            yield {
                "title": said + times,
                "start": absence.first_on.isoformat(),
                "end": (absence.last_on + _DAY).isoformat(),
                "allDay": True,
                "extendedProps": {"away": True},
            }
            continue
        for day in days:
            low, high = _whole(day)
            if absence.starts_at and absence.ends_at:
                low, high = datetime.combine(day, absence.starts_at), datetime.combine(day, absence.ends_at)
            yield _shade(low, high, "away", said)


def _shade(low: datetime, high: datetime, key: str, title: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "start": _iso(low),
        "end": _iso(high),
        "display": "background",
        "extendedProps": {"shade": key},
    }


def _whole(day: date) -> tuple[datetime, datetime]:
    return datetime.combine(day, time()), datetime.combine(day + _DAY, time())


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="minutes")
