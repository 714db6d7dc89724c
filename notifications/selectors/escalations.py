"""Matters as pages, metrics and probes ask for them. Every read about persons names the clinic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Max, Min, Prefetch, Q, QuerySet, When

from clinic.together import Answers
from notifications.models import Escalation, EscalationStep
from notifications.models.escalations import Cause, EscalationOutcome

PAGE_SIZE = 50


class View(StrEnum):
    """What the board shows."""

    MINE = "mine"
    """With me by name, or with everybody."""
    ALL = "all"
    ENDED = "acknowledged"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What every page of a clinic says: how many are open, how many are mine, how grave the gravest is.

    ``with_everybody``: nobody took these in time, and everybody is asked.
    """

    number: int = 0
    mine: int = 0
    gravest: int = 0
    with_everybody: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One page of matters, and how many each view holds."""

    rows: Sequence[Escalation]
    counts: dict[View, int]
    page: int
    pages: int
    gone: int = 0
    """How many of the view resolved by themselves and wait only to be confirmed; the head does not count them."""
    causes: dict[str, int] = field(default_factory=dict)
    """The causes in this view, with their number."""


def alarm_questions(given: Any) -> dict[str, Any]:
    """What ``alarm_from`` needs the answers to, for the head of every page; asked of ``user_id``.

    What resolved by itself waits in silence.
    """
    pressing = _open(given.clinic_id).filter(gone_at__isnull=True).order_by()
    return {
        "pressing": pressing.values_list("clinic_id").annotate(
            number=Count("rung"),
            mine=Count("rung", filter=_mine(given.user_id)),
            gravest=Max("rung"),
            with_everybody=Count("rung", filter=Q(responsible__isnull=True)),
        )
    }


def alarm_from(answers: Answers) -> Alarm:
    """What waits, from the answers to ``alarm_questions``."""
    for _, number, mine, gravest, with_everybody in answers["pressing"]:
        return Alarm(number=number, mine=mine, gravest=gravest, with_everybody=with_everybody)
    return Alarm()


def board(
    *,
    clinic_id: int,
    user_id: int,
    view: View,
    now: datetime,
    cause: str = "",
    page: int = 1,
    page_size: int = PAGE_SIZE,
) -> Board:
    """The matters of one view in the order in which they ask for an act; a constant number of queries."""
    open_rows = _open(clinic_id)
    rows: QuerySet[Escalation]
    ended = Escalation.objects.for_clinic(clinic_id).filter(acknowledged_at__isnull=False)
    counts = {
        View.MINE: open_rows.filter(_mine(user_id)).count(),
        View.ALL: open_rows.count(),
        View.ENDED: ended.count(),
    }
    shown: QuerySet[Escalation] = ended
    if view is View.ENDED:
        rows = ended.order_by("-acknowledged_at", "-pk")
    else:
        shown = open_rows.filter(_mine(user_id)) if view is View.MINE else open_rows
        rows = _in_turn(shown, now)
    if cause:
        rows = rows.filter(cause=cause)
    number = rows.count() if cause else counts[view]
    pages = max(1, -(-number // page_size))
    page = min(max(page, 1), pages)
    by_cause = shown.order_by().values_list("cause").annotate(Count("pk"))
    return Board(
        rows=list(_with_people(rows)[(page - 1) * page_size : page * page_size]),
        counts=counts,
        page=page,
        pages=pages,
        gone=0 if view is View.ENDED else shown.filter(gone_at__isnull=False).count(),
        causes=dict(by_cause),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which matters are asked for; None: any. ``of_user_id``: with that person by name, or with everybody."""

    is_open: bool | None = None
    cause: str | None = None
    patient_ref: UUID | None = None
    of_user_id: int | None = None


def matter_rows(*, clinic_id: int, wanted: Wanted) -> QuerySet[Escalation]:
    """The clinic's matters with what each is about."""
    rows = _about(Escalation.objects.for_clinic(clinic_id))
    if wanted.is_open is not None:
        rows = rows.filter(acknowledged_at__isnull=wanted.is_open)
    if wanted.cause is not None:
        rows = rows.filter(cause=wanted.cause)
    if wanted.patient_ref is not None:
        rows = rows.filter(patient__ref=wanted.patient_ref)
    return rows if wanted.of_user_id is None else rows.filter(_mine(wanted.of_user_id))


def matter_with_steps(*, clinic_id: int, ref: UUID) -> Escalation | None:
    """One matter with what it is about and what happened to it, in order; None for one of another clinic."""
    steps = Prefetch("steps", queryset=EscalationStep.objects.order_by("id"))
    rows = _about(Escalation.objects.for_clinic(clinic_id).filter(ref=ref))
    return rows.prefetch_related(steps).first()


def matter(*, clinic_id: int, ref: UUID) -> Escalation | None:
    """One matter with everything that happened to it, in order; None for one of another clinic."""
    steps = EscalationStep.objects.select_related("user", "check_in").order_by("id")
    return (
        _with_people(Escalation.objects.for_clinic(clinic_id).filter(ref=ref))
        .select_related("check_in", "inbound", "message__recipient", "message__user", "implant__forecast")
        .prefetch_related(Prefetch("steps", queryset=steps))
        .first()
    )


def next_of_mine(*, clinic_id: int, user_id: int, now: datetime) -> Escalation | None:
    """The one to turn to next."""
    return _in_turn(_open(clinic_id).filter(_mine(user_id), gone_at__isnull=True), now).first()


def open_matters_of_patient(*, clinic_id: int, patient_id: int) -> QuerySet[Escalation]:
    """What is open about the patient, gravest first."""
    rows = _open(clinic_id).filter(patient_id=patient_id)
    return _with_people(rows).order_by(F("gone_at").asc(nulls_first=True), "-rung", "pk")


def steps_of_patient(*, clinic_id: int, patient_id: int) -> list[EscalationStep]:
    """What happened to the patient's matters, in order; words that were only repeated are left out."""
    return list(
        EscalationStep.objects.for_clinic(clinic_id)
        .filter(escalation__patient_id=patient_id)
        .exclude(what=EscalationStep.What.TOLD)
        .select_related("escalation", "user", "check_in")
        .order_by("id")
    )


def open_numbers() -> list[tuple[int, str, int]]:
    """(rung, cause, number) of what is open, over all clinics. Figures only."""
    rows = Escalation.objects.filter(acknowledged_at__isnull=True).order_by("rung", "cause")
    return list(rows.values_list("rung", "cause").annotate(number=Count("pk")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Over all clinics. ``overdue``: their time has run out and nobody passed them on; ``with_everybody``: nobody is
    left to pass them on to; ``oldest_at``: since when the oldest is open.
    """

    overdue: int
    with_everybody: int
    oldest_at: datetime | None


def waiting(*, before: datetime) -> Waiting:
    """What waits, where its time ran out before ``before``; what resolved by itself is left out. One query."""
    found = Escalation.objects.filter(acknowledged_at__isnull=True, gone_at__isnull=True).aggregate(
        overdue=Count("pk", filter=Q(respond_by__lt=before)),
        with_everybody=Count("pk", filter=Q(responsible__isnull=True)),
        oldest_at=Min("opened_at"),
    )
    return Waiting(**found)


def _open(clinic_id: int) -> QuerySet[Escalation]:
    return Escalation.objects.for_clinic(clinic_id).filter(acknowledged_at__isnull=True)


def _in_turn(rows: QuerySet[Escalation], now: datetime) -> QuerySet[Escalation]:
    """Gravest first; after those that ask for an act now what waits to be tried again, then what resolved by itself."""
    waits = Case(When(again_at__gt=now, then=1), default=0)
    return rows.annotate(waits=waits).order_by(
        F("gone_at").asc(nulls_first=True), "waits", "-rung", "respond_by", "pk"
    )


def _mine(user_id: int) -> Q:
    return Q(responsible_id=user_id) | Q(responsible__isnull=True)


def _about(rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    return rows.select_related("patient", "implant", "visit", "message")


def _with_people(rows: QuerySet[Escalation]) -> QuerySet[Escalation]:
    return rows.select_related("patient", "responsible", "acknowledged_by", "visit__kind", "implant")


CAUSES = Cause
OUTCOMES = EscalationOutcome
STEPS = EscalationStep.What
