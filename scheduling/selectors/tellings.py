"""What patients may have to be told: their visits as they stand, and the questions they are due to answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import OuterRef, Q, Subquery

from clinic.together import Answers
from scheduling.domain.visit_states import VisitState
from scheduling.models import FollowUp, FollowUpAct, FollowUpState, Mode, Status, Visit, VisitStatus
from scheduling.models.care import UNFINISHED

_DAYS_SET_BY = (
    FollowUpAct.Act.POSTPONED,
    FollowUpAct.Act.REOPENED,
    FollowUpAct.Act.RE_ANCHORED,
    FollowUpAct.Act.REINSTATED,
)


@dataclass(frozen=True, slots=True)
class MoveTelling:
    """When a visit was moved and the start before; the least and the most that its sequence can have been after it."""

    at: datetime
    moved_from: datetime
    least: int
    most: int


@dataclass(slots=True, kw_only=True)
class VisitTelling:
    """A visit as far as it is told of. ``since``: its newest status."""

    visit_id: int
    patient_id: int
    implant_id: int | None
    kind_key: str
    is_refill: bool
    status: VisitState
    sequence: int
    starts_at: datetime
    ends_at: datetime
    local_on: date
    since: datetime
    moves: list[MoveTelling] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckInTelling:
    """A check-in: from which day to which, since when it is due at all, and what became of it."""

    follow_up_id: int
    patient_id: int
    implant_id: int | None
    target_on: date
    latest_on: date
    created_at: datetime
    is_open: bool
    is_done: bool


_VISIT = (
    *("id", "patient_id", "implant_id", "kind__key", "is_refill", "status", "sequence"),
    *("starts_at", "ends_at", "local_on", "booked_at"),
)


def telling_questions(given: Any) -> dict[str, Any]:
    """What ``visits_to_tell`` and ``check_ins_to_tell`` need the answers to.

    Asked of ``patient_ids`` at ``now``: their visits to come and the check-ins that they are still to answer, besides
    ``told_visits`` and ``told_check_ins`` whatever their time.
    """
    return {
        "visits": Visit.objects.for_clinic(given.clinic_id)
        .filter(
            Q(starts_at__gt=given.now) | Q(id__any_of=given.told_visits),
            patient_id__any_of=given.patient_ids,
        )
        .exclude(status=Status.PROPOSED)
        .order_by("id")
        .values_list(*_VISIT),
        "visit_steps": VisitStatus.objects.for_clinic(given.clinic_id)
        .filter(visit_id__any_of=given.found("visits", "id"))
        .order_by("id")
        .values_list("visit_id", "since", "status", "moved_from"),
        "check_ins": FollowUp.objects.for_clinic(given.clinic_id)
        .filter(
            Q(state__in=UNFINISHED) | Q(id__any_of=given.told_check_ins),
            patient_id__any_of=given.patient_ids,
            mode=Mode.CHECK_IN,
        )
        .order_by("id")
        .annotate(put_off_to=day_put_off_to())
        .values_list(
            *("id", "patient_id", "implant_id", "target_on", "latest_on", "created_at", "state"),
            "put_off_to",
        ),
    }


def visits_to_tell(answers: Answers) -> dict[int, list[VisitTelling]]:
    """The visits, by patient's id."""
    visits: dict[int, VisitTelling] = {}
    for visit_id, patient_id, implant_id, kind_key, is_refill, status, sequence, *times in answers["visits"]:
        starts_at, ends_at, local_on, booked_at = times
        visits[visit_id] = VisitTelling(
            visit_id=visit_id,
            patient_id=patient_id,
            implant_id=implant_id,
            kind_key=kind_key,
            is_refill=is_refill,
            status=VisitState(status),
            sequence=sequence,
            starts_at=starts_at,
            ends_at=ends_at,
            local_on=local_on,
            since=booked_at,
        )
    steps: defaultdict[int, list[_Step]] = defaultdict(list)
    for visit_id, since, status, moved_from in answers["visit_steps"]:
        steps[visit_id].append(_Step(since, status, moved_from))
    for visit_id, taken in steps.items():
        visits[visit_id].since = taken[-1].since
        visits[visit_id].moves = list(_moves(taken, visits[visit_id].sequence))
    found: defaultdict[int, list[VisitTelling]] = defaultdict(list)
    for visit in visits.values():
        found[visit.patient_id].append(visit)
    return found


class _Step(NamedTuple):
    since: datetime
    status: str
    moved_from: datetime | None

    @property
    def counts(self) -> bool:
        """Whether it is certain that the visit's sequence went up by it; other steps may have moved it too."""
        return self.moved_from is not None or self.status == Status.PENDING


def _moves(steps: Sequence[_Step], sequence: int) -> Iterator[MoveTelling]:
    """The moves among a visit's steps, oldest first."""
    for number, step in enumerate(steps, 1):
        if step.moved_from is None:
            continue
        later = sum(each.counts for each in steps[number:])
        least = sequence if number == len(steps) else sum(each.counts for each in steps[:number])
        yield MoveTelling(step.since, step.moved_from, least, sequence - later)


def day_put_off_to() -> Subquery:
    """Of a follow-up: the day it was put off to, also when that day has come; None where it was not."""
    acts = FollowUpAct.objects.filter(follow_up_id=OuterRef("pk"), act__in=_DAYS_SET_BY).order_by("-pk")
    return Subquery(acts.values("until")[:1])


def check_ins_to_tell(answers: Answers) -> dict[int, list[CheckInTelling]]:
    """The check-ins, by patient's id.

    One that was put off is due on the day it was put off to, also when that day has come.
    """
    found: defaultdict[int, list[CheckInTelling]] = defaultdict(list)
    for pk, patient_id, implant_id, target_on, latest_on, created_at, state, put_off_to in answers[
        "check_ins"
    ]:
        if target_on is None or latest_on is None:
            continue  # only a refill is without days
        target = max(target_on, put_off_to) if put_off_to else target_on
        found[patient_id].append(
            CheckInTelling(
                follow_up_id=pk,
                patient_id=patient_id,
                implant_id=implant_id,
                target_on=target,
                latest_on=max(latest_on, target),
                created_at=created_at,
                is_open=state in UNFINISHED,
                is_done=state == FollowUpState.DONE,
            )
        )
    return found


def patients_to_tell_without_pump(*, clinic_id: int, now: datetime) -> list[int]:
    """Those with a visit to come or an open follow-up that is about no pump, by id."""
    visits = Visit.objects.for_clinic(clinic_id).filter(implant__isnull=True, starts_at__gt=now)
    follow_ups = FollowUp.objects.for_clinic(clinic_id).filter(implant__isnull=True, state__in=UNFINISHED)
    return sorted(
        set(visits.values_list("patient_id", flat=True))
        | set(follow_ups.values_list("patient_id", flat=True))
    )
