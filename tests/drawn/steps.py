"""What leads from one state to the next, where the product has no table that says so: written down from its services."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models

from scheduling.models import DayClosing, FollowUp, ImportCheck, RegisterImport, SecondCheck, SweepRun

Step = tuple[str, str, str]
"""Before, after, and what does it."""


def _check(opened: str, signed: str) -> tuple[Step, ...]:
    return (
        ("[*]", "open", opened),
        ("open", "emergency", "somebody acts alone, with a reason, once"),
        ("emergency", "open", "72 hours are over, unsigned"),
        ("open", "signed", signed),
        ("emergency", "signed", signed),
        ("open", "withdrawn", "nothing waits any more"),
        ("emergency", "withdrawn", "nothing waits any more"),
    )


STEPS: Mapping[type[models.Model], tuple[Step, ...]] = {
    FollowUp: (
        ("[*]", "open", "planned"),
        ("open", "postponed", "a person, until a day, with a reason"),
        ("postponed", "open", "its day has come, it would wait beyond a new last day, or a person"),
        ("open", "done", "a person, a visit, a recorded refill"),
        ("postponed", "done", "a person, a visit, a recorded refill"),
        ("open", "not_needed", "a person, with a reason"),
        ("postponed", "not_needed", "a person, with a reason"),
        ("done", "open", "reopened, the visit taken back, the refill withdrawn"),
        ("not_needed", "open", "reopened, with a reason"),
        ("open", "ended", "explant, death, a withdrawn fact, a new protocol"),
        ("postponed", "ended", "explant, death, a withdrawn fact, a new protocol"),
        ("ended", "open", "what ended it was taken back"),
    ),
    SecondCheck: _check("what was entered waits for a second person", "somebody else re-entered the same"),
    ImportCheck: _check(
        "a file was brought in", "somebody else showed the file, re-entered what is asked, and signed"
    ),
    RegisterImport: (
        ("[*]", "checking", "uploaded"),
        ("checking", "checked", "every row was tried and rolled back"),
        ("checking", "unusable", "the file cannot be read"),
        ("checking", "discarded", "thrown away"),
        ("checked", "discarded", "thrown away, or not confirmed for a week"),
        ("checked", "importing", "confirmed"),
        ("importing", "finished", "every row was brought in or refused"),
    ),
    DayClosing: (
        ("[*]", "proposed", "days and new times are worked out"),
        ("proposed", "[*]", "withdrawn"),
        ("proposed", "confirmed", "one confirmation"),
        ("confirmed", "undone", "one undo"),
    ),
    SweepRun: (
        ("[*]", "running", "a night is due, or a change asks for it"),
        ("running", "finished", "all its chunks are done"),
        ("running", "superseded", "a later one of its clinic and kind began"),
    ),
}


def diagram(model: type[models.Model]) -> str:
    """The steps as a Mermaid state diagram; nothing where none are known."""
    if model not in STEPS:
        return ""
    lines = [f"    {before} --> {after}: {what}" for before, after, what in STEPS[model]]
    return "\n```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```\n"
