"""The default protocol and the ladder as the tables of docs/reference/care-plan.md."""

from collections.abc import Iterable

from scheduling.domain.care.default_protocol import DEFAULT_PROTOCOL, DefaultRow
from scheduling.domain.care.protocol import Anchor, Mode, Step
from scheduling.domain.care.rungs import NAMES, WHAT_TO_DO, Rung

COUNTED_FROM = {
    Anchor.SURGERY_PLANNED: "planned operation",
    Anchor.SURGERY: "operation",
    Anchor.REFILL: "refill",
    Anchor.DOSE_CHANGE: "dose change",
    Anchor.MRI: "MRI scan",
    Anchor.EXPLANT: "explant",
    Anchor.END_OF_SERVICE: "end of service",
}
HOW = {
    Mode.VISIT: "visit",
    Mode.CALL: "call",
    Mode.TASK: "task",
    Mode.CHECK_IN: "check-in",
    Mode.WATCH: "watch",
}
DAYS = {
    Rung.RESCHEDULE: "more than 14",
    Rung.STAFF_CALLS: "8 to 14",
    Rung.NURSE_CALLS_DAILY: "4 to 7",
    Rung.PHYSICIAN: "1 to 3",
    Rung.EMERGENCY: "0 or fewer, or symptoms",
}


def table() -> str:
    """The default protocol, a line for each row."""
    lines = [
        "| Counted from | What | How | Aim for | Latest | Again | Sure | Source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*lines, *(_line(default) for default in DEFAULT_PROTOCOL)])


def _line(default: DefaultRow) -> str:
    row = default.row
    what = f"**{row.title}** {row.instructions}".strip()
    if row.only_programmable:
        what += " *Programmable pumps only.*"
    cells = [
        COUNTED_FROM[row.anchor],
        f"{what} `{row.key}`",
        HOW[row.mode],
        str(row.target),
        str(row.latest),
        _again(row.repeats),
        default.confidence.value,
        default.source,
    ]
    return f"| {' | '.join(cells)} |"


def _again(steps: Iterable[Step]) -> str:
    return ", then ".join(
        f"every {str(step.every).lstrip('+')}" + (f" until {step.until}" if step.until else "")
        for step in steps
    )


def rungs_table() -> str:
    """The ladder, a line for each rung."""
    lines = ["| Days left | Rung | What to do |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {DAYS[rung]} | {NAMES[rung]} | {WHAT_TO_DO[rung]} |" for rung in Rung)])
