"""Who saw which patient, and the seals that views and changes are under. Rows are added and never touched again."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from clinic.models.base import ClinicOwned, never_overwritten


class AccessKind(models.TextChoices):
    """By which door patient data left."""

    PAGE = "page", _("page")
    PRINT = "print", _("print view")
    EXPORT = "export", _("export")
    API = "api", _("interface for programs")
    FEED = "feed", _("calendar link")
    PATIENT_LINK = "patient_link", _("patient's link")
    ADMIN = "admin", _("administration site")


class AccessRecord(ClinicOwned):
    """One answer that showed patient data: to whom, whose, by which door, from where.

    ``at`` is the database's own time: whoever writes the row cannot choose it.
    """

    is_append_only = True  # what the application's role may do: config/grants.py

    at = models.DateTimeField(db_default=Now(), editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    """None: whoever holds the link named by ``link_ref``."""
    kind = models.CharField(max_length=12, choices=AccessKind.choices)
    patient_ids = ArrayField(models.BigIntegerField())
    route = models.CharField(max_length=100)
    """The name of the address and never the address itself: an address may hold the secret of a link."""
    method = models.CharField(max_length=7)
    reason = models.CharField(max_length=500, blank=True, default="")
    address = models.GenericIPAddressField(null=True)
    link_ref = models.CharField(max_length=40, blank=True, default="")
    request_id = models.UUIDField(default=uuid.uuid4)

    class Meta:
        triggers = never_overwritten()
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AccessKind.values), name="access_kind_known"),
            models.CheckConstraint(condition=Q(patient_ids__len__gt=0), name="access_names_patients"),
            models.CheckConstraint(
                condition=Q(user__isnull=False) | ~Q(link_ref=""), name="access_by_somebody"
            ),
        ]
        indexes = [
            models.Index(fields=["clinic", "-at", "-id"], name="access_newest"),
            models.Index(fields=["clinic", "user", "-at", "-id"], name="access_by_person"),
            GinIndex(fields=["patient_ids"], name="access_patients"),
        ]

    def __str__(self) -> str:
        return f"access {self.pk}"


class Seal(models.Model):
    """One link of the chain over the whole audit: what it covers is in its parts, ``sha256`` is over both.

    Of all clinics together: it holds counts and sums, and no word of any row.
    """

    is_append_only = True

    number = models.BigIntegerField(primary_key=True)
    """Counted without a gap, so that none can be taken out."""
    previous_sha256 = models.CharField(max_length=64, unique=True)
    """Unique: two seals cannot follow the same one."""
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        triggers = never_overwritten()

    def __str__(self) -> str:
        return f"seal {self.number}"


class SealPart(models.Model):
    """The rows of one table under one seal, by their numbers, with the sum over their text."""

    is_append_only = True

    seal = models.ForeignKey(Seal, on_delete=models.PROTECT, related_name="parts")
    table = models.CharField(max_length=63)
    columns = ArrayField(models.CharField(max_length=63))
    """Which columns the sum is over; empty: those that the table's part in ``columns_in`` names. Columns may be added
    to the table later."""
    columns_in = models.BigIntegerField()
    after = models.BigIntegerField()
    """The highest number that the parts before it had reached."""
    top = models.BigIntegerField()
    covered = models.TextField()
    """An int8multirange. Numbers of transactions that were still open are missing, and follow in a later seal."""
    rows = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        triggers = never_overwritten()
        constraints = [models.UniqueConstraint(fields=["table", "seal"], name="seal_part_once")]

    def __str__(self) -> str:
        return f"part {self.pk} of seal {self.seal_id}"
