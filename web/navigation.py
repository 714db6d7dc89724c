"""The places of a clinic's pages that the navigation bar offers, each to those who may go there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
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


def clinic_address(name: str, clinic_slug: str, **kwargs: Any) -> str:
    """The address of a clinic page. A long list asks for hundreds, so what is the same in all of them is kept."""
    if all(isinstance(value, UUID) for value in kwargs.values()):
        address = _shape(get_urlconf(), get_script_prefix(), name, clinic_slug, tuple(kwargs))
        for key, value in kwargs.items():
            address = address.replace(_mark(key), str(value))
        return address
    return reverse(f"nurse:{name}", kwargs={"clinic_slug": clinic_slug, **kwargs})


@lru_cache(maxsize=2_000)
def _shape(urlconf: Any, prefix: str, name: str, clinic_slug: str, keys: tuple[str, ...]) -> str:
    """The address with a mark in place of each reference. It is of ``urlconf`` and ``prefix``, as ``reverse`` is."""
    marks = {key: _mark(key) for key in keys}
    return reverse(f"nurse:{name}", kwargs={"clinic_slug": clinic_slug, **marks})


@cache
def _mark(key: str) -> str:
    """A reference that nothing has: made of the keyword's name."""
    return str(uuid5(NAMESPACE_URL, key))


def clinic_path(name: str, clinic_slug: str, **kwargs: Any) -> str:
    """The address of a clinic page, or nothing where this installation has no such page."""
    try:
        return clinic_address(name, clinic_slug, **kwargs)
    except NoReverseMatch:
        return ""


def first_page(clinic_slug: str) -> str:
    """Where a person lands in a clinic."""
    return clinic_path("worklist", clinic_slug) or clinic_path("patients", clinic_slug)
