"""Booking a visit: whose, for what, with whom, and the free times; a time that is chosen is held at once."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.patients import first_found
from scheduling.domain.visit_entries import VisitEntry
from scheduling.services.booking import hold_slot
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to, with_next
from web.nurse.booking.alternatives import next_free_times
from web.nurse.booking.ask import Ask, asked_time, may_overbook, read_ask, times_for, zone_of
from web.nurse.booking.forms import TimeForm
from web.nurse.booking.slots import OfferedTime, Pick, by_fit_and_day, read_pick
from web.nurse.forms.patients import SearchForm
from web.nurse.frame import clinic_reverse, full_name
from web.words import said

MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_new(request: ClinicRequest) -> HttpResponse:
    """The patient, what is due and the free times. Without a patient: the search for one (words are posted)."""
    ask = read_ask(request, request.GET)
    if ask is None:
        return _choose_patient(request)
    if request.method == "POST":
        return redirect(f"{clinic_reverse(request, 'visit_new')}?{request.GET.urlencode()}")
    return _offer(request, ask, _time_form(request, ask))


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_hold(request: ClinicRequest) -> HttpResponse:
    """Hold the time that was chosen, from the list or by hand, and ask for the confirmation."""
    ask = read_ask(request, request.POST)
    if ask is None or ask.plan is None:
        return redirect(clinic_reverse(request, "visit_new"))
    pick = read_pick(request.POST.get("slot", ""))
    form = _time_form(request, ask, request.POST if pick is None else None)
    if pick is None and not form.is_valid():
        return _offer(request, ask, form, status=422)
    override = form.overriding() if pick is None else ""
    try:
        held = hold_slot(
            clinic=request.clinic,
            entry=_entry(ask, pick or form.pick(), override),
            actor_id=request.user.id,
            now=request.now,
        )
    except RecordError as error:
        return _refused(request, ask, form, error, pick)
    url = clinic_reverse(request, "visit_held", ref=held.ref)
    again = f"{clinic_reverse(request, 'visit_new')}?{ask.query()}"
    return redirect(with_next(url, back_to(request, again)))


def _entry(ask: Ask, pick: Pick, override_reason: str) -> VisitEntry:
    assert ask.plan is not None  # noqa: S101 - the caller has looked
    return VisitEntry(
        patient_ref=ask.patient.ref,
        kind_ref=ask.plan.kinds[0].ref,
        local_on=pick.local_on,
        local_at=pick.local_at,
        is_later=pick.is_later,
        nurse_ref=pick.nurse_ref or (ask.nurse.ref if ask.nurse else None),
        room_ref=pick.room_ref,
        implant_ref=ask.implant_ref,
        duration_minutes=ask.plan.minutes,
        follow_up_refs=tuple(item.ref for item in ask.plan.items),
        override_reason=override_reason,
    )


def _refused(
    request: ClinicRequest, ask: Ask, form: TimeForm, error: RecordError, pick: Pick | None
) -> HttpResponse:
    """The page again with the reason at the field, and the next free times beside it."""
    times = next_free_times(request, error, ask.choices)
    if pick is not None:
        return _offer(request, ask, form, status=422, refusal=said(error.reason), alternatives=times)
    form.add_record_error(error)
    return _offer(request, ask, form, status=422, alternatives=times)


def _time_form(request: ClinicRequest, ask: Ask, data: QueryDict | None = None) -> TimeForm:
    initial = asked_time(request.GET)
    if ask.nurse and not initial["nurse"]:
        initial["nurse"] = str(ask.nurse.ref)
    return TimeForm(
        data, initial=initial, choices=ask.choices, may_overbook=may_overbook(request), zone=zone_of(request)
    )


def _offer(
    request: ClinicRequest,
    ask: Ask,
    form: TimeForm,
    *,
    status: int = 200,
    refusal: str = "",
    alternatives: list[OfferedTime] | None = None,
) -> HttpResponse:
    ask, slots = times_for(request, ask)
    context: dict[str, Any] = {
        "place": "calendar",
        "heading": _("Book a visit"),
        "trail": [
            (_("Patients"), clinic_reverse(request, "patients")),
            (full_name(ask.patient), clinic_reverse(request, "patient", ref=ask.patient.ref)),
            (_("Book a visit"), ""),
        ],
        "ask": ask,
        "patient": ask.patient,
        "form": form,
        "groups": by_fit_and_day(
            slots, choices=ask.choices, zone=zone_of(request), all_of_them=ask.wants_more
        ),
        "refusal": refusal,
        "alternatives": alternatives or [],
        "more": "" if ask.wants_more else ask.query(more="1"),
        "asked": request.GET.get("on") and form["local_on"].value(),
        "next": back_to(request, ""),
    }
    return render(request, "nurse/booking/new.html", context, status=status)


def _choose_patient(request: ClinicRequest) -> HttpResponse:
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    clinic_id = request.clinic.id
    found = first_found(clinic_id=clinic_id, text=text, most=MOST_FOUND, is_alive=True) if text else []
    context = {
        "place": "calendar",
        "heading": _("Book a visit"),
        "search": search,
        "text": text,
        "found": found,
        "query": request.GET.urlencode(),
        "asked": asked_time(request.GET),
    }
    return render(request, "nurse/booking/choose.html", context)
