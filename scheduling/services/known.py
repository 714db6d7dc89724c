"""What is known of pumps before anything is worked out: read once, under their locks, for all who work it out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from clinic.selectors.catalogue import catalogue
from clinic.selectors.facts import (
    FILLS_THAT_MATTER,
    ImplantFacts,
    clinic_facts,
    implant_facts,
    lock_active_implants,
)
from scheduling.services.cases import Setting, setting_of


@dataclass(frozen=True, slots=True)
class Known:
    """The clinic's rules and the facts of pumps whose locks the transaction holds."""

    active: list[int]
    """Those of the pumps that stand in a living patient."""
    setting: Setting
    facts: list[ImplantFacts]
    """By id: of the active, or of all that were asked for."""

    @property
    def of_active(self) -> list[ImplantFacts]:
        active = set(self.active)
        return [each for each in self.facts if each.implant_id in active]


def lock_and_read(
    clinic_id: int,
    implant_ids: Collection[int],
    now: datetime,
    *,
    fills_each: int = FILLS_THAT_MATTER,
    with_ended: bool = False,
) -> Known:
    """Take the pumps' locks, in the caller's transaction, and read what stands then (a constant number of queries).

    Nothing read here changes before the transaction ends but for the clinic's rules and the catalogue, and whoever
    changes those has everything worked out again afterwards.
    """
    active = lock_active_implants(clinic_id=clinic_id, implant_ids=implant_ids)
    return Known(
        active=active,
        setting=setting_of(clinic_facts(clinic_id=clinic_id), catalogue=catalogue(), now=now),
        facts=implant_facts(
            clinic_id=clinic_id, implant_ids=implant_ids if with_ended else active, fills_each=fills_each
        ),
    )
