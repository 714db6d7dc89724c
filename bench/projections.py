"""How many projections a second, of the programs that a country has, and what stands around each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bench.national.build import Country
from bench.places import largest
from bench.table import Row, seconds_of
from clinic.models import Implant
from clinic.selectors.catalogue import catalogue
from clinic.selectors.facts import clinic_facts, implant_facts
from scheduling.domain.engine import project
from scheduling.domain.fingerprint import fingerprint
from scheduling.domain.reasons import explain
from scheduling.services.cases import case_of, setting_of

MOST, ROUNDS = 5_000, 3


def run(country: Country) -> list[Row]:
    """One process, the best of several rounds: the others had to share the machine."""
    clinic_id = largest().clinic.pk
    ids = list(Implant.objects.for_clinic(clinic_id).order_by("id").values_list("pk", flat=True)[:MOST])
    setting = setting_of(clinic_facts(clinic_id=clinic_id), catalogue=catalogue(), now=country.now)
    facts = implant_facts(clinic_id=clinic_id, implant_ids=ids)
    cases = [case for each in facts if (case := case_of(each, setting)) is not None]
    return [
        _rate("projections", project, cases),
        _rate("cases from the record's facts", lambda each: case_of(each, setting), facts),
        _rate("fingerprints of the inputs", fingerprint, cases),
        _rate(
            "reasons, built when somebody reads them",
            lambda case: (*explain(case, project(case)),),
            cases[:1_000],
        ),
    ]


def _rate(what: str, function: Callable[[Any], object], inputs: Sequence[Any]) -> Row:
    def all_of_them() -> None:
        for each in inputs:
            function(each)

    best = min(seconds_of(all_of_them) for _ in range(ROUNDS))
    return Row(what=what, ours=len(inputs) / best, is_rate=True, size=len(inputs))
