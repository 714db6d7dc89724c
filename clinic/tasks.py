"""What Celery runs for the record."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from clinic.scope import across_clinics
from clinic.services.sealing import seal_everything


@shared_task(name="clinic.seal")
@across_clinics("one chain runs over every clinic's audit")
def seal() -> None:
    """Put what was seen and changed since the last time under a seal."""
    seal_everything(now=timezone.now())
