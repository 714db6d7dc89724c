"""Nurses and rooms: who and what visits can be given to, in which hours, and the days that differ."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.checks import RecordError
from clinic.domain.roles import Permission
from clinic.selectors.accounts import members
from scheduling.domain.hours import ExceptionEntry, Week, check_exception
from scheduling.selectors import resources as stored
from scheduling.selectors.rows import HoursException, Resource, ResourceKind
from scheduling.services.resources import (
    add_exception,
    add_resource,
    remove_exception,
    restore_resource,
    retire_resource,
    update_exception,
    update_resource,
)
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.resources import (
    AWAY,
    USUAL_DAY,
    ExceptionForm,
    ResourceForm,
    exception_fields,
    exception_values,
)
from web.nurse.frame import clinic_reverse
from web.nurse.pages import act_and_return, form_page
from web.nurse.settings.closings import propose_instead
from web.nurse.settings.frame import below_tab, settings_frame
from web.nurse.settings.hours_words import exception_words, week_words
from web.undo import Undo, say_done


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def resources(request: ClinicRequest) -> HttpResponse:
    """The clinic's nurses and rooms with their weeks; those out of use folded away."""
    listed = stored.resources(clinic_id=request.clinic.id, today=request.today)
    kinds = [
        (ResourceKind.NURSE, _("Nurses"), _("Add a nurse"), "person-badge"),
        (ResourceKind.ROOM, _("Rooms"), _("Add a room"), "door-open"),
    ]
    sections = [
        {
            "kind": kind.value,
            "title": title,
            "add": add,
            "add_url": clinic_reverse(request, f"{kind.value}_new"),
            "icon": icon,
            "rows": [_row(each) for each in listed if each.kind == kind and each.is_active],
            "retired": [each for each in listed if each.kind == kind and not each.is_active],
        }
        for kind, title, add, icon in kinds
    ]
    context = {**settings_frame(request, tab="resources"), "sections": sections}
    return render(request, "nurse/settings/resources.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def resource_new(request: ClinicRequest, kind: str) -> HttpResponse:
    """Add a nurse or a room with the weekly hours."""
    week = dict.fromkeys(request.clinic.open_weekdays, USUAL_DAY)
    form = _form(request, kind=kind, week=week)
    heading = _("Add a nurse") if kind == ResourceKind.NURSE else _("Add a room")
    tab = clinic_reverse(request, "resources")
    return form_page(
        request,
        form,
        save=lambda: add_resource(clinic=request.clinic, kind=kind, entry=form.entry(), week=form.week()),
        then=lambda resource: clinic_reverse(request, "resource", ref=resource.ref),
        done=_("Saved. Visits can be booked in these hours."),
        template="nurse/settings/resource_new.html",
        context={
            **below_tab(request, "resources", (heading, "")),
            "heading": heading,
            "submit_label": _("Save"),
            "cancel_url": tab,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def resource(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """One nurse or room: name and week to change, the days that differ, and the visits that do not fit."""
    found = _resource_or_404(request, ref)
    form = _form(request, kind=found.kind, week=stored.week_of(found), resource=found)
    if form.is_valid():
        try:
            update_resource(clinic=request.clinic, resource_ref=ref, entry=form.entry(), week=form.week())
        except RecordError as error:
            form.add_record_error(error)
        else:
            say_done(request, _("The hours of %(name)s are saved.") % {"name": form.entry().name})
            return redirect(clinic_reverse(request, "resource", ref=ref))
    context: dict[str, Any] = {
        **below_tab(request, "resources", (found.name, "")),
        "heading": found.name,
        "resource": found,
        "form": form,
        "exceptions": [(each, exception_words(each)) for each in found.exceptions.all()],
        "ahead": stored.visits_ahead(clinic=request.clinic, resource=found, now=request.now),
    }
    return render(request, "nurse/settings/resource.html", context, status=422 if form.errors else 200)


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def resource_retire(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put a nurse or a room out of use."""
    found = _resource_or_404(request, ref)
    retire_resource(clinic=request.clinic, resource_ref=ref)
    say_done(
        request,
        _("%(name)s is out of use: no new visit is given to it.") % {"name": found.name},
        undo=Undo(clinic_reverse(request, "resource_restore", ref=ref)),
    )
    return redirect(clinic_reverse(request, "resource", ref=ref))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def resource_restore(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put a nurse or a room back into use."""
    found = _resource_or_404(request, ref)
    restore_resource(clinic=request.clinic, resource_ref=ref)
    say_done(request, _("%(name)s is in use again.") % {"name": found.name})
    return redirect(clinic_reverse(request, "resource", ref=ref))


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def exception_new(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Enter days that differ from the weekly hours; also the way back for one that was taken away.

    Whole days away on which visits are booked become a proposal of new times.
    """
    found = _resource_or_404(request, ref)
    form = ExceptionForm(request.POST or None, initial={"what": AWAY})
    if form.is_valid() and (proposal := _proposal(request, found, form.entry())):
        return redirect(proposal)
    return _exception_page(
        request,
        found,
        form,
        save=lambda: add_exception(
            clinic=request.clinic, resource_ref=ref, entry=form.entry(), now=request.now
        ),
        heading=_("Days that differ: %(name)s") % {"name": found.name},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def exception_edit(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Change days that differ."""
    exception = _exception_or_404(request, ref)
    form = ExceptionForm(request.POST or None, initial=exception_values(exception))
    return _exception_page(
        request,
        exception.resource,
        form,
        save=lambda: update_exception(
            clinic=request.clinic, exception_ref=ref, entry=form.entry(), now=request.now
        ),
        heading=_("Change the days: %(name)s") % {"name": exception.resource.name},
    )


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def exception_remove(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Take days that differ away; one press enters them again."""
    exception = _exception_or_404(request, ref)
    page = clinic_reverse(request, "resource", ref=exception.resource.ref)

    def act() -> None:
        entry = remove_exception(clinic=request.clinic, exception_ref=ref)
        back = clinic_reverse(request, "exception_new", ref=exception.resource.ref)
        say_done(
            request,
            _("Taken away: %(days)s.") % {"days": exception_words(exception)},
            undo=Undo(back, exception_fields(entry)),
        )

    return act_and_return(request, act, done="", then=page)


def _proposal(request: ClinicRequest, found: Resource, entry: ExceptionEntry) -> str:
    """The page of new times, where whole days away would displace visits; else nothing, as for days that cannot be."""
    if entry.is_available or entry.starts_at or entry.ends_at or not found.is_active:
        return ""
    try:
        check_exception(entry, today=request.today)
        return propose_instead(
            request,
            first_on=max(entry.first_on, request.today),
            last_on=entry.last_on,
            reason=entry.reason,
            resource=found,
        )
    except RecordError:
        return ""  # the form says why, or the absence is too long for one proposal and is entered as it is


def _exception_page(
    request: ClinicRequest, found: Resource, form: ExceptionForm, *, save: Any, heading: str
) -> HttpResponse:
    page = clinic_reverse(request, "resource", ref=found.ref)
    below = below_tab(request, "resources", (found.name, page), (_("Days that differ"), ""))
    return form_page(
        request,
        form,
        save=save,
        then=page,
        done=_("The days are saved."),
        template="nurse/settings/exception.html",
        context={
            **below,
            "heading": heading,
            "resource": found,
            "submit_label": _("Save"),
            "cancel_url": page,
        },
    )


def _form(request: ClinicRequest, *, kind: str, week: Week, resource: Resource | None = None) -> ResourceForm:
    return ResourceForm(
        request.POST or None,
        kind=kind,
        week=week,
        resource=resource,
        accounts=_accounts(request, resource) if kind == ResourceKind.NURSE else {},
    )


def _accounts(request: ClinicRequest, own: Resource | None) -> dict[int, str]:
    """The members who stand nowhere else in the calendar."""
    listed = stored.resources(clinic_id=request.clinic.id, today=request.today)
    taken = {each.user_id for each in listed if own is None or each.id != own.id}
    free = {
        member.user_id: str(member.user)
        for member in members(clinic_id=request.clinic.id).filter(is_active=True)
        if member.user_id not in taken
    }
    if own is not None and own.user is not None:
        free.setdefault(own.user.id, str(own.user))
    return free


def _row(resource: Resource) -> dict[str, Any]:
    exceptions = list(resource.exceptions.all())
    return {
        "resource": resource,
        "week": week_words(stored.week_of(resource)),
        "next": exception_words(exceptions[0]) if exceptions else "",
        "more": len(exceptions) - 1,
    }


def _resource_or_404(request: ClinicRequest, ref: UUID) -> Resource:
    found = stored.get_resource(clinic_id=request.clinic.id, resource_ref=ref, today=request.today)
    if found is None:
        raise Http404
    return found


def _exception_or_404(request: ClinicRequest, ref: UUID) -> HoursException:
    found = stored.get_exception(clinic_id=request.clinic.id, exception_ref=ref)
    if found is None:
        raise Http404
    return found


urlpatterns = [
    path("settings/resources/", resources, name="resources"),
    path("settings/nurses/new/", resource_new, {"kind": ResourceKind.NURSE.value}, name="nurse_new"),
    path("settings/rooms/new/", resource_new, {"kind": ResourceKind.ROOM.value}, name="room_new"),
    path("settings/resources/<uuid:ref>/", resource, name="resource"),
    path("settings/resources/<uuid:ref>/retire/", resource_retire, name="resource_retire"),
    path("settings/resources/<uuid:ref>/restore/", resource_restore, name="resource_restore"),
    path("settings/resources/<uuid:ref>/days/new/", exception_new, name="exception_new"),
    path("settings/days/<uuid:ref>/", exception_edit, name="exception_edit"),
    path("settings/days/<uuid:ref>/remove/", exception_remove, name="exception_remove"),
]
