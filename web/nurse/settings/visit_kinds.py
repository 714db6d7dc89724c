"""Kinds of visit: what they are called, how long they take, what they need."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.domain.roles import Permission
from scheduling.selectors import resources as stored
from scheduling.selectors.rows import VisitKind
from scheduling.services.visit_kinds import (
    add_visit_kind,
    restore_visit_kind,
    retire_visit_kind,
    update_visit_kind,
)
from web.access import ClinicRequest, clinic_page
from web.nurse.forms.resources import VisitKindForm
from web.nurse.frame import clinic_reverse
from web.nurse.pages import act_and_return, form_page
from web.nurse.settings.frame import below_tab, settings_frame
from web.undo import Undo, say_done


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def visit_kinds(request: ClinicRequest) -> HttpResponse:
    """The kinds of visit in use; those out of use folded away."""
    kinds = stored.visit_kinds(clinic_id=request.clinic.id)
    coming = stored.coming_visits_by_kind(clinic_id=request.clinic.id, now=request.now)
    context = {
        **settings_frame(request, tab="visit_kinds"),
        "rows": [(kind, coming.get(kind.id, 0)) for kind in kinds if kind.is_active],
        "retired": [kind for kind in kinds if not kind.is_active],
    }
    return render(request, "nurse/settings/visit_kinds.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def visit_kind_new(request: ClinicRequest) -> HttpResponse:
    """Add a kind of visit."""
    form = VisitKindForm(request.POST or None)
    tab = clinic_reverse(request, "visit_kinds")
    return form_page(
        request,
        form,
        save=lambda: add_visit_kind(clinic=request.clinic, entry=form.entry()),
        then=tab,
        done=_("The kind of visit is saved."),
        context={
            **below_tab(request, "visit_kinds", (_("Add"), "")),
            "heading": _("Add a kind of visit"),
            "submit_label": _("Save"),
            "cancel_url": tab,
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.MANAGE_CLINIC)
def visit_kind(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Change a kind of visit."""
    kind = _kind_or_404(request, ref)
    form = VisitKindForm(request.POST or None, kind=kind)
    tab = clinic_reverse(request, "visit_kinds")
    return form_page(
        request,
        form,
        save=lambda: update_visit_kind(
            clinic=request.clinic, kind_ref=ref, entry=form.entry(), now=request.now
        ),
        then=tab,
        done=_("The kind of visit is saved."),
        context={
            **below_tab(request, "visit_kinds", (_(kind.name), "")),
            "heading": _(kind.name),
            "submit_label": _("Save"),
            "cancel_url": tab,
        },
    )


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def visit_kind_retire(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put a kind of visit out of use, unless something asks for it."""
    kind = _kind_or_404(request, ref)

    def act() -> None:
        retire_visit_kind(clinic=request.clinic, kind_ref=ref)
        say_done(
            request,
            _("“%(name)s” is out of use.") % {"name": _(kind.name)},
            undo=Undo(clinic_reverse(request, "visit_kind_restore", ref=ref)),
        )

    return act_and_return(request, act, done="", then=clinic_reverse(request, "visit_kinds"))


@require_POST
@clinic_page(Permission.MANAGE_CLINIC)
def visit_kind_restore(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """Put a kind of visit back into use."""
    kind = _kind_or_404(request, ref)
    return act_and_return(
        request,
        lambda: restore_visit_kind(clinic=request.clinic, kind_ref=ref),
        done=_("“%(name)s” is in use again.") % {"name": _(kind.name)},
        then=clinic_reverse(request, "visit_kinds"),
    )


def _kind_or_404(request: ClinicRequest, ref: UUID) -> VisitKind:
    kind = stored.get_visit_kind(clinic_id=request.clinic.id, kind_ref=ref)
    if kind is None:
        raise Http404
    return kind


urlpatterns = [
    path("settings/visit-kinds/", visit_kinds, name="visit_kinds"),
    path("settings/visit-kinds/new/", visit_kind_new, name="visit_kind_new"),
    path("settings/visit-kinds/<uuid:ref>/", visit_kind, name="visit_kind"),
    path("settings/visit-kinds/<uuid:ref>/retire/", visit_kind_retire, name="visit_kind_retire"),
    path("settings/visit-kinds/<uuid:ref>/restore/", visit_kind_restore, name="visit_kind_restore"),
]
