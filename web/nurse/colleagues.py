"""The people of a clinic whom work can be given to."""

from __future__ import annotations

from scheduling.services.work_policy import possible_owners
from web.access import ClinicRequest


def colleagues(request: ClinicRequest) -> list[tuple[int, str]]:
    """Id and name of everybody who may work on follow-ups here, by name."""
    return list(possible_owners(request.clinic).items())
