"""Which visit a patient's word by text is about."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from clinic.selectors.numbers import NumberOwner
from notifications.domain.kinds import ChannelName
from notifications.domain.plan import WhyNot
from notifications.domain.states import WENT_OUT
from notifications.models import Message
from scheduling.selectors.rows import Status, Visit
from scheduling.selectors.visits import visit_by_id

ANSWERS_WITHIN = timedelta(days=45)
"""How long a question by text waits for its answer; longer than from the first reminder to the visit."""


def visit_asked_about(owner: NumberOwner, *, now: datetime) -> Visit | None:
    """The one visit, still booked as it was told and still to come, that texts to this number asked about.

    None where there is none or several: nobody guesses which one is meant, and one text may have named several. A
    question about a visit that has moved since is answered by nobody.
    """
    since = now - ANSWERS_WITHIN
    asked = (
        Message.objects.for_clinic(owner.clinic_id)
        .filter(
            Q(state__in=WENT_OUT, first_sent_at__gte=since)
            | Q(
                reason=WhyNot.DIGEST,
                carried_by__state__in=WENT_OUT,
                carried_by__first_sent_at__gte=since,
            ),
            recipient_id=owner.contact_id,
            patient_id=owner.patient_id,
            channel=ChannelName.SMS,
            wants_answer=True,
            visit__isnull=False,
        )
        .order_by("id")
        .values_list("visit_id", "planned_version")
    )
    found = {}
    for visit_id, version in asked:
        visit = visit_by_id(clinic_id=owner.clinic_id, visit_id=visit_id) if visit_id else None
        if visit is None or visit.status != Status.BOOKED or visit.starts_at <= now:
            continue
        if str(visit.sequence) == version:
            found[visit.pk] = visit
    return next(iter(found.values())) if len(found) == 1 else None
