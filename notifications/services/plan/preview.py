"""What one patient will receive, and what is held back and why: the plan itself, with nothing written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.domain.plan import Planned, WhyNot, key_of, plan
from notifications.services.plan.reading import read


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """One message of the plan; ``ref`` is that of the stored one, whose words can be read."""

    planned: Planned
    ref: UUID | None


@dataclass(frozen=True, slots=True)
class Preview:
    """Every message to come, by hour; and why a pump's refill asks for none, by implant's id."""

    lines: list[PreviewLine]
    quiet_refills: Mapping[int, WhyNot]


def preview(*, clinic_id: int, patient_id: int, now: datetime) -> Preview:
    """The plan for one patient as it is now; what went out, and what came to its end, is left out."""
    reading = read(clinic_id, [patient_id], now, is_locking=False)
    found = reading.of(patient_id)
    planned = plan(found.facts, reading.rules, reading.policy, now=now)
    refs = {row.pk: row.ref for row in found.stored}
    by_key = {key_of(known): refs[known.message_id] for known in found.facts.known}
    return Preview(
        lines=[
            PreviewLine(each, by_key.get(each.key) if each.key else None)
            for each in planned.messages
            if not each.is_told and each.not_after > now
        ],
        quiet_refills={
            int(about.removeprefix("implant:")): why
            for about, why in planned.why_gone.items()
            if about.startswith("implant:") and why is not WhyNot.MOVED
        },
    )
