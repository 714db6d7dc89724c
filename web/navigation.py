"""The places of a clinic's pages that the navigation bar offers, each to those who may go there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.domain.roles import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: the name of its address, what it is called, its icon, and who may go there."""

    name: str
    label: str | Promise
    icon: str
    permission: Permission


PLACES = (
    Place("worklist", pgettext_lazy("menu", "Work list"), "list-check", Permission.VIEW_PATIENTS),
    Place("escalations", _("Escalations"), "bell", Permission.VIEW_PATIENTS),
    Place("to_check", pgettext_lazy("menu", "To check"), "check2-all", Permission.RECORD_CARE),
    Place("calendar", _("Calendar"), "calendar-week", Permission.VIEW_PATIENTS),
    Place("watch", _("Watch"), "eye", Permission.VIEW_PATIENTS),
    Place("patients", _("Patients"), "people", Permission.VIEW_PATIENTS),
    Place("reports", _("Reports"), "bar-chart", Permission.VIEW_PATIENTS),
    Place("lots", _("Lots"), "upc-scan", Permission.TRACE_LOTS),
    Place("messages", _("Messages"), "envelope", Permission.VIEW_MESSAGES),
    Place("register", pgettext_lazy("menu", "Import"), "file-earmark-arrow-up", Permission.IMPORT_REGISTER),
    Place("members", pgettext_lazy("menu", "Members"), "person-badge", Permission.MANAGE_MEMBERS),
    Place("audit", _("Audit"), "shield-check", Permission.VIEW_AUDIT),
    Place("settings", _("Settings"), "gear", Permission.MANAGE_CLINIC),
)


@dataclass(frozen=True, slots=True)
class Link:
    name: str
    label: str | Promise
    icon: str
    url: str


def links(*, clinic_slug: str, permissions: Collection[Permission]) -> list[Link]:
    """The places this person may go to, with their addresses."""
    return [
        Link(place.name, place.label, place.icon, url)
        for place in PLACES
        if place.permission in permissions and (url := clinic_path(place.name, clinic_slug))
    ]


def clinic_path(name: str, clinic_slug: str, **kwargs: Any) -> str:
    """The address of a clinic page, or nothing where this installation has no such page."""
    try:
        return reverse(f"nurse:{name}", kwargs={"clinic_slug": clinic_slug, **kwargs})
    except NoReverseMatch:
        return ""


def first_page(clinic_slug: str) -> str:
    """Where a person lands in a clinic."""
    return clinic_path("worklist", clinic_slug) or clinic_path("patients", clinic_slug)
