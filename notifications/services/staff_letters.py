"""Letters to staff that ask for no taking up: what happened to one's own account, that emergency access was taken.

Rows like every other message, so whoever acts waits for no mail server, and what does not leave comes to a person.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction

from clinic.domain.roles import Role
from clinic.scope import in_clinic
from clinic.selectors.accounts import clinics_of, members
from clinic.selectors.emergencies import emergencies
from notifications.domain.kinds import ChannelName, MessageKind
from notifications.domain.words.purposes import Purpose
from notifications.models import Message

GOOD_FOR = timedelta(days=3)
TOLD_FOR = timedelta(days=1)
"""Emergency access of so long ago is told to whoever was not told yet; the list has it until it is reviewed."""


def tell_of_account(*, user_id: int, what: Purpose, now: datetime) -> bool:
    """Plan a letter to a person about their own account, in their own language, else that of a clinic where they work.

    False for somebody who works nowhere: the letters are a clinic's.
    """
    clinic = next(iter(clinics_of(user_id=user_id)), None)
    if clinic is None:
        return False
    letter = _letter(clinic.pk, user_id, what, occurrence=f"account:{uuid4().hex}", now=now)
    with in_clinic(clinic.pk), transaction.atomic():
        letter.save()
    return True


def tell_of_emergencies(clinic_id: int, now: datetime) -> None:
    """Plan a letter to every administrator but the one who took it, once for each access. It names nobody.

    Worked out from the rows, minutes later: access is never held up by it, and never without it.
    """
    recent = emergencies(clinic_id=clinic_id).filter(began_at__gt=now - TOLD_FOR, reviewed_at__isnull=True)
    taken = list(recent.values_list("pk", "user_id"))
    if not taken:
        return
    active = members(clinic_id=clinic_id).filter(role=Role.ADMINISTRATOR, is_active=True)
    Message.objects.bulk_create(
        (
            _letter(clinic_id, user_id, Purpose.EMERGENCY_TAKEN, occurrence=f"emergency:{access_id}", now=now)
            for user_id in active.values_list("user_id", flat=True)
            for access_id, taken_by in taken
            if user_id != taken_by
        ),
        ignore_conflicts=True,
    )


def _letter(clinic_id: int, user_id: int, what: Purpose, *, occurrence: str, now: datetime) -> Message:
    return Message(
        clinic_id=clinic_id,
        user_id=user_id,
        kind=MessageKind.ESCALATION.value,
        occurrence=occurrence,
        step=what.value,
        channel=ChannelName.EMAIL.value,
        planned_version="1",
        due_at=now,
        not_after=now + GOOD_FOR,
        planned_at=now,
    )
