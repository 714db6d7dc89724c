"""A pump's outlook as the pages show it: the same words on the overview, in a preview and on paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from clinic.selectors.rows import ProgramVersion
from scheduling.services.outlook import Outlook
from scheduling.services.preview import Preview
from web import findings
from web.groups import GROUPS, GroupLook
from web.words import day_words, figure_words, quantity_words

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit with its day; ``binds`` marks the one that decides."""

    kind: str
    name: Words
    on: date
    binds: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a comparison: what it is, how it stands, how it would stand."""

    name: Words
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def look_of(outlook: Outlook, *, group: str = "") -> GroupLook:
    """The sign and word of the pump's group: the work list's where it has one, which knows the booked visit."""
    return GROUPS.get(group) or GROUPS[outlook.group.name.lower()]


def limits_of(outlook: Outlook) -> list[Limit]:
    """Every certain limit, the earliest first."""
    projection = outlook.projection
    if projection is None:
        return []
    rows = [
        Limit(kind.value, findings.LIMITS[kind.value], on, kind is projection.limited_by)
        for kind, on in projection.limits.items()
    ]
    return sorted(rows, key=lambda row: (row.on, not row.binds))


def comparison(preview: Preview) -> list[Line]:
    """What an entry changes, line by line."""
    before, after = _lines(preview.before), _lines(preview.after)
    return [Line(name, before[name], after[name]) for name in after]


def _lines(outlook: Outlook) -> dict[Words, str]:
    projection = outlook.projection
    if projection is None:
        return dict.fromkeys(_NAMES, "–")
    binds = findings.LIMITS[projection.limited_by.value] if projection.limited_by else "–"
    high = projection.high_flow.low_reservoir_on if projection.high_flow else None
    values = (
        day_words(projection.must_refill_by) or str(_("not certain")),
        str(binds),
        day_words(projection.target_visit_on) or "–",
        day_words(projection.latest_visit_on) or "–",
        day_words(projection.low_reservoir_on) or "–",
        day_words(projection.empty_on) or "–",
        "–" if projection.days_to_empty is None else figure_words(projection.days_to_empty, places=1),
        day_words(high) or "–",
        "–" if projection.flow_ml_per_day is None else f"{figure_words(projection.flow_ml_per_day)} mL/day",
    )
    return dict(zip(_NAMES, values, strict=True))


_NAMES: tuple[Words, ...] = (
    _("Must refill by"),
    _("What binds"),
    _("Target visit"),
    _("Latest visit"),
    _("Low reservoir"),
    _("Empty"),
    _("Days to empty"),
    _("Low at high flow"),
    _("Flow today"),
)


def preview_context(
    preview: Preview, *, acknowledged: set[str], only_new_warnings: bool = False
) -> dict[str, Any]:
    """What a preview shows: the dates, every stop, and the warnings (or those the entry brings)."""
    said = findings.of_outlook(preview.after)
    known = {finding.code for finding in findings.of_outlook(preview.before)} if only_new_warnings else set()
    stops: dict[str, findings.Said] = {}
    for finding in said:
        if finding.is_stop:
            stops.setdefault(finding.code, finding)
    return {
        "preview": preview,
        "after": preview.after,
        "lines": comparison(preview),
        "limits": limits_of(preview.after),
        "stops": list(stops.values()),
        "warnings": [finding for finding in said if not finding.is_stop and finding.code not in known],
        "acknowledged": acknowledged,
        "open_stops": [stop for stop in stops.values() if stop.code not in acknowledged],
    }


def program_words(version: ProgramVersion | None) -> str:
    """How the pump runs, in one line."""
    if version is None:
        return str(_("no program known"))
    match version.kind:
        case "stopped":
            text = str(_("stopped"))
        case "flex":
            text = str(_("flex, steps within the day"))
        case _:
            text = (
                f"{quantity_words(version.dose)} {version.dose_unit}"
                if version.dose is not None
                else f"{quantity_words(version.flow_ml_per_day)} mL/day"
            )
    if version.bolus_dose is None:
        return text
    bolus = _("%(text)s, patient bolus %(dose)s %(unit)s up to %(most)s a day") % {
        "text": text,
        "dose": quantity_words(version.bolus_dose),
        "unit": version.bolus_unit,
        "most": version.bolus_max_per_day,
    }
    return str(bolus)


def reservoir_of(outlook: Outlook) -> Decimal | None:
    """What the pump holds by the catalogue."""
    model = outlook.setting.catalogue.pump_model(outlook.facts.pump_model_key)
    return model.reservoir_ml if model else None
