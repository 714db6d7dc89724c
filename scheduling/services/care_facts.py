"""From the record, the forecasts and the stored follow-ups to what the pure care plan reads.

A *course* is what is planned together: one pump, or the operations of one patient.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from clinic.selectors.care_facts import (
    DatedFact,
    ImplantCareFacts,
    Since,
    SurgeryFacts,
    care_facts_of_implants,
    surgery_facts,
)
from scheduling.domain.care.difference import State, Stored
from scheduling.domain.care.plan import (
    AnchorFact,
    CareFacts,
    FollowUpKey,
    Planned,
    RefillFacts,
    furthest_back,
)
from scheduling.domain.care.protocol import Anchor, Mode, Row
from scheduling.domain.findings import LimitKind
from scheduling.models import Forecast

_FILL, _IMPLANT, _PROGRAM, _EVENT = "fill", "implant", "program", "event"
_SURGERY, _EXPLANT, _EOS = "surgery", "explant", "eos"

STORED_COLUMNS = (
    "id",
    "row_key",
    "anchor_key",
    "occurrence",
    "anchor",
    "anchored_on",
    "target_on",
    "latest_on",
    "title",
    "mode",
    "state",
    "instructions",
    "visit_kind_key",
    "postponed_until",
)


@dataclass(slots=True)
class Course:
    """What is planned together, and the stored follow-ups of it that matter."""

    facts: CareFacts
    stored: list[Stored] = field(default_factory=list)
    planned: list[Planned] = field(default_factory=list)
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class ForecastDates:
    """What a forecast says to the care plan."""

    target_on: date | None
    latest_on: date | None
    end_of_service_on: date | None


def stored_from(row: Sequence[Any]) -> Stored:
    """A stored follow-up from its columns, in the order of ``STORED_COLUMNS``."""
    number, row_key, anchor_key, occurrence, anchor, *dates, title, mode, state, words, kind, until = row
    return Stored(
        id=number,
        key=FollowUpKey(row_key, anchor_key, occurrence),
        anchor=Anchor(anchor),
        anchored_on=dates[0],
        target_on=dates[1],
        latest_on=dates[2],
        title=title,
        mode=Mode(mode),
        state=State(state),
        instructions=words,
        visit_kind_key=kind,
        postponed_until=until,
    )


def facts_of_implants(
    clinic_id: int,
    implant_ids: Collection[int],
    *,
    rows: Sequence[Row],
    today: date,
    zone: ZoneInfo,
    anchor_keys: Iterable[str],
) -> list[CareFacts]:
    """The facts of these pumps (three queries). ``anchor_keys`` are those that stored follow-ups hang on: they
    are read however old they are.
    """
    since = since_of(rows, anchor_keys, today=today)
    record = care_facts_of_implants(clinic_id=clinic_id, implant_ids=implant_ids, since=since)
    forecasts = Forecast.objects.for_clinic(clinic_id).filter(implant_id__any_of=implant_ids)
    columns = ("implant_id", "target_visit_on", "latest_visit_on", "limits")
    dates = {implant_id: dates_from(*row) for implant_id, *row in forecasts.values_list(*columns)}
    return [facts_of_implant(facts, dates.get(facts.implant_id), zone, today) for facts in record]


def since_of(rows: Sequence[Row], anchor_keys: Iterable[str], *, today: date) -> Since:
    """What the care plan needs of the record, by the protocol's rows and what stored follow-ups hang on."""
    roots = _roots(anchor_keys)
    return Since(
        fills=furthest_back(rows, Anchor.REFILL, today=today),
        programs=furthest_back(rows, Anchor.DOSE_CHANGE, today=today),
        scans=furthest_back(rows, Anchor.MRI, today=today),
        fill_roots=roots[_FILL],
        program_roots=roots[_PROGRAM],
        scan_roots=roots[_EVENT],
    )


def facts_of_patients(clinic_id: int, patient_ids: Collection[int], *, zone: ZoneInfo) -> list[CareFacts]:
    """What these patients have planned before there is a pump (one query)."""
    return facts_of_surgeries(
        surgery_facts(clinic_id=clinic_id, patient_ids=patient_ids), patient_ids, zone=zone
    )


def facts_of_surgeries(
    surgeries: Iterable[SurgeryFacts], patient_ids: Collection[int], *, zone: ZoneInfo
) -> list[CareFacts]:
    """The same from their operations."""
    by_patient: defaultdict[int, list[SurgeryFacts]] = defaultdict(list)
    for surgery in surgeries:
        by_patient[surgery.patient_id].append(surgery)
    return [
        CareFacts(
            patient_id=patient_id,
            anchors=tuple(
                AnchorFact(
                    Anchor.SURGERY_PLANNED,
                    f"{_SURGERY}:{one.surgery_id}",
                    one.on,
                    one.created_at.astimezone(zone).date(),
                )
                for one in by_patient[patient_id]
            ),
            died_on=next((one.died_on for one in by_patient[patient_id]), None),
        )
        for patient_id in patient_ids
    ]


def _roots(anchor_keys: Iterable[str]) -> defaultdict[str, list[int]]:
    roots: defaultdict[str, list[int]] = defaultdict(list)
    for key in anchor_keys:
        kind, _, number = key.partition(":")
        roots[kind].append(int(number))
    return roots


def dates_from(target_on: date | None, latest_on: date | None, limits: Mapping[str, str]) -> ForecastDates:
    """What the care plan takes from a forecast's columns."""
    ends = limits.get(LimitKind.END_OF_SERVICE.value)
    return ForecastDates(target_on, latest_on, date.fromisoformat(ends) if ends else None)


def facts_of_implant(
    facts: ImplantCareFacts, dates: ForecastDates | None, zone: ZoneInfo, today: date
) -> CareFacts:
    """One pump's facts from the record, beside what its forecast says."""
    recorded_on = facts.created_at.astimezone(zone).date()
    implant_key = f"{_IMPLANT}:{facts.implant_id}"
    anchors = [AnchorFact(Anchor.SURGERY, implant_key, facts.implanted_on, recorded_on)]
    anchors += _dated(Anchor.REFILL, _FILL, facts.fills, zone)
    anchors += _dated(Anchor.DOSE_CHANGE, _PROGRAM, facts.dose_changes, zone)
    anchors += _dated(Anchor.MRI, _EVENT, facts.scans, zone)
    ends = [facts.end_of_service_on, dates.end_of_service_on if dates else None]
    known_ends = [day for day in ends if day is not None]
    if known_ends:
        key = f"{_EOS}:{facts.implant_id}"
        anchors.append(AnchorFact(Anchor.END_OF_SERVICE, key, min(known_ends), recorded_on))
    if facts.explanted_on is not None:
        anchors.append(_explant(facts, facts.explanted_on, zone, today))
    return CareFacts(
        patient_id=facts.patient_id,
        implant_id=facts.implant_id,
        anchors=tuple(anchors),
        is_programmable=not facts.is_constant_flow,
        died_on=facts.died_on,
        explanted_on=facts.explanted_on,
        refill=None if facts.explanted_on or facts.died_on else _refill(facts, dates, implant_key),
    )


def _dated(kind: Anchor, prefix: str, facts: Iterable[DatedFact], zone: ZoneInfo) -> list[AnchorFact]:
    return [
        AnchorFact(kind, f"{prefix}:{one.root_id}", one.on, one.recorded_at.astimezone(zone).date())
        for one in facts
    ]


def _explant(facts: ImplantCareFacts, on: date, zone: ZoneInfo, today: date) -> AnchorFact:
    recorded_at = facts.explant_recorded_at
    recorded_on = today if recorded_at is None else min(today, recorded_at.astimezone(zone).date())
    return AnchorFact(Anchor.EXPLANT, f"{_EXPLANT}:{facts.implant_id}", on, recorded_on)


def _refill(facts: ImplantCareFacts, dates: ForecastDates | None, implant_key: str) -> RefillFacts:
    """Counted from the newest fill, which is the last of them, or from the implant before the first."""
    keys = [f"{_FILL}:{fill.root_id}" for fill in facts.fills]
    newest = facts.fills[-1] if facts.fills else None
    return RefillFacts(
        anchor=Anchor.REFILL if newest else Anchor.SURGERY,
        anchor_key=keys[-1] if keys else implant_key,
        anchored_on=newest.on if newest else facts.implanted_on,
        target_on=dates.target_on if dates else None,
        latest_on=dates.latest_on if dates else None,
        earlier_keys=frozenset([implant_key, *keys[:-1]]) if keys else frozenset(),
    )
