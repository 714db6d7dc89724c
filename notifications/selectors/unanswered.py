"""Visits to which a reminder asked for an answer, and none came; matters whose cause is gone, or holds again.

A visit is what the patient was told: its time. Another nurse or room at that time changes nothing here.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Cast, Coalesce

from clinic.domain.catalogue import Hazard
from clinic.selectors.recipients import clinic_time_zone
from notifications.domain.escalation.causes import Cause
from notifications.domain.escalation.keys import visit_key
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.models import CheckIn, Escalation, Message, PatientAnswer
from notifications.models.answers import Answer
from notifications.selectors.answers import OF_NOW
from notifications.selectors.rules import stored_policy
from scheduling.selectors.late_refills import NotLate
from scheduling.selectors.rows import Status, Visit, VisitStatus

ANSWERS = (
    Answer.CONFIRMED,
    Answer.WANTS_OTHER_TIME,
    Answer.MOVED,
    Answer.CANNOT_COME,
    Answer.BOOKED,
)
"""What settles whether the patient comes; the others open matters of their own or say nothing about the visit."""
WISHES = (Cause.CANNOT_COME.value, Cause.WANTS_OTHER_TIME.value)
SETTLES = (Cause.UNANSWERED.value, Cause.CHECK_IN_MISSED.value, *WISHES)
ARRIVED = (State.ACCEPTED, State.DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAsked:
    """A matter about a visit that must be open: ``key`` names it by the time at which the visit stands."""

    cause: str
    key: str
    visit_id: int
    patient_id: int
    implant_id: int | None


@dataclass(slots=True, kw_only=True)
class Settled:
    """``gone``: open matters whose cause is gone, by cause and key, with why; ``back``: those whose cause is not."""

    gone: dict[str, dict[str, str]] = field(default_factory=dict)
    back: list[VisitAsked] = field(default_factory=list)


def unanswered_visits(*, clinic_id: int, now: datetime) -> list[VisitAsked]:
    """The visits ahead that were asked about, not answered, and are near; those that need it more, at once.

    Left out is where a person ended the matter about that time of the visit. Three queries.
    """
    rows = _asked_about(clinic_id, now).filter(~Exists(_answers()), is_near(clinic_id, now) | needs_more())
    asked = [asked_of(visit, Cause.UNANSWERED) for visit in rows.order_by("starts_at", "pk")]
    ended = ended_by_a_person(clinic_id, Cause.UNANSWERED, [each.key for each in asked])
    return [each for each in asked if each.key not in ended]


def settled(*, clinic_id: int, now: datetime) -> Settled:
    """What has become of matters about visits and check-ins (one query).

    Gone: the visit is at another time or off, the patient has answered after all, a check-in came later. Back: what
    the patient wished of a visit that stands again as it stood, open or confirmed as gone.
    """
    came = CheckIn.objects.filter(patient_id=OuterRef("patient_id"), answered_at__gte=OuterRef("opened_at"))
    rows = list(
        Escalation.objects.for_clinic(clinic_id)
        .filter(Q(acknowledged_at__isnull=True) | Q(visit__starts_at__gt=now), cause__in=SETTLES)
        .order_by("cause", "key", "-id")
        .distinct("cause", "key")
        .select_related("visit")
        .annotate(has_come=Exists(came), is_answered=Exists(_answers("visit_id")))
    )
    found = Settled()
    for row in rows:
        why = _settled(row)
        if why and row.acknowledged_at is None and row.gone_at is None:
            found.gone.setdefault(row.cause, {})[row.key] = why
        elif not why and row.gone_at is not None and row.cause in WISHES and row.visit is not None:
            found.back.append(asked_of(row.visit, Cause(row.cause)))
    return found


def asked_of(visit: Visit, cause: Cause) -> VisitAsked:
    """The matter of that cause about the visit as it stands."""
    return VisitAsked(
        cause=cause.value,
        key=matter_key(visit),
        visit_id=visit.pk,
        patient_id=visit.patient_id,
        implant_id=visit.implant_id,
    )


def matter_key(visit: Visit) -> str:
    """What matters about the visit as it stands are called."""
    return visit_key(visit.pk, visit.starts_at)


def stands_as_named(row: Escalation) -> bool:
    """Whether the matter's visit stands, at the time that the matter is about."""
    visit = row.visit
    return visit is not None and visit.status == Status.BOOKED and row.key == matter_key(visit)


def ended_by_a_person(clinic_id: int, cause: Cause, keys: Collection[str]) -> set[str]:
    """Those of these keys that a person dealt with; what was only confirmed as gone is none of them (one query)."""
    rows = Escalation.objects.for_clinic(clinic_id).filter(
        cause=cause.value, key__in=sorted(keys), acknowledged_at__isnull=False, gone_at__isnull=True
    )
    return set(rows.values_list("key", flat=True))


def is_near(clinic_id: int, now: datetime, *, days: int | None = None) -> Q:
    """Visits so many days ahead; as many as the clinic says where it is not said here."""
    today = now.astimezone(ZoneInfo(clinic_time_zone(clinic_id=clinic_id))).date()
    if days is None:
        days = stored_policy(clinic_id=clinic_id).unanswered_days
    return Q(local_on__lte=today + timedelta(days=days))


def needs_more() -> Q:
    """A drug whose withdrawal is an emergency, or a patient who once did not come."""
    did_not_come = Visit.objects.filter(
        clinic_id=OuterRef("clinic_id"),
        patient_id=OuterRef("patient_id"),
        status=Status.NOSHOW,
        starts_at__lt=OuterRef("starts_at"),
    )
    is_grave = Q(is_refill=True, implant__forecast__hazard=int(Hazard.EMERGENCY))
    return is_grave | Q(Exists(did_not_come))


def visits_ahead(clinic_id: int, now: datetime) -> QuerySet[Visit]:
    """The booked visits to come of living patients."""
    return Visit.objects.for_clinic(clinic_id).filter(
        status=Status.BOOKED, starts_at__gt=now, patient__died_on__isnull=True
    )


def _settled(row: Any) -> str:
    if row.cause == Cause.CHECK_IN_MISSED:
        return NotLate.ANSWERED if row.has_come else ""
    if row.visit is None:
        return ""
    if not stands_as_named(row):
        return NotLate.ENDED
    return NotLate.ANSWERED if row.cause == Cause.UNANSWERED and row.is_answered else ""


def _asked_about(clinic_id: int, now: datetime) -> QuerySet[Visit]:
    """By a message of their own, or by one that said theirs too, at the time at which they stand."""
    sent_at = Coalesce("carried_by__first_sent_at", "first_sent_at", output_field=DateTimeField())
    moved_since = VisitStatus.objects.filter(
        visit_id=OuterRef("visit_id"), since__gte=OuterRef("sent_at"), moved_from__isnull=False
    ).order_by("id")
    asked = (
        Message.objects.for_clinic(clinic_id)
        .filter(
            Q(state__in=ARRIVED) | Q(reason=WhyNot.DIGEST, carried_by__state__in=ARRIVED),
            visit_id=OuterRef("pk"),
            wants_answer=True,
        )
        .annotate(sent_at=sent_at)
        .annotate(told_start=Coalesce(Subquery(moved_since.values("moved_from")[:1]), "visit__starts_at"))
        .filter(
            Q(planned_version=Cast(OuterRef("sequence"), CharField()))
            | Q(sent_at__isnull=False, told_start=F("visit__starts_at"))
        )
    )
    return visits_ahead(clinic_id, now).filter(Exists(asked))


def _answers(visit: str = "pk") -> QuerySet[PatientAnswer]:
    return PatientAnswer.objects.filter(OF_NOW, visit_id=OuterRef(visit), answer__in=ANSWERS)
