"""The care protocol in words: its phases, its dates, what changed between two versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _t
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from scheduling.domain.care.protocol_changes import RowChange, RowChangeKind
from scheduling.domain.care.protocol_entry import RowEntry, StepEntry
from scheduling.domain.care.relative_date import RelativeDate, Unit
from scheduling.selectors.rows import Anchor, Mode, VisitKind


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of the protocol under a heading of its own; ``anchor`` is what a row added there counts from."""

    key: str
    title: str | Promise
    anchor: Anchor


PHASES = (
    Phase("before", _("Before the implant"), Anchor.SURGERY_PLANNED),
    Phase("after", _("After the implant"), Anchor.SURGERY),
    Phase("refill", _("After each refill"), Anchor.REFILL),
    Phase("dose_change", _("After each dose change"), Anchor.DOSE_CHANGE),
    Phase("mri", _("After each MRI scan"), Anchor.MRI),
    Phase("yearly", _("Again and again"), Anchor.SURGERY),
    Phase("end_of_service", _("Replacement"), Anchor.END_OF_SERVICE),
    Phase("explant", _("After the explant"), Anchor.EXPLANT),
)
_BY_ANCHOR = {phase.anchor: phase.key for phase in reversed(PHASES) if phase.key != "yearly"}

FIELDS: Mapping[str, str | Promise] = {
    "title": _("title"),
    "instructions": _("what to do"),
    "anchor": _("counted from"),
    "mode": _("how"),
    "target": _("aim for"),
    "latest": _("at the latest"),
    "repeats": _("repeated"),
    "visit_kind_key": _("kind of visit"),
    "only_programmable": _("only pumps with a programmer"),
}
KINDS: Mapping[RowChangeKind, str | Promise] = {
    RowChangeKind.ADDED: _("added"),
    RowChangeKind.CHANGED: _("changed"),
    RowChangeKind.PUT_IN_USE: _("in use again"),
    RowChangeKind.PUT_OUT_OF_USE: _("out of use"),
    RowChangeKind.REMOVED: _("removed"),
    RowChangeKind.MOVED: _("in another place"),
}


@dataclass(frozen=True, slots=True)
class RowWords:
    """A row as the table shows it."""

    row: RowEntry
    target: str
    latest: str
    repeats: str
    how: str
    kind: str


def phase_of(row: RowEntry) -> str:
    """The phase that a row stands under: what repeats for good is what comes again and again."""
    if row.repeats and not row.repeats[-1].until:
        return "yearly"
    return _BY_ANCHOR[Anchor(row.anchor)]


def by_phase(rows: Sequence[RowEntry], kinds: Mapping[str, str]) -> list[tuple[Phase, list[RowWords]]]:
    """Every phase with its rows in words, in order."""
    return [
        (phase, [row_words(row, kinds) for row in rows if phase_of(row) == phase.key]) for phase in PHASES
    ]


def row_words(row: RowEntry, kinds: Mapping[str, str]) -> RowWords:
    """One row in words; ``kinds`` are the names of the kinds of visit by key."""
    return RowWords(
        row=row,
        target=relative_words(row.target),
        latest=relative_words(row.latest),
        repeats=repeats_words(row.repeats),
        how=str(Mode(row.mode).label),
        kind=kinds.get(row.visit_kind_key, ""),
    )


def kind_names(kinds: Sequence[VisitKind]) -> dict[str, str]:
    """The names of the kinds of visit by key."""
    return {kind.key: _t(kind.name) for kind in kinds}


def relative_words(text: str) -> str:
    """``+10 d`` as "10 days after", ``0 d`` as "the same day"."""
    date = RelativeDate.parse(text)
    if not date.count:
        return _t("the same day")
    span = span_words(text)
    return _t("%(span)s before") % {"span": span} if date.count < 0 else _t("%(span)s after") % {"span": span}


def span_words(text: str) -> str:
    """``+10 d`` as "10 days"."""
    date = RelativeDate.parse(text)
    number = abs(date.count)
    words = {
        Unit.DAY: ngettext("%(number)d day", "%(number)d days", number),
        Unit.WEEK: ngettext("%(number)d week", "%(number)d weeks", number),
        Unit.MONTH: ngettext("%(number)d month", "%(number)d months", number),
        Unit.YEAR: ngettext("%(number)d year", "%(number)d years", number),
    }
    return words[date.unit] % {"number": number}


def repeats_words(steps: Sequence[StepEntry]) -> str:
    """Every day until 14 days after, then every week until 90 days after."""
    return _t(", then ").join(
        _t("%(every)s until %(end)s") % {"every": _every(step.every), "end": relative_words(step.until)}
        if step.until
        else _every(step.every)
        for step in steps
    )


def _every(text: str) -> str:
    date = RelativeDate.parse(text)
    words = {
        Unit.DAY: ngettext("every day", "every %(number)d days", date.count),
        Unit.WEEK: ngettext("every week", "every %(number)d weeks", date.count),
        Unit.MONTH: ngettext("every month", "every %(number)d months", date.count),
        Unit.YEAR: ngettext("every year", "every %(number)d years", date.count),
    }
    return words[date.unit] % {"number": date.count}


@dataclass(frozen=True, slots=True)
class ChangeWords:
    """A change between two versions: what became of the row, and each field before and after."""

    title: str
    kind: str | Promise
    fields: list[tuple[str | Promise, str, str]]


def change_words(changes: Sequence[RowChange], kinds: Mapping[str, str]) -> list[ChangeWords]:
    """The changes in words."""
    return [
        ChangeWords(
            _t(change.title),
            KINDS[change.kind],
            [
                (FIELDS[name], _value(name, change.before, kinds), _value(name, change.after, kinds))
                for name in change.changed
            ],
        )
        for change in changes
    ]


def _value(name: str, row: RowEntry | None, kinds: Mapping[str, str]) -> str:
    value: Any = getattr(row, name, "")
    match name:
        case "target" | "latest":
            return relative_words(value)
        case "repeats":
            return repeats_words(value) or _t("once")
        case "anchor":
            return str(Anchor(value).label)
        case "mode":
            return str(Mode(value).label)
        case "visit_kind_key":
            return kinds.get(value, value) or "–"
        case "only_programmable":
            return _t("yes") if value else _t("no")
        case _:
            return str(value) or "–"
