"""Who entered what about pumps: so that nobody signs for what they entered themselves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from django.apps import apps

from clinic.models import Fill, ProgramVersion, PumpEvent, Reading
from clinic.selectors.facts import ProgramFacts, program_values


@dataclass(frozen=True, slots=True)
class Recorded:
    """One row of the record: who entered it, and when."""

    by: int
    at: datetime


@dataclass(slots=True)
class Recorders:
    """Who entered what of one pump. ``others`` are readings, events and corrections, withdrawals included."""

    fills: dict[int, Recorded] = field(default_factory=dict)
    programs: list[tuple[ProgramFacts, Recorded]] = field(default_factory=list)
    others: list[Recorded] = field(default_factory=list)
    details: list[Recorded] = field(default_factory=list)
    """Changes to the pump's own details (threshold, limits), by the history that the database writes."""


def recorders(*, clinic_id: int, implant_ids: Collection[int]) -> dict[int, Recorders]:
    """Who entered what of these pumps, in five queries however many they are."""
    found = {implant_id: Recorders() for implant_id in implant_ids}
    for model in (Fill, Reading, PumpEvent, ProgramVersion):
        rows = model.objects.for_clinic(clinic_id).filter(implant_id__any_of=implant_ids)
        columns = ("implant_id", "id", "supersedes_id", "recorded_by_id", "recorded_at")
        for implant_id, pk, supersedes_id, by, at in rows.order_by("id").values_list(*columns):
            if model is Fill:
                found[implant_id].fills[pk] = Recorded(by, at)
            if model in (Reading, PumpEvent) or supersedes_id is not None:
                found[implant_id].others.append(Recorded(by, at))
    for implant_id, by, at, *values in program_values(
        clinic_id, implant_ids, "recorded_by_id", "recorded_at"
    ):
        found[implant_id].programs.append((ProgramFacts(*values), Recorded(by, at)))
    history = apps.get_model("clinic", "ImplantHistory")
    changes = history.objects.filter(
        clinic_id=clinic_id, pgh_obj_id__in=list(implant_ids), pgh_label="update"
    )
    for implant_id, metadata, at in changes.values_list(
        "pgh_obj_id", "pgh_context__metadata", "pgh_created_at"
    ):
        if (metadata or {}).get("actor") is not None:
            found[implant_id].details.append(Recorded(int(metadata["actor"]), at))
    return found
