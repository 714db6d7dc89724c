"""What a person who books a visit chooses from: what the patient is due for, and what goes well together."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import F

from scheduling.domain.combining import Combined, Due, combine
from scheduling.domain.slots import Needs, Window
from scheduling.models import STANDING, UNFINISHED, FollowUp, Visit, VisitFollowUp, VisitKind
from scheduling.models.care import REFILL, Mode
from scheduling.selectors.visit_needs import needs_of, open_window, windows_of

USUAL_KIND = "check_up"


@dataclass(frozen=True, slots=True)
class DueItem:
    """An open follow-up that a visit can fulfil, with the kind of visit that it takes."""

    follow_up: FollowUp
    kind: VisitKind
    due: Due
    visit_ref: UUID | None = None
    visit_on: date | None = None
    """The visit that is booked for it already, and its day."""

    @property
    def is_free(self) -> bool:
        """Whether a visit can be booked for it: none is yet."""
        return self.visit_ref is None

    @property
    def ref(self) -> UUID:
        """The follow-up's reference."""
        return self.follow_up.ref

    @property
    def is_refill(self) -> bool:
        """Whether it is the refill of a pump."""
        return self.follow_up.row_key == REFILL


@dataclass(frozen=True, slots=True)
class Plan:
    """One visit: what it serves, its kinds (the first names it), how long it takes, when it should be."""

    items: tuple[DueItem, ...]
    kinds: tuple[VisitKind, ...]
    window: Window

    @property
    def minutes(self) -> int:
        """The sum over the distinct kinds."""
        return sum(kind.duration_minutes for kind in self.kinds)

    def needs(self, *, nurse_id: int | None = None, room_id: int | None = None) -> Needs:
        """What the visit takes of the clinic; a nurse or room that is named must be the one."""
        return needs_of(self.kinds, nurse_id=nurse_id, room_id=room_id)


def due_items(*, clinic_id: int, patient_id: int, kinds: Sequence[VisitKind], today: date) -> list[DueItem]:
    """The patient's open follow-ups that take a visit, the most pressing first (four queries).

    One whose kind of visit is not in use any more takes the first kind there is.
    """
    if not kinds:
        return []
    rows = list(
        FollowUp.objects.for_clinic(clinic_id)
        .filter(patient_id=patient_id, state__in=UNFINISHED, mode=Mode.VISIT)
        .select_related("implant__pump_model")
        .order_by(F("latest_on").asc(nulls_first=True), "target_on", "id")
    )
    windows = windows_of(clinic_id=clinic_id, follow_up_ids=[row.pk for row in rows], today=today)
    visits = _visits_of([row.pk for row in rows])
    by_key = {kind.key: kind for kind in kinds}
    usual = by_key.get(USUAL_KIND, kinds[0])
    return [
        DueItem(
            row,
            kind,
            Due(row.pk, kind.pk, kind.duration_minutes, windows[row.pk]),
            *visits.get(row.pk, (None, None)),
        )
        for row in rows
        for kind in [by_key.get(row.visit_kind_key, usual)]
    ]


def suggest(items: Sequence[DueItem], chosen: Collection[UUID]) -> tuple[UUID, ...]:
    """What is ticked at first: the follow-ups that were asked for, else the most pressing, and those near it."""
    items = [item for item in items if item.is_free]
    asked = [item for item in items if item.ref in chosen] or list(items[:1])
    if not asked:
        return ()
    near = combine(asked[0].due, (item.due for item in items)).follow_up_ids
    wanted = {*near, *(item.due.id for item in asked)}
    same_pump = {item.follow_up.implant_id for item in asked if item.is_refill}
    return tuple(
        item.ref
        for item in items
        if item.due.id in wanted and not (item.is_refill and same_pump - {item.follow_up.implant_id})
    )


def plan_visit(
    items: Sequence[DueItem], ticked: Collection[UUID], *, kind: VisitKind | None, today: date
) -> Plan | None:
    """One visit for the ticked follow-ups, of this kind where one is named; None without either."""
    taken = [item for item in items if item.ref in ticked and item.is_free]
    if not taken:
        return Plan((), (kind,), open_window(today)) if kind else None
    joined = _join(taken)
    kinds = {item.kind.pk: item.kind for item in taken}
    ordered = [kinds[each] for each in joined.kind_ids]
    if kind is not None and kind.pk not in kinds:
        ordered = [kind, *ordered]
    refill = next((item.kind for item in taken if item.is_refill), None)
    if refill is not None:  # a visit at which a pump is filled is a refill, whatever else is done
        ordered = [refill, *(each for each in ordered if each.pk != refill.pk)]
    return Plan(tuple(taken), tuple(ordered), joined.window)


def window_of_visit(*, visit: Visit, today: date) -> Window:
    """The days on which a booked visit should be: those of the open follow-ups that it serves (three queries)."""
    rows = list(
        FollowUp.objects.for_clinic(visit.clinic_id)
        .filter(state__in=UNFINISHED, pk__in=visit.purposes.values("follow_up_id"))
        .order_by(F("latest_on").asc(nulls_first=True), "id")
    )
    if not rows:
        return open_window(today)
    windows = windows_of(clinic_id=visit.clinic_id, follow_up_ids=[row.pk for row in rows], today=today)
    dues = [Due(row.pk, visit.kind_id, 1, windows[row.pk]) for row in rows]
    return combine(dues[0], dues, visit_on=date.max).window


def _visits_of(follow_up_ids: Sequence[int]) -> dict[int, tuple[UUID, date]]:
    """The visit to come of each follow-up that has one; a slot that is only held is none."""
    rows = (
        VisitFollowUp.objects.filter(follow_up_id__in=follow_up_ids, visit__status__in=STANDING)
        .order_by("-visit__starts_at")
        .values_list("follow_up_id", "visit__ref", "visit__local_on")
    )
    return {follow_up_id: (ref, day) for follow_up_id, ref, day in rows}


def _join(taken: Sequence[DueItem]) -> Combined:
    first = taken[0].due
    return combine(first, (item.due for item in taken), visit_on=date.max)
