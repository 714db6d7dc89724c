"""The kinds of visit a new clinic begins with; every one can be changed or put out of use."""

from __future__ import annotations

from dataclasses import dataclass

from clinic.domain.register.reasons import gettext_noop

REFILL_KIND = "refill"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitKindSeed:
    """``minutes`` of a refill hold the half hour for which the patient is watched afterwards."""

    key: str
    name: str
    minutes: int
    needs_room: bool = True
    is_refill: bool = False


DEFAULT_VISIT_KINDS = (
    VisitKindSeed(key=REFILL_KIND, name=gettext_noop("Refill"), minutes=60, is_refill=True),
    VisitKindSeed(key="check_up", name=gettext_noop("Check-up"), minutes=30),
    VisitKindSeed(key="wound_check", name=gettext_noop("Wound check"), minutes=15),
    VisitKindSeed(key="suture_removal", name=gettext_noop("Suture removal"), minutes=15),
    VisitKindSeed(key="pump_check", name=gettext_noop("Pump interrogation"), minutes=15),
    VisitKindSeed(key="titration", name=gettext_noop("Titration review"), minutes=30),
    VisitKindSeed(key="annual_review", name=gettext_noop("Annual review"), minutes=45),
    VisitKindSeed(key="evaluation", name=gettext_noop("Evaluation before implant"), minutes=60),
    VisitKindSeed(key="trial", name=gettext_noop("Drug trial"), minutes=240),
    VisitKindSeed(key="replacement_planning", name=gettext_noop("Replacement planning"), minutes=30),
)
