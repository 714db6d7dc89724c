"""The outbox's way out: claim, look at the world, say that sending begins, send, write down what came of it.

PostgreSQL holds the truth; whoever calls, however often and from however many processes, changes only when things
happen. See docs/adr/0017-what-becomes-of-unknown.md and docs/reference/messages.md.
"""

from notifications.services.delivery.beginning import begin_sending
from notifications.services.delivery.claims import Claim, claim_due
from notifications.services.delivery.dispatch import BATCH, Dispatcher, deliver_batch
from notifications.services.delivery.outcomes import settle
from notifications.services.delivery.reports import apply_report, apply_waiting_reports
from notifications.services.delivery.restored import doubt
from notifications.services.delivery.sweeping import recover_expired, sweep

__all__ = [
    "BATCH",
    "Claim",
    "Dispatcher",
    "apply_report",
    "apply_waiting_reports",
    "begin_sending",
    "claim_due",
    "deliver_batch",
    "doubt",
    "recover_expired",
    "settle",
    "sweep",
]
