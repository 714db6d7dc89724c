"""Entries of a colleague that wait for a second person, so that a first look finds something to check."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.domain.checks import RecordError
from clinic.domain.entries import ProgramEntry
from clinic.services.programs import record_program
from config.demo.stories import BACLOFEN_500, Story

CHECKS = 2
LOWER = Decimal("0.7")


def enter_lower_doses(
    clinic: Any, pumps: Sequence[tuple[UUID, Story]], *, by: int, now: datetime, zone: ZoneInfo
) -> None:
    """Lower the dose of two plain pumps today: their dates would move later, so they wait."""
    entered = 0
    for implant_ref, story in pumps:
        if entered == CHECKS or not _is_plain(story):
            continue
        entry = ProgramEntry(
            starts_on=now.astimezone(zone).date(),
            kind="continuous",
            dose=(story.dose * LOWER).quantize(Decimal(1)),
            dose_unit=story.therapy.dose_unit,
        )
        try:
            record_program(clinic=clinic, implant_ref=implant_ref, entry=entry, actor_id=by, now=now)
        except RecordError:
            continue  # another change of today is in the record
        entered += 1


def _is_plain(story: Story) -> bool:
    return (
        story.therapy is BACLOFEN_500
        and story.days_left > 14
        and not (story.is_flex or story.bolus or story.events or story.reading_below_model_ml)
        and story.implanted_days_ago is None
    )
