"""What the head of every page asks together (web.context), asked alone."""

from __future__ import annotations

from datetime import datetime

from clinic.together import ask_together
from notifications.selectors.escalations import Alarm, alarm_from, alarm_questions
from notifications.selectors.operation import (
    LATE_AFTER,
    LateDispatch,
    dispatch_questions,
    late_dispatch_from,
)
from scheduling.selectors.second_checks import as_author, to_check_from, to_check_questions


def alarm_of(*, clinic_id: int, user_id: int) -> Alarm:
    return alarm_from(ask_together(alarm_questions, clinic_id=clinic_id, user_id=user_id))


def late_dispatch(*, clinic_id: int, now: datetime) -> LateDispatch | None:
    return late_dispatch_from(
        ask_together(dispatch_questions, clinic_id=clinic_id, late_before=now - LATE_AFTER)
    )


def count_to_check(*, clinic_id: int, user_id: int) -> int:
    return to_check_from(ask_together(to_check_questions, clinic_id=clinic_id, own=as_author(user_id)))
