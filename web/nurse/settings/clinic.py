"""The clinic's own settings. What they change is worked out anew at once, with its progress shown."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.services.accounts import update_clinic
from clinic.services.holidays import bring_up_holidays
from scheduling.selectors.resources import work_policy
from scheduling.selectors.sweeps import run_progress
from scheduling.services.work_policy import possible_owners, set_work_policy
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.settings import ClinicForm, regions
from web.nurse.forms.work_policy import WorkPolicyForm
from web.nurse.frame import clinic_reverse
from web.nurse.settings.frame import below_tab, recalculate, settings_frame


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def settings(request: ClinicRequest) -> HttpResponse:
    """Show and change the settings; a change on which dates rest starts a run over all pumps."""
    form = _clinic_form(request, request.POST or None)
    if form.is_valid():
        try:
            page = _save(request, form)
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _("The settings are saved."))
            return redirect(page)
    return _page(request, form, _policy_form(request))


def _save(request: ClinicRequest, form: ClinicForm) -> str:
    """Save the settings and what rests on them, in one transaction; the page to go on to."""
    with transaction.atomic():  # the change and its run, or neither
        clinic = update_clinic(clinic=request.clinic, entry=form.entry(), actor_id=request.user.id)
        moved = 0
        if form.moves_holidays:
            moved = bring_up_holidays(clinic=clinic, today=request.today, actor_id=request.user.id)
        if form.moves_dates or moved:
            return recalculate(request)
    return clinic_reverse(request, "settings")


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def holiday_regions(request: ClinicRequest) -> HttpResponse:
    """The regions of the country that was just chosen, to choose one from."""
    choices = regions(request.GET.get("holiday_country", ""))
    return render(request, "nurse/settings/_regions.html", {"choices": choices})


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def work_policy_save(request: ClinicRequest) -> HttpResponse:
    """Change how work is shared out and how visits are booked."""
    form = _policy_form(request, is_posted=True)
    if form.is_valid():
        try:
            set_work_policy(clinic=request.clinic, entry=form.entry())
        except RecordError as error:
            form.add_record_error(error)
        else:
            messages.success(request, _("Work and booking are saved."))
            return redirect(clinic_reverse(request, "settings"))
    return _page(request, _clinic_form(request), form)


@require_safe
@clinic_page(Permission.CLOSE_DAYS)
def recalculation(request: ClinicRequest, run_id: int) -> HttpResponse:
    """How far a run over all pumps is; asked again every second while it goes on."""
    progress = run_progress(clinic_id=request.clinic.id, run_id=run_id)
    if progress is None:
        raise Http404
    template = "nurse/settings/_progress.html" if request.htmx else "nurse/settings/progress.html"
    context = {
        **below_tab(request, "settings", (_("Dates worked out anew"), "")),
        "progress": progress,
    }
    return render(request, template, context)


def _clinic_form(request: ClinicRequest, data: QueryDict | None = None) -> ClinicForm:
    return ClinicForm(data, clinic=request.clinic, regions_url=clinic_reverse(request, "holiday_regions"))


def _policy_form(request: ClinicRequest, *, is_posted: bool = False) -> WorkPolicyForm:
    return WorkPolicyForm(
        request.POST if is_posted else None,
        prefix="work",
        policy=work_policy(clinic_id=request.clinic.id),
        owners=possible_owners(request.clinic),
    )


def _page(request: ClinicRequest, form: ClinicForm, policy_form: WorkPolicyForm) -> HttpResponse:
    context = {
        **settings_frame(request, tab="settings"),
        "form": form,
        "policy_form": policy_form,
    }
    is_refused = form.errors or policy_form.errors
    return render(request, "nurse/settings/page.html", context, status=422 if is_refused else 200)


urlpatterns = [
    path("settings/", settings, name="settings"),
    path("settings/regions/", holiday_regions, name="holiday_regions"),
    path("settings/work-and-booking/", work_policy_save, name="work_policy_save"),
    path("settings/recalculations/<int:run_id>/", recalculation, name="recalculation"),
]
