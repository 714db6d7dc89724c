"""That the database was put back from a backup: what was sent since the backup, it does not know."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q


class Restoration(models.Model):
    """One return from a backup, of all clinics together. Until it is decided, no message leaves."""

    backup_at = models.DateTimeField()
    """The moment of the backup: what was sent before, the outbox knows."""
    restored_at = models.DateTimeField()
    sent_until = models.DateTimeField()
    """When whatever ran since the backup had certainly stopped: what was due until then may have been sent."""
    decided_at = models.DateTimeField(null=True)
    """Since when messages leave again; None: they are held."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_until__gte=F("backup_at"), sent_until__lte=F("restored_at")),
                name="restoration_sent_in_between",
            )
        ]

    def __str__(self) -> str:
        return f"restoration {self.pk}"
