"""What stands, what waits for a second person, and every step of it. Patient data: all three tables.

See docs/adr/0030-what-waits-for-a-second-person.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.audit import audited
from scheduling.models.base import Addressed, Scoped, append_only

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class CheckState(models.TextChoices):
    OPEN = "open", _("waits for a second person")
    EMERGENCY = "emergency", _("in effect in an emergency")
    SIGNED = "signed", _("signed")
    WITHDRAWN = "withdrawn", _("no longer needed")


RUNNING = (CheckState.OPEN.value, CheckState.EMERGENCY.value)

SIGNER_IS_ANOTHER = pgtrigger.Trigger(
    name="signer_is_no_author",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update,
    condition=pgtrigger.Condition("NEW.signer_id IS NOT NULL"),
    func="""
        IF NEW.author_ids @> to_jsonb(NEW.signer_id) THEN
            RAISE EXCEPTION 'a second check is signed by somebody who recorded none of it'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    """,
)
_LATER_NEEDS_TWO = pgtrigger.Trigger(
    name="later_needs_two",
    when=pgtrigger.Before,
    operation=pgtrigger.Update,
    condition=pgtrigger.Condition(
        "OLD.must_refill_by IS NOT NULL"
        " AND (NEW.must_refill_by IS NULL OR NEW.must_refill_by > OLD.must_refill_by + 3)"
    ),
    func="""
        IF NEW.fingerprint <> OLD.fingerprint AND (EXISTS (
            SELECT 1 FROM scheduling_secondcheck AS signed
            WHERE signed.id = NEW.second_check_id AND signed.implant_id = NEW.implant_id
                AND signed.state = 'signed' AND signed.fingerprint = NEW.fingerprint
        ) OR EXISTS (
            SELECT 1 FROM scheduling_importedpump AS imported
            WHERE imported.implant_id = NEW.implant_id AND imported.fingerprint = NEW.fingerprint
                AND imported.signed_at IS NOT NULL
        )) THEN
            RETURN NEW;
        END IF;
        IF NOT EXISTS (
            SELECT 1 FROM scheduling_importedpump AS imported
            WHERE imported.implant_id = NEW.implant_id AND imported.waits
        ) AND EXISTS (
            SELECT 1 FROM clinic_fill AS fill
            WHERE fill.id = NEW.fill_id AND fill.implant_id = NEW.implant_id
                AND fill.filled_on > OLD.filled_on
        ) AND NOT EXISTS (
            WITH RECURSIVE older (id) AS (
                SELECT supersedes_id FROM clinic_fill WHERE id = NEW.fill_id
                UNION SELECT fill.supersedes_id FROM clinic_fill AS fill JOIN older ON fill.id = older.id
            ) SELECT 1 FROM older WHERE id = OLD.fill_id
        ) THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a later date of a running cycle needs a second check'
            USING ERRCODE = 'check_violation';
    """,
)


class StandingDates(Scoped):
    """What a pump's dates are measured from: as they were when nothing waited for a second person.

    One row a pump, kept when the forecast goes, so that taking a pump out and back is no way round. The database
    refuses to move it later within a cycle without a signed check, and to delete it.
    """

    implant = models.OneToOneField("clinic.Implant", on_delete=models.PROTECT, related_name="standing_dates")
    fill = models.ForeignKey("clinic.Fill", on_delete=models.PROTECT, related_name="+")
    filled_on = models.DateField()
    must_refill_by = models.DateField(null=True)
    limited_by = models.CharField(max_length=20, blank=True, default="")
    low_reservoir_on = models.DateField(null=True)
    empty_on = models.DateField(null=True)
    empty_at = models.DateTimeField(null=True)
    in_pump = models.JSONField()
    """Mixture, programs, threshold and limits behind the dates, in the shape of ``services.standing``."""
    fingerprint = models.CharField(max_length=64)
    second_check = models.ForeignKey(
        "scheduling.SecondCheck", null=True, on_delete=models.PROTECT, related_name="+"
    )
    """The signed check that let these dates stand, where they needed one."""
    stood_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "standing dates"
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            _LATER_NEEDS_TWO,
        ]

    def __str__(self) -> str:
        return f"standing dates of implant {self.implant_id}"


@audited
class SecondCheck(Scoped, Addressed):
    """One pump's entries that a second person must re-enter unseen and sign before its date may be later."""

    implant = models.ForeignKey("clinic.Implant", on_delete=models.PROTECT, related_name="second_checks")
    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.OPEN)
    reasons = models.JSONField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    """Who entered last what waits; None where no person did (a value of the catalogue)."""
    author_ids = models.JSONField(default=list)
    """Everybody who entered part of it: none of them signs."""
    fingerprint = models.CharField(max_length=64)
    """Of the inputs that wait; the signature holds for exactly these."""
    would_be = models.DateField(null=True)
    """The refill date once signed; None where there is none to be trusted."""
    holds = models.DateField(null=True)
    """The refill date until then."""
    mismatches = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    emergency_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    emergency_reason = models.CharField(max_length=500, blank=True, default="")
    emergency_until = models.DateTimeField(null=True)
    emergency_dates = models.JSONField(null=True)
    """What the act let through; what is entered afterwards is not covered by it."""
    expired_at = models.DateTimeField(null=True)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    signed_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    steps: RelatedManager[SecondCheckStep]

    class Meta:
        triggers: ClassVar[list[Any]] = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="closed_stays_closed",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=["signed", "withdrawn"]),
            ),
            SIGNER_IS_ANOTHER,
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["implant"], condition=Q(state__in=RUNNING), name="second_check_one_running"
            ),
            models.CheckConstraint(condition=Q(state__in=CheckState.values), name="second_check_state_known"),
            models.CheckConstraint(
                condition=Q(signer__isnull=True) | Q(author__isnull=True) | ~Q(signer=F("author")),
                name="second_check_signer_is_another",
            ),
            models.CheckConstraint(
                condition=Q(state="signed", signer__isnull=False, signed_at__isnull=False)
                | ~Q(state="signed") & Q(signer__isnull=True, signed_at__isnull=True),
                name="second_check_signed_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="emergency")
                | Q(
                    emergency_by__isnull=False,
                    emergency_until__isnull=False,
                    emergency_dates__isnull=False,
                    emergency_reason__regex=r".{10}",
                ),
                name="second_check_emergency_says_why",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "opened_at"], condition=Q(state__in=RUNNING), name="second_check_running"
            ),
            models.Index(fields=["implant", "fingerprint"], name="second_check_signed_for"),
            models.Index(
                fields=["emergency_until"], condition=Q(state="emergency"), name="second_check_expiring"
            ),
        ]

    def __str__(self) -> str:
        return f"second check {self.pk}"


class SecondCheckStep(Scoped):
    """What happened to a second check, when and by whom. Written once; holds no value that was entered."""

    class What(models.TextChoices):
        OPENED = "opened", _("asked for")
        CHANGED = "changed", _("something else was entered")
        DIFFERED = "differed", _("re-entered, differs")
        SIGNED = "signed", _("re-entered the same and signed")
        EMERGENCY = "emergency", _("put into effect in an emergency")
        EXPIRED = "expired", _("emergency ended unsigned")
        WITHDRAWN = "withdrawn", _("no longer needed")

    second_check = models.ForeignKey(SecondCheck, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=10, choices=What.choices)
    at = models.DateTimeField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=500, blank=True, default="")

    class Meta:
        triggers = append_only()
        indexes = [models.Index(fields=["second_check", "id"], name="second_check_step_in_order")]

    def __str__(self) -> str:
        return f"{self.what} of second check {self.second_check_id}"
