"""The versions of the care protocol: who put which in force when, and what each changed."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from scheduling.domain.care.protocol_changes import changes_between
from scheduling.selectors.protocols import protocol_versions as stored_versions
from scheduling.selectors.resources import visit_kinds
from web.access import ClinicRequest, clinic_page
from web.nurse.frame import clinic_reverse
from web.nurse.settings.draft import entries_of
from web.nurse.settings.frame import below_tab
from web.nurse.settings.protocol_words import by_phase, change_words, kind_names

VERSIONS_PER_PAGE = 25


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_versions(request: ClinicRequest) -> HttpResponse:
    """Every version, newest first."""
    versions = stored_versions(clinic_id=request.clinic.id)
    context = {
        **below_tab(request, "protocol", (_("Versions"), "")),
        "heading": _("Versions of the care protocol"),
        "page": Paginator(versions, VERSIONS_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "nurse/settings/protocol_versions.html", context)


@require_safe
@clinic_page(Permission.MANAGE_CLINIC)
def protocol_version(request: ClinicRequest, version: int) -> HttpResponse:
    """One version as it was, and what it changed."""
    found = {
        each.version: each
        for each in stored_versions(clinic_id=request.clinic.id).filter(version__in=[version, version - 1])
    }
    shown, before = found.get(version), found.get(version - 1)
    if shown is None:
        raise Http404
    names = kind_names(visit_kinds(clinic_id=request.clinic.id))
    rows = entries_of(request, shown)
    changes = [] if before is None else changes_between(entries_of(request, before), rows)
    heading = _("Version %(number)s") % {"number": version}
    versions = (_("Versions"), clinic_reverse(request, "protocol_versions"))
    context = {
        **below_tab(request, "protocol", versions, (heading, "")),
        "heading": heading,
        "version": shown,
        "is_first": before is None,
        "changes": change_words(changes, names),
        "phases": by_phase(rows, names),
    }
    return render(request, "nurse/settings/protocol_version.html", context)


urlpatterns = [
    path("settings/protocol/versions/", protocol_versions, name="protocol_versions"),
    path("settings/protocol/versions/<int:version>/", protocol_version, name="protocol_version"),
]
