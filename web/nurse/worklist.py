"""The work list: what a nurse opens in the morning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic.domain.roles import Permission
from clinic.selectors.catalogue import drug_choices, pump_model_choices
from scheduling.selectors.worklist import MISSING, ORDER, PAGE_SIZE, Sorting, Wanted, WorkRow, work_list
from web import findings
from web.access import ClinicRequest, clinic_page
from web.groups import GROUPS, GroupLook
from web.nurse.forms.patients import SearchForm
from web.tables import csv_download

LOOKS = {MISSING: GroupLook(MISSING, _("No date at all"), "exclamation-octagon-fill"), **GROUPS}
MEANINGS: dict[str, str | Promise] = {
    MISSING: _(
        "Nothing was worked out for these pumps. Check them by hand and tell whoever runs the system."
    ),
    "emergency": _("By the arithmetic these pumps are empty."),
    "overdue": _("The refill date is today or has passed."),
    "at_risk": _("The latest day for a visit has passed."),
    "due": _("Time to book: the target visit is at most 14 days away."),
    "review": _("No date can be trusted until somebody has looked."),
    "later": _("Nothing to do yet."),
}
WEEKS = (2, 4, 8, 12, 26)
SORTINGS = (
    (Sorting.URGENCY.value, _("Most urgent first")),
    (Sorting.DATE.value, _("Refill date")),
    (Sorting.NAME.value, _("Name")),
)


class FilterForm(forms.Form):
    """What stands in the address. Nothing here says who a patient is; what cannot be read is left out."""

    drug = forms.ChoiceField(label=_("Drug"), required=False)
    pump = forms.ChoiceField(label=_("Pump"), required=False)
    limit = forms.ChoiceField(label=_("What binds"), required=False)
    hazard = forms.ChoiceField(label=_("If late"), required=False)
    weeks = forms.ChoiceField(label=_("Refill within"), required=False)
    sort = forms.ChoiceField(label=_("Order"), required=False, choices=SORTINGS)

    def __init__(self, data: QueryDict) -> None:
        super().__init__(data, label_suffix="")
        any_one = [("", _("Any"))]
        weeks = [(str(number), _t("%(number)d weeks") % {"number": number}) for number in WEEKS]
        self._offer("drug", [*any_one, *drug_choices()])
        self._offer("pump", [*any_one, *pump_model_choices()])
        self._offer("limit", [*any_one, *findings.LIMITS.items()])
        self._offer("hazard", [*any_one, *((str(key), label) for key, label in findings.HAZARDS.items())])
        self._offer("weeks", [*any_one, *weeks])
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select form-select-sm"

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(choices)

    def chosen(self) -> dict[str, str]:
        """The filters that are set, by their name in the address."""
        self.is_valid()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        if chosen.get("sort") == Sorting.URGENCY:
            del chosen["sort"]
        return chosen


def _wanted(chosen: dict[str, str], groups: frozenset[str], text: str) -> Wanted:
    return Wanted(
        groups=groups,
        drug_key=chosen.get("drug", ""),
        pump_model_key=chosen.get("pump", ""),
        hazard=int(chosen["hazard"]) if "hazard" in chosen else None,
        limited_by=chosen.get("limit", ""),
        within_weeks=int(chosen["weeks"]) if "weeks" in chosen else None,
        text=text,
        sorting=Sorting(chosen.get("sort", Sorting.URGENCY)),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def worklist(request: ClinicRequest) -> HttpResponse:
    """Every pump, most urgent first. Filters are in the address; words searched for are posted."""
    form = FilterForm(request.GET)
    chosen = form.chosen()
    groups = frozenset(request.GET.getlist("group")) & frozenset(ORDER)
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    number = request.GET.get("page", "")
    listed = work_list(
        clinic_id=request.clinic.id,
        wanted=_wanted(chosen, frozenset() if text else groups, text),
        now=request.now,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
    )
    everything = sum(listed.counts.values())
    context = {
        "place": "worklist",
        "form": form,
        "text": text,
        "search": search,
        "listed": listed,
        "sections": _sections(listed.rows, is_by_urgency="sort" not in chosen),
        "chips": _chips(listed.counts, groups, chosen, everything),
        "query": urlencode([*chosen.items(), *(("group", group) for group in sorted(groups))]),
        "is_filtered": bool(chosen or groups),
        "has_groups": bool(groups),
        "chosen_groups": sorted(groups),
        "everything": everything,
        "first": (listed.page - 1) * PAGE_SIZE + 1,
        "last": (listed.page - 1) * PAGE_SIZE + len(listed.rows),
    }
    template = "nurse/worklist/_list.html" if request.htmx else "nurse/worklist/page.html"
    return render(request, template, context)


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


def _sections(rows: list[WorkRow], *, is_by_urgency: bool) -> list[dict[str, Any]]:
    """The rows under a heading per group; one section without a heading in another order."""
    shown: list[dict[str, Any]] = [
        {
            "row": row,
            "look": LOOKS[row.group],
            "findings": findings.stored(row.findings),
            "days_late": -(row.days_left or 0),
        }
        for row in rows
    ]
    if not is_by_urgency:
        return [{"rows": shown}] if shown else []
    sections: list[dict[str, Any]] = []
    for entry in shown:
        look = entry["look"]
        if not sections or sections[-1]["look"] is not look:
            sections.append({"look": look, "meaning": MEANINGS[entry["row"].group], "rows": []})
        sections[-1]["rows"].append(entry)
    return sections


COLUMNS = (
    _("Group"),
    _("Last name"),
    _("First name"),
    _("MRN"),
    _("Date of birth"),
    _("Pump"),
    _("Serial number"),
    _("Drugs"),
    _("Last fill"),
    _("Must refill by"),
    _("What binds"),
    _("Target visit"),
    _("Latest visit"),
    _("Days left"),
    _("Low reservoir"),
    _("Empty"),
    _("Days to empty"),
    _("Findings"),
)


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def worklist_csv(request: ClinicRequest) -> HttpResponse:
    """The list under the filters of the address, all pages, for a spreadsheet."""
    chosen = FilterForm(request.GET).chosen()
    groups = frozenset(request.GET.getlist("group")) & frozenset(ORDER)
    listed = work_list(
        clinic_id=request.clinic.id,
        wanted=_wanted(chosen, groups, ""),
        now=request.now,
        page_size=None,
    )
    rows = (_cells(row) for row in listed.rows)
    return csv_download(f"worklist-{request.today.isoformat()}.csv", COLUMNS, rows)


def _days_left(row: WorkRow) -> str:
    """In words once it is late: a spreadsheet takes a leading minus for a formula."""
    if row.days_left is None:
        return ""
    return str(row.days_left) if row.days_left >= 0 else _t("%(days)d late") % {"days": -row.days_left}


def _cells(row: WorkRow) -> list[str]:
    def iso(day: date | None) -> str:
        return day.isoformat() if day else ""

    return [
        str(LOOKS[row.group].label),
        row.last_name,
        row.first_name,
        row.mrn,
        iso(row.birth_date),
        row.pump,
        row.serial,
        " + ".join(row.drugs),
        iso(row.filled_on),
        iso(row.must_refill_by),
        str(findings.LIMITS.get(row.limited_by, "")),
        iso(row.target_visit_on),
        iso(row.latest_visit_on),
        _days_left(row),
        iso(row.low_reservoir_on),
        iso(row.empty_on),
        "" if row.days_to_empty is None else str(max(row.days_to_empty, Decimal(0))),
        "; ".join(said.short for said in findings.stored(row.findings)),
    ]


urlpatterns = [
    path("worklist/", worklist, name="worklist"),
    path("worklist.csv", worklist_csv, name="worklist_csv"),
]
