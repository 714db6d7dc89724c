"""What every table of the record shares: its clinic, exact quantities, history, and no overwriting."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self, TypeVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.audit import audited, history_names
from clinic.scope import ScopedQuerySet

__all__ = [
    "ClinicOwned",
    "QuantityField",
    "RecordQuerySet",
    "RecordedFact",
    "Referenced",
    "ScopedQuerySet",
    "audited",
    "history_names",
    "never_overwritten",
    "positive",
    "recorded_constraints",
]

M = TypeVar("M", bound=models.Model)


if TYPE_CHECKING:
    _DecimalField = models.DecimalField[Any, Any]
else:
    _DecimalField = models.DecimalField


class QuantityField(_DecimalField):
    """An exact decimal with up to 12 digits on either side of the point; the unit is in the field's name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["max_digits"], kwargs["decimal_places"] = 24, 12
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_digits"], kwargs["decimal_places"]
        return name, path, args, kwargs


def positive(field: str, *, below: int, or_zero: bool = False, prefix: str) -> models.CheckConstraint:
    """A check that ``field`` is a finite number above (or at) zero and below a sane ceiling.

    The ceiling matters: PostgreSQL sorts NaN above every number, so ``> 0`` alone would admit it.
    """
    lower = {f"{field}__gte": 0} if or_zero else {f"{field}__gt": 0}
    condition = Q(**{f"{field}__isnull": True}) | Q(**lower, **{f"{field}__lt": below})
    return models.CheckConstraint(condition=condition, name=f"{prefix}_{field}_sane")


class ClinicOwned(models.Model):
    """A row that belongs to one clinic (the tenant and later the shard key)."""

    clinic = models.ForeignKey("clinic.Clinic", on_delete=models.PROTECT, related_name="+", editable=False)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True


class Referenced(models.Model):
    """A row that has an address: the reference in a URL is random and says nothing."""

    ref = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True


class RecordQuerySet(ScopedQuerySet[M]):
    def current(self) -> Self:
        """Leave out rows that a later row corrects or withdraws, and the withdrawals themselves."""
        return self.filter(superseded_by__isnull=True, is_void=False)


class RecordedFact(ClinicOwned):
    """A fact written once. A correction is a new row that supersedes it, with the reason; never an update.

    A row with ``is_void`` withdraws the one it supersedes and stands for nothing itself.
    """

    recorded_at = models.DateTimeField(_("recorded at"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("recorded by")
    )
    supersedes = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="superseded_by"
    )
    is_void = models.BooleanField(default=False)
    correction_reason = models.TextField(_("reason for the correction"), blank=True, max_length=500)

    objects = RecordQuerySet.as_manager()  # type: ignore[misc]  # narrows ScopedQuerySet

    class Meta:
        abstract = True


def recorded_constraints(prefix: str) -> list[models.CheckConstraint]:
    """A correction names its reason; only a correction can withdraw."""
    return [
        models.CheckConstraint(
            condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""),
            name=f"{prefix}_correction_has_reason",
        ),
        models.CheckConstraint(
            condition=Q(is_void=False) | Q(supersedes__isnull=False), name=f"{prefix}_void_supersedes"
        ),
    ]


def never_overwritten() -> list[pgtrigger.Trigger]:
    """Refuse UPDATE and DELETE in the database itself, whoever asks."""
    return [pgtrigger.Protect(name="never_overwritten", operation=pgtrigger.Update | pgtrigger.Delete)]
