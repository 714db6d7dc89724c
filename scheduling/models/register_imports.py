"""A register on its way into the record: the uploaded file, and what was decided and done row by row.

Patient data: ``content``, ``payload``, ``values``. The file and the payloads are deleted as soon as the import
is finished or discarded; of a refused row only its line, its column and the reason are ever kept.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.scope import ScopedQuerySet


class ImportState(models.TextChoices):
    CHECKING = "checking", _("being checked")
    CHECKED = "checked", _("checked, waiting for your confirmation")
    IMPORTING = "importing", _("being imported")
    FINISHED = "finished", _("imported")
    UNUSABLE = "unusable", _("not usable")
    DISCARDED = "discarded", _("discarded")


class RegisterImport(models.Model):
    """One uploaded register. Rows hold all progress, so work can stop anywhere and go on anywhere."""

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+", editable=False)
    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    file_name = models.CharField(_("file"), max_length=200)
    size_bytes = models.PositiveBigIntegerField(_("size, bytes"))
    content = models.BinaryField(null=True)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    """Of the file, kept when the file is gone: whoever checks the import shows the same one."""
    state = models.CharField(
        _("state"), max_length=12, choices=ImportState.choices, default=ImportState.CHECKING
    )
    as_of = models.DateField(_("judged as of"))
    consent_channels = ArrayField(
        models.CharField(max_length=10), default=list, blank=True, verbose_name=_("attested consent")
    )
    lines_total = models.PositiveIntegerField(default=0)
    lines_checked = models.PositiveIntegerField(default=0)
    problem_message = models.TextField(blank=True)
    problem_values = models.JSONField(default=dict)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True)
    progressed_at = models.DateTimeField()
    """When a worker last got somewhere: an import that stands still is taken up again."""
    finished_at = models.DateTimeField(null=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["clinic", "-uploaded_at"], name="register_import_newest"),
            models.Index(
                fields=["progressed_at"],
                condition=Q(state__in=["checking", "importing"]),
                name="register_import_running",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ImportState.values), name="register_import_state_known"
            ),
            models.CheckConstraint(
                condition=Q(content__isnull=False, state__in=["checking", "checked", "importing"])
                | Q(content__isnull=True, state__in=["finished", "unusable", "discarded"]),
                name="register_import_keeps_file_until_end",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["importing", "finished"])
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="register_import_confirmed_first",
            ),
        ]

    def __str__(self) -> str:
        return f"register import {self.pk}"


class RowResult(models.TextChoices):
    CREATED = "created", _("created")
    UPDATED = "updated", _("updated")
    UNCHANGED = "unchanged", _("unchanged")
    REFUSED = "refused", _("refused")


class RegisterImportRow(models.Model):
    """One row of the file: what the check foresaw and, once imported, what became of it."""

    register_import = models.ForeignKey(RegisterImport, on_delete=models.CASCADE, related_name="rows")
    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.CASCADE, related_name="+", editable=False)
    line = models.PositiveIntegerField(_("line"))
    foreseen = models.CharField(max_length=10, choices=RowResult.choices)
    result = models.CharField(max_length=10, choices=RowResult.choices, blank=True, default="")
    needs_review = models.BooleanField(default=False)
    columns = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    """What changes or changed the record."""
    column = models.CharField(max_length=30, blank=True, default="")
    message = models.TextField(blank=True, default="")
    values = models.JSONField(default=dict)
    payload = models.JSONField(null=True)
    implant = models.ForeignKey("clinic.Implant", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["register_import", "line"],
                condition=Q(result="") & ~Q(foreseen="refused"),
                name="register_row_waiting",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["register_import", "line"], name="register_row_once"),
            models.CheckConstraint(
                condition=Q(foreseen__in=RowResult.values) & Q(result__in=["", *RowResult.values]),
                name="register_row_result_known",
            ),
            models.CheckConstraint(
                condition=~(Q(foreseen="refused") | Q(result="refused"))
                | (Q(payload__isnull=True) & ~Q(column="") & ~Q(message="")),
                name="register_row_refused_says_why",
            ),
        ]

    def __str__(self) -> str:
        return f"line {self.line} of register import {self.register_import_id}"
