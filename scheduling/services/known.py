"""What is known of pumps before anything is worked out: read once, under their locks, for all who work it out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from clinic.selectors.care_facts import (
    ImplantCareFacts,
    SurgeryFacts,
    care_facts_from,
    care_questions,
    chain_questions,
    chains_from,
    lock_surgeries,
    surgeries,
    surgery_facts_from,
)
from clinic.selectors.catalogue import catalogue, edition_question
from clinic.selectors.facts import (
    FILLS_THAT_MATTER,
    ImplantFacts,
    active_implants,
    clinic_facts_from,
    clinic_questions,
    fact_questions,
    facts_from,
    lock_implants,
)
from clinic.together import ask_together
from scheduling.domain.care.difference import Stored
from scheduling.domain.care.protocol import Row
from scheduling.models import FollowUp, Forecast
from scheduling.selectors.protocols import newest_protocol, rows_in_force
from scheduling.services.care_facts import STORED_COLUMNS, since_of, stored_from
from scheduling.services.cases import Setting, setting_of
from scheduling.services.owners import Owners, owner_questions, owners_from
from scheduling.services.protocols import ensure_protocol
from scheduling.services.second_checks.reading import Reading, beside_questions, reading_from

COLUMNS = {
    "status": "text",
    "must_refill_by": "date",
    "limited_by": "text",
    "low_reservoir_on": "date",
    "empty_on": "date",
    "empty_at": "timestamptz",
    "target_visit_on": "date",
    "latest_visit_on": "date",
    "review_by": "date",
    "hazard": "smallint",
    "limits": "jsonb",
    "findings": "jsonb",
    "high_flow": "jsonb",
    "fingerprint": "text",
    "engine_version": "text",
}
"""The columns of a forecast that are worked out, with their PostgreSQL types."""
KEPT = ("open", "postponed", "ended")
"""The states of follow-ups that no person has closed."""


@dataclass(frozen=True, slots=True)
class Planning:
    """What the care plan of these pumps, and of the patients' operations, is made of."""

    rows: Sequence[Row]
    """The protocol's."""
    zone: ZoneInfo
    today: date
    patient_ids: list[int]
    record: list[ImplantCareFacts]
    surgeries: list[SurgeryFacts]
    by_implant: dict[int, list[Stored]]
    by_patient: dict[int, list[Stored]]
    """The follow-ups that are about no pump."""
    owners: Callable[[], Owners]
    """Who may own what begins; raises LookupError where nobody can."""


@dataclass(frozen=True, slots=True)
class Known:
    """The clinic's rules and the facts of pumps whose locks the transaction holds."""

    active: list[int]
    """Those of the pumps that stand in a living patient."""
    setting: Setting
    facts: list[ImplantFacts]
    """By id: of the active, or of all that were asked for."""
    beside: Reading
    forecasts: dict[int, tuple[Any, ...]]
    """The stored rows by pump, in the order of COLUMNS; kept in step by whoever writes them."""
    planning: Planning

    @property
    def of_active(self) -> list[ImplantFacts]:
        active = set(self.active)
        return [each for each in self.facts if each.implant_id in active]


def lock_and_read(
    clinic_id: int,
    implant_ids: Collection[int],
    now: datetime,
    *,
    patient_ids: Collection[int] = (),
    fills_each: int = FILLS_THAT_MATTER,
    with_ended: bool = False,
) -> Known:
    """Take the locks of the pumps, and of their patients' and these patients' operations, in the caller's transaction,
    and read what stands then (four queries, one more for each pump's explant).

    Nothing read here changes before the transaction ends but for the clinic's rules and the catalogue, and whoever
    changes those has everything worked out again afterwards.
    """
    locked = lock_implants(clinic_id=clinic_id, implant_ids=implant_ids)
    pumps = [pk for pk, _ in locked]
    patients = sorted({*patient_ids, *(patient_id for _, patient_id in locked)})
    lock_surgeries(clinic_id=clinic_id, patient_ids=patients)
    stored = ask_together(_stored_questions, clinic_id=clinic_id, implant_ids=pumps, patient_ids=patients)
    setting = setting_of(clinic_facts_from(stored), catalogue=catalogue(*stored["edition"]), now=now)
    protocol = stored["protocol"][0] if stored["protocol"] else ensure_protocol(clinic_id, now)
    rows = rows_in_force(protocol=protocol, zone=setting.zone)
    by_implant = _by_first(stored["follow_ups"])
    chains = chains_from(stored)
    keys = {one.key.anchor_key for each in by_implant.values() for one in each}
    record = ask_together(
        _record_questions,
        clinic_id=clinic_id,
        implant_ids=pumps if with_ended else stored["active"],
        fills_each=fills_each,
        planned_ids=pumps,
        **since_of(rows, keys, today=setting.as_of).given(chains),
    )
    return Known(
        active=stored["active"],
        setting=setting,
        facts=facts_from(record),
        beside=reading_from(stored, chains, clinic_id=clinic_id, now=now),
        forecasts={row[0]: row[1:] for row in stored["forecasts"]},
        planning=Planning(
            rows=rows,
            zone=setting.zone,
            today=setting.as_of,
            patient_ids=patients,
            record=care_facts_from(record, chains, clinic_id=clinic_id),
            surgeries=surgery_facts_from(stored["surgeries"]),
            by_implant=by_implant,
            by_patient=_by_first(stored["patients_follow_ups"]),
            owners=partial(owners_from, stored, clinic_id=clinic_id),
        ),
    )


def _stored_questions(given: Any) -> dict[str, Any]:
    kept = FollowUp.objects.for_clinic(given.clinic_id).filter(state__in=KEPT).order_by("id")
    return {
        **clinic_questions(given),
        **chain_questions(given),
        **beside_questions(given),
        **owner_questions(given),
        "edition": edition_question(),
        "active": active_implants(given.clinic_id, given.implant_ids),
        "forecasts": Forecast.objects.for_clinic(given.clinic_id)
        .filter(implant_id__any_of=given.implant_ids)
        .values_list("implant_id", *COLUMNS),
        "protocol": newest_protocol(given.clinic_id),
        "surgeries": surgeries(given.clinic_id, given.patient_ids),
        "follow_ups": kept.filter(implant_id__any_of=given.implant_ids).values_list(
            "implant_id", *STORED_COLUMNS
        ),
        "patients_follow_ups": kept.filter(
            implant__isnull=True, patient_id__any_of=given.patient_ids
        ).values_list("patient_id", *STORED_COLUMNS),
    }


def _record_questions(given: Any) -> dict[str, Any]:
    return {**fact_questions(given), **care_questions(given)}


def _by_first(rows: Iterable[Sequence[Any]]) -> dict[int, list[Stored]]:
    found: defaultdict[int, list[Stored]] = defaultdict(list)
    for owner_of_course, *row in rows:
        found[owner_of_course].append(stored_from(row))
    return found
