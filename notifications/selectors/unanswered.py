"""Visits to which a reminder asked for an answer, and none came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from clinic.domain.catalogue import Hazard
from clinic.selectors.recipients import clinic_time_zone
from notifications.domain.escalation.causes import Cause
from notifications.domain.states import State
from notifications.models import Escalation, Message, MessagingPolicy, PatientAnswer
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


def answered_since(rows: QuerySet[Escalation], *, now: datetime) -> dict[str, NotLate]:
    """Of open matters about visits, by key, those that need no call any more, and why (two queries)."""
    keys = dict(rows.values_list("key", "visit_id"))
    if not keys:
        return {}
    visits = Visit.objects.filter(pk__any_of=[pk for pk in keys.values() if pk]).annotate(
        is_answered=Exists(_answers())
    )
    found = {visit.pk: visit for visit in visits}
    gone = {}
    for key, visit_id in keys.items():
        visit = found[visit_id or 0]
        if visit.status != Status.BOOKED or key != f"visit:{visit.pk}:{visit.sequence}":
            gone[key] = NotLate.ENDED
        elif visit.is_answered:
            gone[key] = NotLate.BOOKED
    return gone


def _asked_about(clinic_id: int, now: datetime) -> QuerySet[Visit]:
    asked = Message.objects.for_clinic(clinic_id).filter(
        visit_id=OuterRef("pk"),
        planned_version=Cast(OuterRef("sequence"), CharField()),
        wants_answer=True,
        state__in=ARRIVED,
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
