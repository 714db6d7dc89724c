"""The tables of docs/reference/escalation.md, made from the code.

Print them: ``python -m tests.domain.escalation_reference``.
"""

from __future__ import annotations

from datetime import timedelta

from clinic.domain.catalogue import Hazard
from notifications.domain.escalation.causes import MESSAGE_CAUSES, Cause, rule_for, what_to_do
from notifications.domain.escalation.hours import WORKING_DAY, Hours, Limit
from notifications.domain.escalation.nearness import rung_near
from scheduling.domain.care.rungs import NAMES, Rung

GROUPS: tuple[tuple[str, Cause], ...] = (
    ("refill running late", Cause.RUNNING_LATE),
    ("alarming answers", Cause.RED_FLAG),
    ("check-in or visit unanswered, cannot come, asks for another time", Cause.UNANSWERED),
    ("about a message", Cause.NOT_DELIVERED),
)


def limits_table() -> str:
    """How long each person has, by group of causes and rung; whom it goes to first."""
    head = "| Cause | " + " | ".join(f"{rung.value} {NAMES[rung]}" for rung in Rung) + " |"
    lines = [head, "|" + "---|" * 6]
    for label, cause in GROUPS:
        cells = [f"{_said(rule_for(cause, rung).limit)}, {rule_for(cause, rung).first}" for rung in Rung]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def again_table() -> str:
    """When somebody who got no answer tries again; when an ended matter whose cause still holds is back."""
    lines = ["| Rung | Tried again after | Back after |", "|---|---|---|"]
    for rung in Rung:
        rule = rule_for(Cause.RUNNING_LATE, rung)
        lines.append(f"| {rung.value} {NAMES[rung]} | {_said(rule.try_again)} | {_said(rule.comes_back)} |")
    return "\n".join(lines)


def causes_table() -> str:
    """What each cause asks for, and whether many can be ended together."""
    lines = ["| Cause | What to do | Many at once |", "|---|---|---|"]
    for cause in Cause:
        do = "the ladder's" if cause is Cause.RUNNING_LATE else what_to_do(cause, Rung.STAFF_CALLS)
        lines.append(f"| `{cause.value}` | {do} | {'yes' if cause in MESSAGE_CAUSES else ''} |")
    return "\n".join(lines)


_DAYS = ((15, "more than 14"), (14, "8 to 14"), (7, "4 to 7"), (3, "1 to 3"), (0, "0: today"))


def nearness_table() -> str:
    """The rung by the days left to the visit; the right half where the drug's withdrawal is an emergency."""
    lines = [
        "| Days to the visit | Any visit | Refill, critical message | Other message, such a drug | Refill, critical message, such a drug |",
        "|" + "---|" * 5,
    ]
    for days, label in _DAYS:
        rungs = [
            rung_near(days_left=days, is_critical=is_critical, hazard=hazard)
            for hazard in (None, Hazard.EMERGENCY)
            for is_critical in (False, True)
        ]
        lines.append(f"| {label} | " + " | ".join(str(rung.value) for rung in rungs) + " |")
    return "\n".join(lines)


def _said(limit: Limit) -> str:
    if limit.hours is Hours.WORK:
        days = limit.duration / WORKING_DAY
        return f"{days:g} working day{'' if days == 1 else 's'}"
    hours = limit.duration / timedelta(hours=1)
    text = f"{hours:g} h" if hours >= 1 else f"{limit.duration // timedelta(minutes=1)} min"
    return text + (" of daytime" if limit.hours is Hours.DAY else "")


if __name__ == "__main__":
    print(limits_table(), again_table(), nearness_table(), causes_table(), sep="\n\n")  # noqa: T201
