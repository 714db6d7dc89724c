"""What the tables of this package share: their clinic, an address that says nothing, and no overwriting."""

from __future__ import annotations

import uuid
from typing import Self, TypeVar

import pgtrigger
from django.db import models

M = TypeVar("M", bound=models.Model)


class ScopedQuerySet(models.QuerySet[M]):
    """Rows of one clinic: every read starts with ``for_clinic``."""

    def for_clinic(self, clinic_id: int) -> Self:
        return self.filter(clinic_id=clinic_id)


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
