"""What happened to one pump, newest first, with what was corrected or withdrawn still visible as such."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _t

from clinic.selectors.implants import Recorded
from clinic.selectors.rows import Fill, FillDrug, ProgramVersion
from web.nurse.outlooks import program_words
from web.words import day_words, quantity_words


@dataclass(frozen=True, slots=True)
class TimeLine:
    """One entry of the timeline. ``is_replaced`` entries were corrected or withdrawn later, with ``why``."""

    on: date
    kind: str
    icon: str
    title: str
    detail: str
    row: Any
    is_replaced: bool
    why: str
    recorded_at: datetime


ICONS = {
    "fill": "droplet-fill",
    "program": "sliders",
    "reading": "speedometer2",
    "event": "exclamation-circle",
}


def timeline(found: Recorded) -> list[TimeLine]:
    """Fills, programs, readings and events, newest first, corrections visible as such."""
    lines = [
        *(
            _line("fill", row.filled_on, row, *_fill_words(row, found.mixtures[row.id]))
            for row in found.fills
        ),
        *(_line("program", row.starts_on, row, program_words(row), row.note) for row in found.programs),
        *(
            _line(
                "reading", row.read_on, row, _reading_words(row.reservoir_ml, row.printed_refill_on), row.note
            )
            for row in found.readings
        ),
        *(_line("event", row.occurred_on, row, row.get_kind_display(), row.note) for row in found.events),
    ]
    return sorted(lines, key=lambda line: (line.on, line.recorded_at), reverse=True)


def _line(kind: str, on: date, row: Any, title: str, detail: str) -> TimeLine:
    later = getattr(row, "superseded_by", None)
    return TimeLine(
        on=on,
        kind=kind,
        icon=ICONS[kind],
        title=title,
        detail=detail,
        row=row,
        is_replaced=later is not None,
        why=_why(later),
        recorded_at=row.recorded_at,
    )


def _why(later: Fill | ProgramVersion | None) -> str:
    if later is None:
        return ""
    words = _t("withdrawn: %(reason)s") if later.is_void else _t("corrected: %(reason)s")
    return words % {"reason": later.correction_reason}


def _fill_words(fill: Fill, parts: list[FillDrug]) -> tuple[str, str]:
    mixture = " + ".join(
        f"{part.drug.name} {quantity_words(part.concentration)} {part.concentration_unit}" for part in parts
    )
    put_in = f"{quantity_words(fill.fill_volume_ml)} mL"
    if fill.residual_ml is None:
        return f"{put_in} · {mixture}", fill.note
    found = _t("%(volume)s mL found") % {"volume": quantity_words(fill.residual_ml)}
    return f"{put_in} · {mixture} · {found}", fill.note


def _reading_words(reservoir_ml: Decimal | None, printed_on: date | None) -> str:
    words = [f"{quantity_words(reservoir_ml)} mL"] if reservoir_ml is not None else []
    if printed_on is not None:
        words.append(_t("printed date %(day)s") % {"day": day_words(printed_on)})
    return ", ".join(words)
