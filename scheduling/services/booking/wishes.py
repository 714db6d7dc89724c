"""From references to rows: what a visit is for, which pump it is about, what and whom it takes.

Everything is looked up in the clinic; what another clinic has is not there. See domain.visit_entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q

from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.selectors.rows import Clinic, Implant
from scheduling.domain.slots import Needs
from scheduling.domain.visit_entries import VisitEntry
from scheduling.models import STANDING, UNFINISHED, FollowUp, Resource, ResourceKind, Visit, VisitKind
from scheduling.models.care import REFILL
from scheduling.selectors.visit_needs import needs_of
from scheduling.services.booking.locks import Locked, check_alive
from scheduling.services.booking.places import Question


@dataclass(slots=True)
class Wish:
    """A visit to book, with its rows at hand."""

    kind: VisitKind
    follow_ups: list[FollowUp]
    implant: Implant | None
    is_refill: bool
    needs: Needs


def read_wish(
    *, clinic: Clinic, entry: VisitEntry, locked: Locked, ignoring_visit: int | None = None
) -> Wish:
    """What the entry asks for. RecordError at the field for what the clinic or the patient does not have."""
    check_alive(locked)
    kind = _kind(clinic, entry.kind_ref)
    follow_ups = _follow_ups(clinic, entry.follow_up_refs, locked, ignoring_visit)
    is_refill = kind.is_refill or any(row.row_key == REFILL for row in follow_ups)
    implant = _implant(entry.implant_ref, locked, follow_ups, is_refill=is_refill)
    if is_refill and implant is not None:
        follow_ups = _with_refill_item(follow_ups, implant, ignoring_visit)
    needs = needs_of(_kinds(clinic, kind, follow_ups))
    if entry.duration_minutes is not None:
        needs = replace(needs, duration_minutes=entry.duration_minutes)
    return Wish(kind, follow_ups, implant, is_refill, needs)


def candidates(
    *, clinic: Clinic, needs: Needs, nurse_ref: UUID | None, room_ref: UUID | None
) -> dict[ResourceKind, list[int]]:
    """Who may serve, in the order in which they are tried: the one asked for, else all in use.

    RecordError at ``nurse`` or ``room`` for one that the clinic does not have in use.
    """
    asked = Q(pk__in=[])
    for ref, kind, is_needed in (
        (nurse_ref, ResourceKind.NURSE, needs.needs_nurse),
        (room_ref, ResourceKind.ROOM, needs.needs_room),
    ):
        if ref is not None:
            asked |= Q(ref=ref, kind=kind)
        elif is_needed:
            asked |= Q(kind=kind)
    rows = (
        Resource.objects.for_clinic(clinic.id)
        .filter(asked, is_active=True)
        .order_by("position", "name", "pk")
        .values_list("pk", "kind")
    )
    found: dict[ResourceKind, list[int]] = {kind: [] for kind in ResourceKind}
    for pk, kind_of in rows:
        found[ResourceKind(kind_of)].append(pk)
    if needs.capacity_id is not None:
        found[ResourceKind.CAPACITY].append(needs.capacity_id)
    for field, ref, kind in (("nurse", nurse_ref, ResourceKind.NURSE), ("room", room_ref, ResourceKind.ROOM)):
        if ref is not None and not found[kind]:
            raise RecordError(field, gettext_noop("is not in use in this clinic"))
    return found


def as_asked(
    needs: Needs, found: dict[ResourceKind, list[int]], *, nurse_ref: UUID | None, room_ref: UUID | None
) -> Needs:
    """What the visit takes, with the nurse and the room that were named: what is sought instead is theirs too."""
    return replace(
        needs,
        nurse_id=found[ResourceKind.NURSE][0] if nurse_ref is not None else None,
        room_id=found[ResourceKind.ROOM][0] if room_ref is not None else None,
    )


def ask_of(question: Question, found: dict[ResourceKind, list[int]], rows: dict[int, Resource]) -> Question:
    """The question with the locked rows of who may serve."""
    question.nurses = _of(found[ResourceKind.NURSE], rows)
    question.rooms = _of(found[ResourceKind.ROOM], rows)
    question.capacities = _of(found[ResourceKind.CAPACITY], rows)
    return question


def _of(ids: Sequence[int], rows: dict[int, Resource]) -> list[Resource]:
    return [rows[each] for each in ids if each in rows]


def _kind(clinic: Clinic, kind_ref: UUID) -> VisitKind:
    kind = VisitKind.objects.for_clinic(clinic.id).filter(ref=kind_ref, is_active=True).first()
    if kind is None:
        raise RecordError("kind", gettext_noop("this kind of visit is not in use in this clinic"))
    return kind


def _kinds(clinic: Clinic, kind: VisitKind, follow_ups: Sequence[FollowUp]) -> list[VisitKind]:
    """The kind that names the visit, and those of its follow-ups: one visit takes the time of all."""
    keys = {row.visit_kind_key for row in follow_ups} - {kind.key, ""}
    if not keys:
        return [kind]
    return [kind, *VisitKind.objects.for_clinic(clinic.id).filter(key__in=keys, is_active=True)]


def _follow_ups(
    clinic: Clinic, refs: Sequence[UUID], locked: Locked, ignoring_visit: int | None
) -> list[FollowUp]:
    if not refs:
        return []
    rows = list(
        FollowUp.objects.for_clinic(clinic.id)
        .filter(ref__in=refs, patient_id=locked.patient.pk)
        .order_by("pk")
    )
    if len(rows) < len(set(refs)):
        raise RecordError("follow_ups", gettext_noop("the patient has no such follow-up"))
    if any(row.state not in UNFINISHED for row in rows):
        raise RecordError("follow_ups", gettext_noop("one of the follow-ups is closed already"))
    if is_served([row.pk for row in rows], ignoring_visit):
        raise RecordError("follow_ups", gettext_noop("a visit is booked already for one of the follow-ups"))
    return rows


def is_served(follow_up_ids: Sequence[int], ignoring_visit: int | None) -> bool:
    """Whether a visit that stands is for one of these follow-ups already."""
    standing = Visit.objects.filter(purposes__follow_up_id__any_of=follow_up_ids, status__in=STANDING)
    return standing.exclude(pk=ignoring_visit or 0).exists()


def _implant(
    implant_ref: UUID | None, locked: Locked, follow_ups: Sequence[FollowUp], *, is_refill: bool
) -> Implant | None:
    """The pump that was named, else the one of the follow-ups, else the only one in place."""
    of_refill = {row.implant_id for row in follow_ups if row.row_key == REFILL}
    if len(of_refill) > 1:
        raise RecordError("follow_ups", gettext_noop("one visit refills one pump"))
    of_any = {row.implant_id for row in follow_ups if row.implant_id is not None}
    in_place = [each for each in locked.implants if each.explanted_on is None]
    chosen: Implant | None = None
    if implant_ref is not None:
        chosen = next((each for each in locked.implants if each.ref == implant_ref), None)
        if chosen is None:
            raise RecordError("implant", gettext_noop("the patient has no such pump"))
    elif of_refill or len(of_any) == 1:
        (wanted,) = of_refill or of_any
        chosen = next((each for each in locked.implants if each.pk == wanted), None)
    elif is_refill and len(in_place) == 1:
        (chosen,) = in_place
    if is_refill:
        _check_refillable(chosen, of_refill)
    return chosen


def _check_refillable(implant: Implant | None, of_refill: set[int | None]) -> None:
    if implant is None:
        raise RecordError("implant", gettext_noop("say which pump is to be refilled"))
    if implant.explanted_on is not None:
        raise RecordError("implant", gettext_noop("the pump was taken out"))
    if of_refill and implant.pk not in of_refill:
        raise RecordError("implant", gettext_noop("the refill that is due is another pump's"))


def _with_refill_item(
    follow_ups: list[FollowUp], implant: Implant, ignoring_visit: int | None
) -> list[FollowUp]:
    """A refill visit serves the pump's open refill, said or not, unless an earlier visit does."""
    if any(row.row_key == REFILL for row in follow_ups):
        return follow_ups
    item = FollowUp.objects.filter(implant=implant, row_key=REFILL, state__in=UNFINISHED).first()
    if item is None or is_served([item.pk], ignoring_visit):
        return follow_ups
    return [*follow_ups, item]
