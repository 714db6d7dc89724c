"""What ran, when, and whether it accounted for every implant."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Heartbeat(models.Model):
    """The last time a process of this name did a round trip through broker and database."""

    name = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")


class SweepRun(models.Model):
    """One clinic's nightly recomputation of one local date. This row, not beat, decides whether it ran."""

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+")
    business_date = models.DateField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    expected = models.PositiveIntegerField(default=0)
    projected = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "business_date"], name="sweep_run_once_a_night"),
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True)
                | Q(state="finished", finished_at__gte=F("started_at")),
                name="sweep_run_finished_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"sweep of clinic {self.clinic_id} for {self.business_date}"


class ChunkState(models.TextChoices):
    QUEUED = "queued", _("queued")
    DONE = "done", _("done")


class SweepChunk(models.Model):
    """A range of implants of one run; done exactly when its counts are in."""

    run = models.ForeignKey(SweepRun, on_delete=models.CASCADE, related_name="chunks")
    first_implant_id = models.BigIntegerField()
    last_implant_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.QUEUED)
    projected = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "first_implant_id"], name="sweep_chunk_once"),
            models.CheckConstraint(
                condition=Q(last_implant_id__gte=F("first_implant_id")), name="sweep_chunk_in_order"
            ),
        ]
        indexes = [models.Index(fields=["run"], condition=Q(state="queued"), name="sweep_chunk_queued")]

    def __str__(self) -> str:
        return f"chunk {self.pk} of sweep {self.run_id}"
