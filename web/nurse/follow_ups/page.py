"""The follow-up list: what is due besides refills, and who is to be called back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from clinic.domain.roles import Permission
from scheduling.selectors.calls import call_backs, last_calls
from scheduling.selectors.due_list import PAGE_SIZE, DueList, Wanted, due_list, row_choices
from scheduling.selectors.due_list import PARTS as STORED_PARTS
from scheduling.selectors.rows import CallAttempt, Mode
from web.access import ClinicRequest, clinic_page
from web.nurse.colleagues import colleagues
from web.nurse.filters import filter_chips
from web.nurse.follow_ups.rows import shown_line
from web.nurse.follow_ups.words import MEANINGS, PARTS
from web.nurse.forms.patients import SearchForm
from web.nurse.worklist_tabs import work_tabs

WEEKS = (1, 2, 4, 8, 12, 26)
USUAL_WEEKS = 4
MINE = "mine"
CALL_BACK = "callback"


class DueFilterForm(forms.Form):
    """What stands in the address. Nothing here says who a patient is; what cannot be read is left out."""

    owner = forms.ChoiceField(label=_("Whose"), required=False)
    how = forms.ChoiceField(label=_("How"), required=False, choices=[("", _("Any")), *Mode.choices])
    what = forms.ChoiceField(label=_("What"), required=False)
    weeks = forms.ChoiceField(label=_("Within"), required=False)

    def __init__(
        self, data: QueryDict, *, people: Iterable[tuple[int, str]], rows: Iterable[tuple[str, str]]
    ) -> None:
        super().__init__(data, label_suffix="")
        whose = [("", _("Everybody's")), (MINE, _("Mine")), *((str(pk), name) for pk, name in people)]
        weeks = [(str(number), _t("%(number)d weeks") % {"number": number}) for number in WEEKS]
        self._offer("owner", whose)
        self._offer("what", [("", _("Anything")), *((key, _t(title)) for key, title in rows)])
        self._offer(
            "weeks", [("", _t("4 weeks")), *(w for w in weeks if w[0] != "4"), ("all", _("any time"))]
        )
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-select form-select-sm"

    def _offer(self, name: str, choices: Iterable[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(choices)

    def chosen(self) -> dict[str, str]:
        """The filters that are set, by their name in the address."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.VIEW_PATIENTS)
def follow_ups(request: ClinicRequest) -> HttpResponse:
    """Lines by when somebody must act. Filters are in the address; words searched for are posted."""
    people = colleagues(request)
    rows = row_choices(clinic_id=request.clinic.id)
    form = DueFilterForm(request.GET, people=people, rows=rows)
    chosen = form.chosen()
    search = SearchForm(request.POST or None)
    text = search.cleaned_data["text"].strip() if search.is_valid() else ""
    part = request.GET.get("part", "")
    part = part if part in PARTS and not text else ""
    number = request.GET.get("page", "")
    owner_id = _owner_id(request, chosen)
    listed = due_list(
        clinic_id=request.clinic.id,
        wanted=_wanted(chosen, owner_id, part, text),
        now=request.now,
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
    )
    calls = _call_backs(request, owner_id, text) if not (chosen.keys() & {"how", "what"}) else []
    query = urlencode([*chosen.items(), *([("part", part)] if part else [])])
    context = {
        "place": "worklist",
        "work_tabs": work_tabs(request, "follow_ups"),
        "form": form,
        "search": search,
        "text": text,
        "listed": listed,
        "part": part,
        "sections": _sections(request, listed, calls, part, is_first=listed.page == 1),
        "chips": _chips(listed, calls, part, chosen),
        "owner_chips": _owner_chips(chosen, part),
        "query": query,
        "is_filter_open": bool(chosen.keys() - {"owner"}),
        "is_filtered": bool(chosen),
        "people": people,
        "first": (listed.page - 1) * PAGE_SIZE + 1,
        "last": (listed.page - 1) * PAGE_SIZE + len(listed.lines),
    } | filter_chips(request, "followups", query)
    template = "nurse/follow_ups/_list.html" if request.htmx else "nurse/follow_ups/page.html"
    return render(request, template, context)


def _owner_id(request: ClinicRequest, chosen: dict[str, str]) -> int | None:
    owner = chosen.get("owner", "")
    if owner == MINE:
        return request.user.id
    return int(owner) if owner else None


def _wanted(chosen: dict[str, str], owner_id: int | None, part: str, text: str) -> Wanted:
    weeks = chosen.get("weeks", str(USUAL_WEEKS))
    return Wanted(
        parts=frozenset({part} & set(STORED_PARTS)),
        owner_id=owner_id,
        mode=chosen.get("how", ""),
        row_key=chosen.get("what", ""),
        within_weeks=None if weeks == "all" or text else int(weeks),
        text=text,
    )


def _call_backs(request: ClinicRequest, owner_id: int | None, text: str) -> list[CallAttempt]:
    if text:
        return []
    return list(call_backs(clinic_id=request.clinic.id, caller_id=owner_id))


def _sections(
    request: ClinicRequest, listed: DueList, calls: list[CallAttempt], part: str, *, is_first: bool
) -> list[dict[str, Any]]:
    """The lines under a heading per part; who is to be called back today stands between today and the week."""
    lines = [] if part == CALL_BACK else listed.lines
    newest = last_calls(clinic_id=request.clinic.id, patient_ids={line.first.patient_id for line in lines})
    by_part: dict[str, list[dict[str, Any]]] = {key: [] for key in PARTS}
    for line in lines:
        above = by_part[line.part]
        is_same = bool(above) and above[-1]["follow_up"].patient_id == line.first.patient_id
        call = None if is_same else newest.get(line.first.patient_id)
        above.append(shown_line(request, line, call) | {"is_same_patient": is_same})
    due_calls = [call for call in calls if call.call_back_on and call.call_back_on <= request.today]
    if part == CALL_BACK or (not part and is_first):
        shown = calls if part == CALL_BACK else due_calls
        by_part[CALL_BACK] = [
            {"call": call, "is_late": call.call_back_on and call.call_back_on < request.today}
            for call in shown
        ]
    return [
        {"key": key, "label": PARTS[key][0], "icon": PARTS[key][1], "meaning": MEANINGS[key], "rows": rows}
        for key, rows in by_part.items()
        if rows
    ]


def _chips(
    listed: DueList, calls: list[CallAttempt], part: str, chosen: dict[str, str]
) -> list[dict[str, Any]]:
    counts = listed.counts | {CALL_BACK: len(calls)}
    chips: list[dict[str, Any]] = [
        {"label": _t("All"), "count": sum(counts.values()), "query": urlencode(chosen), "is_here": not part}
    ]
    chips.extend(
        {
            "key": key,
            "label": label,
            "icon": icon,
            "count": counts[key],
            "query": urlencode([*chosen.items(), ("part", key)]),
            "is_here": key == part,
        }
        for key, (label, icon) in PARTS.items()
    )
    return chips


def _owner_chips(chosen: dict[str, str], part: str) -> list[dict[str, Any]]:
    """Everybody's and mine, one press apart."""
    rest = [(name, value) for name, value in chosen.items() if name != "owner"]
    rest += [("part", part)] if part else []
    owner = chosen.get("owner", "")
    return [
        {"label": _t("Everybody's"), "query": urlencode(rest), "is_here": not owner},
        {"label": _t("Mine"), "query": urlencode([*rest, ("owner", MINE)]), "is_here": owner == MINE},
    ]
