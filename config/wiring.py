"""Who works what out from whom: the explicit list that the packages themselves must not know.

See docs/adr/0001-one-door-for-changes.md.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scheduling.changes import Until


def connect() -> None:
    """Subscribe each derivation to what it is derived from, in the order in which they build on each other."""
    from clinic import changes as record
    from notifications.selectors import versions
    from notifications.services.plan import replan_about
    from notifications.services.rules import set_up_messages
    from scheduling import changes as forecasts
    from scheduling.selectors.settled import rest_on
    from scheduling.services.booking import follow_deaths, follow_record
    from scheduling.services.calendar_entries import follow_calendars
    from scheduling.services.calendar_feeds import revoke_departed
    from scheduling.services.care_plan import replan_before_surgery
    from scheduling.services.derive import follow_facts
    from scheduling.services.owners import reassign_departed
    from scheduling.services.protocols import ensure_protocol
    from scheduling.services.residual_trends import forget_trends
    from scheduling.services.setup import set_up_clinic
    from scheduling.services.sweeps import recalculate_every_clinic

    record.subscribe(follow_facts)
    record.subscribe(follow_record)
    for door in (record, forecasts):
        door.subscribe_teller(follow_calendars)
        door.subscribe_teller(replan_about)
        door.subscribe_teller(_follow_refills)  # locks escalations, which come last
    rest_on(versions.ABOUT_PUMPS, versions.SHARED)
    record.subscribe_to_patients(replan_before_surgery)
    record.subscribe_to_patients(follow_deaths)
    record.subscribe_to_members(set_up_clinic)
    record.subscribe_to_members(ensure_protocol)
    record.subscribe_to_members(reassign_departed)
    record.subscribe_to_members(set_up_messages)
    record.subscribe_to_members(revoke_departed)
    record.subscribe_to_catalogue(forget_trends)
    record.subscribe_to_catalogue(recalculate_every_clinic)


def _follow_refills(
    clinic_id: int, implant_ids: Collection[int], patient_ids: Collection[int], now: datetime
) -> Until | None:
    """A late refill is a pump's matter: of patients alone there is nothing to follow.

    Each tick follows all of them, so no night need look at a pump for its sake.
    """
    from notifications.services.escalations import follow_refills
    from scheduling.changes import never

    if implant_ids:
        follow_refills(clinic_id, implant_ids, now)
    return never
