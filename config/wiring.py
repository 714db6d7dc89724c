"""Who works what out from whom: the explicit list that the packages themselves must not know.

See docs/adr/0001-one-door-for-changes.md.
"""

from __future__ import annotations


def connect() -> None:
    """Subscribe each derivation to what it is derived from, in the order in which they build on each other."""
    from clinic import changes as record
    from notifications.services.escalations import follow_refills
    from notifications.services.plan import replan
    from scheduling import changes as forecasts
    from scheduling.services.booking import follow_deaths, follow_record
    from scheduling.services.care_plan import replan_before_surgery
    from scheduling.services.derive import work_out
    from scheduling.services.owners import reassign_departed
    from scheduling.services.protocols import ensure_protocol
    from scheduling.services.residual_trends import forget_trends, renew_trends
    from scheduling.services.setup import set_up_clinic
    from scheduling.services.sweeps import recalculate_every_clinic

    record.subscribe(work_out)
    record.subscribe(follow_record)
    record.subscribe(renew_trends)
    record.subscribe(replan)
    record.subscribe(follow_refills)
    forecasts.subscribe(replan)
    forecasts.subscribe(follow_refills)
    record.subscribe_to_patients(replan_before_surgery)
    record.subscribe_to_patients(follow_deaths)
    record.subscribe_to_members(set_up_clinic)
    record.subscribe_to_members(ensure_protocol)
    record.subscribe_to_members(reassign_departed)
    record.subscribe_to_catalogue(forget_trends)
    record.subscribe_to_catalogue(recalculate_every_clinic)
