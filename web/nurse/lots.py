"""Who received a given lot: the page of a recall, and its list to take away."""

from __future__ import annotations

from collections.abc import Iterable

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic.domain.roles import Permission
from clinic.selectors.lots import lots_like, who_received
from clinic.selectors.rows import FillDrug
from web.access import ClinicRequest, clinic_page
from web.language import in_english
from web.nurse.frame import clinic_reverse
from web.tables import csv_download
from web.words import quantity_words


class LotForm(forms.Form):
    lot = forms.CharField(label=gettext_lazy("Lot number"), max_length=60)


@require_http_methods(["GET", "HEAD", "POST"])
@clinic_page(Permission.TRACE_LOTS)
def lots(request: ClinicRequest) -> HttpResponse:
    """Search a lot. It is posted: together with the answer it would say something about patients."""
    form = LotForm(request.POST or None)
    context: dict[str, object] = {"place": "lots", "form": form, "lot": ""}
    if form.is_valid():
        lot = form.cleaned_data["lot"]
        found = list(who_received(clinic_id=request.clinic.id, lot=lot))
        context |= {
            "lot": lot,
            "found": found,
            "patients": len({row.fill.implant.patient_id for row in found}),
            "similar": [] if found else lots_like(clinic_id=request.clinic.id, text=lot),
        }
    template = "nurse/lots/_found.html" if request.htmx else "nurse/lots/page.html"
    return render(request, template, context)


@require_POST
@clinic_page(Permission.TRACE_LOTS)
@in_english
def lots_download(request: ClinicRequest) -> HttpResponse:
    """The same list as a CSV file; its name holds nothing about a patient."""
    form = LotForm(request.POST)
    if not form.is_valid():
        return redirect(clinic_reverse(request, "lots"))
    found = who_received(clinic_id=request.clinic.id, lot=form.cleaned_data["lot"])
    header = (
        _("lot"),
        _("drug"),
        _("concentration"),
        _("unit"),
        _("beyond-use date"),
        _("filled on"),
        _("state of the entry"),
        _("MRN"),
        _("last name"),
        _("first name"),
        _("date of birth"),
        _("pump"),
        _("serial number"),
    )
    return csv_download(f"lot-{request.today:%Y-%m-%d}.csv", header, _lines(found))


def _lines(found: Iterable[FillDrug]) -> Iterable[tuple[object, ...]]:
    for row in found:
        implant, patient = row.fill.implant, row.fill.implant.patient
        yield (
            row.lot,
            row.drug,
            quantity_words(row.concentration),
            row.concentration_unit,
            row.beyond_use_on,
            row.fill.filled_on,
            entry_state(row),
            patient.mrn,
            patient.last_name,
            patient.first_name,
            patient.birth_date,
            implant.pump_model,
            implant.serial,
        )


def entry_state(row: FillDrug) -> str:
    """What became of the fill: current, corrected or withdrawn."""
    later = getattr(row.fill, "superseded_by", None)
    if later is None:
        return _("current")
    return _("withdrawn") if later.is_void else _("corrected")


urlpatterns = [
    path("lots/", lots, name="lots"),
    path("lots/download/", lots_download, name="lots_download"),
]
