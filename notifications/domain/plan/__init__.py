"""Who must hear what, when, through what, and why not: pure. See docs/reference/reminders.md and ADR 18."""

from notifications.domain.plan.facts import (
    Address,
    CheckInFacts,
    FormerAddress,
    Holding,
    Known,
    Move,
    OperationFacts,
    PatientFacts,
    Reader,
    RefillFacts,
    Standing,
    VisitFacts,
)
from notifications.domain.plan.next_moment import next_moment
from notifications.domain.plan.planned import Key, Planned, key_of, same_of
from notifications.domain.plan.planner import Plan, plan
from notifications.domain.plan.reach import Reach, reach_of_visits
from notifications.domain.plan.rules import (
    BOOKING_NOTICE,
    DEFAULT_RULES,
    NOT_AGAIN_WITHIN,
    STEP_BOOK_VISIT,
    STEP_CANCELLED,
    STEP_CHECK_IN,
    STEP_INVITED,
    STEP_MOVED,
    STEP_WITHDRAWN,
    Policy,
    Rule,
)
from notifications.domain.plan.why_not import KEPT, WhyNot, state_of

__all__ = [
    "BOOKING_NOTICE",
    "DEFAULT_RULES",
    "KEPT",
    "NOT_AGAIN_WITHIN",
    "STEP_BOOK_VISIT",
    "STEP_CANCELLED",
    "STEP_CHECK_IN",
    "STEP_INVITED",
    "STEP_MOVED",
    "STEP_WITHDRAWN",
    "Address",
    "CheckInFacts",
    "FormerAddress",
    "Holding",
    "Key",
    "Known",
    "Move",
    "OperationFacts",
    "PatientFacts",
    "Plan",
    "Planned",
    "Policy",
    "Reach",
    "Reader",
    "RefillFacts",
    "Rule",
    "Standing",
    "VisitFacts",
    "WhyNot",
    "key_of",
    "next_moment",
    "plan",
    "reach_of_visits",
    "same_of",
    "state_of",
]
