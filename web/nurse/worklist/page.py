"""The work list's page: what a nurse opens in the morning."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from clinic.together import ask_together
from notifications.selectors.answers import newest_answers
from scheduling.selectors.calls import newest_calls
from scheduling.selectors.worklist import MISSING, ORDER, PAGE_SIZE, WorkRow, work_list
from web.access import ClinicRequest, clinic_page
from web.nurse.answers import marks_from
from web.nurse.colleagues import colleagues
from web.nurse.filters import filter_chips
from web.nurse.forms.patients import SearchForm
from web.nurse.worklist.alarms import alarms
from web.nurse.worklist.filters import MINE, FilterForm, wanted
from web.nurse.worklist.looks import LOOKS, MEANINGS
from web.nurse.worklist.rows import Beside, shown_row
from web.nurse.worklist_tabs import work_tabs


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def worklist(request: ClinicRequest) -> HttpResponse:
    """Every pump, most urgent first. Filters are in the address; words searched for are posted."""
    form = FilterForm(request.GET, people=colleagues(request))
    chosen = form.chosen()
    groups = frozenset(request.GET.getlist("group")) & frozenset(ORDER)
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    number = request.GET.get("page", "")
    listed = work_list(
        clinic_id=request.clinic.id,
        wanted=wanted(chosen, frozenset() if text else groups, text, user_id=request.user.id),
        now=request.now,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
    )
    everything = sum(listed.counts.values())
    query = urlencode([*chosen.items(), *(("group", group) for group in sorted(groups))])
    context: dict[str, Any] = {
        "place": "worklist",
        "form": form,
        "text": text,
        "search": search,
        "listed": listed,
        "sections": _sections(request, listed.rows, is_by_urgency="sort" not in chosen),
        "chips": _chips(listed.counts, groups, chosen, everything),
        "owner_chips": _owner_chips(chosen, groups),
        "query": query,
        "is_filter_open": bool(chosen.keys() - {"owner"}),
        "is_filtered": bool(chosen or groups),
        "has_groups": bool(groups),
        "chosen_groups": sorted(groups),
        "everything": everything,
        "first": (listed.page - 1) * PAGE_SIZE + 1,
        "last": (listed.page - 1) * PAGE_SIZE + len(listed.rows),
    } | filter_chips(request, "worklist", query)
    if request.htmx:
        return render(request, "nurse/worklist/_list.html", context)
    is_whole = not (chosen.keys() - {"sort"} or text)  # a chosen group narrows the rows and not the counts
    tabs = work_tabs(request, "worklist", refills=listed.urgent if is_whole else None)
    context |= alarms(request) | {"work_tabs": tabs}
    return render(request, "nurse/worklist/page.html", context)


def _chips(
    counts: dict[str, int], groups: frozenset[str], chosen: dict[str, str], everything: int
) -> list[dict[str, Any]]:
    """A link per group with how many pumps it holds; the fault group only when it holds one."""
    chips: list[dict[str, Any]] = [
        {"label": _t("All"), "count": everything, "query": urlencode(chosen), "is_here": not groups}
    ]
    chips.extend(
        {
            "label": LOOKS[group].label,
            "icon": LOOKS[group].icon,
            "key": group,
            "count": counts[group],
            "query": urlencode([*chosen.items(), ("group", group)]),
            "is_here": group in groups,
        }
        for group in ORDER
        if group != MISSING or counts[MISSING]
    )
    return chips


def _owner_chips(chosen: dict[str, str], groups: frozenset[str]) -> list[dict[str, Any]]:
    """Everybody's and mine, one press apart."""
    rest = [(name, value) for name, value in chosen.items() if name != "owner"]
    rest += [("group", group) for group in sorted(groups)]
    owner = chosen.get("owner", "")
    return [
        {"label": _t("Everybody's"), "query": urlencode(rest), "is_here": not owner},
        {"label": _t("Mine"), "query": urlencode([*rest, ("owner", MINE)]), "is_here": owner == MINE},
    ]


def _sections(request: ClinicRequest, rows: list[WorkRow], *, is_by_urgency: bool) -> list[dict[str, Any]]:
    """The rows under a heading per group; one section without a heading in another order."""
    found = ask_together(
        _beside,
        clinic_id=request.clinic.id,
        patient_refs={row.patient_ref for row in rows},
        visit_ids=[row.visit.visit_id for row in rows if row.visit],
    )
    calls = {call.patient.ref: call for call in found["calls"]}
    beside = Beside(request, quote(request.get_full_path(), safe=""), calls, marks_from(found["answers"]))
    shown = [shown_row(row, LOOKS[row.group], beside) for row in rows]
    if not is_by_urgency:
        return [{"rows": shown}] if shown else []
    sections: list[dict[str, Any]] = []
    for entry in shown:
        look = entry["look"]
        if not sections or sections[-1]["look"] is not look:
            sections.append({"look": look, "meaning": MEANINGS[entry["row"].group], "rows": []})
        sections[-1]["rows"].append(entry)
    return sections


def _beside(given: Any) -> dict[str, Any]:
    return {
        "calls": newest_calls(given.clinic_id, given.patient_refs),
        "answers": newest_answers(given.clinic_id, given.visit_ids),
    }
