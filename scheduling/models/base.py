"""What the tables of this package share: their clinic, an address that says nothing, and no overwriting."""

from __future__ import annotations

import uuid

import pgtrigger
from django.db import models

from clinic.scope import ScopedQuerySet


class Scoped(models.Model):
    """A row that belongs to one clinic."""

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+", editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


class Addressed(models.Model):
    """A row with an address: the reference in a URL is random and says nothing."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


def append_only() -> list[pgtrigger.Trigger]:
    """Refuse UPDATE and DELETE in the database itself, whoever asks."""
    return [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]
