"""The board: what is open and with whom, gravest first; what is mine; what was acknowledged."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from notifications.selectors.escalations import CAUSES, OUTCOMES, View, board
from notifications.services.escalations import acknowledge_messages, confirm_gone
from web.access import ClinicRequest, clinic_page
from web.nurse.back import back_to
from web.nurse.escalations.words import shown
from web.nurse.frame import clinic_reverse
from web.words import said

VIEWS: dict[View, str | Promise] = {View.MINE: _("Mine"), View.ALL: _("All"), View.ENDED: _("Acknowledged")}
BULK_OUTCOMES = ("mended", "spoke", "not_needed")


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def escalations(request: ClinicRequest) -> HttpResponse:
    """The view, the cause and the page are in the address. Whoever may not act sees everybody's."""
    may_act = request.may(Permission.WORK_FOLLOW_UPS)
    wanted = request.GET.get("view", "")
    view = View(wanted) if wanted in set(View) else View.MINE if may_act else View.ALL
    cause = request.GET.get("cause", "")
    cause = cause if cause in set(CAUSES.values) else ""
    page = request.GET.get("page", "")
    found = board(
        clinic_id=request.clinic.id,
        user_id=request.user.id,
        view=view,
        now=request.now,
        cause=cause,
        page=int(page) if page.isdecimal() and len(page) < 6 else 1,
    )
    rows = [shown(row, user_id=request.user.id, now=request.now) for row in found.rows]
    context = {
        "place": "escalations",
        "rows": [entry for entry in rows if not _waits_only(entry)],
        "gone": [entry for entry in rows if _waits_only(entry)],
        "board": found,
        "view": view,
        "views": [(key.value, label, found.counts[key], key is view) for key, label in VIEWS.items()],
        "cause": cause,
        "cause_label": dict(CAUSES.choices).get(cause, ""),
        "causes": _causes(found.causes, cause),
        "query": urlencode({"view": view.value} | ({"cause": cause} if cause else {})),
        "may_confirm": may_act,
        "may_bulk": may_act and any(row["may_bulk"] for row in rows),
        "outcomes": [(value, dict(OUTCOMES.choices)[value]) for value in BULK_OUTCOMES],
    }
    return render(request, "nurse/escalations/board.html", context)


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def escalations_acknowledge(request: ClinicRequest) -> HttpResponse:
    """End the ticked matters about messages with one outcome and note."""
    back = back_to(request, clinic_reverse(request, "escalations"))
    refs = _ticked(request)
    if not refs:
        return redirect(back)
    try:
        number = acknowledge_messages(
            clinic=request.clinic,
            refs=refs,
            outcome=request.POST.get("outcome", ""),
            note=request.POST.get("note", ""),
            actor_id=request.user.id,
            now=request.now,
        )
    except RecordError as error:
        messages.error(request, said(error.reason))
    else:
        words = ngettext("%(number)d acknowledged.", "%(number)d acknowledged.", number)
        messages.success(request, words % {"number": number})
    return redirect(back)


@require_POST
@clinic_page(Permission.WORK_FOLLOW_UPS)
def escalations_confirm(request: ClinicRequest) -> HttpResponse:
    """End the ticked matters that resolved by themselves; each says so for itself."""
    back = back_to(request, clinic_reverse(request, "escalations"))
    refs = _ticked(request)
    if not refs:
        return redirect(back)
    number = confirm_gone(clinic=request.clinic, refs=refs, actor_id=request.user.id, now=request.now)
    words = ngettext("%(number)d confirmed.", "%(number)d confirmed.", number) % {"number": number}
    messages.success(request, words)
    if number < len(refs):
        messages.warning(request, _t("The others have changed since: look again."))
    return redirect(back)


def _ticked(request: ClinicRequest) -> list[UUID]:
    refs = _refs(request.POST.getlist("tick"))
    if not refs:
        messages.warning(request, _t("Nothing was ticked."))
    return refs


def _waits_only(entry: dict[str, Any]) -> bool:
    """Whether it resolved by itself and waits only to be confirmed."""
    return bool(entry["is_gone"] and entry["row"].acknowledged_at is None)


def _causes(counts: dict[str, int], cause: str) -> list[tuple[str, Any, int, bool]]:
    """The causes there are, and the one that is chosen."""
    return [
        (value, label, counts.get(value, 0), value == cause)
        for value, label in CAUSES.choices
        if value in counts or value == cause
    ]


def _refs(values: list[str]) -> list[UUID]:
    found = []
    for value in values[:500]:
        try:
            found.append(UUID(value))
        except ValueError:
            continue
    return found


urlpatterns = [
    path("escalations/", escalations, name="escalations"),
    path("escalations/acknowledge/", escalations_acknowledge, name="escalations_acknowledge"),
    path("escalations/confirm/", escalations_confirm, name="escalations_confirm"),
]
