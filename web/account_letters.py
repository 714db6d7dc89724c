"""A letter to a person about what happened to their account."""

from __future__ import annotations

import logging

from django.db import DatabaseError
from django.utils import timezone

from notifications.domain.words.purposes import Purpose
from notifications.services.staff_letters import tell_of_account

log = logging.getLogger(__name__)


def tell(user_id: int, what: Purpose) -> None:
    """Plan the letter. What it is about is done by then, and stays done where the letter cannot be written."""
    try:
        if not tell_of_account(user_id=user_id, what=what, now=timezone.now()):
            log.warning("no letter about an account (%s): its person works in no clinic", what)
    except DatabaseError as error:
        log.error("no letter about an account (%s): %s", what, type(error).__name__)
