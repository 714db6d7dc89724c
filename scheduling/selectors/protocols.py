"""A clinic's care protocol: the version in force and those before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, Max, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from scheduling.domain.care.protocol import Anchor, Mode, Row, Step
from scheduling.domain.care.relative_date import RelativeDate
from scheduling.models import Protocol, ProtocolRow


def protocol_in_force(*, clinic_id: int) -> Protocol | None:
    """The newest version; None for a clinic that has none yet."""
    return newest_protocol(clinic_id).first()


def newest_protocol(clinic_id: Any) -> QuerySet[Protocol]:
    """The newest version, as a query set."""
    return Protocol.objects.for_clinic(clinic_id).order_by("-version")[:1]


def protocol_versions(*, clinic_id: int) -> QuerySet[Protocol]:
    """Every version, newest first, with who wrote it."""
    return Protocol.objects.for_clinic(clinic_id).select_related("created_by").order_by("-version")


def protocol_rows(*, clinic_id: int, protocol_id: int) -> QuerySet[ProtocolRow]:
    """The stored rows of one version, in order."""
    return ProtocolRow.objects.for_clinic(clinic_id).filter(protocol_id=protocol_id).order_by("position")


def rows_in_force(*, protocol: Protocol, zone: ZoneInfo) -> Sequence[Row]:
    """The rows of a version as the plan reads them.

    A version is never changed, so its rows are read once in the life of a process.
    """
    return _rows(protocol.pk, protocol.clinic_id, protocol.version, protocol.created_at, zone)


@lru_cache(maxsize=256)
def _rows(
    protocol_id: int, clinic_id: int, version: int, created_at: datetime, zone: ZoneInfo
) -> tuple[Row, ...]:
    since = _introduced(clinic_id, version)
    return tuple(
        Row(
            key=row.key,
            title=row.title,
            instructions=row.instructions,
            anchor=Anchor(row.anchor),
            mode=Mode(row.mode),
            target=RelativeDate.parse(row.target),
            latest=RelativeDate.parse(row.latest),
            repeats=steps_of(row),
            visit_kind_key=row.visit_kind_key,
            only_programmable=row.only_programmable,
            is_active=row.is_active,
            introduced_on=since.get(row.key, created_at).astimezone(zone).date(),
            row_id=row.pk,
        )
        for row in protocol_rows(clinic_id=clinic_id, protocol_id=protocol_id)
    )


def steps_of(row: ProtocolRow) -> tuple[Step, ...]:
    """The repetitions of a stored row."""
    return tuple(
        Step(
            RelativeDate.parse(step["every"]),
            RelativeDate.parse(step["until"]) if step.get("until") else None,
        )
        for step in row.repeats
    )


def _introduced(clinic_id: int, version: int) -> dict[str, datetime]:
    """Since when each row has been in use without a break, up to this version (one query)."""
    in_use = ProtocolRow.objects.for_clinic(clinic_id).filter(is_active=True, protocol__version__lte=version)
    without = (
        Protocol.objects.for_clinic(clinic_id)
        .filter(version__lte=version)
        .exclude(Exists(in_use.filter(protocol_id=OuterRef("pk"), key=OuterRef(OuterRef("key")))))
        .order_by()
        .values("clinic_id")
        .annotate(last=Max("version"))
        .values("last")
    )
    rows = (
        in_use.filter(protocol__version__gt=Coalesce(Subquery(without), 0))
        .values("key")
        .annotate(since=Min("protocol__created_at"))
        .values_list("key", "since")
    )
    return dict(rows)
