"""What the record knows of a patient when a check-in is asked and read."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from clinic.selectors.facts import ImplantFacts, implant_facts
from clinic.selectors.implants import implants_of
from clinic.selectors.recipients import clinic_time_zone
from notifications.domain.check_in.questions import Context
from scheduling.selectors.check_ins import alarm_dates


def check_in_context(*, clinic_id: int, patient_id: int, now: datetime) -> Context:
    """The facts of the patient's pumps in place, the graver of several (ten queries).

    A pump that was never filled, or whose date is in doubt, leaves its part unknown; so does no pump at all: after
    an explant nothing says that the danger is over.
    """
    zone = ZoneInfo(clinic_time_zone(clinic_id=clinic_id))
    today = now.astimezone(zone).date()
    rows = implants_of(clinic_id=clinic_id, patient_id=patient_id)
    operated = [day for row in rows for day in (row.implanted_on, row.explanted_on) if day and day <= today]
    days = (today - max(operated)).days if operated else None
    in_place = [row.id for row in rows if row.explanted_on is None]
    if not in_place:
        return Context(days_since_operation=days)
    facts = implant_facts(clinic_id=clinic_id, implant_ids=in_place, fills_each=1)
    alarms = alarm_dates(clinic_id=clinic_id, implant_ids=in_place)
    known = [alarm for each in in_place if (alarm := alarms.get(each)) is not None]
    return Context(
        days_since_operation=days,
        drugs=_drugs(facts),
        days_to_alarm=(min(known) - today).days if len(known) == len(in_place) else None,
        hours_since_change=_hours_since_change(facts, zone, now),
    )


def _drugs(facts: list[ImplantFacts]) -> frozenset[str] | None:
    if not all(each.fills for each in facts):
        return None
    return frozenset(drug.drug_key for each in facts for drug in each.fills[-1].drugs)


def _hours_since_change(facts: list[ImplantFacts], zone: ZoneInfo, now: datetime) -> int | None:
    changes = [(fill.filled_on, fill.filled_at) for each in facts for fill in each.fills]
    changes += [(program.starts_on, program.starts_at) for each in facts for program in each.programs]
    instants = [at for on, exactly in changes if (at := _latest_possible(on, exactly, zone, now)) is not None]
    return (now - max(instants)) // timedelta(hours=1) if instants else None


def _latest_possible(on: date, exactly: datetime | None, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When it was at the latest; None for what is still to come."""
    if exactly is not None:
        return exactly if exactly <= now else None
    if on > now.astimezone(zone).date():
        return None
    return min(now, datetime.combine(on + timedelta(days=1), time(0), zone).astimezone(UTC))
