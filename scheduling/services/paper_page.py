"""The paper list as a page that needs nothing but itself, and as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from clinic.domain.catalogue import Hazard
from clinic.selectors.rows import Fill, ProgramVersion
from clinic.writing import country_of_clinic, dated, in_figures, with_figures, written_in
from scheduling.domain.care.rungs import NAMES
from scheduling.domain.findings import MESSAGES, FindingCode, slip_of
from scheduling.domain.spreadsheet import harmless
from scheduling.domain.urgency import WorkGroup
from scheduling.selectors.paper import PaperContent, PaperRow
from scheduling.services.forecasts import CANNOT_COMPUTE, CONTRADICTION, NOT_FILLED

DAY = "D j M Y"
MOMENT = "D j M Y, H:i"


def paper_page(content: PaperContent, *, is_after_check: bool) -> str:
    """A whole HTML page with its style inside: it opens from a disk, a stick, a phone, and prints on A4."""
    with _as_the_clinic_writes(content):
        return render_to_string("scheduling/paper_list.html", _context(content, is_after_check))


def paper_table(content: PaperContent) -> bytes:
    """The same as CSV (UTF-8 with the mark that spreadsheets look for); no cell runs as a formula."""
    with _as_the_clinic_writes(content):
        lines = [_line(row) for row in (*content.in_review, *content.ranked)]
        header = _columns()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([harmless(cell) for cell in header])
    writer.writerows([harmless(cell) for cell in line.values()] for line in lines)
    return ("\ufeff" + out.getvalue()).encode()


@contextmanager
def _as_the_clinic_writes(content: PaperContent) -> Iterator[None]:
    with (
        translation.override(content.clinic.language),
        timezone.override(content.zone),
        written_in(country_of_clinic(content.clinic)),
    ):
        yield


def _context(content: PaperContent, is_after_check: bool) -> dict[str, Any]:
    return {
        "clinic": content.clinic,
        "language": content.clinic.language,
        "night": dated(content.business_date, DAY),
        "as_of": _moment(content.as_of),
        "made_at": _moment(content.made_at),
        "trusted_until": _moment(content.trusted_until),
        "is_after_check": is_after_check,
        "in_review": [_line(row) for row in content.in_review],
        "ranked": [_line(row) for row in content.ranked],
        "visits": [
            {
                "at": _moment(visit.starts_at),
                "patient": f"{visit.patient.last_name}, {visit.patient.first_name}",
                "mrn": visit.patient.mrn,
                "phones": ", ".join(reach.phones),
                "kind": _(visit.kind.name),
                "nurse": visit.nurse.name if visit.nurse else "",
                "room": visit.room.name if visit.room else "",
            }
            for visit, reach in content.visits
        ],
    }


def _columns() -> list[str]:
    return [
        _("Group"),
        _("Last name, first name"),
        _("Date of birth"),
        _("MRN"),
        _("Telephone"),
        _("In an emergency"),
        _("Pump"),
        _("In the pump"),
        _("Program"),
        _("If late"),
        _("Must refill by"),
        _("Latest visit"),
        _("Days to empty"),
        _("Booked"),
        _("Step"),
        _("Owner"),
        _("Why there is no certain date"),
    ]


def _line(row: PaperRow) -> dict[str, str]:
    """One pump in words; the order of the values is that of the columns."""
    patient, deadlines = row.implant.patient, row.due.deadlines
    left = row.standing.days_to_empty
    return {
        "group": _group(row.standing.group),
        "patient": f"{patient.last_name}, {patient.first_name}",
        "born": dated(patient.birth_date, "j M Y"),
        "mrn": patient.mrn,
        "phones": ", ".join(row.reach.phones),
        "emergency": "; ".join(row.reach.emergency),
        "pump": f"{row.implant.pump_model.name} {row.implant.serial}",
        "drugs": _mixture(row.fill),
        "program": _program(row.program),
        "hazard": _hazard(row.due.hazard),
        "must": _day(deadlines.must_refill_by or deadlines.certain_by),
        "latest": _day(deadlines.latest_visit_on),
        "left": "" if left is None else in_figures(str(max(left, Decimal(0)))),
        "booked": _moment(row.visit.starts_at) if row.visit else "",
        "step": _(NAMES[row.standing.rung]) if row.standing.rung else "",
        "owner": row.owner,
        "why": _why(row),
    }


def _day(day: date | None) -> str:
    return dated(day, DAY) if day else ""


def _moment(moment: Any) -> str:
    return dated(timezone.localtime(moment), MOMENT)


def _group(group: WorkGroup) -> str:
    return {
        WorkGroup.EMERGENCY: _("EMERGENCY: empty"),
        WorkGroup.OVERDUE: _("overdue"),
        WorkGroup.AT_RISK: _("at risk"),
        WorkGroup.DUE: _("due"),
        WorkGroup.REVIEW: _("needs review"),
        WorkGroup.LATER: _("later"),
    }[group]


def _hazard(hazard: Hazard) -> str:
    return {
        Hazard.EMERGENCY: _("EMERGENCY if late"),
        Hazard.URGENT: _("urgent if late"),
        Hazard.NO_WITHDRAWAL: "",
    }[hazard]


def _mixture(fill: Fill | None) -> str:
    if fill is None:
        return _("nothing filled yet")
    return " + ".join(
        f"{row.drug.name} {_amount(row.concentration)} {row.concentration_unit}" for row in fill.drugs.all()
    )


def _amount(value: Decimal) -> str:
    return in_figures(f"{value.normalize():f}")


def _program(version: ProgramVersion | None) -> str:
    if version is None:
        return _("no program known")
    match version.kind:
        case "stopped":
            text = _("stopped")
        case "flex":
            text = _flex(version.pattern or [])
        case _ if version.dose is not None:
            text = f"{_amount(version.dose)} {version.dose_unit}"
        case _:
            text = f"{_amount(version.flow_ml_per_day or Decimal(0))} mL/day"
    if version.bolus_dose is None:
        return text
    return _("%(text)s, patient bolus %(dose)s %(unit)s up to %(most)s a day") % {
        "text": text,
        "dose": _amount(version.bolus_dose),
        "unit": version.bolus_unit,
        "most": version.bolus_max_per_day,
    }


def _flex(pattern: Iterable[Mapping[str, Any]]) -> str:
    """The least and the most that a day's steps add up to; without doses, that there are steps."""
    totals: list[Decimal] = []
    unit = ""
    for group in pattern:
        steps = group["steps"]
        if any(step.get("dose_per_hour") is None for step in steps):
            return _("flex, steps within the day")
        totals.append(
            sum((Decimal(step["hours"]) * Decimal(step["dose_per_hour"]) for step in steps), Decimal(0))
        )
        unit = str(steps[0]["unit"]).replace("/h", "/day")
    if not totals:
        return _("flex, steps within the day")
    least, most = _amount(min(totals)), _amount(max(totals))
    return f"flex {least if least == most else f'{least}–{most}'} {unit}"


def _why(row: PaperRow) -> str:
    if not row.due.deadlines.is_in_review:
        return ""
    if row.forecast is None:
        return _("Nothing was worked out for this pump. Check it by hand.")
    return " ".join(_said(found) for found in row.forecast.findings if found["severity"] == "stop")


def _said(found: Mapping[str, Any]) -> str:
    code, values = found["code"], found["values"]
    if code == NOT_FILLED:
        return _("No fill is recorded for this pump.")
    if code == CONTRADICTION:
        return _("The record contradicts itself: {text}.").format(text=values.get("text", ""))
    if code == CANNOT_COMPUTE:
        return _("The dates of this pump could not be worked out.")
    said = {name: _value(name, value) for name, value in values.items()}
    return _(MESSAGES[FindingCode(code)]).format(**said)


def _value(name: str, value: str) -> str:
    """Days with their weekday and events by their name, as everywhere on the list."""
    if name == "event":
        return {"mri": _("MRI scan"), "stalled": _("stall")}.get(value, value)
    if name == "what":
        template, values = slip_of(value)
        return _(template).format(**{each: with_figures(text) for each, text in values.items()})
    try:
        return _day(date.fromisoformat(value))
    except ValueError:
        return with_figures(value)
