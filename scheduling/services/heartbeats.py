"""Signs of life: a row per process, so that "is it running?" is asked of the record and not of a process list."""

from datetime import datetime

from scheduling.models import Heartbeat

WORKER = "worker"
BEAT = "beat"


def record_heartbeat(*, name: str, now: datetime) -> None:
    """Notes that the process of this name was alive at `now`; an older sign never replaces a newer one."""
    updated = Heartbeat.objects.filter(name=name, seen_at__lt=now).update(seen_at=now)
    if not updated:
        Heartbeat.objects.get_or_create(name=name, defaults={"seen_at": now})
