"""Emergency access: taken with a reason, ended by itself, reviewed by somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from clinic.audit import recording
from clinic.domain.checks import RecordError
from clinic.domain.register.reasons import gettext_noop
from clinic.domain.roles import EMERGENCY_HOURS
from clinic.models import Clinic, EmergencyAccess, User
from clinic.scope import across_clinics
from clinic.selectors.emergencies import clinics_for_emergency

SHORTEST_REASON = 10


@across_clinics("an emergency may be in another clinic than one's own")
def take_emergency_access(
    *, user_id: int, clinic_slug: str, reason: str, is_one_organisation: bool, now: datetime
) -> EmergencyAccess:
    """Give the person an hour in the clinic, from now on. Whoever may not ask there finds no such clinic."""
    words = reason.strip()
    if len(words) < SHORTEST_REASON:
        raise RecordError("reason", gettext_noop("say what happened, so that somebody else can judge it"))
    clinic = next(
        (
            each
            for each in clinics_for_emergency(user_id=user_id, is_one_organisation=is_one_organisation)
            if each.slug == clinic_slug
        ),
        None,
    )
    if clinic is None:
        raise RecordError("clinic", gettext_noop("there is no such clinic"))
    with recording(actor_id=user_id, reason="emergency access taken"):
        return EmergencyAccess.objects.create(
            clinic=clinic,
            user_id=user_id,
            reason=words,
            began_at=now,
            ends_at=now + timedelta(hours=EMERGENCY_HOURS),
        )


@across_clinics("an emergency may be in another clinic than one's own")
def end_emergency_access(*, ref: UUID, user_id: int, now: datetime) -> None:
    """End one's own emergency access before its time."""
    with recording(actor_id=user_id, reason="emergency access ended"):
        EmergencyAccess.objects.filter(
            ref=ref, user_id=user_id, ended_at__isnull=True, ends_at__gt=now
        ).update(ended_at=now)


def review_emergency_access(
    *, clinic: Clinic, ref: UUID, comment: str, actor_id: int, now: datetime
) -> EmergencyAccess:
    """Mark an emergency access as reviewed, with what was found. Nobody reviews their own; once is enough."""
    words = comment.strip()
    if not words:
        raise RecordError("comment", gettext_noop("is required"))
    with recording(actor_id=actor_id, reason="emergency access reviewed"):
        found = EmergencyAccess.objects.for_clinic(clinic.id).select_for_update().get(ref=ref)
        if found.user_id == actor_id:
            raise RecordError("comment", gettext_noop("somebody else reviews your emergency access"))
        if found.reviewed_at is not None:
            raise RecordError("comment", gettext_noop("this was reviewed already"))
        found.reviewed_at, found.review_comment = now, words
        found.reviewed_by = User.objects.get(pk=actor_id)
        found.save(update_fields=["reviewed_at", "reviewed_by", "review_comment"])
        return found
