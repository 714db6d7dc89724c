"""When patients are told, through what, how often; and back to what every clinic begins with."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from notifications.domain.kinds import RULED_KINDS, ChannelName, MessageKind
from notifications.selectors.rules import StoredRule, is_as_shipped, stored_policy, stored_rules
from notifications.services.rules import restore_rules, set_policy, set_rules
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.reminders import COUNTED_FROM, THE_VISIT, PolicyForm, StepForm, step_forms
from web.nurse.frame import clinic_reverse
from web.nurse.message_words import CHANNELS, KINDS
from web.nurse.settings.frame import below_tab, settings_frame


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def reminders(request: ClinicRequest) -> HttpResponse:
    """The steps of every kind, and a form for hours and caps."""
    form = PolicyForm(request.POST or None, policy=stored_policy(clinic_id=request.clinic.id))
    if form.is_valid():
        try:
            run_id = set_policy(
                clinic_id=request.clinic.id, entry=form.entry(), actor_id=request.user.id, now=request.now
            )
        except RecordError as error:
            form.add_record_error(error)
        else:
            return _saved(request, run_id)
    rules = stored_rules(clinic_id=request.clinic.id)
    context = {
        **settings_frame(request, tab="reminders"),
        "form": form,
        "kinds": [
            _kind(request, kind, [rule for rule in rules if rule.kind == kind]) for kind in RULED_KINDS
        ],
    }
    return render(request, "nurse/settings/reminders.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def reminders_kind(request: ClinicRequest, kind: str) -> HttpResponse:
    """Change the steps of one kind."""
    named = _kind_or_404(kind)
    rules = [rule for rule in stored_rules(clinic_id=request.clinic.id) if rule.kind == named]
    data = request.POST if request.method == "POST" else None
    steps = step_forms(data, rules)
    are_valid = [form.is_valid() for form in steps]  # every form, so that every fault is shown
    if data is not None and all(are_valid):
        entries = [form.entry() for form in steps if not form.is_empty]
        try:
            run_id = set_rules(
                clinic_id=request.clinic.id,
                kind=named,
                entries=entries,
                actor_id=request.user.id,
                now=request.now,
            )
        except RecordError as refused:
            _twin(steps).add_record_error(refused)
        else:
            return _saved(request, run_id)
    is_refused = data is not None
    context = {
        **below_tab(request, "reminders", (KINDS[named], "")),
        "heading": KINDS[named],
        "counted_from": COUNTED_FROM.get(named, THE_VISIT),
        "steps": steps[:-1],
        "new": steps[-1],
        "cancel_url": clinic_reverse(request, "reminders"),
    }
    return render(request, "nurse/settings/reminders_kind.html", context, status=422 if is_refused else 200)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def reminders_restore(request: ClinicRequest, kind: str) -> HttpResponse:
    """Put the steps back that every clinic begins with."""
    run_id = restore_rules(
        clinic_id=request.clinic.id, kind=_kind_or_404(kind), actor_id=request.user.id, now=request.now
    )
    return _saved(request, run_id)


def _twin(steps: list[StepForm]) -> StepForm:
    """The later of two steps at the same day and hour."""
    seen: set[tuple[int, object]] = set()
    for form in steps:
        if form.is_empty or not form.cleaned_data["is_active"]:
            continue
        place = (form.entry().days, form.entry().at)
        if place in seen:
            return form
        seen.add(place)
    return steps[-1]


def _saved(request: ClinicRequest, run_id: int | None) -> HttpResponse:
    """Where something changed, the run that plans all messages anew shows how far it is."""
    messages.success(request, _("The settings are saved."))
    if run_id is None:
        return redirect(clinic_reverse(request, "reminders"))
    return redirect(clinic_reverse(request, "recalculation", run_id=run_id))


def _kind(request: ClinicRequest, kind: MessageKind, rules: list[StoredRule]) -> dict[str, Any]:
    used = [rule for rule in rules if rule.is_active]
    return {
        "name": KINDS[kind],
        "key": kind.value,
        "url": clinic_reverse(request, "reminders_kind", kind=kind.value),
        "restore_url": clinic_reverse(request, "reminders_restore", kind=kind.value),
        "is_as_shipped": is_as_shipped(kind, rules),
        "steps": [_step(rule, COUNTED_FROM.get(kind, THE_VISIT)) for rule in used],
    }


def _step(rule: StoredRule, counted_from: str | Promise) -> dict[str, Any]:
    names = [CHANNELS[ChannelName(name)] for name in rule.channels]
    return {
        "when": _when(rule.days, counted_from),
        "at": rule.at,
        "channels": names,
        "wants_answer": rule.wants_answer,
        "is_critical": rule.is_critical,
    }


def _when(days: int, counted_from: str | Promise) -> str:
    if not days:
        return _("on %(day)s") % {"day": counted_from}
    if days < 0:
        words = ngettext("%(number)s day before %(day)s", "%(number)s days before %(day)s", -days)
    else:
        words = ngettext("%(number)s day after %(day)s", "%(number)s days after %(day)s", days)
    return words % {"number": abs(days), "day": counted_from}


def _kind_or_404(kind: str) -> MessageKind:
    if kind not in {each.value for each in RULED_KINDS}:
        raise Http404
    return MessageKind(kind)


urlpatterns = [
    path("settings/reminders/", reminders, name="reminders"),
    path("settings/reminders/<slug:kind>/", reminders_kind, name="reminders_kind"),
    path("settings/reminders/<slug:kind>/restore/", reminders_restore, name="reminders_restore"),
]
