"""Visits to which a reminder asked for an answer, and none came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from clinic.domain.catalogue import Hazard
from clinic.selectors.recipients import clinic_time_zone
from notifications.domain.escalation.causes import Cause
from notifications.domain.plan import WhyNot
from notifications.domain.states import State
from notifications.models import CheckIn, Escalation, Message, MessagingPolicy, PatientAnswer
from notifications.models.answers import Answer
from scheduling.selectors.late_refills import NotLate
from scheduling.selectors.rows import Status, Visit

ANSWERS = (
    Answer.CONFIRMED,
    Answer.WANTS_OTHER_TIME,
    Answer.MOVED,
    Answer.CANNOT_COME,
    Answer.BOOKED,
)
"""What settles whether the patient comes; the others open matters of their own or say nothing about the visit."""
ANSWERED = "answered"
"""Why a matter is gone: the patient has answered after all."""
SETTLES = (
    Cause.UNANSWERED.value,
    Cause.CANNOT_COME.value,
    Cause.WANTS_OTHER_TIME.value,
    Cause.CHECK_IN_MISSED.value,
)
ARRIVED = (State.ACCEPTED, State.DELIVERED)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnansweredVisit:
    """A visit as it stands now; moved, it is another to answer."""

    visit_id: int
    sequence: int
    patient_id: int
    implant_id: int | None


def unanswered_visits(*, clinic_id: int, now: datetime) -> list[UnansweredVisit]:
    """The visits ahead that were asked about, not answered, and are near; those that need it more, at once.

    Left out is what a matter was opened for already, open or ended. Three queries.
    """
    rows = _asked_about(clinic_id, now).filter(
        ~Exists(_answers()), ~Exists(_matters()), _is_near(clinic_id, now) | _needs_more()
    )
    return [
        UnansweredVisit(visit_id=pk, sequence=sequence, patient_id=patient_id, implant_id=implant_id)
        for pk, sequence, patient_id, implant_id in rows.order_by("starts_at", "pk").values_list(
            "pk", "sequence", "patient_id", "implant_id"
        )
    ]


def settled(*, clinic_id: int) -> dict[str, dict[str, str]]:
    """Open matters about visits and check-ins whose cause is gone: by cause and key, why (two queries).

    A visit that moved or is off, or whose patient has answered after all; a check-in that came later.
    """
    came = CheckIn.objects.filter(patient_id=OuterRef("patient_id"), answered_at__gte=OuterRef("opened_at"))
    rows = list(
        Escalation.objects.for_clinic(clinic_id)
        .filter(cause__in=SETTLES, acknowledged_at__isnull=True, gone_at__isnull=True)
        .annotate(has_come=Exists(came))
        .values_list("cause", "key", "visit_id", "has_come")
    )
    visits = {
        visit.pk: visit
        for visit in Visit.objects.for_clinic(clinic_id)
        .filter(pk__any_of=[visit_id for _, _, visit_id, _ in rows if visit_id])
        .annotate(is_answered=Exists(_answers()))
    }
    gone: dict[str, dict[str, str]] = {}
    for cause, key, visit_id, has_come in rows:
        if why := _settled(cause, key, visits.get(visit_id or 0), has_come):
            gone.setdefault(cause, {})[key] = why
    return gone


def _settled(cause: str, key: str, visit: Any, has_come: bool) -> str:
    if cause == Cause.CHECK_IN_MISSED:
        return ANSWERED if has_come else ""
    if visit is None:
        return ""
    if visit.status != Status.BOOKED or key != f"visit:{visit.pk}:{visit.sequence}":
        return NotLate.ENDED
    return ANSWERED if cause == Cause.UNANSWERED and visit.is_answered else ""


def _asked_about(clinic_id: int, now: datetime) -> QuerySet[Visit]:
    """By a message of their own, or by one that said theirs too."""
    asked = Message.objects.for_clinic(clinic_id).filter(
        Q(state__in=ARRIVED) | Q(reason=WhyNot.DIGEST, carried_by__state__in=ARRIVED),
        visit_id=OuterRef("pk"),
        planned_version=Cast(OuterRef("sequence"), CharField()),
        wants_answer=True,
    )
    return Visit.objects.for_clinic(clinic_id).filter(
        Exists(asked), status=Status.BOOKED, starts_at__gt=now, patient__died_on__isnull=True
    )


def _answers() -> QuerySet[PatientAnswer]:
    return PatientAnswer.objects.filter(
        visit_id=OuterRef("pk"), visit_sequence=OuterRef("sequence"), answer__in=ANSWERS
    )


def _matters() -> QuerySet[Escalation]:
    key = Concat(
        Value("visit:"),
        Cast(OuterRef("pk"), CharField()),
        Value(":"),
        Cast(OuterRef("sequence"), CharField()),
        output_field=CharField(),
    )
    return Escalation.objects.filter(clinic_id=OuterRef("clinic_id"), cause=Cause.UNANSWERED.value, key=key)


def _is_near(clinic_id: int, now: datetime) -> Q:
    today = now.astimezone(ZoneInfo(clinic_time_zone(clinic_id=clinic_id))).date()
    policy = MessagingPolicy.objects.for_clinic(clinic_id).first() or MessagingPolicy()
    return Q(local_on__lte=today + timedelta(days=policy.unanswered_days))


def _needs_more() -> Q:
    """A drug whose withdrawal is an emergency, or a patient who once did not come."""
    did_not_come = Visit.objects.filter(
        clinic_id=OuterRef("clinic_id"),
        patient_id=OuterRef("patient_id"),
        status=Status.NOSHOW,
        starts_at__lt=OuterRef("starts_at"),
    )
    is_grave = Q(is_refill=True, implant__forecast__hazard=int(Hazard.EMERGENCY))
    return is_grave | Q(Exists(did_not_come))
