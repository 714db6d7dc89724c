"""The REST interface's own rows: tokens that programs come with, and answers kept for requests that come twice."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.domain.api_tokens import LONGEST_DAYS
from clinic.models.accounts import User
from clinic.models.base import ClinicOwned, Referenced, audited


@audited
class ApiToken(ClinicOwned, Referenced):
    """A program's key to one clinic, in the name of one of its members. Only the hash of the secret is stored."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("what uses it"), max_length=80)
    permissions = ArrayField(models.CharField(max_length=40))
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at"))
                & Q(expires_at__lte=F("created_at") + timedelta(days=LONGEST_DAYS)),
                name="apitoken_expires_within_a_year",
            ),
            models.CheckConstraint(condition=~Q(permissions=[]), name="apitoken_may_do_something"),
        ]
        indexes = [models.Index(fields=["clinic", "user"], name="apitoken_of_person")]

    def __str__(self) -> str:
        return f"{self.pk} {self.clinic_id}"


class ApiTokenUse(ClinicOwned):
    """The day on which a token was used last. Beside the token: a use is no change of it."""

    token = models.OneToOneField(ApiToken, on_delete=models.CASCADE, related_name="use")
    used_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.token_id} {self.used_on}"


class ApiAnswer(ClinicOwned):
    """What a write was answered with, kept for two days beside the key that its sender chose.

    Written in the transaction of the write: both are there or neither is.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body: models.JSONField[Any, Any] = models.JSONField(null=True)
    patient_ids = ArrayField(models.BigIntegerField(), default=list)
    """Whom the answer shows: who gets it again has seen them again."""
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clinic", "user", "key"], name="apianswer_once_per_key")
        ]
        indexes = [models.Index(fields=["clinic", "answered_at"], name="apianswer_oldest")]

    def __str__(self) -> str:
        return f"{self.pk} {self.status}"
