"""What ran, when, and whether it accounted for every implant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.scope import ScopedQuerySet

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Heartbeat(models.Model):
    """The last time a process of this name did a round trip through broker and database."""

    name = models.CharField(max_length=40, unique=True)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class RunKind(models.TextChoices):
    NIGHT = "night", _("nightly check")
    RECALCULATION = "recalculation", _("recalculation")


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    FINISHED = "finished", _("finished")
    SUPERSEDED = "superseded", _("given up for a later one")


class Counts(models.Model):
    """What was found among so many implants. ``expected`` is counted apart from the work itself."""

    expected = models.PositiveIntegerField(default=0)
    projected = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    drifted = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True


class SweepRun(Counts):
    """One recomputation of a whole clinic: the nightly one of a local date, or one that a change asked for.

    The row of a night, not beat's memory, decides whether that night's ran.
    """

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=15, choices=RunKind.choices, default=RunKind.NIGHT)
    business_date = models.DateField()
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    finished_at = models.DateTimeField(null=True)
    missing = models.PositiveIntegerField(default=0)
    """Pumps in place that had no forecast row when the run finished: always a defect."""

    chunks: RelatedManager[SweepChunk]

    objects = ScopedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "business_date"],
                condition=Q(kind="night"),
                name="sweep_run_once_a_night",
            ),
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True)
                | Q(state__in=["finished", "superseded"], finished_at__gte=F("started_at")),
                name="sweep_run_finished_has_time",
            ),
            models.CheckConstraint(condition=Q(kind__in=RunKind.values), name="sweep_run_kind_known"),
        ]
        indexes = [
            models.Index(fields=["clinic", "-finished_at"], name="sweep_run_newest"),
            models.Index(fields=["clinic"], condition=Q(state="running"), name="sweep_run_running"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of clinic {self.clinic_id} for {self.business_date}"

    @property
    def accounts_for_all(self) -> bool:
        """Whether every pump it should have looked at got a date or a flag."""
        return self.unaccounted == 0

    @property
    def unaccounted(self) -> int:
        """Pumps without a date and without a flag."""
        return max(self.missing, self.expected - self.projected - self.flagged)


class ChunkState(models.TextChoices):
    QUEUED = "queued", _("queued")
    DONE = "done", _("done")


class SweepChunk(Counts):
    """A range of implants of one run; done exactly when its counts are in."""

    run = models.ForeignKey(SweepRun, on_delete=models.CASCADE, related_name="chunks")
    first_implant_id = models.BigIntegerField()
    last_implant_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=ChunkState.choices, default=ChunkState.QUEUED)
    attempts = models.PositiveIntegerField(default=0)
    """How often it raised as a whole; it stays queued and is tried again."""
    last_error = models.CharField(max_length=120, blank=True, default="")
    """The class of what was raised, never its text."""

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
