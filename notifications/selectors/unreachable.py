"""Visits near their day of which no message says anything yet, and open matters about patients nobody can reach."""

from __future__ import annotations

from datetime import datetime

from django.db.models import CharField, Exists, OuterRef, Q
from django.db.models.functions import Cast

from notifications.domain.escalation.causes import Cause
from notifications.domain.kinds import MessageKind
from notifications.domain.plan import STEP_WITHDRAWN, WhyNot
from notifications.domain.states import OPEN, WENT_OUT
from notifications.models import Escalation, Message
from notifications.selectors.unanswered import (
    ended_by_a_person,
    is_near,
    matter_key,
    needs_more,
    visits_ahead,
)
from scheduling.selectors.rows import Visit

NEED_MORE_DAYS = 14
"""Who needs it more is looked for as early as the first reminder would have come."""


def visits_without_word(*, clinic_id: int, now: datetime) -> list[Visit]:
    """Near visits, by time, that no message told or will tell, and that no person dealt with. Constant queries."""
    told = Message.objects.for_clinic(clinic_id).filter(
        Q(state__in=OPEN | WENT_OUT) | Q(reason=WhyNot.DIGEST, carried_by__state__in=OPEN | WENT_OUT),
        ~Q(kind=MessageKind.INVITATION, step=STEP_WITHDRAWN),
        visit_id=OuterRef("pk"),
        planned_version=Cast(OuterRef("sequence"), CharField()),
    )
    more = needs_more() & is_near(clinic_id, now, days=NEED_MORE_DAYS)
    rows = visits_ahead(clinic_id, now).filter(~Exists(told), is_near(clinic_id, now) | more)
    found = list(rows.order_by("starts_at", "pk"))
    ended = ended_by_a_person(clinic_id, Cause.UNREACHABLE, [matter_key(visit) for visit in found])
    return [visit for visit in found if matter_key(visit) not in ended]


def open_unreachable(*, clinic_id: int) -> list[Escalation]:
    """The clinic's open matters of that cause, with their visits as they stand."""
    rows = Escalation.objects.for_clinic(clinic_id).filter(
        cause=Cause.UNREACHABLE.value, acknowledged_at__isnull=True, visit__isnull=False
    )
    return list(rows.select_related("visit").order_by("id"))
