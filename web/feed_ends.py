"""Who may end a link to a calendar, by whichever face they come."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404

from clinic.domain.roles import Permission
from scheduling.selectors.calendar_feeds import feed_by_ref


def check_may_end(*, clinic_id: int, ref: UUID, user_id: int, may: Callable[[Permission], bool]) -> None:
    """Let pass whose link it is, who manages the clinic and, for a patient's own, who may change patients.

    404 for a colleague's link, which is not there for others; 403 for a patient's where patients are only read.
    """
    feed = feed_by_ref(clinic_id=clinic_id, ref=ref)
    if feed is None:
        raise Http404
    if may(Permission.MANAGE_CLINIC) or feed.owner_id == user_id:
        return
    if feed.owner_id is not None:
        raise Http404
    if not may(Permission.EDIT_PATIENTS):
        raise PermissionDenied
