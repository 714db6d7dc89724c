"""How many projections a second, of the mix of programs that a clinic has."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from bench.data import make_clinic
from bench.screen import step, table
from clinic.selectors.catalogue import catalogue
from clinic.selectors.facts import clinic_facts, implant_facts
from scheduling.domain.case import PumpCase
from scheduling.domain.engine import project
from scheduling.domain.fingerprint import fingerprint
from scheduling.domain.reasons import explain
from scheduling.services.cases import case_of, setting_of

IMPLANTS = 5_000
ROUNDS = 3


def run() -> None:
    """Print projections a second, and what stands around each of them."""
    now = datetime.now(UTC)
    with step(f"Making a clinic of {IMPLANTS:,} pumps"):
        clinic_id = make_clinic(implants=IMPLANTS, now=now)
    setting = setting_of(clinic_facts(clinic_id=clinic_id), catalogue=catalogue(), now=now)
    facts = implant_facts(clinic_id=clinic_id, implant_ids=list(range(1, IMPLANTS + 1)))
    cases = [case for each in facts if (case := case_of(each, setting)) is not None]
    plain = [case for case in cases if _is_plain(case)]
    rows = [
        ["projection of the whole mix", *_rate(project, cases)],
        ["projection of one unchanging program", *_rate(project, plain)],
        ["case from the record's facts", *_rate(lambda each: case_of(each, setting), facts)],
        ["fingerprint of the inputs", *_rate(fingerprint, cases)],
        ["reasons, built only when somebody reads them", *_rate(_explained, cases[:1_000])],
    ]
    table("One process", ["", "per second", "microseconds each"], rows)


def _is_plain(case: PumpCase) -> bool:
    return len(case.programs) == 1 and not case.readings and case.programs[0].patient_bolus is None


def _explained(case: PumpCase) -> Any:
    return tuple(explain(case, project(case)))


def _rate(function: Callable[[Any], object], inputs: Sequence[Any]) -> list[str]:
    """The best of several rounds: the others had to share the machine."""
    best = min(_seconds(function, inputs) for _ in range(ROUNDS))
    return [f"{len(inputs) / best:,.0f}", f"{best / len(inputs) * 1e6:,.0f}"]


def _seconds(function: Callable[[Any], object], inputs: Sequence[Any]) -> float:
    began = time.perf_counter()
    for each in inputs:
        function(each)
    return time.perf_counter() - began
