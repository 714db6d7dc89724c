"""Who saw and changed what, for administrators and auditors: searched, leafed through, taken away as a table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.accounts import members
from clinic.selectors.audit_log import Asked, Entry, Place, What, audit_log
from clinic.selectors.patients import get_patient
from clinic.selectors.rows import AccessKind, Patient
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.history import ACTIONS, NOUNS
from web.tables import csv_download
from web.words import moment_words, plain_words

ROWS_PER_PAGE = 50
MOST_IN_FILE = 20_000
WHAT = {
    What.EVERYTHING: _("views and changes"),
    What.VIEWS: _("views"),
    What.TAKEN_OUT: _("what was taken out: files, prints, calendars, programs"),
    What.CHANGES: _("changes"),
}
DOORS = {
    AccessKind.PAGE: _("saw"),
    AccessKind.PRINT: _("printed"),
    AccessKind.EXPORT: _("took a file about"),
    AccessKind.API: _("read through a program about"),
    AccessKind.FEED: _("read by calendar link about"),
    AccessKind.PATIENT_LINK: _("opened a patient's link of"),
    AccessKind.ADMIN: _("saw in the administration site"),
}
ICONS = {
    AccessKind.PAGE: "eye",
    AccessKind.PRINT: "printer",
    AccessKind.EXPORT: "download",
    AccessKind.API: "plug",
    AccessKind.FEED: "calendar-week",
    AccessKind.PATIENT_LINK: "link-45deg",
    AccessKind.ADMIN: "gear",
}
COLUMNS = (_("When"), _("Who"), _("Did"), _("Patients"), _("MRN"), _("What"), _("Why"), _("From"))


class AuditForm(forms.Form):
    """What is looked for; it stands in the address, so a patient is there by reference."""

    what = forms.ChoiceField(label=_("What"), choices=list(WHAT.items()), required=False)
    who = forms.ChoiceField(label=_("Who"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        who: Any = self.fields["who"]
        who.choices = [("", _("anybody")), *people]


@require_safe
@clinic_page(Permission.VIEW_AUDIT)
def audit(request: ClinicRequest) -> HttpResponse:
    """The newest first, a page at a time; the address of a page shows the same rows for ever."""
    form, patient = _form(request)
    asked = _asked(request, form, patient)
    after = Place.read(request.GET.get("after", ""))
    entries, further = audit_log(clinic_id=request.clinic.id, asked=asked, after=after, most=ROWS_PER_PAGE)
    chosen = {name: str(value) for name, value in form.cleaned_data.items() if value}
    context = {
        "place": "audit",
        "form": form,
        "whose": patient,
        "is_filtered": bool(chosen),
        "is_further": after is not None,
        "lines": [_line(entry) for entry in entries],
        "query": urlencode(chosen),
        "without_patient": urlencode({name: value for name, value in chosen.items() if name != "patient"}),
        "further": urlencode(chosen | {"after": str(further)}) if further else "",
    }
    return render(request, "nurse/audit/page.html", context, status=422 if form.errors else 200)


@require_safe
@clinic_page(Permission.VIEW_AUDIT)
@in_english
def audit_csv(request: ClinicRequest) -> HttpResponse:
    """The same as a table, the newest rows. That it was taken away is itself recorded, by whom and about whom."""
    form, patient = _form(request)
    asked = _asked(request, form, patient)
    entries, _further = audit_log(clinic_id=request.clinic.id, asked=asked, most=MOST_IN_FILE)
    return csv_download(f"audit-{request.today.isoformat()}.csv", COLUMNS, _cells(entries))


def _form(request: ClinicRequest) -> tuple[AuditForm, Patient | None]:
    people = [
        (str(member.user_id), str(member.user))
        for member in members(clinic_id=request.clinic.id).select_related("user")
    ]
    form = AuditForm(request.GET, people=people)
    form.is_valid()
    ref: UUID | None = form.cleaned_data.get("patient")
    patient = get_patient(clinic_id=request.clinic.id, patient_ref=ref) if ref else None
    if ref and patient is None:
        raise Http404
    return form, patient


def _asked(request: ClinicRequest, form: AuditForm, patient: Patient | None) -> Asked:
    values = form.cleaned_data
    who, since, until = values.get("who"), values.get("since"), values.get("until")

    def midnight(day: Any) -> datetime:
        return timezone.make_aware(datetime.combine(day, time()))

    return Asked(
        what=What(values.get("what") or What.EVERYTHING),
        user_id=int(who) if who else None,
        patient_id=patient.pk if patient else None,
        since=midnight(since) if since else None,
        until=midnight(until + timedelta(days=1)) if until else None,
    )


def _line(entry: Entry) -> dict[str, Any]:
    """An entry in words."""
    view = entry.view
    return {
        "at": entry.at,
        "who": _who(entry),
        "did": DOORS[AccessKind(view.kind)] if view else _t("changed"),
        "icon": ICONS[AccessKind(view.kind)] if view else "pencil",
        "patients": entry.patients,
        "more": entry.number - len(entry.patients),
        "place": _place(view.route) if view else "",
        "address": view.address if view else "",
        "reason": entry.reason,
        "changes": [
            {
                "what": f"{NOUNS.get(row.noun, row.name)} {ACTIONS[row.action]}",
                "fields": row.fields,
            }
            for row in entry.rows
        ],
    }


def _who(entry: Entry) -> str:
    if entry.actor:
        return entry.actor
    if entry.view is None:
        return _t("the system")
    return _t("whoever holds the link %(ref)s") % {"ref": entry.view.link_ref[:8]}


def _place(route: str) -> str:
    """The page by the name of its address: nurse:patient_timeline is the patient timeline."""
    return route.rpartition(":")[2].replace("_", " ").replace("-", " ")


def _cells(entries: list[Entry]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        line = _line(entry)
        names = [f"{each.last_name}, {each.first_name}" for each in entry.patients]
        if line["more"]:
            names.append(_t("and %(number)d more") % {"number": line["more"]})
        yield (
            moment_words(entry.at),
            line["who"],
            line["did"],
            "; ".join(names),
            "; ".join(each.mrn for each in entry.patients),
            line["place"] or "; ".join(_in_a_cell(change) for change in line["changes"]),
            entry.reason,
            line["address"] or "",
        )


def _in_a_cell(change: dict[str, Any]) -> str:
    said = [
        f"{each.label}: {plain_words(each.before)} → {plain_words(each.after)}"
        if each.before is not None
        else f"{each.label}: {plain_words(each.after)}"
        for each in change["fields"]
    ]
    return f"{change['what']} ({', '.join(said)})" if said else str(change["what"])


urlpatterns = [path("audit/", audit, name="audit"), path("audit.csv", audit_csv, name="audit_csv")]
