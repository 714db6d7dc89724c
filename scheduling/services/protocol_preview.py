"""What a changed protocol would do to the follow-ups, before anybody saves it. Nothing is written or locked."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from clinic.selectors.care_facts import patients_awaiting_surgery
from clinic.selectors.facts import count_active, implant_ranges, implants_between
from clinic.selectors.rows import Clinic
from scheduling.domain.care.difference import ChangeKind, Stored, difference
from scheduling.domain.care.plan import CareFacts, plan
from scheduling.domain.care.protocol import REFILL_ROW_KEY, Row
from scheduling.domain.care.protocol_entry import RowEntry, read_rows
from scheduling.models import FollowUp, VisitKind
from scheduling.selectors.protocols import protocol_in_force, rows_in_force
from scheduling.services.care_facts import (
    STORED_COLUMNS,
    facts_of_implants,
    facts_of_patients,
    stored_from,
)

MOST_PUMPS = 1000
"""A page waits for the answer: a larger clinic sees the numbers when the run is over."""
PUMPS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class ProtocolPreview:
    """How many follow-ups would begin, get other dates, end, or only be worded anew."""

    new: int = 0
    moved: int = 0
    ended: int = 0
    reworded: int = 0


def preview_protocol(*, clinic_id: int, entries: Sequence[RowEntry], now: datetime) -> ProtocolPreview | None:
    """What saving these rows would change; None for a clinic too large to tell while somebody waits.

    Only the rows that differ from the protocol in force are planned. Rows with a fault change nothing here:
    saving them is refused.
    """
    if count_active(clinic_id=clinic_id) > MOST_PUMPS:
        return None
    zone = ZoneInfo(Clinic.objects.values_list("time_zone", flat=True).get(pk=clinic_id))
    today = now.astimezone(zone).date()
    rows, keys = _differing(clinic_id, entries, zone, today)
    if not keys:
        return ProtocolPreview()
    counts: Counter[ChangeKind] = Counter()
    for facts, stored in _courses(clinic_id, rows, keys, zone=zone, today=today):
        planned = plan(facts, rows, today=today, kept=[one.key for one in stored])
        wanted = [one for one in planned if one.key.row_key != REFILL_ROW_KEY]
        counts.update(change.kind for change in difference(facts, wanted, stored, today=today))
    return ProtocolPreview(
        new=counts[ChangeKind.CREATE] + counts[ChangeKind.REINSTATE],
        moved=counts[ChangeKind.RE_ANCHOR],
        ended=counts[ChangeKind.END],
        reworded=counts[ChangeKind.REWORD],
    )


def _differing(
    clinic_id: int, entries: Sequence[RowEntry], zone: ZoneInfo, today: date
) -> tuple[list[Row], set[str]]:
    """The rows that differ, as they would be from today on, and the keys of all that differ."""
    kinds = set(VisitKind.objects.for_clinic(clinic_id).values_list("key", flat=True))
    wanted, faults = read_rows(entries, visit_kind_keys=kinds)
    protocol = protocol_in_force(clinic_id=clinic_id)
    if faults:
        return [], set()
    stored = rows_in_force(protocol=protocol, zone=zone) if protocol is not None else []
    in_force = {row.key: row for row in stored}
    bare = {key: replace(row, introduced_on=None, row_id=None) for key, row in in_force.items()}
    changed = [row for row in wanted if bare.get(row.key) != row]
    keys = {row.key for row in changed} | (set(in_force) - {row.key for row in wanted})
    return [replace(row, introduced_on=_since(in_force.get(row.key), today)) for row in changed], keys


def _since(row: Row | None, today: date) -> date | None:
    return row.introduced_on if row is not None and row.is_active else today


def _courses(
    clinic_id: int, rows: Sequence[Row], keys: Collection[str], *, zone: ZoneInfo, today: date
) -> Iterable[tuple[CareFacts, list[Stored]]]:
    for first_id, last_id in implant_ranges(clinic_id=clinic_id, size=PUMPS_AT_ONCE):
        implant_ids = implants_between(clinic_id=clinic_id, first_id=first_id, last_id=last_id)
        stored = _stored(clinic_id, keys, "implant_id", implant_ids)
        anchor_keys = {one.key.anchor_key for each in stored.values() for one in each}
        for facts in facts_of_implants(
            clinic_id, implant_ids, rows=rows, today=today, zone=zone, anchor_keys=anchor_keys
        ):
            yield facts, stored.get(facts.implant_id or 0, [])
    waiting = patients_awaiting_surgery(clinic_id=clinic_id)
    planned = _stored(clinic_id, keys, "patient_id", waiting)
    for facts in facts_of_patients(clinic_id, waiting, zone=zone):
        yield facts, planned.get(facts.patient_id, [])


def _stored(clinic_id: int, keys: Collection[str], by: str, ids: Collection[int]) -> dict[int, list[Stored]]:
    """Every follow-up of these rows, closed ones too, by pump or by patient without one (one query)."""
    found: defaultdict[int, list[Stored]] = defaultdict(list)
    rows = (
        FollowUp.objects.for_clinic(clinic_id)
        .filter(row_key__in=keys, implant__isnull=by == "patient_id", **{f"{by}__any_of": list(ids)})
        .order_by("id")
    )
    for owner_of_course, *row in rows.values_list(by, *STORED_COLUMNS):
        found[owner_of_course].append(stored_from(row))
    return found
