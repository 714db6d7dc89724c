"""The clinic's settings and closed days. What they change is worked out anew at once, with its progress shown."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.accounts import closures
from clinic.services.accounts import update_clinic
from clinic.services.closures import add_closure, remove_closure
from scheduling.selectors.sweeps import run_progress
from scheduling.services.sweeps import start_recalculation
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.settings import ClinicForm, ClosureForm
from web.nurse.frame import clinic_reverse


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def settings(request: ClinicRequest) -> HttpResponse:
    """Show and change the settings; a change on which dates rest starts a run over all pumps."""
    form = ClinicForm(request.POST or None, clinic=request.clinic)
    if form.is_valid():
        try:
            with transaction.atomic():  # the change and its run, or neither
                update_clinic(clinic=request.clinic, entry=form.entry(), actor_id=request.user.id)
                page = _recalculate(request) if form.moves_dates else clinic_reverse(request, "settings")
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(page)
    return _page(request, form, ClosureForm())


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def closure_new(request: ClinicRequest) -> HttpResponse:
    """Close a day; visits that would fall on it move earlier."""
    form = ClosureForm(request.POST)
    if not form.is_valid():
        return _page(request, ClinicForm(clinic=request.clinic), form)
    with transaction.atomic():
        add_closure(clinic=request.clinic, actor_id=request.user.id, **form.cleaned_data)
        page = _recalculate(request)
    messages.success(request, _("The closed day is saved."))
    return redirect(page)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def closure_remove(request: ClinicRequest, closure_id: int) -> HttpResponse:
    """Open a closed day again."""
    if not closures(clinic_id=request.clinic.id).filter(pk=closure_id).exists():
        raise Http404
    with transaction.atomic():
        remove_closure(clinic=request.clinic, closure_id=closure_id, actor_id=request.user.id)
        page = _recalculate(request)
    messages.success(request, _("The clinic is open on that day again."))
    return redirect(page)


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def recalculation(request: ClinicRequest, run_id: int) -> HttpResponse:
    """How far a run over all pumps is; asked again every second while it goes on."""
    progress = run_progress(clinic_id=request.clinic.id, run_id=run_id)
    if progress is None:
        raise Http404
    template = "nurse/settings/_progress.html" if request.htmx else "nurse/settings/progress.html"
    context = {
        "place": "settings",
        "progress": progress,
        "trail": _trail(request, _("Dates worked out anew")),
    }
    return render(request, template, context)


def _recalculate(request: ClinicRequest) -> str:
    """Begin the run, in the transaction of the change that asks for it; the page of its progress."""
    run = start_recalculation(clinic_id=request.clinic.id, now=request.now, actor_id=request.user.id)
    return clinic_reverse(request, "recalculation", run_id=run.id)


def _page(request: ClinicRequest, form: ClinicForm, closure_form: ClosureForm) -> HttpResponse:
    listed = list(closures(clinic_id=request.clinic.id))
    context = {
        "place": "settings",
        "form": form,
        "closure_form": closure_form,
        "coming": [closure for closure in listed if closure.closed_on >= request.today],
        "past": [closure for closure in reversed(listed) if closure.closed_on < request.today],
    }
    is_refused = form.errors or closure_form.errors
    return render(request, "nurse/settings/page.html", context, status=422 if is_refused else 200)


def _trail(request: ClinicRequest, here: str) -> list[tuple[str, str]]:
    return [(_("Settings"), clinic_reverse(request, "settings")), (here, "")]


urlpatterns = [
    path("settings/", settings, name="settings"),
    path("settings/closures/", closure_new, name="closure_new"),
    path("settings/closures/<int:closure_id>/remove/", closure_remove, name="closure_remove"),
    path("settings/recalculations/<int:run_id>/", recalculation, name="recalculation"),
]
