"""Moving a visit: by its form, and by a drag in the grid. The server's answer decides."""

from __future__ import annotations

from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from scheduling.domain.slots import Slot
from scheduling.domain.visit_entries import MoveEntry
from scheduling.selectors.availability import free_slots
from scheduling.selectors.booking import window_of_visit
from scheduling.selectors.calendar import Choices, calendar_choices
from scheduling.selectors.conflicts import visit_conflicts
from scheduling.selectors.rows import Visit
from scheduling.selectors.visit_needs import needs_of_visit
from scheduling.services.booking import move_visit
from web.access import ClinicRequest, clinic_page
from web.conflicts import conflict_words
from web.nurse.back import back_to
from web.nurse.booking.about import about_visit, visit_or_404
from web.nurse.booking.alternatives import next_free_times
from web.nurse.booking.ask import may_overbook, zone_of
from web.nurse.booking.forms import WHICH, MoveForm
from web.nurse.booking.slots import OfferedTime, Pick, by_fit_and_day, pick_of, read_pick
from web.nurse.frame import clinic_reverse
from web.undo import Undo, say_done
from web.words import moment_words, said

MANY = 200


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.BOOK_VISITS)
def visit_move(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Free times to move the visit to, and a time by hand: all that a drag can do, by keyboard."""
    visit = visit_or_404(request, ref)
    choices = calendar_choices(clinic_id=request.clinic.id)
    pick = read_pick(request.POST.get("slot", ""))
    form = _form(request, visit, choices, request.POST if request.method == "POST" and pick is None else None)
    if request.method != "POST" or (pick is None and not form.is_valid()):
        return _offer(request, visit, form, choices)
    before, sequence = _pick_now(visit), visit.sequence
    try:
        moved = _move(request, visit, pick or form.pick(), form if pick is None else None)
    except RecordError as error:
        times = next_free_times(request, error, choices)
        if pick is None:
            form.add_record_error(error)
        return _offer(
            request, visit, form, choices, refusal="" if pick is None else said(error.reason), times=times
        )
    _say_moved(request, moved, before, was_changed=moved.sequence != sequence)
    return redirect(back_to(request, clinic_reverse(request, "visit", ref=ref)))


@require_POST
@clinic_page(Permission.BOOK_VISITS)
def visit_move_json(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Move by a drag, or take such a move back; a refusal says why and offers the next free times."""
    visit = visit_or_404(request, ref)
    choices = calendar_choices(clinic_id=request.clinic.id)
    before = _pick_now(visit)
    form = _form(request, visit, choices, request.POST)
    if not form.is_valid():
        return JsonResponse({"said": " ".join(_errors(form)), "alternatives": _both(form)}, status=422)
    try:
        moved = _move(request, visit, form.pick(), form)
    except RecordError as error:
        times = next_free_times(request, error, choices)
        answer = {
            "said": f"{said(error.reason)}.",
            "alternatives": [{"label": _label(time), "fields": time.pick.fields} for time in times],
        }
        return JsonResponse(answer, status=409)
    answer = {"said": _moved(moved), "warning": _still_wrong(request, moved)}
    return JsonResponse(answer | {"undo": before.fields | {"sequence": str(moved.sequence)}})


def _move(request: ClinicRequest, visit: Visit, pick: Pick, form: MoveForm | None) -> Visit:
    sequence = form.cleaned_data["sequence"] if form else None
    return move_visit(
        clinic=request.clinic,
        visit_ref=visit.ref,
        entry=MoveEntry(
            local_on=pick.local_on,
            local_at=pick.local_at,
            is_later=pick.is_later,
            nurse_ref=pick.nurse_ref,
            room_ref=pick.room_ref,
            reason=form.cleaned_data["reason"] if form else "",
            override_reason=form.overriding() if form else "",
        ),
        expected_sequence=sequence,
        actor_id=request.user.id,
        now=request.now,
    )


def _form(request: ClinicRequest, visit: Visit, choices: Choices, data: QueryDict | None) -> MoveForm:
    now = _pick_now(visit)
    initial: dict[str, object] = {
        **now.fields,
        "local_on": now.local_on,
        "room": "",
        "sequence": visit.sequence,
    }
    return MoveForm(
        data, initial=initial, choices=choices, may_overbook=may_overbook(request), zone=zone_of(request)
    )


def _pick_now(visit: Visit) -> Pick:
    """Where the visit stands."""
    return pick_of(visit.starts_at, visit.nurse, visit.room, ZoneInfo(visit.time_zone))


def _offer(
    request: ClinicRequest,
    visit: Visit,
    form: MoveForm,
    choices: Choices,
    *,
    refusal: str = "",
    times: list[OfferedTime] | None = None,
) -> HttpResponse:
    context = about_visit(request, visit, _("Move")) | {
        "heading": _("Move the visit"),
        "form": form,
        "groups": by_fit_and_day(_slots(request, visit), choices=choices, zone=zone_of(request)),
        "refusal": refusal,
        "alternatives": times or [],
        "problem": _still_wrong(request, visit),
        "cancel_url": back_to(request, clinic_reverse(request, "visit", ref=visit.ref)),
    }
    status = 422 if refusal or form.errors else 200
    return render(request, "nurse/booking/move.html", context, status=status)


def _slots(request: ClinicRequest, visit: Visit) -> list[Slot]:
    return free_slots(
        clinic_id=request.clinic.id,
        needs=needs_of_visit(visit),
        window=window_of_visit(visit=visit, today=request.today),
        now=request.now,
        patient_id=visit.patient_id,
        ignoring_visit=visit.id,
        limit=MANY,
    )


def _say_moved(request: ClinicRequest, moved: Visit, before: Pick, *, was_changed: bool) -> None:
    if not was_changed:
        messages.info(request, _("The visit stands there already."))
        return
    fields = [*before.fields.items(), ("sequence", str(moved.sequence)), ("reason", "")]
    undo = Undo(clinic_reverse(request, "visit_move", ref=moved.ref), fields, _("Move it back"))
    say_done(request, _moved(moved), undo=undo)
    if warning := _still_wrong(request, moved):
        messages.warning(request, warning)


def _still_wrong(request: ClinicRequest, visit: Visit) -> str:
    """What is wrong with the visit where it stands now; empty when nothing is."""
    found = visit_conflicts(request.clinic.id, request.now, visit_ids=[visit.id])
    return f"{conflict_words(found[0])}." if found else ""


def _moved(visit: Visit) -> str:
    return _("The visit is moved to %(when)s.") % {"when": moment_words(visit.starts_at)}


def _label(time: OfferedTime) -> str:
    return ", ".join(part for part in (time.label, time.nurse, time.note) if part)


def _errors(form: MoveForm) -> list[str]:
    return [str(error) for errors in form.errors.values() for error in errors]


def _both(form: MoveForm) -> list[dict[str, object]]:
    """The two readings of a time that the clocks show twice, each as a button."""
    if "which" not in form.errors:
        return []
    day, at = form.cleaned_data["local_on"], form.cleaned_data["local_at"]
    said = {"local_on": day.isoformat(), "local_at": f"{at:%H:%M}"}
    return [{"label": f"{at:%H:%M}, {label}", "fields": said | {"which": which}} for which, label in WHICH]
