"""Choosing a time: only those that are safe are offered, and each is looked at once more before it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from notifications.domain.patient_acts import PatientAct
from notifications.selectors.patient_pages import Behind, behind_link, times_behind
from notifications.selectors.rows import LinkPurpose
from notifications.services.answers import NoLongerSo, TimeTaken, ask_for_other_time, choose_time
from scheduling.domain.slots import Slot
from scheduling.selectors.rows import Status
from web.patient.access import PatientRequest, back_to_page, link_page, remember_known, show
from web.patient.forms import PatientForm
from web.patient.words import Writing

OF_A_VISIT = (LinkPurpose.VISIT.value, LinkPurpose.BOOK.value)
FEW_DAYS, FEW_A_DAY = 3, 4
MANY_DAYS, MANY_A_DAY = 20, 12


@dataclass(frozen=True, slots=True)
class OfferedTime:
    """``at`` names the instant in an address: seconds since 1970, which no change of clocks makes ambiguous."""

    at: int
    label: str


@dataclass(frozen=True, slots=True)
class OfferedDay:
    day: str
    times: list[OfferedTime]


@link_page(*OF_A_VISIT)
def times(request: PatientRequest) -> HttpResponse:
    """The times to choose from."""
    behind = behind_link(link=request.link, now=request.now)
    return back_to_page(request) if not _may_choose(behind) else offer_times(request, behind)


def offer_times(
    request: PatientRequest, behind: Behind, *, is_taken: bool = False, status: int = 200
) -> HttpResponse:
    """A few days with a few times each; all of them where they are asked for. None: a nurse is asked."""
    found = times_behind(link=request.link, behind=behind, now=request.now)
    wants_more = "more" in request.GET
    limits = (MANY_DAYS, MANY_A_DAY) if wants_more else (FEW_DAYS, FEW_A_DAY)
    days = by_day(
        found, *limits, near=behind.visit.local_on if behind.visit else None, writing=request.writing
    )
    shown = sum(len(day.times) for day in days)
    context = _context(request, behind) | {
        "days": days,
        "has_more": not wants_more and shown < len(found),
        "is_taken": is_taken,
        "notice": request.GET.get("now", ""),
        "form": PatientForm(),
    }
    return show(request, "patient/times.html", context, status=status)


@link_page(*OF_A_VISIT)
def take(request: PatientRequest, at: int) -> HttpResponse:
    """Look at one time before taking it; by POST it is taken."""
    behind = behind_link(link=request.link, now=request.now)
    if not _may_choose(behind):
        return back_to_page(request)
    starts_at = _moment(at)
    found = times_behind(link=request.link, behind=behind, now=request.now)
    if starts_at not in {slot.starts_at for slot in found}:
        return offer_times(request, behind, is_taken=True, status=409)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_from_a_person(request):
        context = _context(request, behind) | {
            "at": at,
            "new_day": request.writing.day(timezone.localdate(starts_at)),
            "new_time": request.writing.time(starts_at),
            "form": form,
        }
        return show(request, "patient/take.html", context, status=422 if form.is_bound else 200)
    remember_known(request)
    try:
        choose_time(
            link_id=request.link.pk,
            sequence=form.cleaned_data["sequence"],
            starts_at=starts_at,
            now=request.now,
        )
    except TimeTaken:
        behind = behind_link(link=request.link, now=request.now)
        if not _may_choose(behind):
            raise NoLongerSo from None
        return offer_times(request, behind, is_taken=True, status=409)
    return back_to_page(request)


@link_page(*OF_A_VISIT)
def ask(request: PatientRequest) -> HttpResponse:
    """No time suits: ask a nurse to call and find one."""
    behind = behind_link(link=request.link, now=request.now)
    if not _may_choose(behind):
        return back_to_page(request)
    form = PatientForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_from_a_person(request):
        return show(
            request,
            "patient/ask.html",
            _context(request, behind) | {"form": form},
            status=422 if form.is_bound else 200,
        )
    remember_known(request)
    ask_for_other_time(
        link_id=request.link.pk,
        sequence=form.cleaned_data["sequence"],
        note=form.cleaned_data["note"],
        now=request.now,
    )
    return back_to_page(request) if behind.visit else show(request, "patient/asked.html", {})


def by_day(
    slots: Sequence[Slot], most_days: int, most_a_day: int, *, near: date | None, writing: Writing
) -> list[OfferedDay]:
    """The first days, or those nearest to one, in order; of each some times spread from its morning to its evening."""
    days = [(day, list(found)) for day, found in groupby(slots, key=lambda slot: slot.local_on)]
    if near is not None:
        days.sort(key=lambda each: abs(each[0] - near))
    days = sorted(days[:most_days], key=lambda each: each[0])
    return [
        OfferedDay(
            writing.day(day),
            [
                OfferedTime(int(slot.starts_at.timestamp()), writing.time(slot.starts_at))
                for slot in _spread(found, most_a_day)
            ],
        )
        for day, found in days
    ]


def _context(request: PatientRequest, behind: Behind) -> dict[str, Any]:
    visit = behind.visit
    if visit is None:
        return {"visit": None}
    return {
        "visit": visit,
        "day": request.writing.day(visit.local_on),
        "time": request.writing.time(visit.starts_at),
        "is_to_be_placed": visit.status == Status.PENDING,
    }


def _may_choose(behind: Behind) -> bool:
    return behind.plan is not None if behind.visit is None else PatientAct.MOVE in behind.acts


def _spread(slots: list[Slot], most: int) -> list[Slot]:
    if len(slots) <= most:
        return slots
    return [slots[number * (len(slots) - 1) // (most - 1)] for number in range(most)]


def _moment(at: int) -> datetime:
    """The instant, or one that is offered by nobody where the number is no instant."""
    try:
        return datetime.fromtimestamp(at, UTC)
    except (OverflowError, OSError, ValueError):
        return datetime.fromtimestamp(0, UTC)
