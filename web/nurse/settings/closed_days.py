"""The days on which the clinic sees nobody: its own, and public holidays."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.accounts import closures, lifted_holidays
from clinic.services.closures import add_closure, keep_holiday, remove_closure
from scheduling.selectors.closings import recent_closings
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.settings import ClosureForm
from web.nurse.frame import clinic_reverse
from web.nurse.settings.closings import closing_words, propose_instead
from web.nurse.settings.frame import recalculate, settings_frame
from web.undo import Undo, say_done
from web.words import day_words

CLOSINGS_SHOWN = 20
DAYS_UNFOLDED = 366
"""Holidays are known for years ahead; those of the coming one are looked for."""


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def closed_days(request: ClinicRequest) -> HttpResponse:
    """The coming days by month, those that have passed folded away."""
    return _page(request, ClosureForm())


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def closure_new(request: ClinicRequest) -> HttpResponse:
    """Close a day. Where visits are booked on it, the page of their new times comes first."""
    form = ClosureForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    day, reason = form.cleaned_data["closed_on"], form.cleaned_data["reason"]
    if day >= request.today and (
        proposal := propose_instead(request, first_on=day, last_on=day, reason=reason)
    ):
        return redirect(proposal)
    with transaction.atomic():
        add_closure(clinic=request.clinic, actor_id=request.user.id, **form.cleaned_data)
        page = recalculate(request)
    say_done(request, _("The closed day is saved."))
    return redirect(page)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def closure_remove(request: ClinicRequest, closure_id: int) -> HttpResponse:
    """Open a closed day again; a public holiday stays in the list, lifted."""
    closure = closures(clinic_id=request.clinic.id).filter(pk=closure_id).first()
    if closure is None:
        raise Http404
    with transaction.atomic():
        remove_closure(clinic=request.clinic, closure_id=closure_id, actor_id=request.user.id)
        page = recalculate(request)
    is_lifted = lifted_holidays(clinic_id=request.clinic.id).filter(pk=closure_id).exists()
    if is_lifted:
        undo = Undo(clinic_reverse(request, "holiday_keep", closure_id=closure_id))
    else:
        fields = [("closed_on", closure.closed_on.isoformat()), ("reason", closure.reason)]
        undo = Undo(clinic_reverse(request, "closure_new"), fields)
    words = _("The clinic is open on %(day)s.") % {"day": day_words(closure.closed_on)}
    say_done(request, words, undo=undo)
    return redirect(page)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def holiday_keep(request: ClinicRequest, closure_id: int) -> HttpResponse:
    """Close a public holiday after all on which the clinic was to work."""
    closure = lifted_holidays(clinic_id=request.clinic.id).filter(pk=closure_id).first()
    if closure is None:
        raise Http404
    with transaction.atomic():
        keep_holiday(clinic=request.clinic, closure_id=closure_id, actor_id=request.user.id)
        page = recalculate(request)
    words = _("The clinic is closed on %(day)s.") % {"day": day_words(closure.closed_on)}
    say_done(request, words, undo=Undo(clinic_reverse(request, "closure_remove", closure_id=closure_id)))
    return redirect(page)


def _page(request: ClinicRequest, form: ClosureForm) -> HttpResponse:
    clinic_id = request.clinic.id
    listed = sorted(
        [*closures(clinic_id=clinic_id), *lifted_holidays(clinic_id=clinic_id)],
        key=lambda closure: closure.closed_on,
    )
    coming = [closure for closure in listed if closure.closed_on >= request.today]
    year_ahead = request.today + timedelta(days=DAYS_UNFOLDED)
    near = [closure for closure in coming if closure.closed_on <= year_ahead]
    context: dict[str, Any] = {
        **settings_frame(request, tab="closed_days"),
        "closure_form": form,
        "months": [
            (month, list(days))
            for month, days in groupby(near, key=lambda each: each.closed_on.replace(day=1))
        ],
        "later": [closure for closure in coming if closure.closed_on > year_ahead],
        "closings": [
            (closing, closing_words(closing))
            for closing in recent_closings(clinic_id=clinic_id, limit=CLOSINGS_SHOWN)
        ],
        "past": [closure for closure in reversed(listed) if closure.closed_on < request.today],
    }
    return render(request, "nurse/settings/closed_days.html", context, status=422 if form.errors else 200)


urlpatterns = [
    path("settings/closed-days/", closed_days, name="closed_days"),
    path("settings/closures/", closure_new, name="closure_new"),
    path("settings/closures/<int:closure_id>/remove/", closure_remove, name="closure_remove"),
    path("settings/closures/<int:closure_id>/keep/", holiday_keep, name="holiday_keep"),
]
