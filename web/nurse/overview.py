"""The first tab about a patient: when the pump must be refilled, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.views.decorators.http import require_safe

from clinic.domain.roles import Permission
from clinic.selectors.implants import NEWEST, implants_of, newest_recorded
from clinic.selectors.rows import Fill, Implant
from clinic.selectors.surgeries import surgeries_of
from clinic.together import ask_together
from clinic.writing import with_figures
from notifications.selectors.escalations import open_matters_of_patient
from scheduling.domain.chart import RemainingPoints, remaining_points
from scheduling.domain.figures import plain
from scheduling.domain.reason_texts import Phrase, Phrases, Reason, ReasonCode, ReasonValue, one_day, shown
from scheduling.domain.reasons import reasons_of
from scheduling.selectors.import_checks import imported_pumps
from scheduling.selectors.rows import SecondCheck
from scheduling.selectors.second_checks import checks_of_pumps
from scheduling.selectors.worklist import group_questions, group_values, groups_from
from scheduling.services.outlook import Outlook, read_outlook
from scheduling.services.residuals import Found, residual_trend
from web import findings
from web.access import ClinicRequest, clinic_page
from web.nurse.chart import NARROW, WIDE, Chart, Drawn, Mark, draw
from web.nurse.escalations.words import shown as shown_matter
from web.nurse.frame import patient_frame, patient_or_404
from web.nurse.next_steps import next_steps, step_questions
from web.nurse.outlooks import Limit, limits_of, look_of
from web.nurse.second_checks import shown as shown_check
from web.nurse.surgeries import operations_of
from web.nurse.timeline import TimeLine, timeline
from web.words import day_words, figure_words, quantity_words, with_days

FILLS_ON_CHART = 8
Words = str | Promise


@require_safe
@clinic_page(Permission.VIEW_PATIENTS)
def patient(request: ClinicRequest, ref: UUID) -> HttpResponse:
    """The patient's pumps: those in place with their dates, those taken out with their details."""
    found = patient_or_404(request, ref)
    implants = implants_of(clinic_id=request.clinic.id, patient_id=found.id)
    in_place = [implant for implant in implants if implant.explanted_on is None and found.died_on is None]
    answers = ask_together(
        _questions,
        clinic_id=request.clinic.id,
        patient_id=found.id,
        implant_ids=[implant.id for implant in in_place],
        **group_values(request.today),
    )
    groups = groups_from(answers)
    checks = {check.implant_id: check for check in answers["checks"]}
    imports = {pump.implant_id: pump.import_check for pump in answers["imported"]}
    context = patient_frame(request, found, tab="patient") | {
        "implants": implants,
        "matters": [
            shown_matter(row, user_id=request.user.id, now=request.now) for row in answers["matters"]
        ],
        "pumps": [
            _pump(request, implant, groups.get(implant.id, ""), checks.get(implant.id))
            | {"imported": imports.get(implant.id)}
            for implant in in_place
        ],
        "first_in_place": next(iter(in_place), None),
        "operations": operations_of(answers["operations"], request.today),
        "steps": next_steps(request, found, answers),
    }
    return render(request, "nurse/overview/page.html", context)


def _questions(given: Any) -> dict[str, Any]:
    """What stands on the page beside the pumps' own facts; asked of ``patient_id`` and those in place."""
    of_patient = {"clinic_id": given.clinic_id, "patient_id": given.patient_id}
    return {
        **group_questions(given),
        "checks": checks_of_pumps(given),
        "imported": imported_pumps(given),
        "matters": open_matters_of_patient(**of_patient),
        "operations": surgeries_of(**of_patient),
        **step_questions(given),
    }


def _pump(request: ClinicRequest, implant: Implant, group: str, check: SecondCheck | None) -> dict[str, Any]:
    """One pump in place: everything its part of the page shows."""
    outlook = read_outlook(
        clinic_id=request.clinic.id, implant_id=implant.id, now=request.now, fills_each=FILLS_ON_CHART
    )
    limits, entered = limits_of(outlook), _as_entered(outlook)
    stored = newest_recorded(
        clinic_id=request.clinic.id, implant_id=implant.id, fill_ref=_fill_in_address(request)
    )
    lines, found = timeline(stored), residual_trend(outlook)
    last = next((line.row for line in lines if line.kind == "fill" and not line.is_replaced), None)
    must = outlook.projection.must_refill_by if outlook.projection else None
    return {
        "implant": implant,
        "check": shown_check(check, request) if check else None,
        "outlook": outlook,
        "projection": outlook.projection,
        "look": look_of(outlook, group=group),
        "limits": limits,
        "days_left": None if must is None else (must - request.today).days,
        "days_late": None if must is None else (request.today - must).days,
        "findings": findings.of_outlook(outlook),
        "reasons": _held_words(outlook) + _reasons(entered),
        "charts": _charts(entered, limits_of(entered)),
        "chart_rows": _chart_rows(entered, limits_of(entered)),
        "is_drawn_on": bool(entered.projection and entered.projection.low_reservoir_on),
        "trend": found,
        "trend_marks": _trend_marks(found),
        "timeline": lines[:NEWEST],
        "has_more": len(lines) > NEWEST,
        "recorded": _recorded(request, lines),
        "last_fill": last,
        "mixture": stored.mixtures[last.id] if last else [],
        "running": next(
            (line.row for line in lines if line.kind == "program" and not line.is_replaced), None
        ),
    }


def _recorded(request: ClinicRequest, lines: list[TimeLine]) -> Fill | None:
    """The fill that was recorded a moment ago, named in the address; None once it was replaced."""
    ref = _fill_in_address(request)
    recorded = (line.row for line in lines if line.kind == "fill" and not line.is_replaced)
    return next((fill for fill in recorded if fill.ref == ref), None)


def _fill_in_address(request: ClinicRequest) -> UUID | None:
    try:
        return UUID(request.GET.get("fill", ""))
    except ValueError:
        return None


def _as_entered(outlook: Outlook) -> Outlook:
    """The outlook by the record alone: what waits is explained and drawn as it was entered."""
    judged = outlook.judgement
    return replace(outlook, judgement=replace(judged, projection=judged.full)) if judged else outlook


def _held_words(outlook: Outlook) -> list[str]:
    if outlook.judgement is None or not outlook.judgement.is_held:
        return []
    return [_t("A second check is open: the earlier date above stays. By what was entered it would be:")]


def _reasons(outlook: Outlook) -> list[str]:
    if outlook.case is None or outlook.projection is None:
        return []
    found = outlook.projection.findings
    messages = {each.message: said.message for each, said in zip(found, findings.said(found), strict=True)}
    return [reason_words(reason, messages) for reason in reasons_of(outlook.case, outlook.projection)]


def reason_words(reason: Reason, messages: Mapping[str, str] | None = None) -> str:
    """The line in the reader's language, days in the clinic's words, a finding as ``messages`` have it."""
    values = {name: _value_words(value) for name, value in reason.values}
    if reason.code is ReasonCode.REVIEW and messages:
        message = str(dict(reason.values)["message"])
        values["message"] = messages.get(message, message)
    return one_day(_t(reason.template).format(**values))


def _value_words(value: ReasonValue) -> str:
    match value:
        case date():
            return day_words(value)
        case Phrase():
            values = {name: _value_words(inner) for name, inner in value.values}
            return _t(value.template).format(**values)
        case Phrases():
            return value.between.join(_value_words(part) for part in value.parts)
        case _:
            return with_figures(with_days(shown(value)))


# --- The chart ------------------------------------------------------------------------------------------


def _charts(outlook: Outlook, limits: list[Limit]) -> list[Chart]:
    """The drawing for wide pages and paper, and the one for phones; none before the first fill."""
    case = outlook.case
    if case is None or not outlook.facts.fills:
        return []
    drawn = Drawn(
        fills=outlook.facts.fills,
        readings=outlook.facts.readings,
        walk=_walk(outlook),
        marks=[
            Mark("today", _t("today"), outlook.setting.as_of),
            *(
                Mark("binding" if limit.binds else f"limit-{limit.kind}", str(limit.name), limit.on)
                for limit in limits
            ),
        ],
        threshold_ml=case.pump.threshold_ml,
        reservoir_ml=case.pump.reservoir_ml or max(fill.fill_volume_ml for fill in outlook.facts.fills),
        today=outlook.setting.as_of,
        zone=outlook.setting.zone,
    )
    return [draw(drawn, WIDE), draw(drawn, NARROW)]


def _walk(outlook: Outlook) -> RemainingPoints:
    """The walk to empty, drawn only where its dates are certain."""
    if outlook.case is None or outlook.projection is None or outlook.projection.low_reservoir_on is None:
        return RemainingPoints((), ())
    return remaining_points(outlook.case)


def _chart_rows(outlook: Outlook, limits: list[Limit]) -> list[tuple[date, str, str]]:
    """The chart as rows: the day, what, and the volume where there is one."""
    rows: list[tuple[date, str, str]] = []
    for fill in outlook.facts.fills:
        if fill.residual_ml is not None:
            rows.append((fill.filled_on, _t("found in the pump"), f"{quantity_words(fill.residual_ml)} mL"))
        rows.append((fill.filled_on, _t("put in"), f"{quantity_words(fill.fill_volume_ml)} mL"))
    rows += [
        (reading.read_on, _t("reading"), f"{quantity_words(reading.reservoir_ml)} mL")
        for reading in outlook.facts.readings
        if reading.reservoir_ml is not None
    ]
    projection = outlook.projection
    if projection is not None:
        if projection.remaining_ml is not None:
            remaining = f"{figure_words(projection.remaining_ml, places=2)} mL"
            rows.append((outlook.setting.as_of, _t("today, by the arithmetic"), remaining))
        rows += [(limit.on, _t("limit: %(name)s") % {"name": limit.name}, "") for limit in limits]
        if projection.empty_on is not None:
            rows.append((projection.empty_on, _t("empty"), "0 mL"))
        high = projection.high_flow
        if high is not None and high.low_reservoir_on is not None:
            rows.append((high.low_reservoir_on, _t("low reservoir at high flow"), ""))
    return sorted(rows, key=lambda row: row[0])


@dataclass(frozen=True, slots=True)
class TrendMark:
    """A bar of the residual trend, in its drawing's units: above the middle is more than expected."""

    x: int
    y: str
    height: str
    is_off: bool
    words: str


MIDDLE, REACH, MOST_ML = 45, 40, Fraction(6)


def _trend_marks(found: list[Found]) -> list[TrendMark]:
    marks = []
    for number, row in enumerate(found):
        check = row.expectation.check if row.expectation else None
        if check is None:
            continue
        difference = max(min(check.difference_ml, MOST_ML), -MOST_ML)
        height: Fraction = abs(difference) * REACH / MOST_ML
        top = MIDDLE - height if difference > 0 else Fraction(MIDDLE)
        words = (
            f"{day_words(row.filled_on)}: {figure_words(check.difference_ml, places=2, is_signed=True)} mL"
        )
        marks.append(
            TrendMark(
                x=20 + number * 36,
                y=plain(top, places=1),
                height=plain(max(height, Fraction(1)), places=1),
                is_off=not check.is_fine,
                words=words,
            )
        )
    return marks


urlpatterns = [path("patients/<uuid:ref>/", patient, name="patient")]
