"""Filters of a list under a name of one's own: chips above the list, a page to keep one, one to change it.

Another list shows them with ``filter_chips`` and ``nurse/filters/_chips.html``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.roles import Permission
from scheduling.domain.saved_filters import FIELDS
from scheduling.selectors.rows import FilterPage, SavedFilter
from scheduling.selectors.saved_filters import saved_filter, saved_filters
from scheduling.services.saved_filters import clean_query, delete_filter, rename_filter, save_filter
from web.access import ClinicRequest, clinic_page
from web.forms import RecordForm
from web.navigation import clinic_path
from web.nurse.frame import clinic_reverse
from web.nurse.pages import form_page
from web.undo import Undo, say_done

PLACES = {"worklist": "worklist", "followups": "follow_ups", "calendar": "calendar"}
"""The page a filter belongs to, and the name of its address."""


class FilterNameForm(RecordForm):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )


class NewFilterForm(FilterNameForm):
    overwrite = forms.BooleanField(
        label=gettext_lazy("Replace my filter of this name, if there is one"), required=False
    )


@dataclass(frozen=True, slots=True)
class FilterChip:
    name: str
    url: str
    edit_url: str
    is_here: bool


def filter_chips(request: ClinicRequest, page: str, query: str) -> dict[str, Any]:
    """The person's filters of this page as chips, and where to keep the one that is set now."""
    here = clean_query(page, query)
    stored = saved_filters(clinic_id=request.clinic.id, user_id=request.user.id, page=page)
    chips = [
        FilterChip(
            row.name,
            _list_url(request, row.page, row.query),
            f"{clinic_reverse(request, 'filter_edit')}?filter={row.id}",
            row.query == here,
        )
        for row in stored
    ]
    is_kept = any(chip.is_here for chip in chips)
    keep = _new_url(request, page, here)
    return {"saved_chips": chips, "keep_filter_url": keep if here and not is_kept else ""}


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def filter_new(request: ClinicRequest) -> HttpResponse:
    """Give the filters of a page that are set (``?page=worklist&query=...``) a name."""
    page = request.GET.get("page", "")
    page = page if page in FIELDS else "worklist"
    query = clean_query(page, request.GET.get("query", ""))
    form = NewFilterForm(request.POST or None)
    return form_page(
        request,
        form,
        save=lambda: save_filter(
            clinic=request.clinic, user_id=request.user.id, page=page, query=query, **form.cleaned_data
        ),
        then=lambda saved: _list_url(request, saved.page, saved.query),
        done=_("The filter is kept. It stands above the list, for you alone."),
        context={
            "place": PLACES[page],
            "heading": _("Keep this filter"),
            "trail": _trail(request, page, _("Keep this filter")),
            "submit_label": _("Keep"),
            "cancel_url": _list_url(request, page, query),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def filter_edit(request: ClinicRequest) -> HttpResponse:
    """Rename one's own filter (``?filter=``), or delete it; without one there is nothing but the list."""
    stored = _own(request, request.GET.get("filter", ""))
    if stored is None:
        return redirect(clinic_reverse(request, "worklist"))
    form = FilterNameForm(request.POST or None, initial={"name": stored.name})
    url = _list_url(request, stored.page, stored.query)
    return form_page(
        request,
        form,
        save=lambda: rename_filter(
            clinic=request.clinic, user_id=request.user.id, filter_id=stored.id, **form.cleaned_data
        ),
        then=url,
        done=_("The filter is renamed."),
        template="nurse/filters/edit.html",
        context={
            "place": PLACES[stored.page],
            "heading": _("Your filter"),
            "trail": _trail(request, stored.page, stored.name),
            "submit_label": _("Rename"),
            "cancel_url": url,
            "stored": stored,
        },
    )


@require_POST
@clinic_page(Permission.VIEW_PATIENTS)
def filter_delete(request: ClinicRequest) -> HttpResponse:
    """Forget one's own filter; the note offers to keep it again."""
    stored = _own(request, request.POST.get("filter", ""))
    if stored is None:
        return redirect(clinic_reverse(request, "worklist"))
    gone = delete_filter(clinic=request.clinic, user_id=request.user.id, filter_id=stored.id)
    undo = Undo(_new_url(request, gone.page, gone.query), [("name", gone.name)])
    say_done(request, _("The filter is deleted."), undo=undo)
    return redirect(_list_url(request, gone.page, ""))


def _own(request: ClinicRequest, number: str) -> SavedFilter | None:
    if not number.isascii() or not number.isdecimal() or len(number) > 15:
        return None
    return saved_filter(clinic_id=request.clinic.id, user_id=request.user.id, filter_id=int(number))


def _new_url(request: ClinicRequest, page: str, query: str) -> str:
    return f"{clinic_reverse(request, 'filter_new')}?{urlencode({'page': page, 'query': query})}"


def _list_url(request: ClinicRequest, page: str, query: str) -> str:
    url = clinic_path(PLACES[page], request.clinic.slug)
    return f"{url}?{query}" if query else url


def _trail(request: ClinicRequest, page: str, here: str) -> list[tuple[Any, str]]:
    return [(FilterPage(page).label, _list_url(request, page, "")), (here, "")]


urlpatterns = [
    path("filters/new/", filter_new, name="filter_new"),
    path("filters/edit/", filter_edit, name="filter_edit"),
    path("filters/delete/", filter_delete, name="filter_delete"),
]
