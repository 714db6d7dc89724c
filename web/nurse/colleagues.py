"""The people of a clinic whom work can be given to."""

from __future__ import annotations

from clinic.domain.roles import PERMISSIONS, Permission, Role
from clinic.selectors.accounts import members
from web.access import ClinicRequest


def colleagues(request: ClinicRequest) -> list[tuple[int, str]]:
    """Id and name of each active member who may work follow-ups, by name."""
    return [
        (member.user_id, str(member.user))
        for member in members(clinic_id=request.clinic.id)
        if member.is_active and Permission.WORK_FOLLOW_UPS in PERMISSIONS[Role(member.role)]
    ]
