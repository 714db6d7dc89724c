"""What goes to and fro between the demo clinic and its patients: agreements, who is on call, check-ins.

What is due is sent by the demo's own worker and stays in the Messages page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from clinic.services.patients import record_consent
from notifications.domain.check_in.answers import Answers
from notifications.domain.check_in.questions import DRY, Question, questions_for
from notifications.domain.check_in.questions import WELL as WELL_ANSWERS
from notifications.domain.escalation.causes import Duty
from notifications.selectors.check_in_facts import check_in_context
from notifications.services.check_ins import answer_check_in, new_once
from notifications.services.escalations.roster import save_roster

MAY_WE_ASK = "May we ask how you are after the operation? — Yes."
WELL = Answers(wound=frozenset({DRY}), all_well=True)
RED_AND_FEVERISH = Answers(
    wound=frozenset({"redness", "swelling"}), scales=dict(WELL_ANSWERS) | {Question.FEVER: "yes"}
)
SWOLLEN = Answers(wound=frozenset({"swelling"}), scales=dict(WELL_ANSWERS))


@dataclass(frozen=True, slots=True)
class Operated:
    """Somebody whose operation was so many days ago, and how the days since went."""

    patient_ref: UUID
    patient_id: int
    days_ago: int
    silent_days: int = 0
    last: Answers | None = None
    """What was said last, where it was not that all is well."""


@dataclass(slots=True)
class DemoCorrespondence:
    """Plays the demo clinic's correspondence so far."""

    clinic: Any
    staff: dict[str, int]
    operated: Sequence[Operated]
    now: datetime

    def play(self) -> None:
        """Who is on call, and what the newly operated have answered."""
        self._roster()
        for patient in self.operated:
            self._agree(patient)
            self._answer(patient)

    def _roster(self) -> None:
        nora, jonas, maya = (
            self.staff[name] for name in ("Nora Lindholm", "Jonas Weber", "Dr. Maya Okonkwo")
        )
        cells: dict[tuple[int, Duty], int | None] = {}
        for weekday in range(7):
            first, second = (nora, jonas) if weekday % 2 == 0 else (jonas, nora)
            cells |= {
                (weekday, Duty.NURSE): first,
                (weekday, Duty.SECOND): second,
                (weekday, Duty.PHYSICIAN): maya,
            }
        save_roster(clinic=self.clinic, cells=cells)

    def _agree(self, patient: Operated) -> None:
        for channel in ("email", "sms"):
            record_consent(
                clinic=self.clinic,
                patient_ref=patient.patient_ref,
                channel=channel,
                topic="check_ins",
                is_granted=True,
                wording=MAY_WE_ASK,
                actor_id=self.staff["Nora Lindholm"],
                now=self.now,
            )

    def _answer(self, patient: Operated) -> None:
        """Daily for a fortnight, weekly afterwards; the last one this morning, if the day has come so far."""
        zone = ZoneInfo(self.clinic.time_zone)
        today = self.now.astimezone(zone).date()
        days = [*range(1, min(patient.days_ago, 14) + 1), *range(21, patient.days_ago + 1, 7)]
        for day in days[: len(days) - patient.silent_days]:
            on = today - timedelta(days=patient.days_ago - day)
            at = _morning(on, zone)
            if at < self.now:
                is_last = day == days[len(days) - patient.silent_days - 1]
                self._say(patient, patient.last if is_last and patient.last else WELL, at)

    def _say(self, patient: Operated, answers: Answers, at: datetime) -> None:
        context = check_in_context(clinic_id=self.clinic.id, patient_id=patient.patient_id, now=at)
        answer_check_in(
            clinic=self.clinic,
            patient_id=patient.patient_id,
            answers=answers,
            asked=questions_for(context),
            once=new_once(),
            now=at,
        )


def _morning(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(8, 20), tzinfo=zone).astimezone(UTC)
