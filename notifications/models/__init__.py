"""Messages, rules, words, links, answers and escalations. Private to this package; others ask through selectors.

Patient data: everything but MessagingPolicy, ReminderRule, MessageTemplate, CheckInRules, RosterEntry and Restoration.
"""

from notifications.models.answers import CheckIn, InboundMessage, PatientAnswer, StoppedAddress
from notifications.models.escalations import Escalation, EscalationStep, RosterEntry
from notifications.models.links import PatientLink
from notifications.models.messages import (
    Attempt,
    Correspondence,
    InAppMail,
    Message,
    ReconcilerRun,
    WebhookEvent,
    WebhookRefusal,
)
from notifications.models.policies import CheckInRules, MessageTemplate, MessagingPolicy, ReminderRule
from notifications.models.restorations import Restoration

__all__ = [
    "Attempt",
    "CheckIn",
    "CheckInRules",
    "Correspondence",
    "Escalation",
    "EscalationStep",
    "InAppMail",
    "InboundMessage",
    "Message",
    "MessageTemplate",
    "MessagingPolicy",
    "PatientAnswer",
    "PatientLink",
    "ReconcilerRun",
    "ReminderRule",
    "Restoration",
    "RosterEntry",
    "StoppedAddress",
    "WebhookEvent",
    "WebhookRefusal",
]
